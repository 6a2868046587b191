"""What goes over the wire: requests, events, answers, names, text, and the dialects. No I/O."""
