"""Machine states and program runs: one fold over the changes of a machine (DESIGN §6.1, §6.2)."""
