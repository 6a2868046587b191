"""Snippets: the part of each message found that is shown, with marks on what matches."""

import time
from collections.abc import Callable, Sequence

from trio_chat.journal.search.query import Mark, Query
from trio_chat.protocol.answers import Hit, MessageView
from trio_chat.protocol.unicode import boundary, boundary_after, cut

SNIPPET = 200  # code points
LEAD = 40  # code points of a snippet before what was found
MARKS = 50  # of a snippet, at most
BUDGET = 0.02  # seconds for the marks of all hits of a search, at most
CUT = "…"


class Budget:
    """The time that the marks of one search may take.

    Args:
        seconds: From now on.
        clock: Returns seconds.
    """

    def __init__(
        self, seconds: float = BUDGET, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._end = clock() + seconds

    @property
    def is_used_up(self) -> bool:
        """Whether no time is left."""
        return self._clock() >= self._end


def make_hits(
    messages: Sequence[MessageView], query: Query, budget: Budget | None = None
) -> list[Hit]:
    """Return the hits of a search; those for which no time is left have no marks.

    This computes for up to the budget, so it belongs into a worker thread.
    """
    budget = budget or Budget()
    return [
        plain_hit(message) if budget.is_used_up else make_hit(message, query)
        for message in messages
    ]


def make_hit(message: MessageView, query: Query) -> Hit:
    """Return a message as a hit: the part in which most matches, with marks."""
    return _hit(message, query.find(message.text))


def plain_hit(message: MessageView) -> Hit:
    """Return a message as a hit: its beginning, without marks."""
    return _hit(message, [])


def _hit(message: MessageView, found: Sequence[Mark]) -> Hit:
    text, marks = snippet(message.text, found)
    return Hit(
        seq=message.seq,
        ts=message.ts,
        who=message.who,
        snippet=text,
        marks=marks,
        edited=message.edited,
    )


def snippet(text: str, marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """Return the part of a text in which most was found, and the first marks in it.

    Neither the part nor a mark begins or ends within a character (a grapheme cluster), unless that
    is longer than the part.

    Args:
        text: What was found.
        marks: The places that match, sorted and disjoint.
    """
    if len(text) <= SNIPPET:
        return text, _widen(text, marks[:MARKS])
    start = _best_start(text, marks)
    part = cut(text[start:], SNIPPET - 2 * len(CUT))
    end = start + len(part)
    before, after = CUT if start else "", CUT if end < len(text) else ""
    shown = [
        (first - start, min(last, end) - start) for first, last in marks if start <= first < end
    ]
    shown = [(start + len(before), end + len(before)) for start, end in _widen(part, shown[:MARKS])]
    return f"{before}{part}{after}", shown


def _widen(text: str, marks: Sequence[Mark]) -> list[Mark]:
    """Return marks with all of the characters that they are in; two in one become one."""
    widened: list[Mark] = []
    for first, last in marks:
        start, end = boundary(text, first), boundary_after(text, last)
        if widened and start < widened[-1][1]:
            start, _ = widened.pop()
        widened.append((start, end))
    return widened


def _best_start(text: str, marks: Sequence[Mark]) -> int:
    """Return where to begin: shortly before a mark that many others follow, and at a word."""
    begin = _densest(marks, SNIPPET - 2 * len(CUT) - LEAD)
    start = max(0, min(begin - LEAD, len(text) - SNIPPET + 2 * len(CUT)))
    blank = text.find(" ", start, begin)
    return boundary(text, blank + 1 if start and blank >= 0 else start)


def _densest(marks: Sequence[Mark], width: int) -> int:
    """Return the start of the first mark from which on most marks are within a width."""
    best, most, behind = 0, -1, 0
    for number, (start, _) in enumerate(marks):
        behind = max(behind, number)
        while behind < len(marks) and marks[behind][1] <= start + width:
            behind += 1
        if behind - number > most:
            best, most = start, behind - number
    return best
