"""The words that agents and hub exchange: records, batch, receipt, signal dictionary.

No I/O and no business rule. Both sides import this package and never each other.
Times are UTC with microseconds, RFC 3339 on the wire; durations carry their unit in the name.
"""
