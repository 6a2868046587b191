"""Takes the rights of rooms in with a file: never those of a room that has others here."""

import sqlite3
from collections import Counter
from collections.abc import Iterator

import msgspec

from trio_chat.clock import wall_clock
from trio_chat.commands.lines import RoomLine
from trio_chat.commands.room_acts import RoomActs
from trio_chat.commands.stores import Adopting, Store
from trio_chat.config import Config
from trio_chat.core.governed import Governed
from trio_chat.core.registry import Registry
from trio_chat.core.sessions import Sessions
from trio_chat.protocol import acts
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import ActKept, decode, encode
from trio_chat.protocol.names import is_private
from trio_chat.protocol.room_rules import NO_RULES
from trio_chat.terminal.sanitize import sanitize_line

BATCH = 200  # acts that are written at once

HAS_OTHERS = "it is here already and keeps its rights; --without-rights takes in what was said"
FOR_STRANGERS = "for two people of another server: nobody can open it"


class Here:
    """What there is here, for rooms of the file to be compared with.

    Args:
        store: What is here.
        acts: Its acts, by their rooms; they are read now.
        config: ``private_rooms``.
    """

    def __init__(self, store: Store, acts: RoomActs, config: Config) -> None:
        acts.follow(store)
        self.acts = acts
        self.store = store
        self._places = config.private_rooms - acts.count_private()
        self._sessions = Sessions(store.secret())

    def take_place(self) -> bool:
        """Take the place of one more private room; return whether there was one."""
        self._places -= 1
        return self._places >= 0

    def knows(self, room: str, act: acts.Admitted) -> bool:
        """Whether a room for two is one of this server, whose people have the same ids."""
        one, other = act.people
        return self._sessions.room_of(one.id, other.id) == room


class RoomRights:
    """The rights of a room of the file, beside those of the same room here.

    Args:
        here: What is here.
        line: The room's line in the file.
    """

    def __init__(self, here: Here, line: RoomLine) -> None:
        self.known = 0  # acts that were here already
        self.new = 0  # acts that were not
        self.refusal = ""  # why nothing of the room is taken in
        self._here = here
        self._room = line.room
        self._acts_here = here.acts.of(line.room)
        self._is_new = here.store.room_id(line.room) is None
        self._is_for_strangers = False
        self._registry = Registry()

    def take(self, kept: ActKept) -> None:
        """Look at the next act of the room."""
        if isinstance(kept.act, acts.Admitted) and not self._here.knows(self._room, kept.act):
            self._is_for_strangers = True
        if self.refusal or self._is_for_strangers:
            return
        self._registry.apply(kept)
        numbered = next(self._acts_here, None)
        if numbered is None:
            self._take_new(kept)
        elif are_same(kept, numbered.kept):
            self.known += 1
        else:
            self.refusal = HAS_OTHERS

    def _take_new(self, kept: ActKept) -> None:
        if not self.new and not self.known:
            self._check_begin()
        if isinstance(kept.act, acts.LinkMade) and self._here.acts.room_of(kept.act) is not None:
            self.refusal = f"the link {kept.act.link} is another one here"
        self.new += 1

    def _check_begin(self) -> None:
        """Refuse rights for a room that has none here, but is open to all, or is one too many."""
        if not is_private(self._room):
            self.refusal = "" if self._is_new else HAS_OTHERS
        elif not self._here.take_place():
            self.refusal = "there are as many private rooms here as --private-rooms"

    @property
    def words(self) -> str:
        """What the room has by the acts that are new, in words; nothing without any."""
        if self._is_for_strangers:
            return FOR_STRANGERS
        if not self.new:
            return ""
        governed = self._registry.governed(self._room) or Governed()
        now = wall_clock()
        governed.forget_sanctions(now)
        entries = _count(self.new, "new entry", "new entries")
        return ", ".join([*_described(governed, now), f"{entries} of what was done"])


def _described(governed: Governed, now: int) -> Iterator[str]:
    """Yield what somebody should know who lets a room in."""
    if governed.title:
        yield f'"{sanitize_line(governed.title)}"'
    if governed.admitted:
        yield "for two people"
    links = [link for link in governed.links.values() if link.is_live(now)]
    if links:
        rights = Counter(link.right.word for link in links)
        told = ", ".join(f"{count:,} to {right}" for right, count in rights.items())
        yield f"{_count(len(links), 'link')} ({told})"
    people = {person_id for link in links for person_id in link.users}
    if people:
        yield f"{_count(len(people), 'person', 'people')} who came by links"
    if governed.banned:
        addresses = _count(len(governed.banned.addresses), "address", "addresses")
        yield f"{_count(len(governed.banned), 'ban')} ({addresses})"
    if governed.muted:
        yield _count(len(governed.muted), "mute")
    if governed.rules_at(now) != NO_RULES:
        yield "rules"


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def are_same(one: ActKept, other: ActKept) -> bool:
    """Whether two acts are one; the words of a report go with its message, here or there."""
    return _without_words(one) == _without_words(other)


def _without_words(kept: ActKept) -> ActKept:
    if not isinstance(kept.act, acts.Reported):
        return kept
    return msgspec.structs.replace(kept, act=msgspec.structs.replace(kept.act, why=""))


class RightsImporter:
    """Writes the acts of rooms into the ledger, each room's in one transaction.

    Args:
        store: What is written to.
        here: The acts that are here, by their rooms.
        scratch: A database for those of the room at hand.
    """

    def __init__(self, store: Store, here: RoomActs, scratch: sqlite3.Connection) -> None:
        scratch.execute("CREATE TABLE incoming (number INTEGER PRIMARY KEY, data BLOB NOT NULL)")
        self._store = store
        self._here = here
        self._scratch = scratch

    def add(self, kept: ActKept) -> None:
        """Take the next act of the room at hand that is new."""
        self._scratch.execute("INSERT INTO incoming VALUES (?, ?)", (kept.seq, encode(kept)))

    def write(self, room: str) -> bool:
        """Write the acts of the room at hand, unless it has got others meanwhile."""
        with self._store.adopting([LEDGER]) as turn:
            is_unchanged = room not in self._here.follow(self._store)
            if is_unchanged:
                self._write(turn, room)
        self._scratch.execute("DELETE FROM incoming")
        return is_unchanged

    def _write(self, turn: Adopting, room: str) -> None:
        seq = turn.last(LEDGER)
        if not seq:
            turn.found(LEDGER, 0, 0, "")
        batch: list[ActKept] = []
        numbers = {one.kept.seq: one.seq for one in self._here.of(room)}  # in the ledger
        for (data,) in self._scratch.execute("SELECT data FROM incoming ORDER BY number"):
            kept = decode(data)
            assert isinstance(kept, ActKept)
            seq += 1
            numbers[kept.seq] = seq
            if isinstance(kept.act, acts.Undone):
                kept.act.target = numbers[kept.act.target]
            kept.room, kept.seq = LEDGER, seq
            batch.append(kept)
            if len(batch) == BATCH:
                turn.adopt(batch)
                batch = []
        turn.adopt(batch)
        turn.finish()
        # Else a room of an old file would be forgotten with the next look.
        self._store.note_visits({room: wall_clock()})
        self._here.follow(self._store)
