"""Connections and requests, below everything that knows of a chat."""
