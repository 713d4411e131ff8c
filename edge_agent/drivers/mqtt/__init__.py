"""Machines read over MQTT; see README.md."""
