"""The state of the connection, and a way to watch it change."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import trio

from trio_chat.remote.errors import ChatError


@dataclass(frozen=True)
class Connecting:
    """A connection is being made: number ``attempt`` since one was last stable for 5 s."""

    attempt: int


@dataclass(frozen=True)
class Online:
    """The server has said welcome."""


@dataclass(frozen=True)
class Waiting:
    """The connection is lost; the next attempt comes at ``until``, a time of Trio's clock."""

    until: float
    reason: str


@dataclass(frozen=True)
class Over:
    """There will be no other attempt: because of ``error``, or since the block was left."""

    error: ChatError | None


State = Connecting | Online | Waiting | Over


class States:
    """Holds the present state."""

    def __init__(self) -> None:
        self.now: State = Connecting(1)
        self.changed = trio.Event()

    def set(self, state: State) -> None:
        """Change the state, and wake those who watch."""
        self.now = state
        self.changed.set()
        self.changed = trio.Event()


class Watch(AsyncIterator[State]):
    """Yields the present state, then each new one; ends after ``Over``.

    Nothing is queued: a slow reader gets the latest state only.
    """

    def __init__(self, states: States) -> None:
        self._states = states
        self._seen: State | None = None

    async def __anext__(self) -> State:
        """Return the present state at first; then wait for another one."""
        if isinstance(self._seen, Over):
            raise StopAsyncIteration
        await trio.lowlevel.checkpoint()
        while self._seen is self._states.now:
            await self._states.changed.wait()
        self._seen = self._states.now
        return self._seen
