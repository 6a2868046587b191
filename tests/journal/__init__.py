"""Proof of what the journal promises, alone and behind the hub."""
