"""Integration tests: a running server, spoken to over real sockets."""
