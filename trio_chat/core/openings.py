"""Rooms that are being loaded, as somebody wants to come in or to know how far they have come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from trio_chat.core.catchup import CatchUp
from trio_chat.core.room_loads import RoomLoads
from trio_chat.delivery.recipient import Recipient, Requester


class Asking(NamedTuple):
    """Somebody who asks for the last number of a room that is being loaded."""

    asker: Requester
    tell: Callable[[int], None]
    refuse: Callable[[int], None]


@dataclass
class Opening:
    """A room that is being loaded."""

    parked: list[CatchUp] = field(default_factory=list)
    asking: list[Asking] = field(default_factory=list)
    last: int = 0  # the last number that was committed meanwhile
    first: int = 0  # what is before this number was deleted meanwhile

    def note_last(self, seq: int) -> None:
        """Take in how far the room has come while it is being loaded."""
        self.last = max(self.last, seq)

    def note_first(self, seq: int) -> None:
        """Take in what is deleted while the room is being loaded."""
        self.first = max(self.first, seq)

    @property
    def waiting(self) -> list[Requester]:
        """Those who wait for it still."""
        parked: list[Requester] = [one.client for one in self.parked if not one.is_over]
        return parked + [one.asker for one in self.asking]


class Openings:
    """These rooms, by name.

    Args:
        loads: Has them loaded.
    """

    def __init__(self, loads: RoomLoads) -> None:
        self._loads = loads
        self._openings: dict[str, Opening] = {}

    def __contains__(self, name: str) -> bool:
        """Whether a room is one of them."""
        return name in self._openings

    def __getitem__(self, name: str) -> Opening:
        """Return what is known of one."""
        return self._openings[name]

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the names."""
        return iter(self._openings)

    def park(self, catch_up: CatchUp) -> None:
        """Have the room of a catch-up loaded, which waits for that."""
        self._begin(catch_up.client, catch_up.room_name).parked.append(catch_up)

    def ask(self, name: str, asking: Asking) -> None:
        """Have a room loaded for somebody who asks for its last number."""
        self._begin(asking.asker, name).asking.append(asking)

    def _begin(self, owner: Requester, name: str) -> Opening:
        if name not in self._openings:
            self._openings[name] = Opening()
            self._loads.want(owner, name)
        return self._openings[name]

    def abandon(self, client: Recipient) -> None:
        """Load no room for a client that is gone, unless others wait for it."""
        for name in self._loads.abandon(client):
            waiting = self._openings[name].waiting
            if waiting:
                self._loads.want(waiting[0], name)
            else:
                del self._openings[name]

    def end(self, name: str) -> Opening | None:
        """Forget a room whose load has ended, and return who waits; ``None`` if nobody did."""
        return self._openings.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._openings.clear()
