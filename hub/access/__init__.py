"""Who may see what: viewer, policy, catalogue, gate, audit, and the bus of live events (DESIGN §7)."""
