"""Files that people send: where they are, which there are, and how they come and go."""
