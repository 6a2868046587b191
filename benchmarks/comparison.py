"""Compares this checkout with another revision: both do the same works in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console

from benchmarks.peers import Command
from benchmarks.process import ProcessFailed
from benchmarks.report import rich_table
from benchmarks.results import Result, Results
from benchmarks.revision import Revision
from benchmarks.tables import COLUMNS, MARKS, NOTHING, Table, cell, marked
from benchmarks.toolchain import Unavailable
from benchmarks.trial import run_trial
from benchmarks.works import SPEAK_V1, TRIO_CHAT, TRIO_CHAT_V1, WORKS, Kind, Work

DEFAULT = ("steady", "flood", "rooms", "connect", "resume", "archive")
LEAST_ROUNDS = 3
# The figures that are printed after each run, of those that its work has.
HEADLINE = (
    "cpu_us",
    "deliveries_s",
    "p99_ms",
    "ack_p50_ms",
    "ack_p99_ms",
    "connects_s",
    "connect_cpu_us",
    "client_kib",
    "gone_s",
    "all_s",
    "post_cpu_us",
    "start_s",
    "page_p99_ms",
    "search_p99_ms",
)

# The client's work is about the Python client of this checkout, whichever server it speaks to.
COMPARABLE = [name for name, work in WORKS.items() if work.kind is not Kind.CLIENT]


@dataclass
class Comparison:
    """Runs works for an old and a new revision, and prints the ratios of their figures.

    Args:
        program: The load generator, the same for both.
        old: What this checkout is compared with.
        new: This checkout.
        rounds: How often each does each work.
        console: Where the figures go.
    """

    program: Path
    old: Revision
    new: Revision
    rounds: int
    console: Console
    _results: list[Result] = field(default_factory=list)

    def run(self, works: Sequence[Work]) -> None:
        """Run all works for both in turn, and print the results."""
        for work in works:
            try:
                self._run(work)
            except Unavailable as error:
                self.console.print(f"{work.name} is left out: {error}", style="yellow")
        for work in works:
            if self._results_of(work):
                self.console.print(rich_table(self._table(work)))
        for mark, meaning in MARKS.items():
            self.console.print(f'"{mark}": {meaning}', style="dim", soft_wrap=True)

    def _run(self, work: Work) -> None:
        with self.console.status(f"preparing {work.name}"):
            sides = [(revision, *_prepare(revision, work)) for revision in (self.old, self.new)]
        for number in range(1, self.rounds + 1):
            for revision, command, archive in sides:
                with self.console.status(f"{work.name}: {revision.name}, round {number}"):
                    result = self._try(number, work, revision, command, archive)
                self._results.append(result)
                self.console.print(_headline(result), soft_wrap=True)

    def _try(
        self,
        number: int,
        work: Work,
        revision: Revision,
        command: Command,
        archive_folder: Path | None,
    ) -> Result:
        try:
            figures = run_trial(
                self.program,
                command,
                work,
                revision.name,
                speaks_v1=_peer(work) in SPEAK_V1,
                archive_folder=archive_folder,
            )
        except ProcessFailed as error:
            return Result(number, work.name, revision.name, failure=str(error))
        return Result(number, work.name, revision.name, figures)

    def _results_of(self, work: Work) -> list[Result]:
        return [result for result in self._results if result.work == work.name]

    def _table(self, work: Work) -> Table:
        """Return the table of one work: a row for each figure."""
        results = Results(self._results)
        names = (self.old.name, self.new.name)
        header = ["", *(marked(results, work, name) for name in names), "new/old", "least", "most"]
        rows = [
            [
                column.title,
                *(cell(results, work, name, column) for name in names),
                *_ratios(
                    results.ratios(column.figure, *((work.name, name) for name in names[::-1]))
                ),
            ]
            for column in COLUMNS[WORKS[work.name]]
        ]
        return Table(f"{work.name}: {work.title}", header, rows)


def _peer(work: Work) -> str:
    """Return which trio-chat does a work: the one with a database if the work allows it."""
    return TRIO_CHAT_V1 if TRIO_CHAT_V1 in work.peers else TRIO_CHAT


def _prepare(revision: Revision, work: Work) -> tuple[Command, Path | None]:
    """Return what starts a revision's server, and where its archive is if the work needs one.

    Raises:
        Unavailable: the revision cannot do the work.
    """
    command = revision.command(keeps=_peer(work) == TRIO_CHAT_V1)
    is_archive = work.kind is Kind.ARCHIVE
    return command, revision.archive_folder(work.messages) if is_archive else None


def _ratios(ratios: Sequence[float]) -> Iterator[str]:
    """Yield the median, the least and the most of the rounds' ratios."""
    for choose in (median, min, max):
        yield f"{choose(ratios):.3f}" if ratios else NOTHING


def _headline(result: Result) -> str:
    """Return the figures of a run that matter most, in one line."""
    run = Results([result])
    work = WORKS[result.work]
    figures = [
        f"{column.title} {cell(run, work, result.peer, column)}"
        for column in COLUMNS[work]
        if column.figure in HEADLINE
    ]
    about = result.failure or "; ".join(figures)
    return f"{work.name}, round {result.round}, {marked(run, work, result.peer)}: {about}"
