"""Messages that wait for approval, which all nodes of a database know.

The table is not logged, so they are in no backup. PostgreSQL empties it after a crash; then it
lacks its mark, the row of no number, and each node writes again what it knows.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from trio_chat.clock import wall_clock
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.postgres.scrubs import NOTED
from trio_chat.journal.types import HeldChanged

MARK = 0  # is no number of a message
AT_ONCE = 16  # messages in one statement, of 64 KB each at most
READ = 2000  # messages that are read at once; there are 500 of each node at most
DROPPED = 1000  # messages that are remembered as dropped, as a look may have begun before

PUT = (
    "INSERT INTO held (number, data) SELECT (one->>0)::bigint, decode(one->>1, 'base64')"
    " FROM json_array_elements($1::json) AS one ON CONFLICT (number) DO NOTHING"
)
REMOVE = (
    "WITH noted AS (INSERT INTO meta (key, value) VALUES ($2, convert_to($3, 'UTF8'))"
    " ON CONFLICT (key) DO NOTHING) DELETE FROM held WHERE number IN"
    " (SELECT json_array_elements_text($1::json)::bigint)"
)
LOOK = (
    "SELECT number, CASE WHEN number = ANY(%s) THEN NULL ELSE data END FROM held"
    " ORDER BY number LIMIT %s"
)

Ask = Callable[..., Awaitable[Any]]  # runs a statement with its parameters
Read = Callable[[Callable[[Link], Any]], Awaitable[Any]]


class Held:
    """Writes down what this node holds and drops, and finds out what others do."""

    def __init__(self) -> None:
        self._wished: dict[int, bytes | None] = {}  # what is not written yet
        self._there: set[int] = set()  # what is in the table, as far as this node knows
        self._dropped: dict[int, None] = {}  # what this node has dropped lately
        self.has_looked = False

    @property
    def is_due(self) -> bool:
        """Whether there is something to write."""
        return bool(self._wished)

    def wish(self, changes: Mapping[int, bytes | None]) -> None:
        """Take in what is held, and what no more."""
        self._wished.update(changes)
        self._dropped |= {number: None for number, data in changes.items() if data is None}
        while len(self._dropped) > DROPPED:
            del self._dropped[next(iter(self._dropped))]

    async def write(self, ask: Ask) -> None:
        """Write some of it down.

        Raises:
            psycopg.Error: it failed; it is tried again next time.
        """
        some = dict(list(self._wished.items())[:AT_ONCE])
        rows = [(number, data) for number, data in some.items() if data is not None]
        gone = [number for number, data in some.items() if data is None]
        if rows:
            await ask(PUT, msgspec.json.encode(rows))
        if gone:
            now = str(wall_clock()).encode()
            await ask(REMOVE, msgspec.json.encode(gone), NOTED.encode(), now)
        for number, data in some.items():
            if self._wished[number] is data:
                del self._wished[number]
        self._there.update(number for number, _ in rows)
        self._there.difference_update(gone)

    async def look(self, read: Read) -> HeldChanged | None:
        """Return what others have held and dropped since the last look; ``None`` if nothing.

        Raises:
            Unavailable: that cannot be told just now.
        """
        before = frozenset(self._there)
        found: dict[int, bytes | None] = await read(partial(_find, known=[MARK, *before]))
        self.has_looked = True
        if MARK not in found:
            self._wished[MARK] = b""
            self._there.clear()
            return HeldChanged({}, [], is_lost=True)
        new = {
            number: bytes(data)
            for number, data in found.items()
            if data is not None and number not in self._there and number not in self._dropped
        }
        gone = [number for number in before if number not in found]
        self._there = (self._there | new.keys()).difference(gone)
        return HeldChanged(new, gone) if new or gone else None


def _find(link: Link, known: list[int]) -> dict[int, bytes | None]:
    return dict(link.all(LOOK, (known, READ)))
