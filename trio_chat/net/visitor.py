"""The visitor: whose request it is."""

from typing import NamedTuple

from trio_chat.auth.grant import ANYBODY, Grant

LINK_HEADER = "room-link"  # beside a session, which ``Authorization`` shows


class Visitor(NamedTuple):
    """Who has made a request."""

    address: str  # the sender's own, if trusted proxies tell it
    grant: Grant | None = ANYBODY  # ``None`` before the hello that decides it
    session: str | None = None  # a token that its headers show
    link: str | None = None  # the secret of a link to a room that they show
    label: str = ""  # of their device
