"""The chat itself, synchronous: rooms, people, and what a request changes."""
