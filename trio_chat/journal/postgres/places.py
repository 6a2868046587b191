"""Places: who is in which rooms, by which nodes. Each node writes down its own people.

The table is not logged: PostgreSQL empties it when it recovers from a crash, and after a failover.
Then connections are lost, and each node writes all of its own again.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from trio_chat.journal.postgres.link import Link
from trio_chat.journal.types import Come, Elsewhere, InRoom, Moves

AT_ONCE = 1000  # places that are written in one statement
PLACES = 20_000  # that are read at once, of all rooms that are open here

CLEAR = "DELETE FROM here WHERE node = decode($1, 'hex')"
PUT = (
    "INSERT INTO here (room, node, person, nick, quiet)"
    " SELECT one->>0, decode($1, 'hex'), one->>1, one->>2, (one->>3)::boolean"
    " FROM json_array_elements($2::json) AS one ON CONFLICT (room, node, person)"
    " DO UPDATE SET nick = excluded.nick, quiet = excluded.quiet"
)
REMOVE = (
    "DELETE FROM here USING json_array_elements($2::json) AS one"
    " WHERE room = one->>0 AND node = decode($1, 'hex') AND person = one->>1"
)
COUNT = "UPDATE nodes SET version = version + 1 WHERE id = decode($1, 'hex')"
VERSIONS = "SELECT id, version FROM nodes WHERE until > clock_timestamp() AND id <> %s ORDER BY id"
ELSEWHERE = (
    "SELECT DISTINCT ON (room, person) room, person, nick, quiet"
    " FROM here WHERE node = ANY(%s) AND room = ANY(%s) ORDER BY room, person, node LIMIT %s"
)

Ask = Callable[..., Awaitable[Any]]  # runs a statement with its parameters
State = tuple[Sequence[tuple[bytes, int]], frozenset[str]]


class Found(NamedTuple):
    """What a look has found: of which state, if anybody else runs, and what is new in that."""

    state: State | None
    elsewhere: Elsewhere | None


class Places:
    """Knows who is here, and finds out who is elsewhere.

    Args:
        node: The id of this node.
    """

    def __init__(self, node: bytes) -> None:
        self._node = node
        self._id = node.hex().encode()
        self._own: dict[tuple[str, str], Come] = {}  # by room and the person's id
        self._moved: dict[tuple[str, str], Come | None] = {}  # what is not written yet
        self._is_whole = True  # whether all is to be written
        self._seen: State | None = None  # of the last answer, if anybody else runs

    @property
    def is_due(self) -> bool:
        """Whether there is something to write."""
        return bool(self._moved) or self._is_whole

    def begin(self) -> None:
        """Take in that nobody knows what is written, or that nobody reads it."""
        self._is_whole = True
        self._moved.clear()

    def move(self, moves: Moves) -> None:
        """Take in who has come, and who has gone."""
        for place, come in moves.items():
            if come is None:
                self._own.pop(place, None)
            else:
                self._own[place] = come
        if not self._is_whole:
            self._moved.update(moves)

    async def write(self, ask: Ask) -> None:
        """Write down what has changed.

        Raises:
            psycopg.Error: it failed; then ``begin`` is to be called.
        """
        is_whole = self._is_whole
        moved = dict(self._own) if is_whole else self._moved
        self._moved, self._is_whole = {}, False  # who comes from now on is written next time
        if is_whole:
            await ask(CLEAR, self._id)
        gone = [(*place, "", False) for place, come in moved.items() if come is None]
        come = [(*place, *come) for place, come in moved.items() if come is not None]
        for statement, rows in ((REMOVE, gone), (PUT, come)):
            for first in range(0, len(rows), AT_ONCE):
                await ask(statement, self._id, msgspec.json.encode(rows[first : first + AT_ONCE]))
        await ask(COUNT, self._id)

    def find(self, link: Link, names: Sequence[str]) -> Found:
        """Find out who is in rooms by other nodes; ``take`` gets that."""
        versions = [(bytes(id), version) for id, version in link.all(VERSIONS, (self._node,))]
        state = (versions, frozenset(names))
        if state == self._seen:
            return Found(state, None)
        # Of just these nodes: that a lease ends in between does not mean that nobody is there.
        nodes = [id for id, _ in versions]
        places = link.all(ELSEWHERE, (nodes, list(names), PLACES))
        elsewhere = Elsewhere(names, [InRoom(*place) for place in places])
        return Found(state if versions else None, elsewhere)

    def take(self, found: Found) -> Elsewhere | None:
        """Return who is in rooms by other nodes; ``None`` if that is as it was.

        What a look has found that was given up is found again, as it was not taken.
        """
        self._seen = found.state
        return found.elsewhere

    @property
    def is_alone(self) -> bool:
        """Whether nobody was elsewhere when it was asked last."""
        return self._seen is None
