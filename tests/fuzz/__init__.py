"""Feeds readers of what strangers send with damaged input; see ``targets`` for what must hold."""
