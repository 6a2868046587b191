"""A transaction: one turn of the hub, written to SQLite as a whole or not at all."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from trio_chat.journal.judge import Judge
from trio_chat.journal.keys import author_of, digest_of
from trio_chat.journal.sqlite import forgotten, index, scrubs, sealing, unused, visits
from trio_chat.journal.sqlite.cids import Cids
from trio_chat.journal.sqlite.looks import Looks
from trio_chat.journal.sqlite.messages import Messages
from trio_chat.journal.sqlite.progress import Progress, RoomsProgress
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
    Restore,
    Topic,
    target_of,
)
from trio_chat.protocol.events import encode as encode_event

KEEP = (
    "INSERT INTO events (room, seq, ts, is_message, target, author, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)

# Room, number, time, whether it is a message, number of the message that it changes, author, data.
EventRow = tuple[int, int, int, bool, int | None, str | None, bytes]


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block does, or nothing of it if it fails."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # some errors have rolled back by themselves
            database.execute("ROLLBACK")
        raise


class Transaction:
    """One transaction: what it changes is known to nobody before it is committed.

    Events and keys wait here until something has to be looked up among them, or until ``finish``:
    to write many together costs less, and each statement gives up Python's lock.

    With ``is_full`` it takes nothing but deletions; ``limits`` are what changes are judged by.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        known: Mapping[str, Progress],
        now: int,
        *,
        is_full: bool = False,
        limits: ChangeLimits = DEFAULT_LIMITS,
    ) -> None:
        self._database = database
        self._now = now
        self._rooms = RoomsProgress(database, known)
        self._cids = Cids(database)
        self._events: list[EventRow] = []  # that are still to be written
        self._messages = Messages(database)
        self._is_full = is_full
        looks = Looks(database, self._rooms, self._messages)
        self._judge = Judge(looks, limits, is_full=is_full)
        self.index = index.Changes()

    @property
    def rooms(self) -> Mapping[str, Progress]:
        """How far rooms have come with it."""
        return self._rooms.seen

    def fetch(self, writes: Iterable[Write]) -> None:
        """Read at once what is there of the keys of writes, which are to be committed next."""
        events = [write.event for write in writes if not write.is_canary]
        placed = ((self._rooms.of(one.room).id, one) for one in events)
        self._cids.fetch((room, one) for room, one in placed if room is not None)

    def commit(self, write: Write) -> Result:
        """Keep an event, numbered, if it may be."""
        if write.is_canary:
            return self._prove()
        draft = write.event
        room = self._rooms.of(draft.room)
        use = self._cids.find(room.id, draft)
        if use:
            return use.judge(author_of(draft), digest_of(draft))
        if not _stands_alone(draft):
            self._flush()
        rejected = self._judge.judge(room.id, write) or write.otherwise
        if rejected:
            return rejected
        begins = room.id is None
        if begins:
            room.id = self._rooms.begin(draft.room)
        room.go_on(room.last + 1, next_ts(room.ts, self._now))
        draft.seq, draft.ts = room.last, room.ts
        assert room.id is not None
        self._complete(room.id, write)
        if write.forgets is not None:
            self._forget(write.forgets)
        return self._keep(room, draft, begins=begins)

    def _prove(self) -> Result:
        """Write what stands for an event, in the place of what the last proof has written."""
        if self._is_full:
            return CANARY_REFUSED
        self._database.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('canary', ?)", (str(self._now),)
        )
        return Duplicate(0, self._now)

    def _complete(self, room: int, write: Write) -> None:
        """Put into an event what only the journal knows."""
        match write.event:
            case Clear() as clear:
                clear.since = index.first_since(self._database, room, clear.seq, write.since_ts)
                clear.also = sealing.also(
                    self._database, room, clear, with_topics=write.with_topics
                )
                clear.reacted = sealing.reacted(self._database, room, clear)
            case Topic() as topic if write.takes_topic or write.gives_topic:
                topic.text = self._judge.topic_for(room, write) or ""
            case ActKept(act=Reported() as report) if not self._judge.is_there(report):
                report.why = ""  # of what is deleted nothing is kept, nor what somebody says of it
            case _:
                pass

    def found(self, name: str, last: int, ts: int, topic: str) -> None:
        """Make a room whose events up to a number have been, and are not here."""
        room = self._rooms.of(name)
        room.id, room.last, room.ts = self._rooms.begin(name), last, ts
        self._database.execute("UPDATE rooms SET topic = ? WHERE id = ?", (topic, room.id))

    def last(self, name: str) -> int:
        """Return the number of a room's last event; 0 if the room is not there."""
        room = self._rooms.of(name)
        return room.last if room.id else 0

    def adopt(self, event: AnyStoredEvent) -> None:
        """Keep the next event of a room with the time, and the text, that it has already."""
        room = self._rooms.of(event.room)
        room.go_on(event.seq, event.ts)
        self._keep(room, event)

    def _keep(self, room: Progress, draft: AnyStoredEvent, *, begins: bool = False) -> Committed:
        assert room.id is not None
        data = encode_event(draft)
        self._events.append(row_of(room.id, draft, data))
        self._cids.keep(room.id, draft)
        self._bring_into_index(room.id, draft)
        if _stands_alone(draft):
            return Committed(draft, data, begins_room=begins)
        self._flush()
        self._messages.change(room.id, draft)
        rewritten: Sequence[tuple[int, bytes]] = ()
        is_partial = False
        match draft:
            case Topic():
                self._database.execute(
                    "UPDATE rooms SET topic = ? WHERE id = ?", (draft.text, room.id)
                )
            case Clear() | Restore():
                self._seal(room.id, draft)
                is_partial = True
            case Delete(target=target):
                rewritten = scrubs.begin(self._database, room.id, target)
                is_partial = target in scrubs.pending(self._database, room.id)
        return Committed(draft, data, rewritten, is_partial=is_partial, begins_room=begins)

    def _flush(self) -> None:
        """Write the events that wait, and their keys."""
        if self._events:
            self._database.executemany(KEEP, self._events)
            self._events = []
        self._cids.save()

    def _seal(self, room: int, event: Clear | Restore) -> None:
        """Seal what moderators have cleared, or take that back."""
        if isinstance(event, Clear):
            sealing.keep(self._database, room, event)
        else:
            sealing.lift(self._database, room, event.key)

    def finish(self, *, is_indexed: bool) -> None:
        """Write down how far rooms have come, how messages stand, and what changes in the index."""
        self._flush()
        self._messages.save()
        if self.index.has_removals:
            index.note(self._database)
        if is_indexed:
            self.index.write(self._database)
        self._rooms.save()

    def _forget(self, name: str) -> None:
        """Forget a room, whether it is here or not, but for how far it had come."""
        room = self._rooms.of(name)
        if room.id is not None:
            unused.delete(self._database, room.id)
            self._cids.forget(room.id)
        forgotten.keep(self._database, name, room.last)
        visits.forget(self._database, name)
        self._rooms.look_again(name)

    def _bring_into_index(self, room: int, event: AnyStoredEvent) -> None:
        match event:
            case Message(seq=seq, text=text, who=who, deleted=False):
                self.index.put(room, seq, text, who)
            case Edit(target=target, text=text):
                self.index.replace(room, target, text)
            case Delete(target=target):
                self.index.remove(room, target)


def row_of(room: int, event: AnyStoredEvent, data: bytes) -> EventRow:
    """Return the row of an event, encoded as ``data``, in a room by its id."""
    is_message = isinstance(event, Message)
    return room, event.seq, event.ts, is_message, target_of(event), author_of(event), data


def _stands_alone(event: AnyStoredEvent) -> bool:
    """Whether nothing that is kept matters to an event, nor the event to anything: a message."""
    return isinstance(event, Message) and event.reply is None
