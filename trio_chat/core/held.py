"""Held messages: what waits for a moderator's approval, for a time.

It is in memory alone; nodes that share a database have it in a table, too.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from itertools import count
from typing import NamedTuple

import msgspec

from trio_chat.core.registry import SERVER
from trio_chat.core.rooms import Delay
from trio_chat.core.shares import Shares
from trio_chat.journal.keys import Use, author_of, digest_of
from trio_chat.journal.types import HELD, Duplicate, HeldChanged, Rejected, Write
from trio_chat.protocol.events import Edit, Message

EACH = 3  # of one person in a room; all without a name count as one
IN_ROOM = 50
IN_ALL = 500  # of 64 KB each, at most
GOOD_FOR = 12 * 60 * 60  # seconds
CID_BYTES = 16
# The first number is one of so many: after a restart, an old one is hardly that of anything else.
NUMBERS = 900_000
LOWEST = 100_000
SHARED_NUMBERS = 2**48  # likewise, of several nodes

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
        is_shared: Whether other nodes are to learn what is held.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        delay: Delay,
        keep: Callable[[Message, float], None] = lambda _, __: None,
        *,
        is_shared: bool = False,
    ) -> None:
        self._is_shared = is_shared
        self._changes: dict[int, bytes | None] = {}  # what other nodes are to learn
        self._keep = keep
        self._clock = clock
        self._delay = delay
        self._messages: dict[int, HeldMessage] = {}  # by number, the oldest first
        self._shares: Shares[int] = Shares()  # by room
        self._numbers = count(LOWEST + secrets.randbelow(SHARED_NUMBERS if is_shared else NUMBERS))
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
        self._add(HeldMessage(number, self._clock(), write))
        self._tell(number)
        if isinstance(event, Message):
            self._keep(event, GOOD_FOR)
        if len(self._shares) > IN_ALL:
            self.drop(self._shares.pop())
        self._see_to_oldest()
        return HELD

    def _add(self, held: HeldMessage) -> None:
        self._messages[held.number] = held
        self._shares.add(held.number, held.write.event.room)

    def _tell(self, number: int) -> None:
        """Have other nodes learn that a message is held, or is no more."""
        if self._is_shared:
            held = self._messages.get(number)
            self._changes[number] = held and _encode(held)

    def take_changes(self) -> Mapping[int, bytes | None]:
        """Return what other nodes are to learn since this was asked last, encoded, by number."""
        changes, self._changes = self._changes, {}
        return changes

    def follow(self, changed: HeldChanged) -> None:
        """Take in what other nodes hold, and have dropped."""
        for number in changed.dropped:
            self._forget(number)
        for number, data in changed.held.items():
            if number not in self._messages and (held := _decode(number, data)):
                self._add(held)
        if changed.held:
            self._messages = dict(sorted(self._messages.items(), key=lambda one: one[1].since))
        if changed.is_lost:
            for number in self._messages:
                self._tell(number)
        self._see_to_oldest()

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
        if number in self._messages:
            self._forget(number)
            self._tell(number)

    def _forget(self, number: int) -> None:
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


class _Kept(msgspec.Struct, array_like=True):
    """A held message, as other nodes get it."""

    since: int
    event: Message | Edit
    target_author: str | None
    may_begin: bool


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Kept)


def _encode(held: HeldMessage) -> bytes:
    write = held.write
    return _encoder.encode(_Kept(held.since, held.event, write.target_author, write.may_begin))


def _decode(number: int, data: bytes) -> HeldMessage | None:
    """Return a message as another node holds it; ``None`` if its release is another one."""
    try:
        since, event, target_author, may_begin = msgspec.structs.astuple(_decoder.decode(data))
    except msgspec.MsgspecError:
        return None
    return HeldMessage(number, since, Write(event, target_author, may_begin))
