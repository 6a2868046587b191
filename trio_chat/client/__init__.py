"""One connection that takes part in the chat, as a task tree."""
