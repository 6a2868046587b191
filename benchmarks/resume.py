"""The work "resume": many clients miss messages, and resume at once while a few others chat."""

import json
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.live import Live
from benchmarks.meter import Meter
from benchmarks.peers import Command
from benchmarks.process import Server, fresh_folder, last_line_of
from benchmarks.results import Figures
from benchmarks.toolchain import CACHE
from benchmarks.works import Work

CROWD_TIMEOUT = 150.0  # seconds for one run of the crowd; its own timeouts are shorter
BEHIND = 1.0  # seconds for which the others chat afterwards


def measure(program: Path, command: Command, work: Work, log: Path) -> Figures:
    """Let a crowd leave and resume, with or without a restart of the server in between.

    Raises:
        ProcessFailed: the server, the crowd or the others failed.
    """
    with fresh_folder(CACHE) as folder:
        with Server(command, log, folder) as server:
            _act("leave", server, work, folder)
            if not work.restarts:
                return _come_back(program, server, work, folder)
        with Server(command, log, folder) as server:
            return _come_back(program, server, work, folder)


def _come_back(program: Path, server: Server, work: Work, folder: Path) -> Figures:
    with Live(program, server.port) as live:
        before = time.monotonic()
        time.sleep(work.window_ms / 1000)
        server.forget_peak()
        memory = server.memory()
        meter = Meter(server)
        outcome = json.loads(_act("return", server, work, folder))
        meter.stop()
        peak = server.peak_memory()
        time.sleep(BEHIND)
        heard = live.end()
    calm = heard.p99(before, outcome["began"])
    busy = heard.p99(outcome["began"], outcome["ended"])
    return {
        "all_s": outcome["ended"] - outcome["began"] if not outcome["incomplete"] else math.inf,
        "incomplete": outcome["incomplete"] + outcome["doubled"],
        "lost": outcome["lost"] + heard.lost,
        "peak_mib": peak / 1024,
        "growth_mib": (peak - memory) / 1024,
        "p99_before_ms": calm,
        "p99_ms": busy,
        "p99_ratio": busy / calm if calm else math.inf,
        "server_cpu_s": meter.cpu(),
        "disturbance": meter.disturbance(),
    }


def _act(what: str, server: Server, work: Work, folder: Path) -> str:
    """Run the crowd with a command, and return its output.

    Raises:
        ProcessFailed: it, or the server, failed or took too long.
    """
    numbers: Sequence[int] = (server.port, work.clients, work.messages)
    command = [sys.executable, "-m", "benchmarks.crowd", what, *map(str, numbers)]
    return last_line_of(
        [*command, folder / "crowd.json"], server, CACHE / "crowd.log", CROWD_TIMEOUT
    )
