"""What can be searched for, and how a search is read."""
