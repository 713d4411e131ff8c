"""Measurements, each with a peer or a ceiling beside it, taken in the same run on the same machine.

`make bench` prints a table, `make bench ARGS="--json FILE"` writes it too, `ARGS="--readme"` puts it into README.md.
A time is never a test. Processor time per event is the steadier figure: rates shown are events per second of
processor time unless a row says "held". Each figure is the median of several runs with the smallest and the largest.
"""
