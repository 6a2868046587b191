"""A turn: what the hub has submitted, written in one transaction as a whole or not at all.

What most writes need to know is read at once, before any is judged, and what they keep is written
at once, behind the last one. The few that look at more, or change what is there, do so in between,
when all that was kept before them is written.
"""

from collections.abc import Sequence

from trio_chat.journal.judge import Judge
from trio_chat.journal.keys import author_of, digest_of
from trio_chat.journal.postgres import queries, rooms, scrubs, sealing, unused, words
from trio_chat.journal.postgres.cids import Cids
from trio_chat.journal.postgres.link import Link, text
from trio_chat.journal.postgres.looks import Looks
from trio_chat.journal.postgres.messages import Messages
from trio_chat.journal.postgres.rooms import Progress, Rooms
from trio_chat.journal.postgres.schema import put
from trio_chat.journal.stored import understood
from trio_chat.journal.times import next_ts
from trio_chat.journal.types import CANARY_REFUSED, Committed, Duplicate, Result, Write
from trio_chat.journal.views import DEFAULT_LIMITS, ChangeLimits
from trio_chat.protocol.acts import Reported
from trio_chat.protocol.events import (
    ActKept,
    AnyStoredEvent,
    Clear,
    Delete,
    Edit,
    Message,
    React,
    Restore,
    Topic,
    encode,
    target_of,
)

KEEP = (
    "INSERT INTO events (room, seq, ts, kind, target, author, data) SELECT * FROM unnest("
    "%s::integer[], %s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[], %s::text[],"
    " %s::bytea[])"
)
KINDS: dict[type, int] = {Message: 1, Edit: 2, Topic: 3, React: 4}  # others: 0

EventRow = tuple[int, int, int, int, int | None, str | None, bytes]


