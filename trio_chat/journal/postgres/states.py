"""The present state of messages that were changed, kept beside the events that changed them."""

from collections.abc import Iterable

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.sqlite.states import Later, decode_state, encode_state
from trio_chat.journal.views import Changes, without_cleared
from trio_chat.protocol.events import AnyStoredEvent, decode, encode

CHANGES = "SELECT seq, data FROM events WHERE room = %s AND target = %s AND seq >= %s ORDER BY seq"
REWRITE = "UPDATE events SET data = %s WHERE room = %s AND seq = %s"
SAVE = (
    "INSERT INTO states (room, seq, changes, data) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (room, seq) DO UPDATE SET changes = excluded.changes, data = excluded.data"
)


def load(link: Link, room: int, seq: int) -> Changes:
    """Return the changes of a message."""
    query = "SELECT changes, data FROM states WHERE room = %s AND seq = %s"
    row = link.one(query, (room, seq))
    return Changes(row[0], decode_state(row[1])) if row else Changes()


def save(link: Link, room: int, seq: int, changes: Changes) -> None:
    """Keep the changes of a message."""
    link.execute(SAVE, (room, seq, changes.count, encode_state(changes.state)))


def forget_text(link: Link, room: int, seq: int) -> None:
    """Forget the text that edits have given to a message."""
    changes = load(link, room, seq)
    if changes.state.text:
        changes.state.text = ""
        save(link, room, seq, changes)


def changes_in(link: Link, room: int) -> Later:
    """Return what reads the changes of messages of a room."""

    def later(seq: int, first: int) -> Iterable[AnyStoredEvent]:
        found = [decode(data) for _, data in link.all(CHANGES, (room, seq, first))]
        return [event for event in found if event]

    return later


def take_back_reactions(link: Link, room: int, target: int, clearing: Clearing) -> int:
    """Take the reactions that are cleared away from a message, for good.

    Returns:
        How many changes were looked at.
    """
    rows = [(seq, decode(data)) for seq, data in link.all(CHANGES, (room, target, 0))]
    cleared, changes = without_cleared(rows, clearing, lambda: load(link, room, target))
    for seq, reaction in cleared:
        link.execute(REWRITE, (encode(reaction), room, seq))
    save(link, room, target, changes)
    return len(rows)
