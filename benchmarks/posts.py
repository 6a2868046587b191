"""The work "posts": posting over HTTP as programs do, on connections that stay."""

import json
import math
import sys
from pathlib import Path
from statistics import median

from benchmarks.meter import Meter
from benchmarks.peers import Command
from benchmarks.process import Server, fresh_folder, last_line_of
from benchmarks.results import Figures
from benchmarks.toolchain import CACHE
from benchmarks.works import Work

TIMEOUT = 120.0  # seconds


def measure(command: Command, work: Work, log: Path) -> Figures:
    """Run a few posters.

    Raises:
        ProcessFailed: the server failed, or did not keep a message.
    """
    with fresh_folder(CACHE) as folder, Server(command, log, folder) as server:
        numbers = map(str, (server.port, work.clients, work.messages))
        meter = Meter(server)
        posters = [sys.executable, "-m", "benchmarks.poster", *numbers]
        told = json.loads(last_line_of(posters, server, CACHE / "poster.log", TIMEOUT))
        meter.stop()
    times = sorted(told["times"])
    return {
        "posts_s": work.messages / told["seconds"],
        "post_cpu_us": meter.cpu() / work.messages * 1e6,
        "post_p50_ms": median(times),
        "post_p99_ms": times[math.ceil(0.99 * len(times)) - 1],
        "disturbance": meter.disturbance(),
    }
