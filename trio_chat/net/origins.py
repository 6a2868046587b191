"""Which web pages may speak with the server: its own, and those that ``--allow-origin`` names.

Browsers ask no permission for a WebSocket or a simple POST, so that without this rule any site
could speak in its visitor's name. Programs send no Origin, and are welcome.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit


def is_welcome(origin: str, host: str, allowed: Sequence[str]) -> bool:
    """Return whether a page may speak with the server.

    Args:
        origin: Where the page is from, as the ``Origin`` header tells.
        host: By which name the server was asked, as the ``Host`` header tells.
        allowed: Origins that are welcome besides; ``*`` is all.

    Only host and port count, not the scheme, which a TLS-terminating proxy changes.
    """
    if "*" in allowed or origin in allowed:
        return True
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(netloc) and netloc.lower() == host.lower()
