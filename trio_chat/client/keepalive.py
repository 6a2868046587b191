"""Keepalive: when a peer is pinged, and when one that shows no life counts as dead."""

import random
from collections.abc import Callable
from enum import Enum, auto

from trio_chat.config import Config

NEVER = float("inf")
LATE = 2.0  # seconds; where we look so much later, what has come may not have been read yet


class Due(Enum):
    """What is to be done at a due time."""

    PING = auto()
    GIVE_UP = auto()
    NOTHING = auto()


class Keepalive:
    """The times of one connection. Anything that the peer sends shows life, not the pong alone.

    Nobody is given up by a server that has stood still meanwhile, such as one on a virtual machine
    that was paused: whose answer has come is known when it is read.

    Args:
        config: The ping interval, and how long an answer may take.
        now: Trio's time.
        only_writes: The peer never answers; only a write that fails shows that it is gone.
        spread: Returns where in the first interval the first ping falls, from 0 to 1, so that
            clients that came together are not pinged together.
    """

    def __init__(
        self,
        config: Config,
        now: float,
        *,
        only_writes: bool,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self._interval = config.ping_interval
        self._pong_timeout = config.pong_timeout
        self._only_writes = only_writes
        self.is_paused = False  # while the peer is not read, its silence means nothing
        self._is_alive = True
        self._pinged_at: float | None = None
        self.due = now + self._interval * spread() if self._interval else NEVER

    def hear(self) -> None:
        """Take in that the peer has sent something."""
        self._is_alive = True

    def next(self, now: float, *, is_writing: bool = False) -> Due:
        """Return what is due, and set the next time.

        Args:
            now: Trio's time.
            is_writing: Something waits to be written. The time limit of that tells by itself
                whether the peer is there, and a ping would wait behind it.
        """
        if self._pinged_at is None and is_writing:
            self.due = now + self._interval
            return Due.NOTHING
        if self._pinged_at is None:
            self._is_alive = self._only_writes
            self._pinged_at = now
            self.due = now + self._pong_timeout
            return Due.PING
        is_late = now > self.due + LATE
        self.due = self._pinged_at + self._interval
        self._pinged_at = None
        is_excused = self._is_alive or self.is_paused or is_writing or is_late
        return Due.NOTHING if is_excused else Due.GIVE_UP
