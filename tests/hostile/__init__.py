"""Attacks a server and measures what others feel of it: ``python -m tests.hostile``."""
