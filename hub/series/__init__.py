"""Telemetry over time: sample blocks as they came, re-cut by the hour into small columns with roll-ups."""
