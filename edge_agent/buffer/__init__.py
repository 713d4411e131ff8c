"""Durable on return, numbered, settled by number, bounded; nothing in memory is ever called stored.

buffer.py the face · writer.py the one thread · store.py the SQL · bounds.py what leaves first
rescue.py damaged files · gauge.py how full.
"""
