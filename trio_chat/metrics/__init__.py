"""What an operator's programs see of a running server: its health, and its figures."""
