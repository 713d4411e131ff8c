"""Machines read over OPC UA; see README.md."""
