"""The HTTP API under ``/api/v1``: what the socket can do, for scripts and whoever has no socket."""

PREFIX = "/api/v1"
