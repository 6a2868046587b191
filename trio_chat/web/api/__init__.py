"""The HTTP API under ``/api/v1``, for programs that use no WebSocket."""

PREFIX = "/api/v1"
