"""What a client needs of the connection under it, without I/O."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from trio_chat.protocol.close import CloseReason


class Received(NamedTuple):
    """What was in some bytes from the peer."""

    messages: Sequence[str | bytes] = ()  # complete messages, in order
    reply: bytes = b""  # what to send for them: pongs, the answer to a close
    ended: bool = False  # nothing more will come: the peer closed, or broke the protocol
    fault: CloseReason | None = None  # how it broke the protocol; ``reply`` has the close frame
    frames: int = 0  # that there were, but for control frames
    controls: int = 0  # control frames that there were


class Transport(Protocol):
    """How messages are received, and how the peer is pinged and the connection closed.

    ``is_one_way`` means that the peer only reads: it answers neither a ping nor a close, so that
    only a write that is not acknowledged shows that it is gone.
    """

    is_one_way: bool

    def feed(self, data: bytes) -> Received:
        """Take what was read from the peer. Must not be called again after ``ended``."""
        ...

    def ping(self) -> bytes:
        """Return what to send to find out whether the peer is there."""
        ...

    def close(self, reason: CloseReason) -> bytes:
        """Return what to send last."""
        ...

    def release(self) -> None:
        """Let go of what it holds, once it is over, so that no cycle of references is left."""
        ...
