"""A transaction: one turn of the hub, written to SQLite as a whole or not at all."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from trio_chat.journal.judge import Judge
from trio_chat.journal.keys import author_of, digest_of
from trio_chat.journal.sqlite import cids, forgotten, index, scrubs, sealing, unused, visits
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
        self._messages = Messages(database)
        self._is_full = is_full
        looks = Looks(database, self._rooms, self._messages)
        self._judge = Judge(looks, limits, is_full=is_full)
        self.index = index.Changes()

    @property
    def rooms(self) -> Mapping[str, Progress]:
        """How far rooms have come with it."""
        return self._rooms.seen

    def commit(self, write: Write) -> Result:
        """Keep an event, numbered, if it may be."""
        if write.is_canary:
            return self._prove()
        draft = write.event
        room = self._rooms.of(draft.room)
        use = cids.find(self._database, room.id, draft)
        if use:
            return use.judge(author_of(draft), digest_of(draft))
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
        return self._keep(room, draft)._replace(begins_room=begins)

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
        self._messages.change(room.id, draft)
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

    def finish(self, *, is_indexed: bool) -> None:
        """Write down how far rooms have come, how messages stand, and what changes in the index."""
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