class Turn:
    """One transaction: what it changes is known to nobody before it is committed.

    Args:
        link: To the database; a transaction must be open.
        writes: What is to be kept.
        now: The time, in ms since 1970.
        limits: What changes are judged by.
        is_full: Whether nothing is taken but deletions.
    """

    def __init__(
        self,
        link: Link,
        writes: Sequence[Write],
        now: int,
        *,
        limits: ChangeLimits = DEFAULT_LIMITS,
        is_full: bool = False,
    ) -> None:
        self._link = link
        self._writes = writes
        self._now = now
        self._is_full = is_full
        self._rooms = Rooms(link, {name for write in writes for name in _names(write)})
        self._cids = Cids(link)
        self._messages = Messages(link)
        self._looks = Looks(link, self._rooms, self._messages, self._flush)
        self._judge = Judge(self._looks, limits, is_full=is_full)
        self._words = words.Changes(link)
        self._events: list[EventRow] = []

    def run(self) -> list[Result]:
        """Keep what may be kept, numbered in order; return what became of each."""
        self._fetch([write.event for write in self._writes])
        results = [self._commit(write) for write in self._writes]
        self._flush()
        return results

    def _fetch(self, events: Sequence[AnyStoredEvent]) -> None:
        """Read at once what is there of the keys, and of what events are about."""
        placed = [(id, one) for one in events if (id := self._rooms.of(one.room).id) is not None]
        self._cids.fetch(placed)
        wanted = ((id, _reference(event)) for id, event in placed)
        self._messages.fetch({(id, seq) for id, seq in wanted if seq is not None})

    def _commit(self, write: Write) -> Result:
        if write.is_canary:
            return self._prove()
        draft = write.event
        room = self._rooms.of(draft.room)
        use = self._cids.find(room.id, draft)
        if use:
            return use.judge(author_of(draft), digest_of(draft))
        if _looks_around(write):
            self._flush()
        rejected = self._judge.judge(room.id, write) or write.otherwise
        if rejected:
            return rejected
        begins = room.id is None
        id = self._rooms.begin(draft.room) if room.id is None else room.id
        room.go_on(room.last + 1, next_ts(room.ts, self._now))
        draft.seq, draft.ts = room.last, room.ts
        self._complete(id, write)
        if write.forgets is not None:
            self._forget(write.forgets)
        return self._keep(room, id, draft)._replace(begins_room=begins)

    def _prove(self) -> Result:
        """Write what stands for an event, in the place of what the last proof has written."""
        if self._is_full:
            return CANARY_REFUSED
        put(self._link, "canary", str(self._now).encode())
        return Duplicate(0, self._now)

    def _complete(self, room: int, write: Write) -> None:
        """Put into an event what only the journal knows."""
        match write.event:
            case Clear() as clear:
                clear.since = queries.first_since(self._link, room, clear.seq, write.since_ts)
                clear.also = sealing.also(self._link, room, clear, with_topics=write.with_topics)
                clear.reacted = sealing.reacted(self._link, room, clear)
            case Topic() as topic if write.takes_topic or write.gives_topic:
                topic.text = self._judge.topic_for(room, write) or ""
            case ActKept(act=Reported() as report) if not self._judge.is_there(report):
                report.why = ""  # of what is deleted nothing is kept, nor what somebody says of it
            case _:
                pass

    def _keep(self, room: Progress, id: int, draft: AnyStoredEvent) -> Committed:
        data = encode(draft)
        self._events.append(row_of(id, draft, data))
        self._cids.keep(id, draft)
        self._bring_into_index(id, draft)
        self._messages.add(id, draft, data)
        match draft:
            case Topic():
                room.topic = draft.text
            case Clear():
                self._flush()
                sealing.keep(self._link, id, draft)
                self._looks.look_again()
            case Restore():
                sealing.lift(self._link, id, draft.key)
                self._looks.look_again()
            case Delete():
                self._flush()
                rewritten = scrubs.begin(self._link, id, draft.target)
                self._messages.look_again()
                return Committed(draft, data, rewritten)
        return Committed(draft, data, is_partial=isinstance(draft, Clear | Restore))

    def _bring_into_index(self, room: int, event: AnyStoredEvent) -> None:
        match event:
            case Message(seq=seq, text=said, who=who, deleted=False):
                self._words.put(room, seq, said, who)
            case Edit(target=target, text=said):
                found = self._messages.find(room, target)
                message = understood(event.room, target, found.data) if found else None
                self._words.put(room, target, said, message.who if message else None)
            case Delete(target=target):
                self._words.remove(room, target)
            case _:
                pass

    def _forget(self, name: str) -> None:
        """Forget a room, whether it is here or not, but for how far it had come."""
        room = self._rooms.of(name)
        if room.id is not None:
            unused.delete(self._link, room.id)
            self._cids.forget(room.id)
        rooms.keep_forgotten(self._link, name, room.last)
        self._link.execute("DELETE FROM visits WHERE room = %s", (name,))
        self._rooms.look_again(name)
        self._messages.look_again()
        self._looks.look_again()

    def _flush(self) -> None:
        """Write what is kept so far."""
        with self._link.together():
            if self._events:
                columns = [list(column) for column in zip(*self._events, strict=True)]
                self._link.execute(KEEP, columns)
                self._events = []
            self._cids.save()
            self._messages.save()
            self._words.save()
            self._rooms.save()


def row_of(room: int, event: AnyStoredEvent, data: bytes) -> EventRow:
    """Return the row of an event, encoded as ``data``, in a room by its id."""
    author = author_of(event)
    known = author if author is None else text(author)
    return room, event.seq, event.ts, KINDS.get(type(event), 0), target_of(event), known, data


def _names(write: Write) -> list[str]:
    """Return the rooms that a write is about."""
    names = [write.event.room]
    act = write.event.act if isinstance(write.event, ActKept) else None
    if write.forgets is not None or isinstance(act, Reported):
        assert act
        names.append(act.about)
    return names


def _reference(event: AnyStoredEvent) -> int | None:
    """Return the number of the message that an event is about, in its own room."""
    return event.reply if isinstance(event, Message) else target_of(event)


def _looks_around(write: Write) -> bool:
    """Whether to judge a write, or to complete it, more is looked at than the rows at hand."""
    is_wide = isinstance(write.event, Clear | Restore)
    return is_wide or bool(write.takes_topic or write.gives_topic) or write.forgets is not None
