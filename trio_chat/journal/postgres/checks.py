"""Checks of a database: its events, and all that is derived from them.

Each check returns what is wrong, a line each; at most ``LIMIT`` lines. All is read in pages.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from trio_chat.journal.keys import is_bare
from trio_chat.journal.postgres import states, words
from trio_chat.journal.postgres.cids import Cids
from trio_chat.journal.postgres.link import Link, Row
from trio_chat.journal.postgres.rooms import hold
from trio_chat.journal.sqlite.checks import FIELDS
from trio_chat.journal.sqlite.comparison import Head, added_up, derived
from trio_chat.journal.sqlite.states import encode_state
from trio_chat.journal.views import Changes
from trio_chat.protocol.events import decode

LIMIT = 100  # faults of one kind
PAGE = 1000  # events that are read at once
END = 2**62  # behind all numbers

EVENTS = "SELECT seq, ts, data, kind FROM events WHERE room = %s AND seq > %s ORDER BY seq LIMIT %s"
TIMES = (
    "SELECT seq, ts, CASE WHEN kind = 3 THEN data END FROM events"
    " WHERE room = %s AND seq > %s ORDER BY seq LIMIT %s"
)
CHANGED = (
    "SELECT target, seq, data FROM events WHERE room = %s AND target IS NOT NULL"
    " AND (target, seq) > (%s, %s) AND EXISTS (SELECT 1 FROM events AS message"
    " WHERE message.room = events.room AND message.seq = events.target AND message.kind = 1)"
    " ORDER BY target, seq LIMIT %s"
)
STATE = "SELECT changes, data FROM states WHERE room = %s AND seq = %s"
STRAY = (
    " FROM states WHERE room = %s AND NOT (EXISTS (SELECT 1 FROM events"
    " WHERE room = states.room AND seq = states.seq AND kind = 1) AND EXISTS (SELECT 1"
    " FROM events WHERE room = states.room AND target = states.seq))"
)
SAID = (
    "SELECT events.seq, events.data, states.data FROM events"
    " LEFT JOIN states ON states.room = events.room AND states.seq = events.seq"
    " WHERE events.room = %s AND events.seq > %s AND kind = 1 ORDER BY events.seq LIMIT %s"
)
WRONG_WORDS = (
    "SELECT coalesce(new.seq, kept.seq) FROM"
    " (SELECT seq, line::tsvector FROM unnest(%s::bigint[], %s::text[]) AS new (seq, line)) AS new"
    " FULL JOIN (SELECT seq, words FROM words WHERE room = %s AND seq > %s AND seq <= %s) AS kept"
    " ON kept.seq = new.seq WHERE CASE WHEN kept.words = strip(kept.words)"
    " THEN kept.words IS DISTINCT FROM strip(new.line)"  # of an earlier release
    " ELSE kept.words IS DISTINCT FROM new.line END ORDER BY 1"
)
LATE_CIDS = (
    "SELECT name, cids.seq FROM cids JOIN rooms ON rooms.id = room WHERE seq > last LIMIT %s"
)


def _rooms(link: Link) -> list[Row]:
    return link.all("SELECT id, name, last, ts, topic, unordered FROM rooms ORDER BY id")


def _pages(link: Link, statement: str, room: int) -> Iterator[list[Row]]:
    """Yield rows, some at a time, that begin with a number in order."""
    after = 0
    while rows := link.all(statement, (room, after, PAGE)):
        yield rows
        after = rows[-1][0]


def events(link: Link) -> list[str]:
    """Return the events that cannot be understood, are not where they belong, or are missing."""
    return list(islice(_events(link), LIMIT))


def _events(link: Link) -> Iterator[str]:
    for room, name, *_ in _rooms(link):
        before = None
        for rows in _pages(link, EVENTS, room):
            for seq, _, data, _ in rows:
                event = decode(data)
                if event is None or (event.room, event.seq) != (name, seq):
                    yield f"room {name}: number {seq} is damaged"
                if before is not None and seq != before + 1:
                    yield f"room {name}: {before + 1} to {seq - 1} are missing"
                before = seq


def rooms(link: Link) -> list[str]:
    """Return the rooms whose last number, time or topic is not that of their events."""
    return list(islice(_heads(link), LIMIT))


def _heads(link: Link) -> Iterator[str]:
    for room, name, *fields in _rooms(link):
        kept = Head(*fields)
        found = (row for rows in _pages(link, TIMES, room) for row in rows)
        right = derived(kept, ((seq, ts, data) for seq, ts, data in found))
        for field, good, bad in zip(FIELDS, right, kept, strict=True):
            if good != bad:
                yield f"room {name}: the {field} is {good}, not {bad}"


def cids(link: Link) -> list[str]:
    """Return the events whose keys are not known, and keys of events that never were."""
    return list(islice(_cids(link), LIMIT))


def _cids(link: Link) -> Iterator[str]:
    for room, name, *_ in _rooms(link):
        for rows in _pages(link, EVENTS, room):
            kept = [event for _, _, data, _ in rows if (event := decode(data)) and event.cid]
            known = Cids(link)
            known.fetch([(room, event) for event in kept])
            for event in kept:
                use = known.find(room, event)
                is_nameless = event.who is None and is_bare(event)  # its key has its lost text
                if not is_nameless and (use is None or use.seq != event.seq):
                    yield f"room {name}: the cid of number {event.seq} is not known as its own"
    for name, seq in link.all(LATE_CIDS, (LIMIT,)):
        yield f"room {name}: a cid is that of number {seq}, which is not there yet"


def all_states(link: Link) -> list[str]:
    """Return the messages whose state is not what their changes add up to."""
    found = (
        f"room {name}: the state of {seq} is not what its changes add up to"
        for room, name, *_ in _rooms(link)
        for seq, _ in wrong_states(link, room)
    )
    return list(islice(found, LIMIT))


def wrong_states(link: Link, room: int) -> Iterator[tuple[int, Changes | None]]:
    """Yield the messages of a room whose state is wrong, with the right one if there is to be one.

    One of which a change is damaged is left out: what was kept may be all there is of it.
    """
    for seq, changes in added_up(_changes(link, room)):
        kept = link.one(STATE, (room, seq))
        if changes and kept != (changes.count, encode_state(changes.state)):
            yield seq, changes
    yield from ((seq, None) for (seq,) in link.all(f"SELECT seq{STRAY}", (room,)))


def _changes(link: Link, room: int) -> Iterator[tuple[int, bytes]]:
    """Yield the changes of a room's messages, in the order of these."""
    at = (0, 0)
    while rows := link.all(CHANGED, (room, *at, PAGE)):
        yield from ((target, data) for target, _, data in rows)
        at = rows[-1][:2]


