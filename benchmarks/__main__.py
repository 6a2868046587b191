"""The command: measures the peers in turn, shows the result and writes it to ``docs/``."""

import argparse
import os
import resource
import signal
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks import machine
from benchmarks.chart import draw
from benchmarks.comparison import COMPARABLE, DEFAULT, LEAST_ROUNDS, Comparison
from benchmarks.load import build
from benchmarks.peers import PEERS, Command
from benchmarks.process import LOAD_CORE, SERVER_CORE, ProcessFailed
from benchmarks.report import Report
from benchmarks.results import Result, Results
from benchmarks.revision import checked_out, this_checkout
from benchmarks.toolchain import CACHE, ROOT, Unavailable
from benchmarks.trial import run_trial
from benchmarks.works import SPEAK_V1, WORKS, Kind, Work, shortened

INTERRUPTED = 130  # the shells' convention: 128 plus the number of SIGINT
DESCRIPTORS = 20_000  # of the server and of the generator, in the largest work

console = Console()


def main() -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the children are ended
    try:
        _set_up_process()
        if options.compare:
            _compare(options)
            return 0
        report = _measure(options)
        report.show(console)
        if folder := _folder(options):
            folder.mkdir(parents=True, exist_ok=True)
            report.write(folder)
            draw(report.results, folder / "benchmark.svg")
            console.print(f"written: benchmark.* in {folder}")
    except Unavailable as error:
        console.print(f"benchmarks: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--peers",
        type=_names(PEERS),
        metavar="A,B",
        help=f"of: {', '.join(PEERS)}; by default those that each work names",
    )
    parser.add_argument(
        "--works",
        "--only",
        type=_names(WORKS),
        metavar="A,B",
        help=f"of: {', '.join(WORKS)}; by default all, with --compare {', '.join(DEFAULT)}",
    )
    parser.add_argument(
        "--repeat",
        type=_count,
        default=3,
        metavar="N",
        help="rounds; the median counts (default 3)",
    )
    parser.add_argument(
        "--messages",
        type=_count,
        metavar="N",
        help="messages in the archive (default 1000000)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"one round of short and small works, {LEAST_ROUNDS} with --compare",
    )
    parser.add_argument(
        "--compare",
        metavar="REV",
        help="measure no peers, but this checkout and a revision of it, by turns,"
        f" at least {LEAST_ROUNDS} rounds; print the ratios and write nothing",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where to write the result; by default docs/ for all peers and works, else nowhere",
    )
    return parser


def _names(known: Collection[str]) -> Callable[[str], list[str]]:
    """Return a parser of comma-separated names, each of which must be known."""

    def parse(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return names

    return parse


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a number from 1 on, not {text!r}")
    return int(text)


def _set_up_process() -> None:
    """Keep off the server's core, and raise the limit of sockets for the child processes.

    Raises:
        Unavailable: the machine cannot do it.
    """
    if not {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        raise Unavailable(f"needs the cores {SERVER_CORE} and {LOAD_CORE}")
    os.sched_setaffinity(0, {LOAD_CORE})
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < DESCRIPTORS:
        raise Unavailable(f"needs {DESCRIPTORS} descriptors; raise the hard limit (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.chdir(ROOT)


def _folder(options: argparse.Namespace) -> Path | None:
    """Return where to write the result; only full runs write to docs/ by default."""
    is_cut = options.peers or options.messages or options.quick
    is_full = not is_cut and not options.works
    folder: Path | None = options.out
    return folder or (ROOT / "docs" if is_full else None)


def _measure(options: argparse.Namespace) -> Report:
    CACHE.mkdir(parents=True, exist_ok=True)
    rounds = 1 if options.quick else options.repeat
    works = _works(options)
    load_before = machine.load()
    program = build()
    commands, versions, left_out = _prepare([peer for work in works for peer in work.peers])
    results = _run_all(program, commands, works, rounds)
    return Report(
        results=Results(results),
        rounds=rounds,
        is_quick=options.quick,
        machine=machine.describe(),
        versions=versions,
        left_out=left_out,
        load=(load_before, machine.load()),
    )


def _compare(options: argparse.Namespace) -> None:
    """Measure a revision and this checkout by turns, and print the ratios.

    Raises:
        Unavailable: there is no such revision, or no load generator.
    """
    if wrong := [name for name in options.works or () if name not in COMPARABLE]:
        raise Unavailable(f"--compare cannot do {', '.join(wrong)}")
    options.works = options.works or DEFAULT
    CACHE.mkdir(parents=True, exist_ok=True)
    program = build()
    rounds = LEAST_ROUNDS if options.quick else max(options.repeat, LEAST_ROUNDS)
    with checked_out(options.compare) as old:
        Comparison(program, old, this_checkout(), rounds, console).run(_works(options))


def _works(options: argparse.Namespace) -> list[Work]:
    """Return the works to do; peers that are given by name do all that they can."""
    names = options.works or WORKS
    works = [shortened(WORKS[name]) if options.quick else WORKS[name] for name in names]
    if options.messages:
        works = [_with_archive_of(work, options.messages) for work in works]
    if not options.peers:
        return works
    return [replace(work, peers=_able(work, options.peers)) for work in works]


def _with_archive_of(work: Work, messages: int) -> Work:
    return replace(work, messages=messages) if work.kind is Kind.ARCHIVE else work


def _able(work: Work, peers: Sequence[str]) -> tuple[str, ...]:
    """Return those peers that can do a work."""
    return tuple(peer for peer in peers if peer in SPEAK_V1 or not work.needs_v1)


def _prepare(
    names: Sequence[str],
) -> tuple[dict[str, Command], dict[str, str], dict[str, str]]:
    """Return how to start the peers, what they are, and why some cannot be started."""
    commands: dict[str, Command] = {}
    versions: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name, peer in PEERS.items():
        if name not in names:
            continue
        with console.status(f"preparing {name}"):
            try:
                version = peer.version()
                commands[name] = peer.prepare()
                versions[name] = f"{peer.what} ({version})"
            except Unavailable as error:
                left_out[name] = str(error)
                console.print(f"{name} is left out: {error}", style="yellow")
    return commands, versions, left_out


def _run_all(
    program: Path, commands: dict[str, Command], works: Sequence[Work], rounds: int
) -> list[Result]:
    """Let every peer do its works; the peers take turns within each work."""
    plan = [
        (number, work, peer)
        for number in range(1, rounds + 1)
        for work in works
        for peer in work.peers
        if peer in commands
    ]
    results: list[Result] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # The display is rarely refreshed since it shares the core of the load generator.
    with Progress(
        *columns, TimeRemainingColumn(), console=console, refresh_per_second=1
    ) as progress:
        task = progress.add_task("", total=len(plan))
        for number, work, peer in plan:
            progress.update(task, description=f"{work.name}: {peer}, round {number}")
            results.append(_try(program, commands[peer], number, work, peer))
            progress.advance(task)
    return results


def _try(program: Path, command: Command, number: int, work: Work, peer: str) -> Result:
    try:
        figures = run_trial(program, command, work, peer, speaks_v1=peer in SPEAK_V1)
    except ProcessFailed as error:
        return Result(number, work.name, peer, failure=str(error))
    return Result(number, work.name, peer, figures)


if __name__ == "__main__":
    sys.exit(main())
