"""Reports in a file: what people have said about a message goes with it, as it may repeat it."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TypeGuard

import msgspec

from trio_chat.journal.clearings import Clearing, as_told
from trio_chat.journal.sqlite import sealing
from trio_chat.journal.sqlite.transaction import transaction
from trio_chat.journal.stored import ids_of, understood
from trio_chat.journal.types import Place
from trio_chat.protocol.acts import LEDGER, AnyAct, Reported
from trio_chat.protocol.events import ActKept, Message, decode, encode

STEP = 1000  # acts that are looked at in one transaction


def is_there(
    database: sqlite3.Connection, room: int, seq: int, clearings: Sequence[Clearing] = ()
) -> bool:
    """Whether a message can be read, and was not deleted; nor cleared, as far as that is asked."""
    row = database.execute(
        "SELECT data FROM events WHERE room = ? AND seq = ?", (room, seq)
    ).fetchone()
    message = decode(row[0]) if row else None
    return (
        isinstance(message, Message)
        and not message.deleted
        and as_told(clearings, message) is message
    )


def find_gone(database: sqlite3.Connection, places: Iterable[Place]) -> set[Place]:
    """Return at which places there is no message any more that can be read."""
    wanted = list(places)
    ids = {name: room_id(database, name) for name in {place.room for place in wanted}}
    clearings = {name: sealing.find(database, room) for name, room in ids.items()}
    return {
        place
        for place in wanted
        if not is_there(database, ids[place.room], place.seq, clearings[place.room])
    }


def find_files(
    database: sqlite3.Connection, places: Iterable[Place]
) -> dict[Place, frozenset[str]]:
    """Return which files the messages at these places have, cleared or not."""
    found = {}
    for place in places:
        row = database.execute(
            "SELECT data FROM events WHERE seq = ?"
            " AND room = (SELECT id FROM rooms WHERE name = ?)",
            (place.seq, place.room),
        ).fetchone()
        found[place] = ids_of(decode(row[0]) if row else None)
    return found


def step(database: sqlite3.Connection, after: int) -> int | None:
    """Take out of some acts what was said about messages that are gone for good.

    Args:
        database: The file, open to write.
        after: The number in the ledger behind which to begin.

    Returns:
        The number behind which to go on; ``None`` if there are no more acts.
    """
    with transaction(database):
        ledger = room_id(database, LEDGER)
        rows = database.execute(
            "SELECT seq, data FROM events WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?",
            (ledger, after, STEP),
        ).fetchall()
        for seq, data in rows:
            event = understood(LEDGER, seq, data)
            if isinstance(event, ActKept) and _has_lost(event.act, database):
                bare = msgspec.structs.replace(event.act, why="")
                database.execute(
                    "UPDATE events SET data = ? WHERE room = ? AND seq = ?",
                    (encode(msgspec.structs.replace(event, act=bare)), ledger, seq),
                )
    return rows[-1][0] if len(rows) == STEP else None


def _has_lost(act: AnyAct, database: sqlite3.Connection) -> TypeGuard[Reported]:
    """Whether an act says something about a message that is gone for good."""
    if not isinstance(act, Reported) or not act.why:
        return False
    return not is_there(database, room_id(database, act.about), act.target)


def room_id(database: sqlite3.Connection, name: str) -> int:
    """Return the id of a room in this file; 0 for one that is not there."""
    row = database.execute("SELECT id FROM rooms WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0
