"""trio-chat: a real-time chat server, and a model of structured concurrency in Trio."""
