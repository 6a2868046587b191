"""Somebody who comes back to whichever node, after whatever has happened to the last one."""

import random
from collections.abc import Sequence
from typing import Any

import trio

from tests.crash.person import GONE, Lost, Person

SILENCE = 3.0  # seconds after which a connection over which nothing comes is given up


class Wanderer(Person):
    """One client of a chat that has many nodes.

    Args:
        nick: The name.
        pause: Seconds between two messages, about.
        dice: Tells where to go.
    """

    def __init__(self, nick: str, *, pause: float, dice: random.Random) -> None:
        super().__init__(nick, pause=pause)
        self._dice = dice
        self._heard_at = 0.0
        self.refusals = 0  # answers that say to come again
        self.longest = 0.0  # seconds without hearing anything, at most
        self._is_lost = False

    async def wander(self, ports: Sequence[int]) -> None:
        """Come back to any node whenever the connection is lost, until cancelled."""
        self._heard_at = trio.current_time()
        while True:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._lose_patience)
                    await self._converse(self._dice.choice(ports))
            except* (*GONE, Lost):
                pass
            await trio.sleep(self._dice.uniform(0, 0.3))

    async def _lose_patience(self) -> None:
        """Give up a connection over which nothing comes, such as to a node that sleeps."""
        began = trio.current_time()
        while trio.current_time() < max(began, self._heard_at) + SILENCE:
            await trio.sleep(SILENCE / 3)
        raise Lost

    def _take(self, told: dict[str, Any]) -> None:
        now = trio.current_time()
        self.longest = max(self.longest, now - self._heard_at)
        self._heard_at = now
        super()._take(told)
        if told["t"] == "error":
            self.refusals += 1
            raise Lost
