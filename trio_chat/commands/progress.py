"""How far a command is: a bar for people at a terminal, a line now and then for others."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

LINE_INTERVAL = 5.0  # seconds between two lines

Advance = Callable[[int], None]


@contextmanager
def progress(doing: str, total: int, *, hidden: bool = False) -> Iterator[Advance]:
    """Show on standard error how far the block is, which tells by the function that it gets.

    Args:
        doing: What is done, as in "exporting".
        total: How much there is to do, in whatever units.
        hidden: Show nothing, as something else goes to the same terminal.
    """
    if hidden:
        yield lambda _: None
    elif _is_for_people():
        with _bar() as bar:
            task = bar.add_task(doing, total=total)
            yield lambda count: bar.advance(task, count)
    else:
        yield _Lines(doing, total).advance


def _is_for_people() -> bool:
    """Whether standard error is a terminal that may be drawn on."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,  # what was done stays, in a line of the command's own
    )


class _Lines:
    """Writes a line when it takes long."""

    def __init__(self, doing: str, total: int) -> None:
        self._doing = doing
        self._total = total
        self._done = 0
        self._told_at = time.monotonic()

    def advance(self, count: int) -> None:
        self._done += count
        if time.monotonic() >= self._told_at + LINE_INTERVAL:
            self._told_at = time.monotonic()
            print(f"{self._doing}: {self._done / (self._total or 1):.0%}", file=sys.stderr)
