"""The chat in a terminal, and in pipes; all of it rests on ``trio_chat.remote``."""