def index(link: Link) -> list[str]:
    """Return the messages that the index has other words of, has not, or has alone."""
    found = (
        f"room {name}: number {seq} is not in it as it is"
        for room, name, *_ in _rooms(link)
        for numbers in wrong_words(link, room)
        for seq in numbers
    )
    return list(islice(found, LIMIT))


class Words(NamedTuple):
    """Numbers up to ``last`` that the index of a room is wrong about, and what is right there."""

    wrong: list[int]
    right: dict[int, str]
    last: int


def wrong_words(link: Link, room: int) -> Iterator[list[int]]:
    """Yield numbers that the index of a room is wrong about."""
    after = 0
    while after < END:
        wrong, _, after = _words(link, room, after)
        yield wrong


def _words(link: Link, room: int, after: int) -> Words:
    """Return what the index has wrong of some messages that follow a number."""
    rows = link.all(SAID, (room, after, PAGE))
    right = {seq: line for seq, *row in rows if (line := words.line_of(room, seq, *row))}
    last = rows[-1][0] if len(rows) == PAGE else END
    found = link.all(WRONG_WORDS, (list(right), list(right.values()), room, after, last))
    return Words([seq for (seq,) in found], right, last)


CHECKS: dict[str, Callable[[Link], list[str]]] = {
    "events": events,
    "rooms": rooms,
    "cids": cids,
    "states": all_states,
    "index": index,
}


def mend_states(link: Link) -> None:
    """Add up anew the changes of all messages whose state is wrong."""
    for room, *_ in _rooms(link):
        for seq, _ in list(wrong_states(link, room)):
            with link.transaction():
                hold(link, [room])
                _mend_state(link, room, seq)


def _mend_state(link: Link, room: int, seq: int) -> None:
    """Add up anew the changes of a message, of a room that is held."""
    rows = link.all(states.CHANGES, (room, seq, 0))
    right = added_up((seq, data) for _, data in rows)
    for changes in [changes for _, changes in right if changes]:
        states.save(link, room, seq, changes)
    link.execute(f"DELETE{STRAY} AND seq = %s", (room, seq))


def mend_index(link: Link) -> None:
    """Bring messages into the index again that it is wrong about."""
    for room, *_ in _rooms(link):
        after = 0
        while after < END:
            with link.transaction():
                hold(link, [room])
                wrong, right, after = _words(link, room, after)
                changes = words.Changes(link)
                for seq in wrong:
                    changes.set(room, seq, right.get(seq))
                changes.save()


MENDERS: dict[str, Callable[[Link], None]] = {"states": mend_states, "index": mend_index}
