"""Epochs: what the numbers belong to that clients know, and up to which of them that holds."""

from trio_chat.core.room_log import RoomLog
from trio_chat.journal.terms import Terms


class Epochs:
    """The journal's terms, as the chat has taken them in.

    Args:
        terms: As they are when it begins.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.origin = terms.origin  # the same as long as the chat is

    @property
    def present(self) -> str:
        """What clients are told with numbers from now on."""
        return self.terms.epoch

    def end(self, epoch: str | None, log: RoomLog) -> int | None:
        """Return up to which number a room has what a client of an epoch was told.

        Args:
            epoch: Of the client's last number; ``None``: the present one.
            log: Of the room.

        Returns:
            The number; ``None`` if nobody knows.
        """
        return log.last if epoch is None else self.terms.end(epoch, log.starts, log.last)
