"""Which web pages may use the server: its own, and those whose origin ``--allow-origin`` names.

Browsers ask no permission for a WebSocket or a simple POST, so that without this rule any site
could act in its visitor's name. Programs send neither ``Origin`` nor ``Sec-Fetch-Site`` and are
not concerned.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import unquote

from trio_chat.addresses import DEFAULT_PORTS, parse_origin, split_port
from trio_chat.net.head import Head, HttpError
from trio_chat.net.problems import Problem, as_told_at, of_foreign_origin

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}  # they change nothing
# What is dear, or lasts, though it is a GET.
COSTLY = re.compile("/api/.*/(search|events)/*|/ws", re.DOTALL)
TELLING = ("/api/", "/files/")  # paths of what is told to those who may know it
OTHER_SITES = {"cross-site", "same-site"}  # what browsers call pages of another origin
EXPOSED = "Location, Retry-After, Tus-Resumable, Upload-Length, Upload-Offset"


def is_welcome(origin: str, host: str, allowed: Sequence[str]) -> bool:
    """Return whether a page may use the server.

    Its host and port have to be those of the server. The scheme does not count, as a proxy that
    ends TLS changes it. Whether the host is the server's at all is checked in ``hosts``.

    Args:
        origin: The origin of the page: the ``Origin`` header.
        host: How the page addresses the server: the ``Host`` header.
        allowed: Other origins that may, in normal form; ``*`` stands for all.
    """
    if "*" in allowed or origin in allowed:
        return True
    with suppress(ValueError):
        page = parse_origin(origin)
        name, port = split_port(host)
        if port is None:
            port = DEFAULT_PORTS.get(page.scheme)
        return str(page) in allowed or (page.host, page.port) == (name, port)
    return False


def readable(origin: str, host: str, allowed: Sequence[str]) -> dict[str, str]:
    """Return the headers by which a page may read an answer: none if it is not welcome."""
    if not origin or not is_welcome(origin, host, allowed):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": EXPOSED,
        "Vary": "Origin",
    }


def as_told_to(head: Head, allowed: Sequence[str], refusal: HttpError) -> HttpError:
    """Return a refusal in the form of those at its path; a welcome page may read it."""
    told = as_told_at(head.path, refusal)
    host = "".join(head.values("host"))
    told.headers = readable("".join(head.values("origin")), host, allowed) | told.headers
    return told


def _is_guarded(head: Head) -> bool:
    """Whether a page of another origin may not even have something read: it is dear, or tells."""
    path = unquote(head.path)
    tells = path.startswith(TELLING) and head.method != "OPTIONS"
    is_link = "navigate" in head.values("sec-fetch-mode")
    return bool(COSTLY.fullmatch(path)) or (tells and not is_link)


def check_site(head: Head, allowed: Sequence[str]) -> None:
    """Refuse what a page of another origin asks for, if that changes, tells or costs something.

    A link to what is safe may be followed.

    Browsers send no ``Origin`` header when such a page links to something or shows it as an image,
    but say in ``Sec-Fetch-Site`` where it comes from.

    Raises:
        Problem: the request is refused.
    """
    if OTHER_SITES.isdisjoint(head.values("sec-fetch-site")):
        return
    if head.method in SAFE_METHODS and not _is_guarded(head):
        return
    origins = head.values("origin") or [""]
    host = "".join(head.values("host"))
    if not all(is_welcome(origin, host, allowed) for origin in origins):
        raise (
            of_foreign_origin(origins[0])
            if origins[0]
            else Problem(
                "foreign_origin", "pages of other sites may not ask; see --allow-origin", 403
            )
        )
