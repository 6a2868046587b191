"""What the hub asks of a connection. All of it is synchronous: the hub never waits for one."""

from typing import Protocol

from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import SendNow, Watcher
from trio_chat.protocol import requests
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.dialects.base import Dialect
from trio_chat.protocol.governing_answers import ActList

LookedUp = requests.AnyRequest | ActList  # a request, or an answer that the journal completes


class Requester(Protocol):
    """Whoever is answered what they asked for."""

    dialect: Dialect
    address: str  # of the peer

    def deliver(self, frame: Frame) -> bool:
        """Send a frame, now or later; ``False`` means dead or stuck."""
        ...

    def abort(self, reason: CloseReason) -> None:
        """Drop them at once."""
        ...


class MissedEvents(Protocol):
    """Events of a room that a connection has missed and reads from the journal by itself."""

    room_name: str
    after: int  # the number up to which the connection has everything

    @property
    def is_over(self) -> bool:
        """Whether nothing may be sent any more."""
        ...

    @property
    def wants_page(self) -> bool:
        """Whether a page is to be read; else the connection only waits for its outbox."""
        ...

    @property
    def until(self) -> int:
        """The last number to be sent; what is newer comes from the hub."""
        ...


class Recipient(Requester, Protocol):
    """A connection that takes part in rooms."""

    @property
    def send_now(self) -> SendNow | None:
        """Writes to the peer at once; ``None`` while something waits for it already."""
        ...

    def watch(self, watcher: Watcher) -> None:
        """Tell somebody whenever ``send_now`` changes."""
        ...

    def unwatch(self, watcher: Watcher) -> None:
        """Tell them no more."""
        ...

    def enqueue_rest(self, frame: Frame, taken: int) -> bool:
        """Send the rest of a frame later; ``False`` means dead or stuck."""
        ...

    def can_take(self, size: int) -> bool:
        """Tell whether so many bytes at once leave room for what may come meanwhile."""
        ...

    def look_up(self, request: LookedUp) -> None:
        """Answer a request from the journal, or complete an answer from there."""
        ...

    def read_page(self, missed: MissedEvents) -> None:
        """Read a page of missed events, send it, and tell the hub."""
        ...

    def close(self) -> None:
        """Take nothing more; what waits still goes out."""
        ...

    def end(self, reason: CloseReason) -> None:
        """Say goodbye and close."""
        ...
