"""The chat in a terminal and in pipes, as processes of their own."""
