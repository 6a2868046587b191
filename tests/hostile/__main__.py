"""The command line: ``python -m tests.hostile [URL]`` attacks a server and says what it did."""

import argparse
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import trio
from rich.console import Console

from tests.hostile import plan, report, run, soak
from tests.hostile.attack import ATTACKS
from tests.hostile.cores import OTHER_CORE, going_first, take_core
from tests.hostile.result import Result
from tests.hostile.target import Problem, Target

INTERRUPTED = 130  # the shells' convention: 128 plus the number of SIGINT

console = Console()


def main() -> int:
    """Attack; return the exit status: 0 if no attack did harm."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that servers are ended
    take_core(OTHER_CORE)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    status = 1
    try:
        with going_first():
            if options.soak:
                status = soak.main(options.soak, options.clients, options.out, console)
            else:
                status = _attack(options)
    except* Problem as problems:
        console.print(f"hostile: {problems.exceptions[0]}", style="red")
    except* KeyboardInterrupt:
        status = INTERRUPTED
    return status


def _attack(options: argparse.Namespace) -> int:
    form = plan.SHORT if options.short else plan.LONG
    form = replace(form, repeats=options.ignore_delays)
    rounds = plan.rounds(form, options.only)
    if options.list:
        for attack in ATTACKS.values():
            console.print(f"{attack.name:<26} {attack.outcome}", highlight=False, soft_wrap=True)
        return 0
    target = Target.parse(options.url, options.pid) if options.url else None
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        report.show(console, result)

    began = time.monotonic()
    try:
        trio.run(run.main, form, target, rounds, tell)
    finally:
        report.write(results, options.json, options.table)
    console.print(f"{report.summary(results)}, in {time.monotonic() - began:.0f} s")
    allowed = [one for one in results if options.ignore_delays and one.is_only_late]
    return 0 if all(one.passed or one in allowed for one in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument(
        "url",
        nargs="?",
        help="the server, as http://localhost:8080/; without it, new servers are started. It needs "
        "--connections-per-address 64, as all come from here. Attack only servers of your own.",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--short", action="store_true", help="each attack once: seven minutes")
    length.add_argument("--long", action="store_true", help="all variants; the default")
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=[],
        metavar="NAMES",
        help="attacks whose names begin so, with commas between them",
    )
    parser.add_argument("--list", action="store_true", help="list the attacks and make none")
    parser.add_argument(
        "--pid", type=int, default=0, help="the server's process, if it is on this machine"
    )
    parser.add_argument(
        "--ignore-delays",
        action="store_true",
        help="as in CI: show how long others wait, but let nothing fail for it; and make again, on "
        "a new server, what fails otherwise, so that the second time counts",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write it as Markdown")
    parser.add_argument(
        "--soak", type=float, metavar="MINUTES", help="run the soak test instead of attacks"
    )
    parser.add_argument("--clients", type=int, default=2_000, help="of the soak (default 2000)")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write soak.csv and soak.svg into this folder"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
