"""Runs beside the machines: reads them, keeps everything on disk until the hub has it (DESIGN §4)."""
