"""Builds the load generator and runs it beside a server, on the other core."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.process import LOAD_CORE, ProcessFailed, lines, running, spawn
from benchmarks.toolchain import CACHE, compile_c
from benchmarks.works import Work

SOURCES = Path(__file__).parent / "generator"
TICK = 0.1  # seconds between two calls of ``on_tick``, at most

Raw = dict[str, Any]


def build() -> Path:
    """Compile the load generator unless it is up to date.

    Raises:
        Unavailable: there is no C compiler, or it does not like the source.
    """
    return compile_c("load", *sorted(SOURCES.glob("*.c")))


def apply_load(
    program: Path,
    work: Work,
    port: int,
    *,
    speaks_v1: bool,
    on_event: Callable[[str], None],
    on_tick: Callable[[], None] = lambda: None,
    cores: int | str = LOAD_CORE,
) -> Raw:
    """Run the load generator to its end and return what it measured.

    Args:
        program: The load generator.
        work: What to do.
        port: Of the server.
        speaks_v1: Whether the clients speak v1, else lines of text.
        on_event: Called with "connected", "begin" and "end" (of the measured window).
        on_tick: Called a few times a second meanwhile.
        cores: Where it runs, as for ``taskset``.

    Raises:
        ProcessFailed: it failed, or took too long.
    """
    command: list[str | Path] = [program, f"port={port}", *work.settings(speaks_v1=speaks_v1)]
    deadline = time.monotonic() + work.limit
    log = CACHE / "load.log"
    with log.open("wb") as stderr, running(spawn(command, cores, stderr)) as process:
        for line in lines(process, TICK):
            if line:
                event = json.loads(line)
                if event["event"] == "result":
                    return dict(event)
                on_event(event["event"])
            on_tick()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"not done after {work.limit:.0f} s")
    raise ProcessFailed(log.read_text("utf-8").strip() or "the load generator died")
