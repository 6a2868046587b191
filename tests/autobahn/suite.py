"""Runs the suite's cases against one address and reads what it found."""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from tests.conformance.problem import Problem

from .environment import clean_environ
from .judge import Outcome

AGENT = "trio-chat"  # the name of the server in the reports
DEADLINE = 1800.0  # seconds for one selection; a healthy server needs about 10
RUNNING = re.compile(r"Running test case ID (\S+)")

Progress = Callable[[str], None]  # called with the number of each case as it starts


@dataclass(frozen=True)
class Selection:
    """Some cases of the suite, and what the server must be told to be able to pass them.

    ``count`` is how many there are in the pinned release: one that goes missing is noticed.
    ``frame_limit`` is in bytes of a message; ``None`` leaves the server's default.
    """

    name: str
    cases: tuple[str, ...]
    count: int
    without: tuple[str, ...] = ()
    frame_limit: int | None = None


# 9 is load, 12 and 13 are compression, which the server never offers.
CORE = Selection("core", ("*",), count=247, without=("9.*", "12.*", "13.*"))
# 9.1 is one text message of up to 16 MiB, 9.2 the same in binary.
LARGE = Selection("large", ("9.1.*", "9.2.*"), count=12, frame_limit=17 * 1024 * 1024)
SELECTIONS = (CORE, LARGE)


def run_suite(
    suite: Path, selection: Selection, url: str, report: Path, progress: Progress
) -> list[Outcome]:
    """Run the cases of ``selection`` against the server at ``url``.

    Blocks until the suite ends, for at most ``DEADLINE``.

    Args:
        suite: folder of the environment that holds the suite.
        selection: what to run.
        url: the echo server's address.
        report: folder for the reports; what was there is deleted.
        progress: called as each case starts.

    Raises:
        Problem: the suite crashed, took too long, or did not run every case.
    """
    shutil.rmtree(report, ignore_errors=True)
    report.mkdir(parents=True)
    spec = report / "spec.json"
    spec.write_text(json.dumps(_spec(selection, url, report)), encoding="utf-8")
    _fuzz(suite, spec, progress)
    return read_outcomes(report, selection)


def _spec(selection: Selection, url: str, report: Path) -> dict[str, object]:
    return {
        "outdir": str(report),
        "servers": [{"agent": AGENT, "url": url}],
        "cases": selection.cases,
        "exclude-cases": selection.without,
        "exclude-agent-cases": {},
    }


def _fuzz(suite: Path, spec: Path, progress: Progress) -> None:
    # Through python, not the script's own first line: that has a length limit. -u: see it run.
    wstest = (suite / "bin" / "python", "-u", suite / "bin" / "wstest")
    log = spec.with_name("wstest.log")
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            [*wstest, "-m", "fuzzingclient", "-s", spec],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=spec.parent,
            encoding="utf-8",
            errors="replace",
            env=clean_environ(),
        ) as process,
    ):
        timer = Timer(DEADLINE, process.kill)
        timer.start()
        try:
            for line in process.stdout or ():
                output.write(line)
                started = RUNNING.match(line)
                if started:
                    progress(started[1])
        except BaseException:  # Ctrl-C, most likely: leave nothing running behind
            process.kill()
            raise
        finally:
            timer.cancel()
    _check_status(process.returncode, log)


def _check_status(status: int, log: Path) -> None:
    if status == -signal.SIGKILL:
        raise Problem(f"the suite did not end within {DEADLINE:g} s; see {log}")
    if status:
        raise Problem(f"the suite crashed with status {status}; see {log}")


def read_outcomes(report: Path, selection: Selection) -> list[Outcome]:
    """Return what the suite wrote about each case, in its order.

    Raises:
        Problem: there is no index, or it does not hold as many cases as were selected.
    """
    index = report / "index.json"
    if not index.is_file():
        raise Problem(f"the suite wrote no results; see {report / 'wstest.log'}")
    found = json.loads(index.read_text(encoding="utf-8")).get(AGENT, {})
    if len(found) != selection.count:
        raise Problem(f"{len(found)} of {selection.count} {selection.name} cases ran; see {index}")
    return [
        Outcome(
            case=case,
            behavior=entry["behavior"],
            close=entry["behaviorClose"],
            report=str((report / entry["reportfile"]).with_suffix(".html")),
        )
        for case, entry in found.items()
    ]
