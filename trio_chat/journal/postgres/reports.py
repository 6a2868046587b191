"""Reports in a database: what was said about a message goes with it, as it may repeat it."""

from collections.abc import Iterable, Sequence
from typing import TypeGuard

import msgspec

from trio_chat.journal.clearings import Clearing, as_told
from trio_chat.journal.postgres import queries, sealing
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.stored import ids_of, understood
from trio_chat.journal.types import Place
from trio_chat.protocol.acts import LEDGER, AnyAct, Reported
from trio_chat.protocol.events import ActKept, Message, decode, encode

STEP = 1000  # acts that are looked at in one transaction


def find_gone(link: Link, places: Iterable[Place]) -> set[Place]:
    """Return at which places there is no message any more that can be read."""
    wanted = list(places)
    ids = {name: queries.room_id(link, name) or 0 for name in {place.room for place in wanted}}
    clearings = {name: sealing.find(link, room) for name, room in ids.items()}
    return {
        place
        for place in wanted
        if not is_there(link, ids[place.room], place.seq, clearings[place.room])
    }


def is_there(link: Link, room: int, seq: int, clearings: Sequence[Clearing] = ()) -> bool:
    """Whether a message can be read, and was not deleted; nor cleared, as far as that is asked."""
    row = link.one("SELECT data FROM events WHERE room = %s AND seq = %s", (room, seq))
    message = decode(row[0]) if row else None
    return (
        isinstance(message, Message)
        and not message.deleted
        and as_told(clearings, message) is message
    )


def find_files(link: Link, places: Iterable[Place]) -> dict[Place, frozenset[str]]:
    """Return which files the messages at these places have, cleared or not."""
    found = {}
    for place in places:
        row = link.one(
            "SELECT data FROM events WHERE seq = %s"
            " AND room = (SELECT id FROM rooms WHERE name = %s)",
            (place.seq, place.room),
        )
        found[place] = ids_of(decode(row[0]) if row else None)
    return found


def step(link: Link, after: int) -> int | None:
    """Take out of some acts what was said about messages that are gone for good.

    Args:
        link: To the database; a transaction must be open.
        after: The number in the ledger behind which to begin.

    Returns:
        The number behind which to go on; ``None`` if there are no more acts.
    """
    ledger = queries.room_id(link, LEDGER)
    rows = link.all(
        "SELECT seq, data FROM events WHERE room = %s AND seq > %s ORDER BY seq LIMIT %s",
        (ledger, after, STEP),
    )
    for seq, data in rows:
        event = understood(LEDGER, seq, data)
        if isinstance(event, ActKept) and _has_lost(event.act, link):
            bare = msgspec.structs.replace(event.act, why="")
            link.execute(
                "UPDATE events SET data = %s WHERE room = %s AND seq = %s",
                (encode(msgspec.structs.replace(event, act=bare)), ledger, seq),
            )
    return rows[-1][0] if len(rows) == STEP else None


def _has_lost(act: AnyAct, link: Link) -> TypeGuard[Reported]:
    """Whether an act says something about a message that is gone for good."""
    if not isinstance(act, Reported) or not act.why:
        return False
    return not is_there(link, queries.room_id(link, act.about) or 0, act.target)
