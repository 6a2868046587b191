"""The people as whom attackers come: again and again the same, as new ones are limited.

A new person costs an address one of its few; an attacker keeps those that it has, with their
sessions, and goes on with them.
"""

import secrets
from collections import defaultdict
from typing import NamedTuple


class Identity(NamedTuple):
    """A nick, and the session of whoever has it; ``None`` for somebody new."""

    nick: str
    session: str | None


_idle: dict[str, list[Identity]] = defaultdict(list)  # by the server's authority


def take(authority: str) -> Identity:
    """Return somebody who is not connected to a server."""
    idle = _idle[authority]
    return idle.pop() if idle else Identity(name(), None)


def give_back(authority: str, identity: Identity) -> None:
    """Take in that somebody is connected no more."""
    _idle[authority].append(identity)


def name() -> str:
    """Return a nick that nobody has."""
    return f"peer-{secrets.token_hex(5)}"
