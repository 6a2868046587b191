"""From an event to the sockets of all who get it."""
