"""Held messages: what waits for a moderator's approval, in memory alone and for a time."""

import secrets
from collections.abc import Callable, Collection
from itertools import count
from typing import NamedTuple

import msgspec

from trio_chat.core.registry import SERVER
from trio_chat.core.rooms import Delay
from trio_chat.core.shares import Shares
from trio_chat.journal.keys import Use, author_of, digest_of
from trio_chat.journal.types import HELD, Duplicate, Rejected, Write
from trio_chat.protocol.events import Edit, Message

EACH = 3  # of one person in a room; all without a name count as one
IN_ROOM = 50
IN_ALL = 500  # of 64 KB each, at most
GOOD_FOR = 12 * 60 * 60  # seconds
CID_BYTES = 16
# The first number is one of so many: after a restart, an old one is hardly that of anything else.
NUMBERS = 900_000
LOWEST = 100_000

TOO_MANY = Rejected(
    "too_many_held", "too much waits for the moderators here already; try again later"
)


class HeldMessage(NamedTuple):
    """A message, or an edit of one, that waits since a time in ms since 1970."""

    number: int
    since: int
    write: Write

    @property
    def event(self) -> Message | Edit:
        """What is sent if it is approved."""
        assert isinstance(self.write.event, Message | Edit)  # nothing else has to wait
        return self.write.event


class HeldMessages:
    """Keeps what is held, so many of a person, of a room and in all, until it is dropped.

    Of too many in all the oldest of the room that has most of them is dropped, so that nobody can
    fill all places with rooms of their own.

    Args:
        clock: The wall clock, in ms since 1970.
        delay: Has something called so many seconds later.
        keep: Keeps the files of a message for so many seconds.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        delay: Delay,
        keep: Callable[[Message, float], None] = lambda _, __: None,
    ) -> None:
        self._keep = keep
        self._clock = clock
        self._delay = delay
        self._messages: dict[int, HeldMessage] = {}  # by number, the oldest first
        self._shares: Shares[int] = Shares()  # by room
        self._numbers = count(LOWEST + secrets.randbelow(NUMBERS))
        self._is_timed = False  # whether something is called when the oldest is over

    def hold(self, write: Write) -> Rejected:
        """Hold a message; return what its sender is told.

        A resend is told the same as before. What has no ``cid`` gets one, so that it is sent once,
        however many moderators approve it.
        """
        event = write.event
        same = [one for one in self.of_room(event.room) if one.event.cid == event.cid]
        for one in same if event.cid else ():
            use = Use(one.number, one.since, author_of(one.event), digest_of(one.event))
            if not use.is_free_for(author_of(event), digest_of(event)):
                judged = use.judge(author_of(event), digest_of(event))
                return HELD if isinstance(judged, Duplicate) else judged
        if self._is_full(write):
            return TOO_MANY
        event = msgspec.structs.replace(event, cid=event.cid or secrets.token_hex(CID_BYTES))
        number = next(self._numbers)
        write = write._replace(event=event, needs_approval=False)
        self._messages[number] = HeldMessage(number, self._clock(), write)
        self._shares.add(number, event.room)
        if isinstance(event, Message):
            self._keep(event, GOOD_FOR)
        if len(self._shares) > IN_ALL:
            self.drop(self._shares.pop())
        self._see_to_oldest()
        return HELD

    def _is_full(self, write: Write) -> bool:
        """Whether no more may be held of somebody, or of a room."""
        here = self.of_room(write.event.room)
        author = author_of(write.event)
        own = sum(author_of(one.event) == author for one in here)
        return own >= EACH or len(here) >= IN_ROOM

    def of_room(self, room: str) -> list[HeldMessage]:
        """Return what is held in a room, the oldest first."""
        return [one for one in self._messages.values() if one.write.event.room == room]

    def rooms(self) -> set[str]:
        """Return the rooms in which something is held."""
        return {one.write.event.room for one in self._messages.values()}

    def get(self, number: int, room: str) -> HeldMessage | None:
        """Return what is held in a room under a number."""
        found = self._messages.get(number)
        return found if found and found.write.event.room == room else None

    def drop(self, number: int) -> None:
        """Hold a message no longer, if it still is held."""
        self._messages.pop(number, None)
        self._shares.discard(number)

    def drop_of(self, person_ids: Collection[str], room: str) -> None:
        """Drop what people have said in a room, or in all of them."""
        rooms = self._messages.values() if room == SERVER else self.of_room(room)
        for one in [one for one in rooms if author_of(one.event) in person_ids]:
            self.drop(one.number)

    def _see_to_oldest(self) -> None:
        """Have the oldest dropped when its time is over."""
        if self._messages and not self._is_timed:
            self._is_timed = True
            over_at = next(iter(self._messages.values())).since + 1000 * GOOD_FOR
            self._delay((over_at - self._clock()) / 1000, self._drop_old)

    def _drop_old(self) -> None:
        self._is_timed = False
        end = self._clock() - 1000 * GOOD_FOR
        for one in [one for one in self._messages.values() if one.since <= end]:
            self.drop(one.number)
        self._see_to_oldest()
