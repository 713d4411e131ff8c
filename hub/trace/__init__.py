"""Traceability: lots and serials, what they came from and what became of them."""
