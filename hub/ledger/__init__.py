"""The truth: what agents and people reported, append-only, for one company."""
