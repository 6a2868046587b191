"""The work of an archive: starting with a file of many messages, and reading pages of it."""

import json
import math
import random
import time
from pathlib import Path
from statistics import median

from benchmarks.archive_file import ROOMS, find_or_make, leave_memory, room_name
from benchmarks.meter import Meter
from benchmarks.peers import Command
from benchmarks.process import ProcessFailed, Server, fresh_folder
from benchmarks.results import Figures
from benchmarks.talker import Refused, Talker
from benchmarks.toolchain import CACHE
from benchmarks.works import Work

STARTS = 3  # with each file, by turns; the median counts
PAGE = 100  # messages
SEED = 1  # every server reads the same pages


def measure(command: Command, work: Work, log: Path) -> Figures:
    """Start with an empty file and with a full one by turns, then read in the full one.

    Raises:
        ProcessFailed: the server failed.
    """
    full = find_or_make(work.messages)
    with fresh_folder(CACHE) as empty:
        _start(command, log, empty)  # makes the file
        starts = [(_start(command, log, empty), _start(command, log, full)) for _ in range(STARTS)]
    with_empty, with_full = (median(seconds) for seconds in zip(*starts, strict=True))
    return {
        "messages": work.messages,
        "start_s": with_full,
        "start_empty_s": with_empty,
        "start_extra_s": max(0.0, with_full - with_empty),
        **_read_pages(command, work, log, full),
    }


def _start(command: Command, log: Path, folder: Path) -> float:
    """Return how long it takes until the server listens, its file not yet in memory."""
    leave_memory(folder)
    with Server(command, log, folder) as server:
        return server.started_after


def _read_pages(command: Command, work: Work, log: Path, folder: Path) -> Figures:
    leave_memory(folder)
    choice = random.Random(SEED)  # noqa: S311 - nothing secret
    longest = work.messages // ROOMS
    times: list[float] = []
    try:
        with Server(command, log, folder) as server, Talker(server.port, "reader") as reader:
            meter = Meter(server)
            for _ in range(work.pages):
                room = room_name(choice.randrange(ROOMS))
                times.append(_read_page(reader, room, choice.randrange(PAGE + 1, longest)))
            meter.stop()
    except (Refused, OSError) as error:
        raise ProcessFailed(f"no page: {error}") from None
    times.sort()
    return {
        "page_p50_ms": median(times),
        "page_p99_ms": times[math.ceil(0.99 * len(times)) - 1],
        "page_max_ms": times[-1],
        "page_cpu_us": meter.cpu() / work.pages * 1e6,
        "disturbance": meter.disturbance(),
    }


def _read_page(reader: Talker, room: str, before: int) -> float:
    """Return how many milliseconds a page takes."""
    began = time.perf_counter()
    page = reader.ask({"t": "history", "room": room, "before": before, "limit": PAGE})
    elapsed = time.perf_counter() - began
    (answer,) = (told for told in json.loads(page) if told["t"] == "history")
    if not answer["messages"] or answer["messages"][-1]["seq"] >= before:
        raise ProcessFailed(f"a wrong page of {room} before {before}")
    return elapsed * 1000
