"""The works "posts": posting over HTTP as programs do, alone, and beside clients that chat."""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load import Raw, apply_load
from benchmarks.meter import Meter
from benchmarks.peers import Command
from benchmarks.process import LOAD_CORE, Server, fresh_folder, kill, last_line_of, spawn
from benchmarks.results import Figures
from benchmarks.toolchain import CACHE
from benchmarks.works import Work

TIMEOUT = 120.0  # seconds
POSTERS = 10  # connections of those who post beside a chat


def measure(program: Path, command: Command, work: Work, log: Path) -> Figures:
    """Run a few posters.

    Raises:
        ProcessFailed: the server failed, or did not keep a message.
    """
    if work.posts:
        with fresh_folder(CACHE) as folder, Server(command, log, folder) as server:
            before = _chat(program, server, work, lambda _: None)
        with fresh_folder(CACHE) as folder, Server(command, log, folder) as server:
            return _beside(program, server, work, before)
    with fresh_folder(CACHE) as folder, Server(command, log, folder) as server:
        meter = Meter(server)
        posters = _posters(server.port, work.clients, work.messages)
        told = json.loads(last_line_of(posters, server, CACHE / "poster.log", TIMEOUT))
        meter.stop()
    return {
        "posts_s": work.messages / told["seconds"],
        "post_cpu_us": meter.cpu() / work.messages * 1e6,
        **_times(told),
        "disturbance": meter.disturbance(),
    }


def _beside(program: Path, server: Server, work: Work, before: Raw) -> Figures:
    """Let clients chat beside some that post as long as they chat; ``before`` is without these."""
    seconds = (work.warmup_ms + work.window_ms) // 1000
    command = _posters(server.port, POSTERS, work.posts * seconds, work.posts)
    running: list[subprocess.Popen[bytes]] = []
    meters: list[Meter] = []

    def follow(event: str) -> None:
        if event == "connected":
            running.append(spawn(command, LOAD_CORE, log))
        if event == "begin":
            meters.append(Meter(server))
        if event == "end":
            meters[0].stop()

    try:
        with (CACHE / "poster.log").open("wb") as log:
            during = _chat(program, server, work, follow)
        output, _ = running[0].communicate(timeout=TIMEOUT)
    finally:
        for process in running:
            kill(process)
    told = json.loads(output)
    return {
        "posts_s": len(told["times"]) / told["seconds"],
        **_times(told),
        "p99_before_ms": before["p99_ms"],
        "p99_ms": during["p99_ms"],
        "p99_ratio": during["p99_ms"] / before["p99_ms"],
        "lost": before["lost"] + during["lost"],
        "cores": meters[0].cpu() / during["window_s"],
        "disturbance": 0.0,  # the core of the load has the posters, too
    }


def _chat(program: Path, server: Server, work: Work, follow: Callable[[str], None]) -> Raw:
    return apply_load(program, work, server.port, speaks_v1=True, on_event=follow)


def _posters(*numbers: int) -> Sequence[str]:
    return [sys.executable, "-m", "benchmarks.poster", *map(str, numbers)]


def _times(told: dict[str, Any]) -> Figures:
    times = sorted(told["times"])
    return {
        "post_p50_ms": median(times),
        "post_p99_ms": times[math.ceil(0.99 * len(times)) - 1],
    }
