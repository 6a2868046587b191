"""Several processes that serve one chat on one machine, and the parent that starts them."""
