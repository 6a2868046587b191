"""A way to watch which private rooms for two we have."""

from collections.abc import AsyncIterator, Iterable

import trio

from trio_chat.protocol.answers import PrivateRoom

LIMIT = 200  # rooms that are known, the latest ones; a welcome lists fewer


class PrivateRooms:
    """The private rooms for two that we have, as far as the server has told."""

    def __init__(self) -> None:
        self.known: dict[str, PrivateRoom] = {}  # by name, the latest last
        self.is_over = False
        self.changed = trio.Event()

    def learn(self, rooms: Iterable[PrivateRoom]) -> None:
        """Take in what the server tells, and wake those who watch."""
        for one in rooms:
            self.known[one.room] = one
        for name in list(self.known)[:-LIMIT]:
            del self.known[name]
        self._wake()

    def close(self) -> None:
        """End the chat."""
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = trio.Event()


class PrivateRoomWatch(AsyncIterator[PrivateRoom]):
    """Yields the rooms that there are, then each new one; ends with the chat."""

    def __init__(self, rooms: PrivateRooms) -> None:
        self._rooms = rooms
        self._told: set[str] = set()

    async def __anext__(self) -> PrivateRoom:
        """Return the next room that was not returned yet; wait for one if need be."""
        await trio.lowlevel.checkpoint()
        while True:
            self._told &= self._rooms.known.keys()
            for name, room in self._rooms.known.items():
                if name not in self._told:
                    self._told.add(name)
                    return room
            if self._rooms.is_over:
                raise StopAsyncIteration
            await self._rooms.changed.wait()
