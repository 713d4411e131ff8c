"""Opening one company's store, and the one thread that writes to it."""
