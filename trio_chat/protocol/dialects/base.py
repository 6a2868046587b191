"""What is spoken on connections: one module a dialect. No Trio and no I/O in here."""

from collections.abc import Sequence
from typing import Protocol

from websockets.frames import Frame, Opcode

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import CloseReason


class Dialect(Protocol):
    """How a client's messages are read, and how it is told what happens.

    What is told is a *payload*: a run of lines, or of objects. Several payloads can be joined to
    one, and one wrapped for the wire, for all peers alike.
    """

    needs_hello: bool  # whether a client has to say who it is before anything else
    knows_numbers: bool  # whether it can say what it has, and be told what it missed
    only_listens: bool  # whether it cannot say anything, so that nobody is there who could

    def read(
        self, message: str | bytes, limits: requests.Limits
    ) -> list[requests.AnyRequest | requests.InvalidRequest]:
        """Return the requests in one WebSocket message, within the limits.

        Raises:
            Violation: the message breaks a rule for which the connection has to end.
        """
        ...

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Return one payload that says the same as several."""
        ...

    def wrap(self, payload: bytes) -> bytes:
        """Return a payload as it goes over the wire."""
        ...

    def tell(self, event: events.Event, data: bytes | None) -> bytes | None:
        """Return an event, the same for all members of its room, or ``None`` if it is not told.

        ``data`` is how the journal has encoded it, if it is kept.
        """
        ...

    def recall(self, seq: int, data: bytes) -> bytes:
        """Return an event that is kept, by its number and how the journal has encoded it.

        It is only called if ``knows_numbers``.
        """
        ...

    def answer(self, answer: answers.Answer) -> bytes | None:
        """Return what one client is told, or ``None`` if this dialect has no word for it."""
        ...

    def bye(self, ending: CloseReason) -> bytes | None:
        """Return the last words before a close."""
        ...


def text_message(data: bytes) -> bytes:
    """Return a WebSocket message of one text frame."""
    return Frame(Opcode.TEXT, data).serialize(mask=False)
