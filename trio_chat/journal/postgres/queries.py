"""What is read from the database."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from trio_chat.journal.postgres import sealing, states
from trio_chat.journal.postgres.link import Link, text
from trio_chat.journal.postgres.rooms import last_of_forgotten
from trio_chat.journal.postgres.scrubs import pending
from trio_chat.journal.sqlite.queries import Row, views
from trio_chat.journal.stored import readable
from trio_chat.journal.terms import Starts
from trio_chat.journal.types import (
    Bounds,
    MessagePage,
    Place,
    RoomState,
    RoomSummary,
    VersionPage,
)
from trio_chat.journal.versions import page_of, readable_message
from trio_chat.journal.views import Sized, fit, fit_events
from trio_chat.protocol.events import AnyStoredEvent, decode

MESSAGES = (
    "SELECT events.seq, events.data, states.data FROM events"
    " LEFT JOIN states ON states.room = events.room AND states.seq = events.seq"
    " WHERE events.room = %s AND kind = 1"
)
MESSAGES_AFTER = f"{MESSAGES} AND events.seq > %s ORDER BY events.seq LIMIT %s"
MESSAGES_BEFORE = f"{MESSAGES} AND events.seq < %s ORDER BY events.seq DESC LIMIT %s"
SAID = "SELECT data FROM events WHERE room = %s AND seq = %s AND kind = 1"
# Without a limit, which could lead to a walk over the room; a message has few changes.
EDITS = "SELECT seq FROM events WHERE room = %s AND target = %s AND kind = 2 ORDER BY seq"
EVENTS = "SELECT data FROM events WHERE room = %s AND seq = ANY(%s::bigint[]) ORDER BY seq"
ROOMS = "SELECT name, topic, ts FROM rooms WHERE name NOT LIKE '~%%'"
NEWEST = 2**62
PROGRESS = (
    "SELECT name, coalesce((SELECT min(seq) FROM events WHERE room = id), last + 1), last, topic,"
    " terms FROM rooms WHERE name = ANY(%s)"
)


def rooms(link: Link, limit: int, among: Collection[str] | None = None) -> list[RoomSummary]:
    """Return the public rooms, or those of these names, the latest first."""
    if among is None:
        rows = link.all(f"{ROOMS} ORDER BY ts DESC LIMIT %s", (limit,))
    else:
        query = f"{ROOMS} AND name = ANY(%s) ORDER BY ts DESC LIMIT %s"
        rows = link.all(query, ([text(name) for name in among], limit))
    return [RoomSummary(*row) for row in rows]


def room_id(link: Link, name: str) -> int | None:
    """Return the id of a room here; ``None`` if nothing was ever said there."""
    row = link.one("SELECT id FROM rooms WHERE name = %s", (text(name),))
    return int(row[0]) if row else None


def after(link: Link, name: str, seq: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
    """Return the events of a room that follow a number."""
    room = room_id(link, name)
    if room is None:
        return []
    rows = link.all(
        "SELECT seq, ts, data FROM events WHERE room = %s AND seq > %s ORDER BY seq LIMIT %s",
        (room, seq, limit),
    )
    told = readable(rows, name, pending(link, room), sealing.find(link, room))
    return fit_events(told, limit, max_bytes)


def progress(link: Link, names: Sequence[str]) -> list[RoomState]:
    """Return the states of rooms, without events, at once."""
    rows = link.all(PROGRESS, ([text(name) for name in names],))
    there = {
        name: RoomState(name, first, last, topic, (), _starts(begun))
        for name, first, last, topic, begun in rows
    }
    gone = last_of_forgotten(link, [name for name in names if name not in there])
    return [
        there.get(name) or RoomState(name, gone[name] + 1, gone[name], "", ()) for name in names
    ]


def load_state(link: Link, name: str, recent: int) -> RoomState:
    """Return the state of a room, with some of its latest events."""
    row = link.one("SELECT id, last, topic, terms FROM rooms WHERE name = %s", (text(name),))
    if row is None:
        last = last_of_forgotten(link, [name])[name]
        return RoomState(name, last + 1, last, "", ())
    room, last, topic, begun = row
    rows = link.all(
        "SELECT seq, ts, data FROM events WHERE room = %s ORDER BY seq DESC LIMIT %s",
        (room, recent),
    )
    told = readable(rows, name, pending(link, room), sealing.find(link, room))
    return RoomState(name, first(link, room), last, topic, [*told][::-1], _starts(begun))


def _starts(begun: Sequence[int]) -> Starts:
    """Return where terms have begun in a room, of terms and numbers by turns."""
    return tuple(zip(begun[::2], begun[1::2], strict=True))


def first(link: Link, room: int) -> int:
    """Return the number of the first event of a room that is still there, or of the next one."""
    query = (
        "SELECT coalesce((SELECT min(seq) FROM events WHERE room = id), last + 1) FROM rooms"
        " WHERE id = %s"
    )
    return int(link.value(query, (room,)))


def messages(
    link: Link, name: str, before: int | None, after: int | None, limit: int, max_bytes: int
) -> MessagePage:
    """Return a page of messages as they stand."""
    room = room_id(link, name)
    if room is None:
        return MessagePage([], more=False)
    if after is not None:
        later = _rows(link, room, MESSAGES_AFTER, after, limit + 1)
        return fit(views_in(link, room, name, later), limit, max_bytes)
    earlier = _rows(link, room, MESSAGES_BEFORE, NEWEST if before is None else before, limit + 1)
    page, more = fit(views_in(link, room, name, earlier), limit, max_bytes)
    return MessagePage(page[::-1], more)


def versions(
    link: Link, place: Place, after: int, limit: int, max_bytes: int
) -> VersionPage | None:
    """Return the texts that a message has had; ``None`` if it cannot be read."""
    room = room_id(link, place.room) or 0
    row = link.one(SAID, (room, place.seq))
    clearings = sealing.find(link, room)
    message = readable_message(place, row and row[0], clearings)
    if message is None:
        return None
    later = [seq for (seq,) in link.all(EDITS, (room, place.seq)) if seq > after]
    changes = _events(link, room, later, limit + 1)
    return page_of(message, changes, clearings, after, limit, max_bytes)


def _events(
    link: Link, room: int, numbers: Sequence[int], at_once: int
) -> Iterator[AnyStoredEvent | None]:
    """Yield the events with these numbers; so many are read at once."""
    for first in range(0, len(numbers), at_once):
        for (data,) in link.all(EVENTS, (room, numbers[first : first + at_once])):
            yield decode(data)


def views_in(link: Link, room: int, name: str, rows: Iterable[Row]) -> Iterator[Sized]:
    """Yield messages of a room as they stand, without what is cleared there."""
    return views(rows, name, sealing.find(link, room), states.changes_in(link, room))


def _rows(link: Link, room: int, statement: str, bound: int, at_once: int) -> Iterator[Row]:
    """Yield messages beyond a number, with their states; so many are read at once."""
    while rows := link.all(statement, (room, bound, at_once)):
        yield from rows
        bound = rows[-1][0]


def range_of(link: Link, room: int, bounds: Bounds) -> tuple[int, int]:
    """Return the first and the last number within bounds.

    When the clock was set back in between, times do not follow numbers, and do not count here.
    """
    query = (
        "SELECT last, unordered <= coalesce((SELECT min(seq) FROM events WHERE room = id), last)"
        " FROM rooms WHERE id = %s"
    )
    [(last, has_times_in_order)] = link.all(query, (room,))
    first = 0
    if bounds.before is not None:
        last = min(last, bounds.before - 1)
    if has_times_in_order and bounds.until is not None:
        last = min(last, first_since(link, room, last, bounds.until) - 1)
    if has_times_in_order and bounds.since is not None:
        first = first_since(link, room, last, bounds.since)
    return first, last


def first_since(link: Link, room: int, last: int, ts: int) -> int:
    """Return the first number that a time or a later one has, up to one more than the last."""
    query = "SELECT ts FROM events WHERE room = %s AND seq >= %s ORDER BY seq LIMIT 1"
    low, high = 0, last + 1
    while low < high:
        middle = (low + high) // 2
        row = link.one(query, (room, middle))
        if row is None or row[0] >= ts:
            high = middle
        else:
            low = middle + 1
    return low
