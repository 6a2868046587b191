"""Takes exported rooms in: what is new behind what is there, and nothing that contradicts it."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from trio_chat.commands.lines import RoomLine
from trio_chat.commands.own_event_rules import OwnEvent
from trio_chat.commands.rights import Here, RightsImporter, RoomRights
from trio_chat.commands.room_rules import RoomRules
from trio_chat.commands.rule_checks import Unlimited
from trio_chat.commands.stores import Adopting, Store
from trio_chat.journal.keys import author_of, is_bare
from trio_chat.journal.stored import stand_in, understood
from trio_chat.protocol.events import (
    ActKept,
    AnyStoredEvent,
    Clearable,
    Delete,
    Edit,
    Message,
    Topic,
    target_of,
    without_author,
    without_text,
)

BATCH = 200  # events of a transaction: some milliseconds, in which the server has to wait


@dataclass
class Outcome:
    """What becomes of a room of the file."""

    line: RoomLine
    known: int = 0  # events that were here already
    new: int = 0  # events that were not
    known_acts: int = 0
    new_acts: int = 0
    rights: str = ""  # what comes with new acts, in words
    refusal: str = ""  # why nothing, or nothing more, of it is taken in


class Comparison:
    """A room of the file, beside the same room here.

    Args:
        here: What is here.
        line: The room's line in the file.
        scratch: A database for what has to be remembered, while this room is compared.
    """

    def __init__(self, here: Here, line: RoomLine, scratch: sqlite3.Connection) -> None:
        self.outcome = Outcome(line)
        self._rights = RoomRights(here, line)
        self._store = here.store
        self._here = here.store.load_state(line.room)
        self._id = here.store.room_id(line.room)
        self._rows = iter(here.store.events(self._id, line.first))
        self._rules = RoomRules(scratch, Unlimited(), max(self._here.first, line.first))
        if self._here.last and line.first > self._here.last + 1:
            self._refuse(f"its number {line.first} would follow number {self._here.last} here")

    def take(self, event: AnyStoredEvent) -> None:
        """Look at the next act or event of the room."""
        if self.outcome.refusal:
            return
        if isinstance(event, ActKept):
            self._take_act(event)
        elif event.seq > self._here.last:
            self._take_new(event)
        else:
            self._take_known(event)

    def _take_act(self, kept: ActKept) -> None:
        self._rights.take(kept)
        if self._rights.refusal:
            self._refuse(self._rights.refusal)
        elif kept.seq == self.outcome.line.acts:
            self.outcome.known_acts, self.outcome.new_acts = self._rights.known, self._rights.new
            self.outcome.rights = self._rights.words

    def _take_new(self, event: AnyStoredEvent) -> None:
        if use := self._store.find_cid(self._id, event):
            self._refuse(f"number {event.seq} has the cid of number {use.seq} here")
        elif not self._has_reference(event):
            self._refuse(f"number {event.seq} is about what is no message here")
        else:
            self.outcome.new += 1

    def _take_known(self, event: AnyStoredEvent) -> None:
        if event.seq >= self._here.first:  # else it was here, and retention has deleted it
            here = self._next_here(event.seq)
            if here is None or not are_same(event, here):
                self._refuse(f"number {event.seq} is something else here")
                return
        self.outcome.known += 1

    def _next_here(self, number: int) -> AnyStoredEvent | None:
        """Return the next event that is here, in its normal form, if it has this number."""
        seq, ts, data = next(self._rows, (0, 0, b""))
        event = understood(self.outcome.line.room, seq, data)
        return (
            self._rules.mend(event or stand_in(self.outcome.line.room, seq, ts))
            if seq == number
            else None
        )

    def _has_reference(self, event: AnyStoredEvent) -> bool:
        """Whether what an event is about is a message, if that is here and not in the file."""
        target = event.reply if isinstance(event, Message) else target_of(event)
        behind = min(self._here.last + 1, self.outcome.line.first)
        if target is None or not self._here.first <= target < behind:
            return True
        row = self._store.message_author(self._id, target)
        is_authors = isinstance(event, Edit | Delete) and event.who is not None
        return row is not None and (not is_authors or row == (author_of(event),))

    def _refuse(self, reason: str) -> None:
        self.outcome.refusal = reason
        self.outcome.new = self.outcome.new_acts = 0
        self.outcome.rights = ""


def are_same(one: AnyStoredEvent, other: AnyStoredEvent) -> bool:
    """Whether two events are one, of which one copy may have lost its text to a deletion.

    To a clearing it has lost its author, too. Releases before exported a deleted message in the
    place of what moderators did.
    """
    if isinstance(one, OwnEvent) != isinstance(other, OwnEvent):
        return any(event == stand_in(one.room, one.seq, one.ts) for event in (one, other))
    if (
        isinstance(one, Clearable)
        and isinstance(other, Clearable)
        and (_is_cleared(one) or _is_cleared(other))
    ):
        return without_author(one) == without_author(other)
    if is_bare(one) or is_bare(other):
        one, other = without_text(one), without_text(other)
    return one == other


def _is_cleared(event: Clearable) -> bool:
    """Whether an event has lost its author to a clearing; nobody without a name edits or reacts."""
    if isinstance(event, Message):
        return event.cleared
    return event.who is None and not (isinstance(event, Topic) and event.text)


class Importer:
    """Writes what is new, a batch at a time, so that a server can write in between."""

    def __init__(self, store: Store, outcomes: Sequence[Outcome], rights: RightsImporter) -> None:
        self._store = store
        self._outcomes = {outcome.line.room: outcome for outcome in outcomes}
        self._wanted = {
            outcome.line.room: outcome
            for outcome in outcomes
            if not outcome.refusal and (outcome.new or outcome.new_acts or not outcome.line.events)
        }
        self._rights = rights
        self._room: Outcome | None = None  # the one at hand, if anything of it is wanted
        self._next = 0  # number of its first event that is new
        self._batch: list[AnyStoredEvent] = []

    def take(self, line: RoomLine | AnyStoredEvent) -> None:
        """Take the next line of the file."""
        if isinstance(line, RoomLine):
            self.finish()
            self._begin(line)
        elif isinstance(line, ActKept):
            self._take_act(line)
        elif self._room and line.seq >= self._next:
            self._batch.append(line)
            if len(self._batch) == BATCH:
                self._write(self._room)

    def keeps(self, message: Message) -> bool:
        """Whether a message of the room at hand is taken in, or can be read here already."""
        if self._outcomes[message.room].refusal:
            return False
        if self._room and message.seq >= self._next:
            return True
        store, room = self._store, self._store.room_id(message.room)
        return room is not None and store.is_there(room, message.seq, store.clearings(room))

    def _begin(self, line: RoomLine) -> None:
        self._room = self._wanted.get(line.room)
        if self._room:
            self._next = line.first + self._room.known
            self._room.new = 0

    def _take_act(self, kept: ActKept) -> None:
        """Take an act; with the last one all are written, before any event of the room."""
        room = self._room
        if room is None or not room.new_acts or kept.seq <= room.known_acts:
            return
        self._rights.add(kept)
        if kept.seq == room.line.acts and not self._rights.write(kept.room):
            room.refusal = "somebody has changed its rights meanwhile"
            room.rights, room.new = "", 0
            self._room = None

    def finish(self) -> None:
        """Write what is left of a room."""
        if self._room:
            self._write(self._room)
        self._room = None

    def _write(self, room: Outcome) -> None:
        begin = time.monotonic()
        with self._store.adopting([room.line.room]) as turn:
            is_kept = self._keep(turn, room.line)
        if is_kept:
            room.new += len(self._batch)
        else:
            room.refusal = f"number {self._batch[0].seq} was given to something else meanwhile"
            self._room = None
        self._batch = []
        time.sleep(time.monotonic() - begin)  # half of the time is the server's

    def _keep(self, turn: Adopting, room: RoomLine) -> bool:
        """Keep a batch, unless somebody else has been quicker."""
        is_begun = room.last or not room.acts  # else it begins when something is said there
        if is_begun and not turn.last(room.room):
            turn.found(room.room, room.first - 1, 0 if room.events else room.ts, room.topic)
        if self._batch and turn.last(room.room) != self._batch[0].seq - 1:
            return False
        turn.adopt(self._batch)
        turn.finish()
        return True
