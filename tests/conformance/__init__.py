"""Protocol conformance: the Autobahn WebSocket test suite against our end of a WebSocket."""
