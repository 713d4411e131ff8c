"""`tsunagu-agent browse`: what a server or broker has, which signals that may be, and a block to read it with."""
