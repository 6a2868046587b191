"""The visitor: whose request it is."""

from typing import NamedTuple

from trio_chat.auth.grant import ANYBODY, Grant


class Visitor(NamedTuple):
    """Who has made a request."""

    address: str  # the sender's own, if trusted proxies tell it
    grant: Grant | None = ANYBODY  # ``None`` before the hello that decides it
