"""What deletions take the texts of: a message, its edits, a topic; and edits that are left behind.

When retention has deleted a message, its later edits lose their texts, message by message; until
then a row in ``scrubs`` lets the texts be left out wherever they are read.
"""

from collections.abc import Iterable

from trio_chat.clock import wall_clock
from trio_chat.journal.postgres.link import Link, Row
from trio_chat.journal.postgres.rooms import hold
from trio_chat.journal.sqlite.scrubs import NO_ONE, Authors, bare
from trio_chat.protocol.events import decode, encode

NOTED = "unerased"  # in ``meta``: when something was removed that is still in files, in ms
NOTE = "INSERT INTO meta (key, value) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"
REWRITE = (
    "UPDATE events SET data = new.data FROM unnest(%s::bigint[], %s::bytea[]) AS new (seq, data)"
    " WHERE room = %s AND events.seq = new.seq"
)


def begin(link: Link, room: int, target: int, authors: Authors = NO_ONE) -> list[tuple[int, bytes]]:
    """Take the text out of a message and its changes; a topic goes in the same way.

    What moderators have cleared of ``authors`` loses these, too.

    Returns:
        The events that changed, encoded, in order.
    """
    rows = link.all(
        "SELECT seq, data FROM events WHERE room = %s AND (seq = %s OR target = %s) ORDER BY seq",
        (room, target, target),
    )
    note(link)
    return _rewrite(link, room, rows, authors)


def note(link: Link) -> None:
    """Note down that texts were removed, in the transaction that removes them."""
    link.execute(NOTE, (NOTED, str(wall_clock()).encode()))


def begin_all(link: Link, room: int, first: int, last: int) -> None:
    """Note down that messages from one number to another are gone, and later edits have texts."""
    link.execute(
        "INSERT INTO scrubs (room, target) SELECT DISTINCT room, target FROM events"
        " WHERE room = %s AND target BETWEEN %s AND %s ON CONFLICT DO NOTHING",
        (room, first, last),
    )
    note(link)


def step(link: Link) -> bool:
    """Go on with what is left of one message, in a transaction of its own.

    Returns:
        Whether there was something.
    """
    row = link.one("SELECT room, target FROM scrubs LIMIT 1")
    if row:
        hold(link, row[:1])
        begin(link, *row)
        link.execute("DELETE FROM scrubs WHERE room = %s AND target = %s", row)
    return row is not None


def pending(link: Link, room: int) -> frozenset[int]:
    """Return the deleted messages of a room of which texts are still there."""
    rows = link.all("SELECT target FROM scrubs WHERE room = %s", (room,))
    return frozenset(target for (target,) in rows)


def _rewrite(
    link: Link, room: int, rows: Iterable[Row], authors: Authors
) -> list[tuple[int, bytes]]:
    found = ((seq, bare(decode(data), authors)) for seq, data in rows)
    stripped = [(seq, encode(event)) for seq, event in found if event]
    link.execute(REWRITE, ([seq for seq, _ in stripped], [data for _, data in stripped], room))
    return stripped
