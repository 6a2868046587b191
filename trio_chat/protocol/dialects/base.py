"""The dialects of connections, one module each, without I/O."""

from collections.abc import Sequence
from typing import Protocol

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.request_texts import Limits

SHORT, LONG = 126, 2**16  # bytes from which on a frame has a longer head


class Dialect(Protocol):
    """How a client's messages are read, and how events and answers are written for it.

    They are written as a *payload*: a run of lines or of objects. Several payloads can be joined
    to one, and one is wrapped for the wire in the same way for all peers.
    """

    needs_hello: bool  # whether the first request has to be a hello
    knows_numbers: bool  # whether clients know event numbers, so that they can resume
    only_listens: bool  # whether clients cannot send anything; they are not members then

    def read(self, message: str | bytes, limits: Limits) -> list[requests.Understood]:
        """Return the requests in one WebSocket message, within the limits.

        Raises:
            Violation: the message breaks a rule for which the connection has to end.
        """
        ...

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Return several payloads as one."""
        ...

    def wrap(self, payload: bytes) -> bytes:
        """Return a payload as it goes over the wire."""
        ...

    def tell(self, event: events.Event, data: bytes | None) -> bytes | None:
        """Return an event for all members of its room; ``None`` if this dialect leaves it out.

        ``data`` is a stored event as the journal has encoded it.
        """
        ...

    def recall(self, seq: int, data: bytes) -> bytes:
        """Return a stored event, by its number and as the journal has encoded it.

        Only called if ``knows_numbers``.
        """
        ...

    def answer(self, answer: answers.Answer) -> bytes | None:
        """Return an answer; ``None`` if this dialect leaves it out."""
        ...

    def bye(self, reason: CloseReason) -> bytes | None:
        """Return what is sent before the close; ``None`` for nothing."""
        ...


def text_message(data: bytes) -> bytes:
    """Return a WebSocket message of one text frame, which is not masked (RFC 6455, section 5.2)."""
    size = len(data)
    if size < SHORT:
        head = b"\x81%c" % size
    elif size < LONG:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return head + data
