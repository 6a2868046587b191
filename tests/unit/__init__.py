"""Unit tests: one module each, on virtual time, without the network."""
