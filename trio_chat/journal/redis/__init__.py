"""Redis as a second way for what nodes tell each other."""
