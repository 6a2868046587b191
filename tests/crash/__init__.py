"""Proof that what was acknowledged survives a server that is killed again and again."""
