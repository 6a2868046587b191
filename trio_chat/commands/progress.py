"""Shows the progress of a command: a bar on a terminal, a line now and then elsewhere."""

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

from trio_chat.standard_streams import LineWriter, columns

LINE_INTERVAL = 5.0  # seconds between two lines
LINES = 10  # that may wait for standard error

Advance = Callable[[int], None]


@contextmanager
def progress(doing: str, total: int, *, hidden: bool = False) -> Iterator[Advance]:
    """Show the progress of the block on standard error; the block reports it by a function.

    Args:
        doing: What the block does, as in "exporting".
        total: How much there is to do, in any unit.
        hidden: Show nothing, since something else is written to the same terminal.
    """
    if hidden:
        yield lambda _: None
    elif _is_drawable():
        with _bar() as bar:
            task = bar.add_task(doing, total=total)
            yield lambda count: bar.advance(task, count)
    else:
        with LineWriter(sys.stderr, LINES) as output:
            yield _Lines(doing, total, output).advance


def _is_drawable() -> bool:
    """Whether standard error is a terminal on which a bar can be drawn."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, width=columns()),
        transient=True,  # the command prints a line of its own at the end
    )


class _Lines:
    """Prints a line every ``LINE_INTERVAL``."""

    def __init__(self, doing: str, total: int, output: LineWriter) -> None:
        self._output = output
        self._doing = doing
        self._total = total
        self._done = 0
        self._printed_at = time.monotonic()

    def advance(self, count: int) -> None:
        self._done += count
        if time.monotonic() >= self._printed_at + LINE_INTERVAL:
            self._printed_at = time.monotonic()
            self._output.write(f"{self._doing}: {self._done / (self._total or 1):.0%}\n")
