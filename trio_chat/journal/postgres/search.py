"""Search: finds the messages of a room that match a query, the newest first."""

from collections.abc import Iterator

from trio_chat.journal.postgres import queries, words
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.search.authors import author_key, author_keys
from trio_chat.journal.search.query import Query
from trio_chat.journal.sqlite.queries import Row
from trio_chat.journal.types import Bounds, MessagePage
from trio_chat.journal.views import Sized, fit
from trio_chat.protocol.answers import MessageView

BLOCKS = 16  # that are looked at in one query at most
FEW = 100  # messages of a query; with fewer the next one looks at twice as many blocks

MOST = 1000  # messages that are read at once; each time twice as many, as few of them match

FIND = (
    "SELECT seq FROM words WHERE words @@ %s::tsquery AND room = %s AND seq BETWEEN %s AND %s"
    " AND (%s::tsquery IS NULL OR words @@ %s::tsquery OR words = strip(words))"
    " ORDER BY seq DESC LIMIT %s"
)
MESSAGES = (
    "SELECT events.seq, events.data, states.data FROM unnest(%s::bigint[]) AS wanted (seq)"
    " JOIN events ON room = %s AND events.seq = wanted.seq AND kind = 1"
    " AND ts >= %s AND ts < %s"
    " LEFT JOIN states ON states.room = events.room AND states.seq = events.seq"
    " ORDER BY events.seq DESC"
)
LATEST = 2**62  # milliseconds


def search(
    link: Link, name: str, query: Query, bounds: Bounds, limit: int, max_bytes: int
) -> MessagePage:
    """Return messages that match as they stand, the newest first."""
    room = queries.room_id(link, name)
    if room is None:
        return MessagePage([], more=False)
    rows = _found(link, room, query, bounds, limit + 1)
    told = queries.views_in(link, room, name, rows)
    return fit((one for one in told if _matches(one, query, bounds)), limit, max_bytes)


def _matches(sized: Sized, query: Query, bounds: Bounds) -> bool:
    """Whether a message is what was looked for: it may know no places, and cuts long words."""
    message: MessageView = sized[0]
    if message.deleted or not query.matches(message.text):
        return False
    return bounds.who is None or author_key(bounds.who) in author_keys(message.who)


def _found(link: Link, room: int, query: Query, bounds: Bounds, at_once: int) -> Iterator[Row]:
    """Yield the messages that may match, the newest first."""
    since = bounds.since or 0
    until = LATEST if bounds.until is None else bounds.until
    for numbers in _numbers(link, room, query, bounds, at_once):
        yield from link.all(MESSAGES, (numbers, room, since, until))


def _numbers(
    link: Link, room: int, query: Query, bounds: Bounds, at_once: int
) -> Iterator[list[int]]:
    """Yield the numbers of messages that may match, the newest first, some at a time."""
    first, last = queries.range_of(link, room, bounds)
    at_a_time = 1
    while last >= first:
        newest = last >> words.BLOCK_BITS
        oldest = max(newest - at_a_time + 1, first >> words.BLOCK_BITS)
        begin = max(first, oldest << words.BLOCK_BITS)
        blocks = range(newest, oldest - 1, -1)
        wanted = words.expression(room, blocks, query, bounds.who)
        phrases = words.side_by_side(room, blocks, query)
        rows = link.all(FIND, (wanted, room, begin, last, phrases, phrases, at_once))
        if rows:
            yield [seq for (seq,) in rows]
        last = rows[-1][0] - 1 if len(rows) == at_once else begin - 1
        at_once = min(2 * at_once, max(at_once, MOST))
        if len(rows) < FEW:
            at_a_time = min(2 * at_a_time, BLOCKS)
