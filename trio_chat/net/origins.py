"""Which web pages may use the server: its own, and those whose origin ``--allow-origin`` names.

Browsers ask no permission for a WebSocket or a simple POST, so that without this rule any site
could act in its visitor's name. Programs send no ``Origin`` header and are not concerned.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit


def is_welcome(origin: str, host: str, allowed: Sequence[str]) -> bool:
    """Return whether a page may use the server.

    Its host and port have to be those of the server. The scheme does not count, as a proxy that
    ends TLS changes it. Whether the host is the server's at all is checked in ``hosts``.

    Args:
        origin: The origin of the page: the ``Origin`` header.
        host: How the page addresses the server: the ``Host`` header.
        allowed: Other origins that may; ``*`` stands for all.
    """
    if "*" in allowed or origin in allowed:
        return True
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(netloc) and netloc.lower() == host.lower()
