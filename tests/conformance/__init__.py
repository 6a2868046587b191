"""Protocol conformance: a table of cases against our end of a WebSocket, over raw sockets.

A case says what is sent, in which pieces, and what must come back. The server echoes each message.
"""
