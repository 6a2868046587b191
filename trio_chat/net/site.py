"""Where the server is in a site: below which path its page is, and under which origin."""

import re
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote

from trio_chat.addresses import Origin
from trio_chat.config import Config
from trio_chat.net.head import Head, HttpError
from trio_chat.setting_values import split_base

# How the paths of the server begin, if nothing is before them; and paths with something before.
OWN = re.compile("/(?:$|r$|r/|ws$|api/|static/|files/|worker.js$|chat.webmanifest$)")
BELOW = re.compile(
    "(/.*?)(?:/ws|/r/[^/]*|/api/v1/.*|/static/.*|/files/.*|/worker.js|/chat.webmanifest)"
)
SHOWN = 200  # characters of a path that is told


class Site:
    """Takes requests as they are sent to a place in a site, and turns them into the server's own.

    A proxy may pass on the path as the browser sends it, or strip what is before the server's own.

    Args:
        config: ``base_url``.
    """

    def __init__(self, config: Config) -> None:
        self._config = config

    def own(self, head: Head) -> Head:
        """Return a request with the server's own path.

        Raises:
            HttpError: it is for a place where the server is not, or lacks the slash at the end.
        """
        prefix = prefix_of(self._config)
        head = _with_path(head.path or "/", head)
        if prefix and head.path == prefix:
            query = f"?{head.query}" if head.query else ""
            raise HttpError(308, f"this is {prefix}/", {"Location": f"{prefix}/{query}"})
        if prefix and head.path.startswith(f"{prefix}/"):
            head = _with_path(head.path[len(prefix) :], head)
        if not OWN.match(head.path) and (found := BELOW.fullmatch(head.path)):
            raise HttpError(404, _where(found[1], prefix))
        if unquote(head.path).startswith("//"):  # which the app would read as one slash
            raise HttpError(404, nowhere(head.path, self._config))
        return head


def prefix_of(config: Config) -> str:
    """Return what is before the server's own paths, without a slash at its end; mostly nothing."""
    return split_base(config.base_url)[1] if config.base_url else ""


def allowed_origins(config: Config) -> tuple[str, ...]:
    """Return the origins whose pages may connect, besides that which the request is sent to."""
    return _with_own(config.allow_origin, config.base_url)


@lru_cache(maxsize=1)
def _with_own(allowed: tuple[str, ...], base_url: str) -> tuple[str, ...]:
    own: Origin | None = split_base(base_url)[0] if base_url else None
    return (*allowed, str(own)) if own else allowed


def _with_path(path: str, head: Head) -> Head:
    """Return a head with another path, and no more than it and the query in its target.

    So nobody behind it has to take a target apart, which two libraries do in two ways.
    """
    target = f"{path}?{head.query}" if head.query else path
    if target == head.target:
        return head
    _, _, rest = head.raw.partition(b"\r\n")
    raw = f"{head.method} {target} HTTP/{head.http_version}\r\n".encode("ascii") + rest
    return replace(head, target=target, path=path, raw=raw)


def nowhere(path: str, config: Config) -> str:
    """Return what somebody is told who asks for a path where nothing is."""
    return _told(f"at {path[:SHOWN]}", prefix_of(config))


def _where(given: str, prefix: str) -> str:
    return _told(f"below {given[:SHOWN]}/", prefix)


def _told(place: str, prefix: str) -> str:
    right = f"this chat is at {prefix}/, as --base-url says" if prefix else "this chat is at /"
    return f"nothing is {place} here: {right}; if a proxy serves it there, set --base-url"
