"""Runs once per group of factories: from an agent's batch to a page, and who may see it (DESIGN §5, §7)."""
