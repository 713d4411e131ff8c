"""What was measured and checked: characteristics, control charts, capability, nonconformances, gauges."""
