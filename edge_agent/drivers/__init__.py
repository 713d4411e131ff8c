"""Drivers: one folder each. `port.py` is the protocol they keep, `registry.py` the table of them."""
