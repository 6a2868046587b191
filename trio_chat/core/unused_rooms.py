"""Unused rooms: finds made rooms that nobody uses any more, and has them forgotten."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.governed import Governed
from trio_chat.core.held import HeldMessages
from trio_chat.core.ledger import Ledger
from trio_chat.core.pending_writes import Pending
from trio_chat.core.rooms import Rooms
from trio_chat.journal.types import Committed, Duplicate, Write
from trio_chat.protocol.acts import LEDGER, Forgotten
from trio_chat.protocol.events import ActKept

# Milliseconds after the last use for which a mute or a ban that goes on keeps a room: else whoever
# bans somebody for ever in rooms of their own would take places for ever.
JUDGED = 365 * 24 * 60 * 60 * 1000


class UnusedRooms:
    """Knows when made rooms were used last; whether messages are kept there, the journal knows.

    A room is set aside while the journal forgets it, so that nothing is begun there meanwhile.

    Args:
        access: Knows the rooms.
        ledger: Keeps that they are forgotten.
        rooms: Those that are open.
        held: Messages that wait for approval.
        config: ``access``.
    """

    def __init__(
        self, access: Access, ledger: Ledger, rooms: Rooms, held: HeldMessages, config: Config
    ) -> None:
        self._access = access
        self._ledger = ledger
        self._rooms = rooms
        self._held = held
        self._config = config
        self._forgotten = 0

    @property
    def visits(self) -> Mapping[str, int]:
        """When rooms were visited, in ms since 1970, as far as that is not kept yet."""
        return self._access.registry.visits

    def noted(self, names: Collection[str]) -> None:
        """Take in that the visits to rooms are kept."""
        for name in names:
            self._access.registry.visits.pop(name, None)

    def made(self) -> Sequence[str]:
        """Return the rooms that were made."""
        return self._access.registry.made()

    def among(self, names: Sequence[str], since_ts: int) -> list[str]:
        """Return which of some made rooms nobody has used since a time in ms since 1970.

        Those that somebody is in are visited by that.
        """
        registry, now = self._access.registry, self._access.clock()
        waiting = self._held.rooms()
        found = []
        for name in names:
            room = registry.governed(name)
            if room is None:
                continue
            if self._rooms.is_used(name):
                registry.note_visit(name, now)
            elif name not in waiting and self._is_unused(room, since_ts, now):
                found.append(name)
        return found

    def _is_unused(self, room: Governed, since_ts: int, now: int) -> bool:
        if room.used_at >= since_ts:
            return False
        if room.links and "invite" in self._config.access:
            return False  # by one of these somebody may be let in
        return room.used_at < now - JUDGED or not room.is_judged(now)

    def forget(self, names: Sequence[str], since_ts: int) -> None:
        """Have rooms forgotten that the journal has found unused, unless they were used since."""
        for name in self.among(names, since_ts):
            self._access.registry.set_aside(name)
            act = ActKept(room=LEDGER, act=Forgotten(about=name))
            over = partial(self._access.registry.bring_back, name)
            self._ledger.write(
                Write(act, unused_since=since_ts), Pending(None, None, None, self._count, over=over)
            )

    def _count(self, _: Committed | Duplicate) -> None:
        self._forgotten += 1

    def take_forgotten(self) -> int:
        """Return how many were forgotten since this was asked last."""
        forgotten, self._forgotten = self._forgotten, 0
        return forgotten
