"""What the hub asks of a client."""

from typing import Protocol

from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import SendNow
from trio_chat.protocol import requests
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.dialects.base import Dialect


class Requester(Protocol):
    """Whoever is told how what they asked for went."""

    dialect: Dialect

    def deliver(self, frame: Frame) -> bool:
        """Send a frame, now or later; ``False`` means dead or stuck."""
        ...

    def abort(self, ending: CloseReason) -> None:
        """Drop them at once."""
        ...


class Recipient(Requester, Protocol):
    """A connection, as the hub sees it. All is synchronous: the hub never waits for one."""

    @property
    def send_now(self) -> SendNow | None:
        """Writes to the peer at once; ``None`` while something waits for it already."""
        ...

    def enqueue_rest(self, frame: Frame, taken: int) -> bool:
        """Send the rest of a frame later; ``False`` means dead or stuck."""
        ...

    def can_take(self, size: int) -> bool:
        """Tell whether so many bytes at once leave room for what may come meanwhile."""
        ...

    def look_up(self, request: requests.AnyRequest | requests.Missed) -> bool:
        """Get something from the journal; ``False`` if too much is being looked up already."""
        ...

    def close(self) -> None:
        """Take nothing more; what waits still goes out."""
        ...

    def end(self, ending: CloseReason) -> None:
        """Say goodbye and close."""
        ...
