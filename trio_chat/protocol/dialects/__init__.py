"""How the protocol is spoken on connections: one module a dialect."""
