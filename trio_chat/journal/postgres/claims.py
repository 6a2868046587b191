"""Claims: which node holds which nick for whom. Of all nodes together one person has it.

The table is not logged. Where it is missing its mark, the row of no nick, PostgreSQL has emptied it
after a crash. Then all nodes claim again what they hold, and nobody gets anything new until each
of them has had its time to do so, or all others have ended.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec

from trio_chat.journal.postgres.runs import LEASE
from trio_chat.journal.types import Claimed, Wishes

AT_ONCE = 1000  # claims in one statement
# Seconds after the lease of a node for which what it has begun to commit may still be under way:
# nobody gets its nicks before.
UNDER_WAY = 10
RETRY_MS = 1000  # after which something may be claimed that could not be

MARK = (
    "INSERT INTO nicks (folded, person, nodes, since) SELECT '', '', '{}', CASE WHEN EXISTS"
    " (SELECT 1 FROM nodes WHERE until > clock_timestamp() AND id <> decode($1, 'hex'))"
    " THEN clock_timestamp() ELSE '-infinity' END ON CONFLICT (folded) DO NOTHING"
)
CLAIM = (
    "INSERT INTO nicks AS held (folded, person, nodes)"
    " SELECT one->>0, one->>1, ARRAY[decode($1, 'hex')] FROM json_array_elements($2::json) AS one"
    " WHERE (one->>2)::boolean OR EXISTS (SELECT 1 FROM nicks WHERE folded = '' AND"
    " (since < clock_timestamp() - make_interval(secs => $3::integer) OR NOT EXISTS"
    " (SELECT 1 FROM nodes WHERE id <> decode($1, 'hex')"
    " AND until > clock_timestamp() - make_interval(secs => $4::integer))))"
    " ORDER BY 1"
    " ON CONFLICT (folded) DO UPDATE SET person = excluded.person,"
    " nodes = CASE WHEN held.person = excluded.person"
    " THEN array_remove(held.nodes, excluded.nodes[1]) || excluded.nodes ELSE excluded.nodes END"
    " WHERE held.person = excluded.person OR NOT EXISTS (SELECT 1 FROM nodes WHERE"
    " id = ANY(held.nodes) AND until > clock_timestamp() - make_interval(secs => $4::integer))"
)
HOLDERS = (  # and whether this node is among those by which they hold it
    "SELECT folded, person, (decode($1, 'hex') = ANY(nodes))::integer FROM nicks"
    " WHERE folded = '' OR folded IN (SELECT json_array_elements_text($2::json))"
)
RELEASE = (  # in the order of claims, so that nodes wait in turn
    "WITH known AS (SELECT folded FROM nicks WHERE folded IN"
    " (SELECT json_array_elements_text($2::json)) ORDER BY folded FOR UPDATE)"
    " UPDATE nicks SET nodes = array_remove(nodes, decode($1, 'hex')) FROM known"
    " WHERE nicks.folded = known.folded"
)
REMOVE = (
    "WITH known AS (SELECT folded FROM nicks WHERE nodes = '{}' AND folded <> '' AND folded IN"
    " (SELECT json_array_elements_text($1::json)) ORDER BY folded FOR UPDATE)"
    " DELETE FROM nicks USING known WHERE nicks.folded = known.folded"
)

Ask = Callable[..., Awaitable[Any]]  # runs a statement with its parameters


class Claims:
    """Writes down which nicks this node holds, and finds out which of them others have.

    Args:
        node: The id of this node.
    """

    def __init__(self, node: bytes) -> None:
        self._id = node.hex().encode()
        self._own: dict[str, str] = {}  # what this node holds: the person's id by folded nick
        self._wished: dict[str, str | None] = {}  # what is not written yet
        self.is_due = False  # whether there is something to write
        self.is_behind = False  # whether others may have what this node holds, until all is written

    def wish(self, wishes: Wishes) -> None:
        """Take in what is to be claimed, and what is released."""
        self._wished.update(wishes)
        self.is_due = self.is_due or bool(wishes)

    def begin(self) -> None:
        """Take in that nobody knows what is written."""
        self._wished = {**self._own, **self._wished}
        self.is_due = bool(self._wished)

    def lapse(self) -> None:
        """Take in that the lease of this node was over, and is not any more."""
        self.begin()
        self.is_behind = self.is_due

    def grant_all(self) -> Claimed | None:
        """Return that this node has all it wants, as it is alone; it is written later."""
        wished = {folded: person for folded, person in self._wished.items() if person is not None}
        new = {one: person for one, person in wished.items() if self._own.get(one) != person}
        self._own.update(new)
        return Claimed(list(new.items()), new) if new else None

    async def write(self, ask: Ask) -> Claimed | None:
        """Write some of it down; return what became of that.

        Raises:
            psycopg.Error: it failed; then ``begin`` is to be called.
        """
        some = dict(list(self._wished.items())[:AT_ONCE])
        claims = {folded: person for folded, person in some.items() if person is not None}
        # Also of what somebody else here is to have now, and of claims whose answer was lost.
        gone = [
            one
            for one, person in some.items()
            if person is None or self._own.get(one, person) != person
        ]
        if gone:
            await self._release(ask, gone)
        holders = await self._claim(ask, claims) if claims else {}
        for folded, person in some.items():
            if self._wished.get(folded) == person:
                del self._wished[folded]
            self._own.pop(folded, None)
            if person is not None and holders.get(folded) == person:
                self._own[folded] = person
        self.is_due = bool(self._wished)
        self.is_behind = self.is_behind and self.is_due
        return Claimed(list(claims.items()), holders, RETRY_MS) if claims else None

    async def _claim(self, ask: Ask, claims: Wishes) -> dict[str, str]:
        """Return who has each nick now; who is missing cannot be told yet."""
        rows = [(one, person, self._own.get(one) == person) for one, person in claims.items()]
        holders = await self._put(ask, rows)
        # There is no mark yet, one was released just now, or this node has one for somebody else:
        # by a claim whose answer was lost, or as it was alone meanwhile.
        if holders.keys() != {"", *claims}:
            await self._release(ask, [*claims.keys() - holders.keys()])
            await ask(MARK, self._id)
            holders = await self._put(ask, rows)
        return holders

    async def _put(self, ask: Ask, rows: Iterable[tuple[str, str | None, bool]]) -> dict[str, str]:
        times = (str(LEASE).encode(), str(UNDER_WAY).encode())
        await ask(CLAIM, self._id, msgspec.json.encode(rows), *times)
        wanted = {folded: person for folded, person, _ in rows}
        found = await ask(HOLDERS, self._id, msgspec.json.encode([*wanted]))
        named = (
            (folded.decode(), person.decode(), bool(int(ours))) for folded, person, ours in found
        )
        # If it is held for that person by other nodes alone, this one does not hold it.
        return {
            folded: person
            for folded, person, is_ours in named
            if is_ours == (wanted.get(folded) == person)
        }

    async def _release(self, ask: Ask, folded: Sequence[str]) -> None:
        """Have this node hold some no more, if it does."""
        names = msgspec.json.encode(folded)
        await ask(RELEASE, self._id, names)
        await ask(REMOVE, names)
