"""How far rooms have come, as a turn sees them: it holds their rows until it is committed.

Whoever changes what is kept of a room holds its row first: a turn, a step of upkeep, a command.
What was looked at before may be different by then, so it is looked at again. A transaction holds
the rows of all its rooms before it writes anything, in the order of their ids: so two of them never
wait for each other.
"""

from collections.abc import Collection, Iterable

from trio_chat.journal.postgres.link import Link, text
from trio_chat.journal.postgres.schema import LOCK
from trio_chat.journal.room_groups import group_of

# In the order of ids, so that two who need the same rooms do not wait for each other.
HOLD = (
    "SELECT name, id, last, ts, unordered, topic FROM rooms WHERE name = ANY(%s)"
    " ORDER BY id FOR NO KEY UPDATE"
)
HOLD_BY_ID = "SELECT 1 FROM rooms WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# The first number of a term is noted with it: a session never comes into another term.
SAVE = (
    "UPDATE rooms SET last = new.last, ts = new.ts, unordered = new.unordered, topic = new.topic,"
    " terms = CASE WHEN terms[cardinality(terms) - 1] = present THEN terms"
    " ELSE terms || ARRAY[present, new.first] END"
    " FROM unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
    " %s::text[]) AS new (id, last, ts, unordered, first, topic),"
    " (SELECT coalesce(max(term), 1) AS present FROM terms) AS terms_of WHERE rooms.id = new.id"
)
FORGOTTEN = "SELECT name_group, last FROM forgotten WHERE name_group = ANY(%s)"


def hold(link: Link, ids: Iterable[int]) -> None:
    """Hold the rows of rooms, as far as they are there, until the open transaction ends."""
    link.all(HOLD_BY_ID, (list(ids),))


class Progress:
    """What a turn needs to know of a room; without an ``id`` it is not there."""

    def __init__(
        self, id: int | None, last: int, ts: int = 0, unordered: int = 0, topic: str = ""
    ) -> None:
        self.id = id
        self.last = last  # behind which the next event is numbered
        self.first = last + 1  # the number of the first event of the turn
        self.ts = ts
        self.unordered = unordered  # the last number with an earlier time than the one before it
        self.topic = topic
        self.is_changed = False

    def go_on(self, seq: int, ts: int) -> None:
        """Take in the number and the time of the next event."""
        if ts < self.ts:
            self.unordered = seq
        self.last, self.ts, self.is_changed = seq, ts, True


class Rooms:
    """The rooms that a turn is about.

    Args:
        link: To the database; a transaction must be open.
        names: Of all of them; nothing may have been written in the transaction.
    """

    def __init__(self, link: Link, names: Collection[str]) -> None:
        self._link = link
        self._rooms: dict[str, Progress] = {}
        missing = self._hold(names)
        if missing:
            # Another node may be about to make them. To wait for that with rows in one's hands
            # could let both wait for each other.
            self._rooms.clear()
            link.begin_again()
            link.all("SELECT pg_advisory_xact_lock(%s, 'rooms'::regclass::oid::integer)", (LOCK,))
            missing = self._hold(names)
        self._begin_behind(missing)

    def of(self, name: str) -> Progress:
        """Return that of a room."""
        return self._rooms[name]

    def _hold(self, names: Collection[str]) -> list[str]:
        """Hold the rows of rooms; return the names of those that are not there."""
        for name, *fields in self._link.all(HOLD, (list(names),)):
            self._rooms[name] = Progress(*fields)
        return [name for name in names if name not in self._rooms]

    def _begin_behind(self, missing: Collection[str]) -> None:
        """Have rooms that are not there begin behind where those of their group have ended."""
        if missing:
            for name, last in last_of_forgotten(self._link, missing).items():
                self._rooms[name] = Progress(None, last)

    def begin(self, name: str) -> int:
        """Make a room; return its id."""
        id: int = self._link.value("INSERT INTO rooms (name) VALUES (%s) RETURNING id", (name,))
        self._rooms[name].id = id
        return id

    def look_again(self, name: str) -> None:
        """Take in that a room is not there any more."""
        del self._rooms[name]
        self._begin_behind(self._hold([name]))

    def save(self) -> None:
        """Write down how far they have come."""
        rooms = [room for room in self._rooms.values() if room.is_changed]
        if not rooms:
            return
        fields = ("id", "last", "ts", "unordered", "first")
        columns = [[getattr(room, field) for room in rooms] for field in fields]
        self._link.execute(SAVE, (*columns, [text(room.topic) for room in rooms]))
        for room in rooms:
            room.is_changed = False


def last_of_forgotten(link: Link, names: Collection[str]) -> dict[str, int]:
    """Return behind which numbers rooms begin that are not there; 0 if none of a group was."""
    groups = {name: group_of(name) for name in names}
    last: dict[int, int] = dict(link.all(FORGOTTEN, (list(groups.values()),))) if groups else {}
    return {name: last.get(group, 0) for name, group in groups.items()}


def keep_forgotten(link: Link, name: str, last: int) -> None:
    """Remember how far a room had come that is being forgotten."""
    link.execute(
        "INSERT INTO forgotten (name_group, last) VALUES (%s, %s) ON CONFLICT (name_group)"
        " DO UPDATE SET last = greatest(forgotten.last, excluded.last)",
        (group_of(name), last),
    )
