"""Sealing in a database: which clearings there are, and how cleared messages go for good."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from trio_chat.journal.clearings import ALSO, REACTED, SEALED, Clearing, take_back_reactions
from trio_chat.journal.postgres import scrubs, states, words
from trio_chat.journal.postgres.link import Link, text
from trio_chat.journal.postgres.rooms import hold
from trio_chat.journal.sqlite.sealing import FROM, as_kept, clearing_of
from trio_chat.journal.topics import TOPICS, topics_in
from trio_chat.protocol.events import Clear, Topic

STEP = 1000  # events that are looked at in one transaction
SCAN = 100_000  # events, the latest, that are looked at for more when something is cleared

AMONG = (
    "SELECT DISTINCT coalesce(target, seq) AS number FROM events"
    " WHERE room = %s AND seq >= %s AND seq < %s AND coalesce(author, '') = ANY(%s)"
    " AND (kind = 2 AND target < %s OR kind = 3 AND %s) ORDER BY number DESC LIMIT %s"
)
TO_EARLIER = (
    "SELECT DISTINCT target FROM events WHERE room = %s AND seq >= %s AND seq < %s AND kind = 4"
    " AND target < %s AND coalesce(author, '') = ANY(%s) ORDER BY target DESC LIMIT %s"
)
LATEST = (
    "SELECT seq, data FROM events WHERE room = %s AND seq >= %s AND kind = 3"
    " ORDER BY seq DESC LIMIT %s"
)
DUE = "SELECT room, key FROM clearings WHERE ts <= %s LIMIT 1"
STILL_DUE = "SELECT first, seq, authors FROM clearings WHERE room = %s AND key = %s AND ts <= %s"
CLEARED = (
    "SELECT seq, author, kind = 1,"
    " CASE WHEN kind = 4 AND position(%s::bytea IN data) > 0 THEN target END"
    " FROM events WHERE room = %s AND seq >= %s AND seq < %s ORDER BY seq LIMIT %s"
)
OTHERS = "SELECT seq, author, true, NULL FROM events WHERE room = %s AND seq = ANY(%s)"


def find(link: Link, room: int) -> Sequence[Clearing]:
    """Return the clearings of a room that can still be taken back."""
    rows = link.all("SELECT key, authors, first, seq FROM clearings WHERE room = %s", (room,))
    return [clearing_of(*row) for row in rows]


def also(link: Link, room: int, event: Clear, *, with_topics: bool) -> list[int]:
    """Return what an event clears besides messages since: those edited since, and topics if wanted.

    The event must have the numbers from which, and up to which it clears.
    """
    if event.since <= 1 and not with_topics:
        return []  # all is cleared by the numbers alone: there is nothing before
    first = max(event.since, event.seq - SCAN)
    ids = [text(author) for author in event.authors]
    rows = link.all(AMONG, (room, first, event.seq, ids, event.since, with_topics, ALSO))
    return sorted(number for (number,) in rows)


def reacted(link: Link, room: int, event: Clear) -> list[int]:
    """Return to which messages of before authors have reacted since, whose reactions are cleared.

    The event must have the numbers from which, and up to which it clears.
    """
    first = max(event.since, event.seq - SCAN)
    ids = [text(author) for author in event.authors]
    rows = link.all(TO_EARLIER, (room, first, event.seq, event.since, ids, REACTED))
    return sorted(number for (number,) in rows)


def topics(link: Link, room: int, name: str, last: int) -> Iterator[Topic]:
    """Yield the latest topics of a room up to a number, the latest first."""
    return topics_in(name, link.all(LATEST, (room, last - SCAN, TOPICS)))


def keep(link: Link, room: int, event: Clear) -> None:
    """Seal what an event clears."""
    also, reacted = frozenset(event.also), frozenset(event.reacted)
    authors = frozenset(event.authors)
    clearing = Clearing(event.key, authors, event.since, event.seq, also, reacted)
    link.execute(
        "INSERT INTO clearings (room, key, seq, ts, first, authors)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (room, key) DO UPDATE SET"
        " seq = excluded.seq, ts = excluded.ts, first = excluded.first, authors = excluded.authors",
        (room, event.key, event.seq, event.ts, event.since, as_kept(clearing)),
    )


def lift(link: Link, room: int, key: str) -> None:
    """Take a clearing back."""
    link.execute("DELETE FROM clearings WHERE room = %s AND key = %s", (room, key))


def step(link: Link, now: int) -> bool:
    """Delete some messages for good that were cleared a day ago; return whether there was any.

    Args:
        link: To the database; a transaction must be open.
        now: In milliseconds since 1970.
    """
    due = link.one(DUE, (now - SEALED,))
    if due is None:
        return False
    room, key = due
    hold(link, [room])
    row = link.one(STILL_DUE, (room, key, now - SEALED))
    if row is None:
        return True  # it was taken back, or made anew, meanwhile; there may be others
    first, end, among = row
    clearing = clearing_of(key, among, first, end)
    found = link.all(CLEARED, (FROM, room, first, end, STEP))
    take_back = partial(states.take_back_reactions, link, room, clearing=clearing)
    count = take_back_reactions(clearing, found, take_back)
    is_last = count == len(found) < STEP
    found = found[:count]
    if is_last:
        found += link.all(OTHERS, (room, sorted(clearing.also)))
    gone = [seq for seq, author, is_said, _ in found if is_said and clearing.covers(seq, author)]
    _delete(link, room, gone, clearing.authors)
    if is_last:
        lift(link, room, key)
    else:
        began = first if clearing.reacted_from is None else clearing.reacted_from
        going_on = clearing._replace(first=found[-1][0] + 1, reacted_from=began)
        link.execute(
            "UPDATE clearings SET first = %s, authors = %s WHERE room = %s AND key = %s",
            (going_on.first, as_kept(going_on), room, key),
        )
    return True


def _delete(link: Link, room: int, numbers: Iterable[int], authors: Collection[str]) -> None:
    """Take the texts of messages of authors, their edits, and topics out of the database."""
    for seq in numbers:
        scrubs.begin(link, room, seq, authors)
        states.forget_text(link, room, seq)
        words.remove(link, [(room, seq)])
