"""What is read from the database."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence

from trio_chat.journal.clearings import Clearing, as_told, shown_reactions
from trio_chat.journal.search.query import Query
from trio_chat.journal.sqlite import forgotten, index, scrubs, sealing, states
from trio_chat.journal.stored import readable, report, understood
from trio_chat.journal.types import (
    Bounds,
    MessagePage,
    Place,
    RoomState,
    RoomSummary,
    VersionPage,
)
from trio_chat.journal.versions import page_of, readable_message
from trio_chat.journal.views import Sized, State, fit, fit_events, view
from trio_chat.protocol.answers import MessageView
from trio_chat.protocol.events import Message, decode

MESSAGE = (
    "SELECT said.seq, said.data, states.data FROM events AS said INDEXED BY messages"
    " LEFT JOIN states ON states.room = said.room AND states.seq = said.seq"
    " WHERE said.room = ? AND is_message AND said.seq = ?"
)
MESSAGES = "SELECT seq, data FROM events INDEXED BY messages WHERE room = ? AND is_message"
MESSAGES_AFTER = f"{MESSAGES} AND seq > ? ORDER BY seq"
MESSAGES_BEFORE = f"{MESSAGES} AND seq < ? ORDER BY seq DESC"
SAID = "SELECT data FROM events INDEXED BY messages WHERE room = ? AND is_message AND seq = ?"
# SQLite would read the whole room if it were left to choose the index.
CHANGES = (
    "SELECT data FROM events INDEXED BY changes WHERE room = ? AND target = ? AND seq > ?"
    " ORDER BY seq"
)
STATES = "SELECT seq, data FROM states WHERE room = ? AND seq BETWEEN ? AND ? ORDER BY seq"

NO_STATE: tuple[int | None, bytes | None] = (None, None)

Row = tuple[int, bytes, bytes | None]  # a message's number, how it was said, its state if any


def rooms(
    database: sqlite3.Connection, limit: int, among: Collection[str] | None = None
) -> list[RoomSummary]:
    """Return the public rooms, or those of these names, the latest first."""
    if among is not None:
        found = [room for name in among for room in _room(database, name)]
        return sorted(found, key=lambda room: -room.ts)[:limit]
    rows = database.execute(
        "SELECT name, topic, ts FROM rooms WHERE name NOT GLOB '~*' ORDER BY ts DESC LIMIT ?",
        (limit,),
    )
    return [RoomSummary(*row) for row in rows]


def _room(database: sqlite3.Connection, name: str) -> list[RoomSummary]:
    """Return the public room of a name, if there is one."""
    query = "SELECT name, topic, ts FROM rooms WHERE name = ? AND name NOT GLOB '~*'"
    return [RoomSummary(*row) for row in database.execute(query, (name,))]


def room_id(database: sqlite3.Connection, name: str) -> int | None:
    """Return the id of a room in this file; ``None`` if nothing was ever said there."""
    row = database.execute("SELECT id FROM rooms WHERE name = ?", (name,)).fetchone()
    return row and int(row[0])


def after(
    database: sqlite3.Connection, name: str, seq: int, limit: int, max_bytes: int
) -> list[tuple[int, bytes]]:
    """Return the events of a room that follow a number."""
    room = room_id(database, name)
    if room is None:
        return []
    rows = database.execute(
        "SELECT seq, ts, data FROM events WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?",
        (room, seq, limit),
    )
    told = readable(rows, name, scrubs.pending(database, room), sealing.find(database, room))
    return fit_events(told, limit, max_bytes)


def last_prune(database: sqlite3.Connection) -> int | None:
    """Return when events were last looked at for their age."""
    row = database.execute(
        "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'pruned'"
        " AND CAST(CAST(value AS INTEGER) AS TEXT) = CAST(value AS TEXT)"  # else it is damaged
    ).fetchone()
    return row and int(row[0])


def load_state(database: sqlite3.Connection, name: str, recent: int) -> RoomState:
    """Return the state of a room, with some of its latest events."""
    row = database.execute("SELECT id, last, topic FROM rooms WHERE name = ?", (name,)).fetchone()
    if row is None:
        last = forgotten.last_of(database, name)
        return RoomState(name, last + 1, last, "", ())
    room, last, topic = row
    rows = database.execute(
        "SELECT seq, ts, data FROM events WHERE room = ? ORDER BY seq DESC LIMIT ?",
        (room, recent),
    )
    pending, clearings = scrubs.pending(database, room), sealing.find(database, room)
    tail = list(readable(rows, name, pending, clearings))
    return RoomState(name, first(database, room), last, topic, tail[::-1])


def first(database: sqlite3.Connection, room: int) -> int:
    """Return the number of the first event of a room that is still there, or of the next one."""
    row: tuple[int] = database.execute(
        "SELECT coalesce((SELECT min(seq) FROM events WHERE room = id), last + 1) FROM rooms"
        " WHERE id = ?",
        (room,),
    ).fetchone()
    return row[0]


def messages(
    database: sqlite3.Connection,
    name: str,
    before: int | None,
    after: int | None,
    limit: int,
    max_bytes: int,
) -> MessagePage:
    """Return a page of messages as they stand."""
    room = room_id(database, name)
    if room is None:
        return MessagePage([], more=False)
    if after is not None:
        later = _rows(database, room, MESSAGES_AFTER, after, limit + 1)
        return fit(_views_in(database, room, name, later), limit, max_bytes)
    earlier = _rows(database, room, MESSAGES_BEFORE, 2**62 if before is None else before, limit + 1)
    page, more = fit(_views_in(database, room, name, earlier), limit, max_bytes)
    return MessagePage(page[::-1], more)


def _rows(
    database: sqlite3.Connection, room: int, statement: str, bound: int, at_once: int
) -> Iterator[Row]:
    """Yield messages beyond a number; so many are read at once.

    States are read apart, as most messages have none: to look for that of each takes as long as to
    read the messages.
    """
    found = database.execute(statement, (room, bound))
    while said := found.fetchmany(at_once):
        is_rising = said[0][0] <= said[-1][0]
        first, last = (said[0][0], said[-1][0]) if is_rising else (said[-1][0], said[0][0])
        order = "" if is_rising else " DESC"
        changed = database.execute(STATES + order, (room, first, last))
        yield from _joined(said, changed, is_rising=is_rising)


def _joined(
    said: Iterable[tuple[int, bytes]], changed: Iterator[tuple[int, bytes]], *, is_rising: bool
) -> Iterator[Row]:
    """Yield messages with their states; both in the same order. A state may have no message."""
    target, state = next(changed, NO_STATE)
    for seq, data in said:
        while target is not None and target != seq and (target < seq) is is_rising:
            target, state = next(changed, NO_STATE)
        yield seq, data, state if target == seq else None


def versions(
    database: sqlite3.Connection, place: Place, after: int, limit: int, max_bytes: int
) -> VersionPage | None:
    """Return the texts that a message has had; ``None`` if it cannot be read."""
    room = room_id(database, place.room)
    (data,) = database.execute(SAID, (room, place.seq)).fetchone() or (None,)
    clearings = sealing.find(database, room) if room else ()
    message = readable_message(place, data, clearings)
    if message is None:
        return None
    rows = database.execute(CHANGES, (room, place.seq, after))
    return page_of(message, (decode(row[0]) for row in rows), clearings, after, limit, max_bytes)


def search(
    database: sqlite3.Connection,
    name: str,
    query: Query,
    bounds: Bounds,
    limit: int,
    max_bytes: int,
) -> MessagePage:
    """Return messages that match as they stand, the newest first."""
    room = room_id(database, name)
    if room is None:
        return MessagePage([], more=False)
    rows = _found(database, room, query, bounds, limit + 1)
    told = (view for view in _views_in(database, room, name, rows) if not view[0].deleted)
    return fit(told, limit, max_bytes)


def _found(
    database: sqlite3.Connection, room: int, query: Query, bounds: Bounds, at_once: int
) -> Iterator[Row]:
    """Yield the messages that match, the newest first; as many are looked for at once."""
    while numbers := index.find(database, room, query, bounds, at_once):
        for seq in numbers:
            row = database.execute(MESSAGE, (room, seq)).fetchone()
            if row:
                yield row
        if len(numbers) < at_once:
            return
        bounds = bounds._replace(before=numbers[-1])


def _views_in(
    database: sqlite3.Connection, room: int, name: str, rows: Iterable[Row]
) -> Iterator[Sized]:
    """Yield messages of a room as they stand, without what is cleared there."""
    clearings = sealing.find(database, room)
    return views(rows, name, clearings, states.changes_in(database, room))


def views(
    rows: Iterable[Row],
    room: str,
    clearings: Sequence[Clearing] = (),
    later: states.Later = lambda _seq, _first: (),
) -> Iterator[Sized]:
    """Yield the messages of a room as they stand.

    Those that are damaged are left out. A message takes no more bytes in an answer than in the
    file: there it has its type and room, too; and a person in a state takes at least half of what
    it takes in an answer.

    Args:
        rows: Their numbers, how they were said, and their states if they have any.
        room: The room's name.
        clearings: Of the room; what they cover is told as deleted.
        later: Returns the changes of a message from a number on.
    """
    for seq, data, state in rows:
        message = understood(room, seq, data)
        if not isinstance(message, Message):
            report(room, seq)
            continue
        told = as_told(clearings, message) if clearings else message
        assert isinstance(told, Message)
        if state is None or told is not message:
            yield view(told), len(data)
        else:
            yield (
                _changed(told, states.decode_state(state), clearings, later),
                (len(data) + 2 * len(state)),
            )


def _changed(
    message: Message, state: State, clearings: Sequence[Clearing], later: states.Later
) -> MessageView:
    """Return a message that was changed as it stands, without reactions that are cleared."""
    seq, reactions = message.seq, state.reactions
    if not clearings or not reactions:
        return view(message, state)
    shown = shown_reactions(clearings, seq, reactions, lambda first: later(seq, first))
    return view(message, state, shown)
