"""A journal that keeps the last events of each room in memory, and forgets all at the end."""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

import msgspec
import trio

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.journal import memory_room
from trio_chat.journal.bus import Bus, NoBus
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.keys import Use, author_of, digest_of
from trio_chat.journal.memory_judge import judge
from trio_chat.journal.memory_room import MemoryRoom
from trio_chat.journal.one_term import OneTerm
from trio_chat.journal.room_groups import group_of
from trio_chat.journal.search.authors import author_key, author_keys
from trio_chat.journal.search.query import Query
from trio_chat.journal.stored import ids_of
from trio_chat.journal.times import next_ts
from trio_chat.journal.types import (
    ROOM_TAKEN,
    STILL_USED,
    Bounds,
    Committed,
    Duplicate,
    MessagePage,
    Place,
    Rejected,
    Result,
    RoomState,
    RoomSummary,
    TellPruned,
    VersionPage,
    Write,
    judge_new_room,
    tell_nobody,
)
from trio_chat.journal.versions import page_of
from trio_chat.journal.views import (
    DEFAULT_LIMITS,
    ChangeLimits,
    Sized,
    fit,
    fit_events,
    view,
)
from trio_chat.measures import JournalFigures
from trio_chat.protocol import answers
from trio_chat.protocol.acts import LEDGER, Reported
from trio_chat.protocol.events import (
    ActKept,
    AnyStoredEvent,
    Clear,
    Delete,
    Message,
    Restore,
    Topic,
    encode,
)

SCAN_STEP = 20_000  # characters that a search reads before it lets other tasks run
SCAN_EVENT = 100  # characters that an event costs besides its text


