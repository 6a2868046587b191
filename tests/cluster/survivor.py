"""Somebody who lives through failovers, and believes what is told of what is lost."""

import random
from typing import Any

from tests.cluster.wanderer import Wanderer
from tests.crash.person import Lost


class Survivor(Wanderer):
    """One client of a chat whose database fails over.

    After a ``reset`` with ``lost`` it forgets that much, and comes back for the rest.

    Args:
        nick: The name.
        pause: Seconds between two messages, about.
        dice: Tells where to go.
    """

    def __init__(self, nick: str, *, pause: float, dice: random.Random) -> None:
        super().__init__(nick, pause=pause, dice=dice)
        self.lost = 0  # events that it had
        self.lost_acknowledged = 0  # of its own, that were acknowledged

    def _take(self, told: dict[str, Any]) -> None:
        match told:
            case {"t": "welcome"}:
                super()._take(told | {"epoch": self._epoch or told["epoch"]})
            case {"t": "joined", "reset": True, "lost": lost, "epoch": epoch}:
                self._forget(lost)
                self._epoch = epoch
                raise Lost
            case {"t": "joined", "epoch": epoch}:
                super()._take(told)
                self._epoch = epoch
            case {"t": "epoch", "epoch": epoch}:
                self._epoch = epoch
            case _:
                super()._take(told)

    def _forget(self, count: int) -> None:
        assert 0 < count <= len(self.events)
        self.lost += count
        del self.events[-count:]
        self.pending = {
            cid: request
            for cid, request in self.pending.items()
            if request.get("seq", 0) <= self.last  # else it edits what is lost
        }
        gone = [cid for cid, seq in self.acknowledged.items() if seq > self.last]
        self.lost_acknowledged += len(gone)
        for cid in gone:
            del self.acknowledged[cid]
