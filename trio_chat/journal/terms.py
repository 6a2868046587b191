"""Terms: which numbers of a room hold after its database was promoted, restored or put back.

A term is a stretch of one database's life in which nothing is lost: it begins when the database
is another one than it was, and has a random token, since two standbys may begin a term each that
do not know of one another. Clients know the token as their epoch. A database's terms are in one
line: what was kept in an earlier one is there, up to the number at which the next one has begun.
"""

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple


class Term(NamedTuple):
    """A term: its number, which grows, and its token."""

    number: int
    token: str


Starts = Sequence[tuple[int, int]]  # of a room: the number of a term, and of its first event


class Terms:
    """The terms of a database, the present one last.

    Args:
        terms: At least one, in order.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        *_, self.present = self._all = tuple(terms)
        self._numbers = {term.token: term.number for term in self._all}

    @property
    def epoch(self) -> str:
        """The token of the present term."""
        return self.present.token

    @property
    def origin(self) -> str:
        """The token of the first term: it is another one if nothing is as it was."""
        return self._all[0].token

    def __contains__(self, token: str) -> bool:
        """Whether a term is in this line."""
        return token in self._numbers

    def end(self, token: str, starts: Starts, last: int) -> int | None:
        """Return up to which number a room is as it was in a term; ``None``: nobody knows.

        Args:
            token: Of the term.
            starts: Where terms have begun in the room.
            last: The room's last number.
        """
        number = self._numbers.get(token)
        if number is None:
            return None
        later = (first for begun, first in starts if begun > number)
        return min(next(later, last + 1) - 1, last)


class Verdict(Enum):
    """What a database is to somebody who knows the terms of another one, or of an earlier day."""

    SAME = auto()  # it goes on in the term that is known
    LATER = auto()  # its present term is a later one
    NEW = auto()  # a term has to begin there
    STALE = auto()  # it is behind a term that was seen: nothing may be kept there


def judge(found: Terms | None, known: Terms, *, is_marked: bool, is_behind: bool) -> Verdict:
    """Return what becomes of a database that is found again.

    Args:
        found: Its terms; ``None`` if it has none.
        known: The terms that were seen last.
        is_marked: Whether it is as it was when its present term began, and no copy of that.
        is_behind: Whether it lacks what was seen to be durable there in the same term.
    """
    if found is None or not is_marked:
        return Verdict.NEW
    if found.epoch == known.epoch:
        return Verdict.NEW if is_behind else Verdict.SAME
    if known.epoch in found:
        return Verdict.LATER
    # Its line is another one. With a lower number it may be a primary that was replaced; with the
    # same it is a standby that was promoted beside another one, and somebody has chosen it.
    if found.present.number == known.present.number:
        return Verdict.NEW
    return Verdict.LATER if found.present.number > known.present.number else Verdict.STALE
