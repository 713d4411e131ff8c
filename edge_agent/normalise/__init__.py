"""Readings of one machine → records: values.py, conditions.py, timeline.py (repeats, blindness), normaliser.py."""
