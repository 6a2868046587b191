"""Connections, before anything is known of a chat."""
