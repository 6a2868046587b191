"""How the connection is: the state of the moment, and a way to watch it change."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import trio

from trio_chat.remote.errors import ChatError


@dataclass(frozen=True)
class Connecting:
    """The server is being called, for the ``attempt``-th time since the chat was online."""

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
    """There will be no other attempt: because of ``error``, or as the block was left."""

    error: ChatError | None


State = Connecting | Online | Waiting | Over


class States:
    """Holds the state of the moment."""

    def __init__(self) -> None:
        self.now: State = Connecting(1)
        self.changed = trio.Event()

    def set(self, state: State) -> None:
        """Go over to a state, and let whoever watches know."""
        self.now = state
        self.changed.set()
        self.changed = trio.Event()


class Watch(AsyncIterator[State]):
    """Yields the state of the moment, then each new one; ends behind ``Over``.

    Who is slow gets the latest only: nothing is queued.
    """

    def __init__(self, states: States) -> None:
        self._states = states
        self._seen: State | None = None

    async def __anext__(self) -> State:
        """Return the state of now at first; then wait for another one."""
        if isinstance(self._seen, Over):
            raise StopAsyncIteration
        await trio.lowlevel.checkpoint()
        while self._seen is self._states.now:
            await self._states.changed.wait()
        self._seen = self._states.now
        return self._seen
