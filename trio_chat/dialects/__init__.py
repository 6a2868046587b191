"""What is spoken inside WebSocket messages: one module a dialect. No Trio and no I/O in here."""

from collections.abc import Sequence
from typing import Protocol


class Dialect(Protocol):
    """How a client's messages are read, and how events are put together for it."""

    def read(self, message: str | bytes, text_limit: int) -> str | None:
        """Return the chat text in one WebSocket message, or ``None`` if there is none.

        Raises:
            Violation: the message breaks a rule for which the connection has to end.
        """
        ...

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Return the payload of one WebSocket message that says the same as several."""
        ...
