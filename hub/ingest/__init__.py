"""Accepts a batch: who sent it, check, dedupe, append, receipt; quarantine for what cannot be understood."""
