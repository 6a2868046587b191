"""A journal that keeps the last events of each room in memory, and forgets all at the end."""

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeGuard

import msgspec
import trio

from trio_chat.clock import wall_clock
from trio_chat.journal.keys import Use, author_of, digest_of, own_key
from trio_chat.journal.search.authors import author_key, author_keys
from trio_chat.journal.search.query import Query
from trio_chat.journal.times import next_ts
from trio_chat.journal.types import (
    NO_NEW_ROOM,
    NO_SUCH_MESSAGE,
    NOT_YOURS,
    Bounds,
    Committed,
    MessagePage,
    Rejected,
    Result,
    RoomState,
    RoomSummary,
    TellPruned,
    Write,
    tell_nobody,
)
from trio_chat.journal.views import (
    DEFAULT_LIMITS,
    UNCHANGED,
    ChangeLimits,
    Changes,
    Sized,
    fit,
    fit_events,
    view,
)
from trio_chat.protocol import answers
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Delete,
    Edit,
    Message,
    Topic,
    encode,
    target_of,
    without_text,
)

TAIL = 10_000  # events of a room that are kept, and resends that are recognised
SCAN_STEP = 20_000  # characters that a search reads before it lets other tasks run
SCAN_EVENT = 100  # characters that an event costs besides its text


@dataclass
class _Room:
    last: int = 0
    ts: int = 0
    topic: str = ""
    events: deque[AnyStoredEvent] = field(default_factory=lambda: deque(maxlen=TAIL))
    changes: dict[int, Changes] = field(default_factory=dict)  # by number of the message
    cids: OrderedDict[str, Use] = field(default_factory=OrderedDict)

    @property
    def first(self) -> int:
        return self.last - len(self.events) + 1

    def get(self, seq: int) -> AnyStoredEvent | None:
        index = seq - self.first
        return self.events[index] if 0 <= index < len(self.events) else None

    def put(self, event: AnyStoredEvent) -> None:
        self.events[event.seq - self.first] = event

    def append(self, event: AnyStoredEvent) -> None:
        """Keep one more event, for the oldest one if there is no place."""
        if len(self.events) == self.events.maxlen:
            self.drop_oldest()
        self.events.append(event)
        target = target_of(event)
        if target is not None:
            self.changes.setdefault(target, Changes()).apply(event)

    def drop_oldest(self) -> None:
        self.changes.pop(self.events.popleft().seq, None)

    def last_too_old(self, before_ts: int, now: int) -> int:
        """Return the number of the last event that is too old, with all before it; 0 for none."""
        last = 0
        for event in self.events:
            if event.ts < before_ts:
                last = event.seq
            elif event.ts <= now:
                break
        return last

    def first_to_keep(self, keep_messages: int) -> int:
        """Return the number of the first of the messages that are kept; 0 if all are."""
        said = (event.seq for event in reversed(self.events) if isinstance(event, Message))
        return next(islice(said, keep_messages - 1, None), 0) if keep_messages else 0

    def drop_to(self, last: int) -> None:
        """Forget the events up to a number, and the texts of edits of what is gone."""
        while self.events and self.first <= last:
            self.drop_oldest()
        for event in list(self.events):
            if isinstance(event, Edit) and event.target <= last:
                self.put(without_text(event))

    def key_for(self, cid: str, author: str | None, digest: bytes | None) -> str:
        """Return the key under which a use of a cid is to be found, or kept."""
        use = self.cids.get(cid)
        return own_key(cid, digest) if use and use.is_free_for(author, digest) else cid

    def text_of(self, message: Message) -> str:
        """Return the present text of a message."""
        changes = self.changes.get(message.seq)
        if changes is None or changes.state.text is None:
            return message.text
        return changes.state.text


