"""What limits how much somebody may ask for: token buckets, and whose they are."""
