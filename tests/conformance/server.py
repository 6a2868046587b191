"""Runs an echo server as a process of its own, for as long as a block lasts."""

import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .problem import Problem

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"(ws://[^\s\"',]+)[\s\"',]")  # what follows shows that it is all there
START_TIMEOUT = 120.0  # seconds until it prints its address
STOP_TIMEOUT = 60.0  # seconds from SIGTERM to SIGKILL; longer than the server's own drain time
POLL = 0.05  # seconds between two looks


@contextmanager
def echo_server(command: Sequence[str], log: Path) -> Iterator[str]:
    """Start ``command``, give its ``ws://`` address, and stop it at the end of the block.

    Error handling:
        A server that is gone, or has logged a traceback, when the block ends is a problem, even
        if all went well in the block: a crash that the peer did not notice is still a crash.

    Raises:
        Problem: as above, or no address appeared in time.
    """
    # Unbuffered, or the address would sit in the child's buffer: its output is a file.
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=environ
        ) as process,
    ):
        try:
            yield _wait_for_address(process, log)
        except Problem:
            _check_health(process, log)  # a dead server explains more than what it led to
            raise
        else:
            _check_health(process, log)
        finally:
            _stop(process)


def _wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        address = ADDRESS.search(_read(log))
        if address:
            return address[1]
        time.sleep(POLL)
    raise Problem(f"the echo server printed no address within {START_TIMEOUT:g} s; see {log}")


def _check_health(process: subprocess.Popen[bytes], log: Path) -> None:
    status = process.poll()
    if status is not None:
        raise Problem(f"the echo server ended by itself with status {status}; see {log}")
    if "Traceback" in _read(log):
        raise Problem(f"the echo server logged a traceback; see {log}")


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