class MemoryJournal:
    """Keeps a bounded tail of each room. Nothing in here waits."""

    def __init__(
        self, clock: Callable[[], int] = wall_clock, limits: ChangeLimits = DEFAULT_LIMITS
    ) -> None:
        self.epoch = secrets.token_hex(8)
        self.secret = secrets.token_bytes(32)
        self.nicks: dict[str, str] = {}
        self._clock = clock
        self._limits = limits
        self._rooms: dict[str, _Room] = {}
        self._last_prune: int | None = None

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        """Return the states of rooms."""
        return [self._state(name, self._rooms.get(name) or _Room(), recent) for name in names]

    def _state(self, name: str, room: _Room, recent: int) -> RoomState:
        tail = list(room.events)[-recent:]
        encoded = [(event.seq, encode(event)) for event in tail]
        return RoomState(name, room.first, room.last, room.topic, encoded)

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        """Keep events, numbered."""
        return [self._commit(write) for write in writes]

    def _commit(self, write: Write) -> Result:
        draft = write.event
        room = self._rooms.get(draft.room) or _Room()
        author, digest = author_of(draft), digest_of(draft)
        key = room.key_for(draft.cid or "", author, digest)
        if key in room.cids:
            return room.cids[key].judge(author, digest)
        if not room.last and not write.may_begin:
            return NO_NEW_ROOM
        rejected = _judge(write, room, self._limits)
        if rejected:
            return rejected
        room.last += 1
        room.ts = next_ts(room.ts, self._clock())
        event = msgspec.structs.replace(draft, seq=room.last, ts=room.ts)
        room.append(event)
        self._rooms[draft.room] = room
        if key:
            room.cids[key] = Use(event.seq, event.ts, author, digest)
            if len(room.cids) > TAIL:
                room.cids.popitem(last=False)
        if isinstance(event, Topic):
            room.topic = event.text
        oldest = room.first if len(room.events) == TAIL else None
        return Committed(event, encode(event), _rewrite(event, room), oldest)

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
                message = view(event, changes.state if changes else UNCHANGED)
                yield message, len(answers.encode(message)) + 1  # and a comma

    async def rooms(self, limit: int) -> list[RoomSummary]:
        """Return the rooms, the latest first."""
        latest = sorted(self._rooms.items(), key=lambda item: -item[1].ts)[:limit]
        return [RoomSummary(name, room.topic, room.ts) for name, room in latest]

    async def keep_nicks(self, changes: Mapping[str, str | None]) -> None:
        """Do nothing: no nick is held over the end of the process."""

    async def prune(
        self, keep_messages: int, before_ts: int, tell: TellPruned = tell_nobody
    ) -> dict[str, int]:
        """Forget what is too old, or too much."""
        now = self._clock()
        if before_ts:
            self._last_prune = now
        pruned = {}
        for name, room in self._rooms.items():
            end = max(room.last_too_old(before_ts, now), room.first_to_keep(keep_messages) - 1)
            if end >= room.first:
                room.drop_to(end)
                pruned[name] = room.first
        if pruned:
            await tell(pruned)
        return pruned

    async def last_prune(self) -> int | None:
        """Return when events were last looked at for their age."""
        return self._last_prune

    async def has_changed(self) -> bool:
        """Return ``False``: there is no other way in."""
        return False

    async def close(self) -> None:
        """Do nothing: there is nothing open."""

    def _events(self, room: str) -> Sequence[AnyStoredEvent]:
        return self._rooms[room].events if room in self._rooms else ()


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


def _judge(write: Write, room: _Room, limits: ChangeLimits) -> Rejected | None:
    if isinstance(write.event, Message):
        return _judge_reply(write.event.reply, room)
    target = target_of(write.event)
    if target is None:
        return None
    message = room.get(target)
    if not isinstance(message, Message) or message.deleted:
        return NO_SUCH_MESSAGE
    if write.target_author not in (None, author_of(message)):
        return NOT_YOURS
    return (room.changes.get(target) or Changes()).refuse(write.event, limits)


def _judge_reply(seq: int | None, room: _Room) -> Rejected | None:
    """Refuse a reply to what is no message; what retention has deleted may have been one."""
    if seq is None or 0 < seq < room.first or isinstance(room.get(seq), Message):
        return None
    return NO_SUCH_MESSAGE


def _rewrite(event: AnyStoredEvent, room: _Room) -> list[tuple[int, bytes]]:
    """Take the text of a deleted message out of what is kept."""
    if not isinstance(event, Delete):
        return []
    rewritten = []
    for old in list(room.events):
        if old.seq == event.target or (isinstance(old, Edit) and old.target == event.target):
            bare = without_text(old)
            room.put(bare)
            rewritten.append((old.seq, encode(bare)))
    return rewritten
