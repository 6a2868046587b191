"""What a client needs of the connection under it, without I/O."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from trio_chat.protocol.close import CloseReason


class Received(NamedTuple):
    """What some bytes from the peer amount to."""

    messages: Sequence[str | bytes] = ()  # complete messages, in order
    reply: bytes = b""  # what is owed for them: pongs, the answer to a close
    ended: bool = False  # nothing more will come: the peer closed, or broke the protocol
    fault: CloseReason | None = (
        None  # how it broke the protocol; the close that says so is in ``reply``
    )


class Transport(Protocol):
    """How messages come in, and how a peer is asked for life and told the end.

    ``is_one_way`` says that the peer only listens: it answers neither a ping nor a close, so
    that a write that is not acknowledged is the only sign of its death.
    """

    is_one_way: bool

    def feed(self, data: bytes) -> Received:
        """Take what was read from the peer. Must not be called once it has said ``ended``."""
        ...

    def ping(self) -> bytes:
        """Return what to send to see whether the peer is there."""
        ...

    def close(self, ending: CloseReason) -> bytes:
        """Return what to send last."""
        ...
