"""What came off the machines: runs → parts, program by program."""
