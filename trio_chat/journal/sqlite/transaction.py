"""A transaction: one turn of the hub, written to SQLite as a whole or not at all."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy

from trio_chat.journal.clearings import Clearing, is_cleared
from trio_chat.journal.keys import author_of, digest_of
from trio_chat.journal.sqlite import (
    cids,
    forgotten,
    index,
    queries,
    scrubs,
    sealing,
    states,
    unused,
    visits,
)
from trio_chat.journal.sqlite.stored import understood
from trio_chat.journal.times import next_ts
from trio_chat.journal.types import (
    HELD,
    NO_SUCH_MESSAGE,
    NOT_YOURS,
    ROOM_TAKEN,
    STILL_USED,
    STORAGE_FULL,
    TOO_LATE,
    Committed,
    Rejected,
    Result,
    Write,
    judge_new_room,
)
from trio_chat.journal.views import DEFAULT_LIMITS, ChangeLimits, Changes
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


class Progress:
    """What the writer needs to know of a room."""

    def __init__(self, room: int | None, last: int, ts: int, unordered: int) -> None:
        self.id = room  # ``None``: it is not there
        self.last = last  # behind which the next event is numbered
        self.ts = ts
        self.unordered = unordered  # the last number with an earlier time than the one before it

    def go_on(self, seq: int, ts: int) -> None:
        """Take in the number and the time of the next event."""
        if ts < self.ts:
            self.unordered = seq
        self.last, self.ts = seq, ts


class Transaction:
    """One transaction: what it changes is known to nobody before it is committed.

    With ``is_full`` it takes nothing but deletions; ``limits`` are what changes are judged by.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        known: dict[str, Progress],
        now: int,
        *,
        is_full: bool = False,
        limits: ChangeLimits = DEFAULT_LIMITS,
    ) -> None:
        self._limits = limits
        self._is_full = is_full
        self._database = database
        self._known = known
        self._now = now
        self.rooms: dict[str, Progress] = {}
        self.index = index.Changes()
        self._changes: dict[states.Key, Changes] = {}  # as far as they were looked at
        self._changed: set[states.Key] = set()

    def commit(self, write: Write) -> Result:
        """Keep an event, numbered, if it may be."""
        draft = write.event
        room = self._room(draft.room)
        use = cids.find(self._database, room.id, draft)
        if use:
            return use.judge(author_of(draft), digest_of(draft))
        rejected = self._judge(room, write)
        if rejected or write.needs_approval:
            return rejected or HELD
        begins = room.id is None
        if begins:
            room.id = self._add_room(draft.room)
        room.go_on(room.last + 1, next_ts(room.ts, self._now))
        draft.seq, draft.ts = room.last, room.ts
        if isinstance(draft, Clear):
            assert room.id is not None
            draft.since = index.first_since(self._database, room.id, draft.seq, write.since_ts)
            draft.also = sealing.also(self._database, room.id, draft, with_topics=write.with_topics)
        if write.forgets is not None:
            self._forget(write.forgets)
        return self._keep(room, draft)._replace(begins_room=begins)

    def found(self, name: str, last: int, ts: int, topic: str) -> None:
        """Make a room whose events up to a number have been, and are not here."""
        room = self._room(name)
        room.id, room.last, room.ts = self._add_room(name), last, ts
        self._database.execute("UPDATE rooms SET topic = ? WHERE id = ?", (topic, room.id))

    def last(self, name: str) -> int:
        """Return the number of a room's last event; 0 if the room is not there."""
        room = self._room(name)
        return room.last if room.id else 0

    def adopt(self, event: AnyStoredEvent) -> None:
        """Keep the next event of a room with the time, and the text, that it has already."""
        room = self._room(event.room)
        room.go_on(event.seq, event.ts)
        self._keep(room, event)

    def _keep(self, room: Progress, draft: AnyStoredEvent) -> Committed:
        assert room.id is not None
        data = encode_event(draft)
        self._database.execute(
            "INSERT INTO events (room, seq, ts, is_message, target, author, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                room.id,
                draft.seq,
                draft.ts,
                isinstance(draft, Message),
                target_of(draft),
                author_of(draft),
                data,
            ),
        )
        cids.keep(self._database, room.id, draft)
        if isinstance(draft, Topic):
            self._database.execute("UPDATE rooms SET topic = ? WHERE id = ?", (draft.text, room.id))
        self._bring_into_index(room.id, draft)
        self._change(room.id, draft)
        if isinstance(draft, Clear | Restore):
            self._seal(room.id, draft)
            return Committed(draft, data, is_partial=True)
        if not isinstance(draft, Delete):
            return Committed(draft, data)
        rewritten = scrubs.begin(self._database, room.id, draft.target)
        is_partial = draft.target in scrubs.pending(self._database, room.id)
        return Committed(draft, data, rewritten, is_partial=is_partial)

    def _seal(self, room: int, event: Clear | Restore) -> None:
        """Seal what moderators have cleared, or take that back."""
        if isinstance(event, Clear):
            sealing.keep(self._database, room, event)
        else:
            sealing.lift(self._database, room, event.key)

    def _change(self, room: int, event: AnyStoredEvent) -> None:
        """Add a change to what is kept of its message, if that is there."""
        target = target_of(event)
        if target is not None and self._find_message(room, target):
            self._changes_of(room, target).apply(event)
            self._changed.add((room, target))

    def _changes_of(self, room: int, target: int) -> Changes:
        key = room, target
        if key not in self._changes:
            self._changes[key] = states.load(self._database, room, target)
        return self._changes[key]

    def _find_message(self, room: int | None, seq: int) -> tuple[str | None, bytes] | None:
        row: tuple[str | None, bytes] | None = self._database.execute(
            "SELECT author, data FROM events WHERE room = ? AND seq = ? AND is_message",
            (room, seq),
        ).fetchone()
        return row

    def finish(self, *, is_indexed: bool) -> None:
        """Write down how far rooms have come, how messages stand, and what changes in the index."""
        states.save(self._database, [(key, self._changes[key]) for key in self._changed])
        if self.index.has_removals:
            index.note(self._database)
        if is_indexed:
            self.index.write(self._database)
        self._database.executemany(
            "UPDATE rooms SET last = ?, ts = ?, unordered = ? WHERE id = ?",
            [
                (room.last, room.ts, room.unordered, room.id)
                for room in self.rooms.values()
                if room.id
            ],
        )

    def _room(self, name: str) -> Progress:
        if name not in self.rooms:
            known = self._known.get(name)
            self.rooms[name] = copy(known) if known else self._find_room(name)
        return self.rooms[name]

    def _forget(self, name: str) -> None:
        """Forget a room, whether it is here or not, but for how far it had come."""
        room = self._room(name)
        if room.id is not None:
            unused.delete(self._database, room.id)
        forgotten.keep(self._database, name, room.last)
        visits.forget(self._database, name)
        self.rooms[name] = self._find_room(name)

    def _find_room(self, name: str) -> Progress:
        row: tuple[int, int, int, int] | None = self._database.execute(
            "SELECT id, last, ts, unordered FROM rooms WHERE name = ?", (name,)
        ).fetchone()
        return Progress(*(row or (None, forgotten.last_of(self._database, name), 0, 0)))

    def _add_room(self, name: str) -> int:
        added = self._database.execute("INSERT INTO rooms (name) VALUES (?)", (name,)).lastrowid
        assert added
        return added

    def _judge(self, room: Progress, write: Write) -> Rejected | None:
        if self._is_full and not isinstance(write.event, Delete | Clear | ActKept):
            return STORAGE_FULL
        if room.id is None and (refused := judge_new_room(write)):
            return refused
        if write.must_begin and room.id is not None:
            return ROOM_TAKEN
        if isinstance(write.event, Restore):
            return self._judge_restore(room.id, write.event.key)
        if isinstance(write.event, Message):
            return self._judge_reply(room.id, write.event.reply)
        return self._judge_change(room, write)

    def _judge_act(self, write: Write) -> Rejected | None:
        """Refuse to forget a room that somebody has used, or a report of what is no message."""
        if write.forgets is None:
            return self._judge_report(write.event)
        name, since_ts = write.forgets, write.unused_since
        is_used = self._room(name).ts >= since_ts
        if is_used or not unused.is_unused(self._database, name, since_ts):
            return STILL_USED
        return None

    def _judge_report(self, event: AnyStoredEvent) -> Rejected | None:
        """Refuse to report what is no message; other events have nothing that they are about.

        Of one that is deleted nothing is kept, nor what somebody says of it.
        """
        if not isinstance(event, ActKept) or not isinstance(event.act, Reported):
            return None
        found = self._find_message(self._room(event.act.about).id, event.act.target)
        if found is None:
            return NO_SUCH_MESSAGE
        message = understood(event.act.about, event.act.target, found[1])
        if not isinstance(message, Message) or message.deleted:
            event.act.why = ""
        return None

    def _judge_topic(self, room: int | None, write: Write) -> Rejected | None:
        """Refuse a topic that is for the place of another one than there is, or that is gone."""
        if isinstance(write.event, Topic) and write.topic_of is not None:
            write.event.text = self._topic_of(room, write.event.room, write.topic_of)
            if not write.event.text:
                return TOO_LATE
        if write.if_topic is None:
            return None
        row = self._database.execute("SELECT topic FROM rooms WHERE id = ?", (room,)).fetchone()
        return None if row == (write.if_topic,) else TOO_LATE

    def _topic_of(self, room: int | None, name: str, seq: int) -> str:
        """Return what an event has set as the topic, if it is there."""
        query = "SELECT data FROM events WHERE room = ? AND seq = ?"
        row = self._database.execute(query, (room, seq)).fetchone()
        event = understood(name, seq, row[0]) if row else None
        return event.text if isinstance(event, Topic) else ""

    def _judge_restore(self, room: int | None, key: str) -> Rejected | None:
        """Refuse to take back what was taken back already, or is gone for good."""
        found = room is not None and any(one.key == key for one in self._clearings(room))
        return None if found else TOO_LATE

    def _clearings(self, room: int) -> Sequence[Clearing]:
        return sealing.find(self._database, room)

    def _judge_change(self, room: Progress, write: Write) -> Rejected | None:
        target = target_of(write.event)
        if target is None:
            return self._judge_topic(room.id, write) or self._judge_act(write)
        row = self._find_message(room.id, target)
        if room.id is None or row is None:
            return NO_SUCH_MESSAGE
        author, data = row
        message = understood(write.event.room, target, data)
        if not isinstance(message, Message) or message.deleted:
            return NO_SUCH_MESSAGE
        if is_cleared(self._clearings(room.id), target, author):
            return NO_SUCH_MESSAGE
        if write.target_author not in (None, author):
            return NOT_YOURS
        return self._changes_of(room.id, target).refuse(write.event, self._limits)

    def _judge_reply(self, room: int | None, seq: int | None) -> Rejected | None:
        """Refuse a reply to what is no message; what retention has deleted may have been one."""
        if seq is None or self._find_message(room, seq):
            return None
        is_pruned = room is not None and 0 < seq < queries.first(self._database, room)
        return None if is_pruned else NO_SUCH_MESSAGE

    def _bring_into_index(self, room: int, event: AnyStoredEvent) -> None:
        match event:
            case Message(seq=seq, text=text, who=who, deleted=False):
                self.index.put(room, seq, text, who)
            case Edit(target=target, text=text):
                self.index.replace(room, target, text)
            case Delete(target=target):
                self.index.remove(room, target)
