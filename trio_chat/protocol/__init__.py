"""What is said on the wire: requests, events, answers, names, and the dialects. No I/O."""
