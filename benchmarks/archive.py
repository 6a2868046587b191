"""The work of an archive: starting with a file of many messages, reading and searching in it."""

import json
import math
import random
import time
from pathlib import Path
from secrets import token_hex
from statistics import median

from benchmarks.archive_file import (
    PEOPLE,
    ROOMS,
    WORDS,
    find_or_make,
    leave_memory,
    room_name,
    word,
)
from benchmarks.meter import Meter
from benchmarks.peers import Command
from benchmarks.process import ProcessFailed, Server, fresh_folder
from benchmarks.results import Figures
from benchmarks.talker import Object, Refused, Talker
from benchmarks.toolchain import CACHE
from benchmarks.works import Work

STARTS = 3  # with each file, in turn; the median counts
PAGE = 100  # messages
SEED = 1  # every server reads the same pages


def measure(command: Command, work: Work, log: Path, full: Path | None = None) -> Figures:
    """Start with an empty file and with a full one in turn, then read in the full one.

    Args:
        command: Starts the server.
        work: How much to read.
        log: The file that gets the server's stderr.
        full: The folder of the full file; by default one for the trio-chat of this checkout.

    Raises:
        ProcessFailed: the server failed.
    """
    full = full or find_or_make(work.messages)
    with fresh_folder(CACHE) as empty:
        _start(command, log, empty)  # makes the file
        starts = [(_start(command, log, empty), _start(command, log, full)) for _ in range(STARTS)]
    with_empty, with_full = (median(seconds) for seconds in zip(*starts, strict=True))
    return {
        "messages": work.messages,
        "start_s": with_full,
        "start_empty_s": with_empty,
        "start_extra_s": max(0.0, with_full - with_empty),
        **_read(command, work, log, full),
    }


def _start(command: Command, log: Path, folder: Path) -> float:
    """Return the seconds until the server listens, with its file on the disk only."""
    leave_memory(folder)
    with Server(command, log, folder) as server:
        return server.started_after


def _read(command: Command, work: Work, log: Path, folder: Path) -> Figures:
    """Read pages and search in a file that is on the disk only at first."""
    leave_memory(folder)
    choice = random.Random(SEED)  # noqa: S311 - nothing secret
    longest = work.messages // ROOMS
    nick = f"reader-{token_hex(4)}"  # that of the round before is held for its owner
    try:
        with Server(command, log, folder) as server, Talker(server.port, nick) as reader:
            meter = Meter(server)
            pages = [
                _read_page(reader, _any_room(choice), choice.randrange(PAGE + 1, longest))
                for _ in range(work.pages)
            ]
            meter.stop()
            searching = Meter(server)
            searches = [
                _search(reader, _any_room(choice), _query(number, choice))
                for number in range(work.searches)
            ]
            searching.stop()
    except (Refused, OSError) as error:
        raise ProcessFailed(f"no page: {error}") from None
    return {
        **_spread("page", pages, meter),
        **_spread("search", searches, searching),
        "disturbance": max(meter.disturbance(), searching.disturbance()),
    }


def _spread(what: str, times: list[float], meter: Meter) -> Figures:
    times.sort()
    return {
        f"{what}_p50_ms": median(times),
        f"{what}_p99_ms": times[math.ceil(0.99 * len(times)) - 1],
        f"{what}_max_ms": times[-1],
        f"{what}_cpu_us": meter.cpu() / len(times) * 1e6,
    }


def _any_room(choice: random.Random) -> str:
    return room_name(choice.randrange(ROOMS))


def _query(number: int, choice: random.Random) -> Object:
    """Return a search; the kinds of queries take turns."""
    often, seldom = word(choice.randrange(20)), word(choice.randrange(1000, WORDS))
    kinds: list[Object] = [
        {"query": often},
        {"query": seldom},
        {"query": f"{often} {word(choice.randrange(20))} {word(choice.randrange(20))}"},
        {"query": f"{often} {seldom}"},
        {"query": f'"{often} {word(choice.randrange(20))}"'},
        {"query": f"{often[:1]}*"},
        {"query": f"{seldom[:3]}*"},
        {"query": often, "from": choice.choice(PEOPLE).nick},
        {"query": seldom, "before": choice.randrange(1, 10_000)},
        {"query": "nobodysaidthis"},
    ]
    return kinds[number % len(kinds)]


def _search(reader: Talker, room: str, query: Object) -> float:
    """Return how many milliseconds a search takes."""
    began = time.perf_counter()
    reader.ask({"t": "search", "room": room, **query})
    return (time.perf_counter() - began) * 1000


def _read_page(reader: Talker, room: str, before: int) -> float:
    """Return how many milliseconds a page takes."""
    began = time.perf_counter()
    page = reader.ask({"t": "history", "room": room, "before": before, "limit": PAGE})
    elapsed = time.perf_counter() - began
    (answer,) = (told for told in json.loads(page) if told["t"] == "history")
    if not answer["messages"] or answer["messages"][-1]["seq"] >= before:
        raise ProcessFailed(f"a wrong page of {room} before {before}")
    return elapsed * 1000
