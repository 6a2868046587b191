"""Shows the results in the terminal and writes them as Markdown and JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.results import Results
from benchmarks.tables import MARKS, Table, verdict_table, work_table
from benchmarks.targets import judge
from benchmarks.works import WORKS

INTRODUCTION = """\
# Benchmark

Written by `python -m benchmarks`; do not edit.

Each server runs alone on one core, and the load generator (a C program on raw sockets) on another.
All servers do the same: they send each message to all clients, including its sender. Senders keep
their rate whatever the server does, and a latency counts from the time when a message was due. CPU
is that of the whole server process. It includes the kernel's work of delivering a message to the
client's socket, since both ends are on one machine. The generator polls its sockets every 0.25 ms
and never waits on them, so that no server pays for waking it.

*trio-chat* runs in memory here and speaks the plain dialect, like its peers; *trio-chat loop* is it
without io_uring. *trio-chat v1* is the
same server in its usual configuration: it keeps everything in an SQLite file on disk; its clients
have names, join rooms, and get an acknowledgement of each message when it is kept. In *resume* and
*archive* the clients that resume or read are Python programs on raw sockets, and the other clients
of *resume* belong to the C program. The server of *archive* starts, and begins to read pages, with
the file on the disk only, not in the machine's memory. "Memory at most" is the server's peak
(VmHWM) from just before the clients resume.

*client* measures the Python client, `trio_chat.remote`: a bot sends messages, with up to 200
unacknowledged at once, and receives them like any member of the room; another bot joins later and
reads them all. The bot has the load's core for itself.

*follow* measures followers over HTTP, which are clients of the C program. *posts* measures what
programs do: one in Python on the load's core posts messages on ten connections, on each the next
one when the last one is kept; *posts beside* has them post at fixed times while others chat, and
its latencies count from when a post was due. In *archive* all kinds of queries take turns: frequent
words and rare ones, several words, phrases, beginnings, authors, and words that occur nowhere.

Figures are the median of {rounds}. The servers take turns, so that noise of the machine affects all
of them, and ratios are taken within a round. A trial in which other processes used the server's
core is repeated, at most twice, and the least disturbed one counts, whatever its figures.
"""

HOW_TO_RUN = """\
## Run it

    pip install --group bench -e .
    python -m benchmarks           # all of it: about 25 minutes
    python -m benchmarks --quick   # five minutes, writes nothing
    python -m benchmarks --works archive --messages 10000000   # 6 GB of disk

It needs Linux and two cores, and the tools of the peers: gcc, Go with Debian's
`golang-github-gorilla-websocket-dev`, Node with npm (which fetches `ws` and Bun). A peer whose
tools are missing is left out, and the report says so.

## Compare two revisions

    python -m benchmarks --compare main                        # about 12 minutes
    python -m benchmarks --compare v0.1.0 --quick --only steady,rooms

This measures no peers, but the checkout that it runs in, with what is not committed, and another
revision of it: anything that `git rev-parse` knows. The revision is checked out into a temporary
worktree. Both do the same work in turn, at least three times, on the same cores; each server runs
from its own tree, and each archive is made by the code that reads it. Both use the packages of the
environment, so a revision that needs others cannot be compared. Git and gcc are needed.

After each run its main figures are printed; at the end, for each figure, the median of both, the
median of the ratios new to old within a round, and the least and the most of these ratios. A ratio
says something only if the range from least to most does not include 1. Nothing is written.
"""


@dataclass(frozen=True)
class Report:
    """The results of one run of the benchmark, and how they were measured."""

    results: Results
    rounds: int
    is_quick: bool
    machine: Mapping[str, str]
    versions: Mapping[str, str]  # of each peer: what it is, and its version
    left_out: Mapping[str, str]  # peers that were asked for but not measured: the reason
    load: tuple[float, float]  # the machine's load average before and after

    def tables(self) -> Iterator[Table]:
        """Yield the verdicts, and the figures of each work."""
        yield verdict_table(judge(self.results))
        for work in WORKS.values():
            if self.results.peers(work.name):
                yield work_table(self.results, work)

    def show(self, console: Console) -> None:
        """Print all tables and notes."""
        for table in self.tables():
            console.print(rich_table(table))
        for note in self._notes():
            console.print(note, style="dim")

    def write(self, folder: Path) -> None:
        """Write ``benchmark.md`` and ``benchmark.json``."""
        (folder / "benchmark.md").write_text(self._markdown(), "utf-8")
        raw = {
            "rounds": self.rounds,
            "machine": dict(self.machine),
            "versions": dict(self.versions),
            "left_out": dict(self.left_out),
            "load_before_and_after": self.load,
            "results": [result.as_json() for result in self.results.all],
        }
        (folder / "benchmark.json").write_text(json.dumps(raw, indent=1) + "\n", "utf-8")

    def _notes(self) -> Iterator[str]:
        """Yield the notes that explain the figures."""
        if self.is_quick:
            yield (
                "a quick look: short windows, a fifth of the clients in idle and connect,"
                " a tenth of the archive"
            )
        for mark, meaning in MARKS.items():
            yield f'"{mark}": {meaning}'
        for peer, reason in self.left_out.items():
            yield f"{peer} was left out: {reason}"
        for result in self.results.all:
            if result.failure:
                where = f"{result.work}, round {result.round}"
                yield f"{result.peer} failed ({where}): {result.failure}"

    def _markdown(self) -> str:
        rounds = "one round" if self.rounds == 1 else f"{self.rounds} rounds"
        before, after = self.load
        machine = {**self.machine, "load average before and after": f"{before:.2f}, {after:.2f}"}
        sections = [
            INTRODUCTION.format(rounds=rounds),
            "![The chart of these figures](benchmark.svg)\n",
            *(_markdown(table) for table in self.tables()),
            "\n".join(f"- {note}" for note in self._notes()) + "\n",
            "## Servers\n",
            "\n".join(f"- {peer}: {text}" for peer, text in self.versions.items()) + "\n",
            "## Machine\n",
            "\n".join(f"- {name}: {value}" for name, value in machine.items()) + "\n",
            HOW_TO_RUN,
        ]
        return "\n".join(sections)


def rich_table(table: Table) -> RichTable:
    """Return a table for the terminal."""
    shown = RichTable(title=table.title, title_justify="left")
    for number, title in enumerate(table.header):
        shown.add_column(title, justify="left" if number < table.texts else "right")
    for row in table.rows:
        shown.add_row(*row)
    return shown


def _markdown(table: Table) -> str:
    rule = ["---" if number < table.texts else "--:" for number in range(len(table.header))]
    lines = [table.header, rule, *table.rows]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"## {table.title[0].upper()}{table.title[1:]}\n\n{body}\n"
