"""Runs the Autobahn WebSocket test suite against our echo server: ``python -m tests.autobahn``.

The suite is Python 2.7 code, so it gets an environment of its own, made once and kept.
"""

import argparse
import shlex
import sys
from pathlib import Path

from tests.conformance.problem import Problem
from tests.conformance.server import echo_server

from .environment import ensure_suite
from .interpreter import find_python27
from .judge import Outcome, judge, load_allowed
from .suite import SELECTIONS, Selection, run_suite
from .summary import ProgressBar, summary

ECHO = shlex.join([sys.executable, "-m", "tests.conformance.echo"])


def main() -> int:
    """Run all; return the exit status: 0 if every case passed."""
    options = _options()
    try:
        return autobahn(options.cache.resolve(), shlex.split(options.echo))
    except Problem as problem:
        sys.stderr.write(f"autobahn: {problem}\n")
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.autobahn",
        description="Run the Autobahn WebSocket test suite against the server.",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(".cache/autobahn"),
        help="folder for the suite's environment, logs and reports (default: %(default)s)",
    )
    parser.add_argument(
        "--echo",
        default=ECHO,
        metavar="COMMAND",
        help="start this echo server instead of ours; it is given --port 0 and maybe "
        "--frame-limit BYTES, and must print its ws:// address",
    )
    return parser.parse_args()


def autobahn(cache: Path, echo: list[str]) -> int:
    """Run every selection and print the summary; return the exit status.

    Raises:
        Problem: the suite could not be run, or not all of it.
    """
    allowed = load_allowed()  # first, so that a slip in it shows before the long part
    suite = ensure_suite(cache, find_python27())
    reports = {selection: cache / "reports" / selection.name for selection in SELECTIONS}
    outcomes = [
        outcome
        for selection, report in reports.items()
        for outcome in _run(selection, suite, report, echo)
    ]
    verdicts = judge(outcomes, allowed)
    indexes = [str(report / "index.html") for report in reports.values()]
    sys.stdout.write(summary(verdicts, indexes))
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _run(selection: Selection, suite: Path, report: Path, echo: list[str]) -> list[Outcome]:
    command = [*echo, "--port", "0"]
    if selection.frame_limit:
        command += ["--frame-limit", str(selection.frame_limit)]
    log = suite.parent / f"echo-{selection.name}.log"
    progress = ProgressBar(selection.name, selection.count)
    with echo_server(command, log) as url:
        return run_suite(suite, selection, url, report, progress)


if __name__ == "__main__":
    sys.exit(main())
