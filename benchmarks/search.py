"""Measures pages and searches in many messages, in a file and in PostgreSQL; run by hand.

``python -m benchmarks.search [--messages N]`` makes the file of the work *archive*, moves it to a
PostgreSQL server of its own, and asks a server on each for pages and for each kind of search, over
a real connection. ``--database URL`` moves it to a database of yours, which must be empty, or asks
one to which it was moved before. Each question is asked in some rounds, and its shortest time
counts: what else the machine does is left out, and what has to be read from the disk at first.
Prints p50, p99 and the longest, in milliseconds.
"""

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from statistics import median

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.archive_file import NAME, PEOPLE, ROOMS, WORDS, find_or_make, room_name, word
from benchmarks.peers import trio_chat_command
from benchmarks.process import Server
from benchmarks.talker import Object, Talker
from benchmarks.toolchain import CACHE
from tests.postgres import running
from trio_chat.cli import main as command

TRIES = 100  # questions of each kind
ROUNDS = 5
PAGE = 100  # messages
FAR = 40_000  # the largest number before which a page is read
FREQUENT, RARE = 20, 1000  # ranks of words: up to this one, and from this one on
SEED = 1  # each database is asked the same
GOALS = {"page": 20, "search": 50}  # milliseconds, at p99

Ask = Callable[[random.Random], Object]


def _often(choice: random.Random) -> str:
    return word(choice.randrange(FREQUENT))


def _seldom(choice: random.Random) -> str:
    return word(choice.randrange(RARE, WORDS))


def _search(query: str, **more: object) -> Object:
    return {"t": "search", "query": query, **more}


KINDS: dict[str, Ask] = {
    "page": lambda choice: {
        "t": "history",
        "limit": PAGE,
        "before": choice.randrange(PAGE, 40_000),
    },
    "last page": lambda _: {"t": "history", "limit": PAGE},
    "search: common": lambda choice: _search(_often(choice)),
    "search: three common": lambda choice: _search(" ".join(_often(choice) for _ in range(3))),
    "search: rare": lambda choice: _search(_seldom(choice)),
    "search: common and rare": lambda choice: _search(f"{_often(choice)} {_seldom(choice)}"),
    "search: phrase": lambda choice: _search(f'"{_often(choice)} {_often(choice)}"'),
    "search: rare phrase": lambda choice: _search(f'"{_seldom(choice)} {_seldom(choice)}"'),
    "search: prefix": lambda choice: _search(f"{_seldom(choice)[:3]}*"),
    "search: short prefix": lambda choice: _search(f"{_often(choice)[:1]}*"),
    "search: by a person": lambda choice: _search(_often(choice), **_by(choice)),
    "search: nothing": lambda _: _search("nobodysaidthis"),
}


def _by(choice: random.Random) -> Object:
    return {"from": choice.choice(PEOPLE).nick}


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--database", help="an empty database of PostgreSQL")
    given = options.parse_args()
    file = find_or_make(given.messages) / NAME
    with _moved(file, given.database) as url:
        found = {"SQLite": _measure(str(file)), "PostgreSQL": _measure(url)}
    table = Table("p50 / p99 / longest, ms", *found, "goal")
    for kind in KINDS:
        goal = f"{GOALS['page' if 'page' in kind else 'search']}"
        times = [
            f"{median(one):.1f} / {one[math.ceil(0.99 * len(one)) - 1]:.1f} / {one[-1]:.1f}"
            for one in (sorted(measured[kind]) for measured in found.values())
        ]
        table.add_row(kind, *times, goal)
    Console(width=100).print(table)


@contextmanager
def _moved(file: Path, database: str | None) -> Iterator[str]:
    """Lend a database of PostgreSQL that has all of a file."""
    if database:
        _move(file, database)
        yield database
        return
    for server in running():
        url = server.new_url()
        _move(file, url)
        yield url


def _move(file: Path, url: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as link:
        if link.execute("SELECT to_regclass('events')").fetchall() != [(None,)]:
            link.execute("ANALYZE")
            return  # as it was moved before
    begin = time.monotonic()
    if command(["migrate", str(file), url]):
        sys.exit("cannot be moved")
    print(f"moved in {time.monotonic() - begin:.0f} s")


def _measure(database: str) -> dict[str, list[float]]:
    """Return how many milliseconds each answer took, by the kind of what was asked."""
    program = trio_chat_command(database)
    log, nick = CACHE / "search.log", f"reader-{token_hex(4)}"  # the last one's is held
    with Server(program, log, CACHE) as server, Talker(server.port, nick) as reader:
        rounds = [{kind: _ask(reader, kind) for kind in KINDS} for _ in range(ROUNDS)]
    return {kind: [*map(min, *(one[kind] for one in rounds))] for kind in KINDS}


def _ask(reader: Talker, kind: str) -> list[float]:
    choice = random.Random(f"{SEED} {kind}")  # noqa: S311 - nothing secret
    times = []
    for _ in range(TRIES):
        room = room_name(choice.randrange(ROOMS))
        wish = {"room": room, **KINDS[kind](choice)}
        begin = time.perf_counter()
        reader.ask(wish)
        times.append((time.perf_counter() - begin) * 1000)
    return times


if __name__ == "__main__":
    main()