class MemoryJournal(OneTerm):
    """Keeps a bounded tail of each room. Nothing in here waits."""

    def __init__(
        self, clock: Callable[[], int] = wall_clock, limits: ChangeLimits = DEFAULT_LIMITS
    ) -> None:
        self.bus: Bus = NoBus()
        super().__init__(secrets.token_hex(8))
        self.secret = secrets.token_bytes(32)
        self.figures = JournalFigures()
        self.people: dict[str, bytes] = {}
        self._clock = clock
        self._limits = limits
        self._rooms: dict[str, MemoryRoom] = {}
        self._forgotten: dict[int, int] = {}  # how far they had come, by group of names
        self._visits: dict[str, int] = {}  # of rooms that were made
        self._last_prune: int | None = None

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed."""
        self._limits = ChangeLimits.of(config)

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        """Return the states of rooms."""
        return [self._state(name, self._room(name), recent) for name in names]

    def _room(self, name: str) -> MemoryRoom:
        """Return a room, which may be a new one."""
        room = self._rooms.get(name)
        return MemoryRoom(last=self._forgotten.get(group_of(name), 0)) if room is None else room

    def _state(self, name: str, room: MemoryRoom, recent: int) -> RoomState:
        tail = list(room.told())[-recent:] if recent else []
        encoded = [(event.seq, encode(event)) for event in tail]
        return RoomState(name, room.first, room.last, room.topic, encoded)

    async def run(self) -> None:
        """Do nothing beside."""
        await trio.sleep_forever()

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        """Keep events, numbered."""
        return [self._commit(write) for write in writes]

    def _commit(self, write: Write) -> Result:
        if write.is_canary:
            return Duplicate(0, self._clock())
        draft = write.event
        room = self._room(draft.room)
        begins = draft.room not in self._rooms
        author, digest = author_of(draft), digest_of(draft)
        key = room.key_for(draft.cid or "", author, digest)
        if key in room.cids:
            return room.cids[key].judge(author, digest)
        rejected = self._judge(write, begins=begins) or write.otherwise
        if rejected:
            return rejected
        room.last += 1
        room.ts = next_ts(room.ts, self._clock())
        event = msgspec.structs.replace(draft, seq=room.last, ts=room.ts)
        if isinstance(event, Clear):
            room.clear(event, write.since_ts, with_topics=write.with_topics)
        elif isinstance(event, Restore):
            del room.clearings[event.key]
        room.append(event)
        self._rooms[draft.room] = room
        if key:
            room.cids[key] = Use(event.seq, event.ts, author, digest)
            if len(room.cids) > memory_room.TAIL:
                room.cids.popitem(last=False)
        if isinstance(event, Topic):
            room.topic = event.text
        elif write.forgets is not None:
            self._forget(write.forgets)
        oldest = room.first if len(room.events) == memory_room.TAIL else None
        return Committed(
            event,
            encode(event),
            room.strike_out(event.target) if isinstance(event, Delete) else [],
            oldest,
            is_partial=isinstance(event, Clear | Restore),
            begins_room=begins,
        )

    def _judge(self, write: Write, *, begins: bool) -> Rejected | None:
        """Return why a write is rejected that would begin its room, or not."""
        if begins and (refused := judge_new_room(write)):
            return refused
        if write.must_begin and not begins:
            return ROOM_TAKEN
        if write.forgets is not None and not self._is_unused(write.forgets, write.unused_since):
            return STILL_USED
        return judge(write, self._room, self._limits)

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        """Return the events that follow a number."""
        events = (event for event in self._events(room) if event.seq > seq)
        return fit_events(((event.seq, encode(event)) for event in events), limit, max_bytes)

    async def messages(
        self, room: str, *, before: int | None, after: int | None, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return a page of messages."""
        events = self._events(room)
        if after is not None:
            later = (event for event in events if event.seq > after)
            return fit(self._views(room, later), limit, max_bytes)
        earlier = (event for event in reversed(events) if before is None or event.seq < before)
        messages, more = fit(self._views(room, earlier), limit, max_bytes)
        return MessagePage(messages[::-1], more)

    async def versions(
        self, place: Place, after: int, limit: int, max_bytes: int
    ) -> VersionPage | None:
        """Return the texts that a message has had."""
        room = self._look(place.room)
        if not room.has(place.seq):
            return None
        message, *later = room.with_changes(place.seq)
        assert isinstance(message, Message)
        return page_of(message, later, (), after, limit, max_bytes)

    async def search(
        self, room: str, query: Query, bounds: Bounds, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return messages that match, the newest first.

        It lets other tasks run again and again, since a long room takes long.
        """
        events = list(self._events(room))
        found: list[AnyStoredEvent] = []
        read = SCAN_STEP
        for event in reversed(events):
            if len(found) > limit:
                break
            if read >= SCAN_STEP:
                await trio.lowlevel.checkpoint()
                read = 0
            read += SCAN_EVENT
            if _fits(event, bounds):
                text = self._rooms[room].text_of(event)
                read += len(text)
                if query.matches(text):
                    found.append(event)
        return fit(self._views(room, found), limit, max_bytes)

    def _views(self, room: str, events: Iterable[AnyStoredEvent]) -> Iterator[Sized]:
        """Yield the messages among some events of a room as they stand."""
        for event in events:
            if isinstance(event, Message):
                changes = self._rooms[room].changes.get(event.seq)
                is_changed = changes and not (event.deleted and self._rooms[room].is_cleared(event))
                state = changes.state if changes and is_changed else None
                message = view(event, state, self._rooms[room].shown_reactions(event.seq))
                yield message, len(answers.encode(message)) + 1  # and a comma

    async def rooms(self, limit: int, among: Collection[str] | None = None) -> list[RoomSummary]:
        """Return the rooms, the latest first."""
        listed = [
            (name, room)
            for name, room in self._rooms.items()
            if not name.startswith("~") and (among is None or name in among)
        ]
        latest = sorted(listed, key=lambda item: -item[1].ts)[:limit]
        return [RoomSummary(name, room.topic, room.ts) for name, room in latest]

    async def rooms_of(self, authors: Collection[str], since_ts: int, limit: int) -> list[str]:
        """Return the rooms in which people have kept messages, the latest first."""
        found: list[tuple[int, str]] = []
        for name, room in list(self._rooms.items()):
            await trio.lowlevel.checkpoint()
            if room.has_message_of(authors, since_ts):
                found.append((-room.ts, name))
        return [name for _, name in sorted(found)[:limit]]

    async def count_messages(self, room: str, authors: Collection[str], since_ts: int) -> int:
        """Return how many messages of people a clearing would clear in a room."""
        await trio.lowlevel.checkpoint()
        return self._look(room).count_messages(authors, since_ts)

    async def gone(self, places: Collection[Place]) -> set[Place]:
        """Return at which places there is no message that can be read."""
        return {place for place in places if not self._look(place.room).has(place.seq)}

    async def files_of(self, places: Collection[Place]) -> dict[Place, frozenset[str]]:
        """Return which files messages have."""
        return {place: ids_of(self._look(place.room).get(place.seq)) for place in places}

    def _look(self, name: str) -> MemoryRoom:
        """Return a room, or an empty one that is not kept."""
        return self._rooms.get(name) or MemoryRoom()

    def _forget_reasons(self) -> None:
        """Forget what was said about messages that are gone for good, to report them."""
        ledger = self._look(LEDGER)
        for event in list(ledger.events):
            act = event.act if isinstance(event, ActKept) else None
            if isinstance(act, Reported) and self._look(act.about).has_lost(act.target):
                bare = msgspec.structs.replace(act, why="")
                ledger.put(msgspec.structs.replace(event, act=bare))

    async def keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        """Do nothing: nobody is known over the end of the process."""

    async def forget_people(self, before_ts: int) -> list[str]:  # noqa: ARG002 - whenever that is
        """Return nothing: nobody is kept."""
        return []

    async def prune(
        self,
        keep_messages: int,
        before_ts: int,
        tell: TellPruned = tell_nobody,
        *,
        is_clock_right: bool = True,
    ) -> dict[str, int]:
        """Forget what is too old, or too much."""
        now = self._clock()
        if before_ts:
            self._last_prune = now
        pruned = {}
        for name, room in self._rooms.items():
            if name == LEDGER:
                continue
            if is_clock_right:
                room.delete_cleared(now - SEALED)
            end = max(room.last_too_old(before_ts, now), room.first_to_keep(keep_messages) - 1)
            if end >= room.first:
                room.drop_to(end)
                pruned[name] = room.first
        self._forget_reasons()
        if pruned:
            await tell(pruned)
        return pruned

    async def forget(self, before_ts: int, is_used: Callable[[str], bool]) -> int:
        """Forget rooms in which nothing is kept."""
        gone = [
            name
            for name, room in self._rooms.items()
            if not room.events and room.ts < before_ts and not is_used(name)
        ]
        for name in gone:
            self._forget(name)
        return len(gone)

    def _forget(self, name: str) -> None:
        """Forget a room, whether it is here or not, but for how far it had come."""
        group, room = group_of(name), self._rooms.pop(name, MemoryRoom())
        self._forgotten[group] = max(self._forgotten.get(group, 0), room.last)
        self._visits.pop(name, None)

    async def note_visits(self, visits: Mapping[str, int]) -> None:
        """Keep when rooms were visited."""
        self._visits.update(visits)

    async def unused(
        self,
        names: Sequence[str],
        since_ts: int,
        tell: TellPruned = tell_nobody,  # noqa: ARG002 - nothing has to be deleted before
    ) -> list[str]:
        """Return which of these rooms are unused since a time."""
        return [name for name in names if self._is_unused(name, since_ts)]

    def _is_unused(self, name: str, since_ts: int) -> bool:
        room = self._look(name)
        if max(room.ts, self._visits.get(name, 0)) >= since_ts:
            return False
        return not any(isinstance(event, Message) for event in room.events)

    async def last_prune(self) -> int | None:
        """Return when events were last looked at for their age."""
        return self._last_prune

    async def people_changes(self) -> Mapping[str, bytes]:
        """Return nothing: there are no other nodes."""
        return {}

    async def has_changed(self) -> bool:
        """Return ``False``: there is no other way in."""
        return False

    async def close(self) -> None:
        """Do nothing: there is nothing open."""

    def _events(self, room: str) -> Sequence[AnyStoredEvent]:
        return self._rooms[room].told() if room in self._rooms else ()


def _fits(event: AnyStoredEvent, bounds: Bounds) -> TypeGuard[Message]:
    """Whether it is a message that counts."""
    if not isinstance(event, Message) or event.deleted:
        return False
    if bounds.who is not None and author_key(bounds.who) not in author_keys(event.who):
        return False
    return (
        (bounds.since is None or event.ts >= bounds.since)
        and (bounds.until is None or event.ts < bounds.until)
        and (bounds.before is None or event.seq < bounds.before)
    )
