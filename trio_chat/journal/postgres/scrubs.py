"""What deletions take the texts of: a message, its edits, a topic; and edits that are left behind.

When retention has deleted a message, its later edits lose their texts, message by message; until
then a row in ``scrubs`` lets the texts be left out wherever they are read.
"""

from collections.abc import Iterable

from trio_chat.clock import wall_clock
from trio_chat.journal.postgres.link import Link, Row
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Edit,
    Message,
    Topic,
    decode,
    encode,
    without_author,
    without_text,
)

NOTED = "unerased"  # in ``meta``: when something was removed that is still in files, in ms
NOTE = "INSERT INTO meta (key, value) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"
REWRITE = (
    "UPDATE events SET data = new.data FROM unnest(%s::bigint[], %s::bytea[]) AS new (seq, data)"
    " WHERE room = %s AND events.seq = new.seq"
)


def begin(
    link: Link, room: int, target: int, *, is_cleared: bool = False
) -> list[tuple[int, bytes]]:
    """Take the text out of a message and its changes; a topic goes in the same way.

    What moderators have cleared loses its author, too.

    Returns:
        The events that changed, encoded, in order.
    """
    rows = link.all(
        "SELECT seq, data FROM events WHERE room = %s AND (seq = %s OR target = %s) ORDER BY seq",
        (room, target, target),
    )
    note(link)
    return _rewrite(link, room, rows, is_cleared=is_cleared)


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
    """Go on with what is left of one message; return whether there was something."""
    row = link.one("SELECT room, target FROM scrubs LIMIT 1")
    if row:
        begin(link, *row)
        link.execute("DELETE FROM scrubs WHERE room = %s AND target = %s", row)
    return row is not None


def pending(link: Link, room: int) -> frozenset[int]:
    """Return the deleted messages of a room of which texts are still there."""
    rows = link.all("SELECT target FROM scrubs WHERE room = %s", (room,))
    return frozenset(target for (target,) in rows)


def _rewrite(
    link: Link, room: int, rows: Iterable[Row], *, is_cleared: bool
) -> list[tuple[int, bytes]]:
    events = [(seq, decode(data)) for seq, data in rows]
    bare = [
        (seq, encode(_bare(event, is_cleared=is_cleared)))
        for seq, event in events
        if isinstance(event, Message | Edit | Topic)
    ]
    link.execute(REWRITE, ([seq for seq, _ in bare], [data for _, data in bare], room))
    return bare


def _bare(event: Message | Edit | Topic, *, is_cleared: bool) -> AnyStoredEvent:
    return without_author(event) if is_cleared else without_text(event)
