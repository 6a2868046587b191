"""Measures trio-chat beside other WebSocket servers: ``python -m benchmarks``."""
