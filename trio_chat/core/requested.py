"""A request to act on rooms and people, with who makes it: by a connection, or without one."""

from typing import NamedTuple

from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.judge import Asker
from trio_chat.core.links import Link
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol.events import Person


class Requested(NamedTuple):
    """Who asks: ``requester`` is answered, ``state`` is that of a connection."""

    requester: Requester
    state: ConnectionState | None
    asker: Asker
    link: Link | None = None  # that somebody without a connection shows

    @property
    def person(self) -> Person:
        """Who asks; nobody without a name may."""
        assert self.asker.person
        return self.asker.person
