"""Who may come in: what somebody shows, how it is checked, and what it grants. Knows no chat."""
