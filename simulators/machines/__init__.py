"""Machines that behave like machines: what they are (`kinds`), what they do (`life`), what they did (`logbook`)."""
