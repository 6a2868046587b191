"""A conformance kit: cases of docs/protocol.md and docs/http.md, run against any server by URL.

``python -m tests.protocol URL`` runs all of them against a server; pytest runs them against ours,
or against another one with ``--server URL``. Nothing in here knows the server's code.
"""
