"""Machines, their signals and newest values, proof of life, conditions (alarms)."""
