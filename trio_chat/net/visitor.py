"""The visitor: whose request it is."""

from typing import NamedTuple


class Visitor(NamedTuple):
    """Who has made a request."""

    address: str  # the sender's own, if trusted proxies tell it
