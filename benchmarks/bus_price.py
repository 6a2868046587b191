"""What it costs that a node tells others what is new, by NOTIFY and by Redis.

``python -m benchmarks.bus_price`` runs whole nodes without people, each in a process, on a new
PostgreSQL and a new Redis. One of them tells; what all take while nobody speaks is subtracted.
"""

import multiprocessing
import time
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import trio

from tests.postgres import PostgresServer
from tests.redis import RedisServer, running_redis
from trio_chat.config import Config
from trio_chat.journal.opening import open_journal
from trio_chat.journal.postgres.notify import NotifyBus
from trio_chat.journal.types import Arrived, Claimed, Committed
from trio_chat.protocol.events import Message, encode

SECONDS = 12  # of a trial
PAUSE = 0.02  # seconds between two hints
NODES = (2, 6)
TOGETHER = (1, 20)  # messages in a hint
TEXT = "x" * 100
SETTLING = 2  # seconds


class Mark(NamedTuple):
    """What processes have taken so far, in seconds of CPU, and what a listener has heard."""

    teller: float
    listener: float
    postgres: float
    redis: float
    heard: int


def main() -> None:
    """Print the costs of a message."""
    postgres = PostgresServer()
    try:
        postgres.start()
        with running_redis() as redis:
            for together in TOGETHER:
                for size in NODES:
                    for bus in ("", f"redis://127.0.0.1:{redis.port}"):
                        trial(postgres, redis, bus, size, together)
    finally:
        postgres.remove()


def trial(postgres: PostgresServer, redis: RedisServer, bus: str, size: int, together: int) -> None:
    """Run so many nodes, and print what a message costs that is told with others together."""
    context = multiprocessing.get_context("spawn")
    url, ends, processes = postgres.new_url(), [], []
    for _ in range(size):
        here, there = context.Pipe()
        processes.append(context.Process(target=node, args=(url, bus, size, there)))
        processes[-1].start()
        ends.append(here)
        time.sleep(0.5)  # the first one makes the tables
    for end in ends:
        end.recv()
    marks, messages = [], 0
    for count in (0, together):
        marks.append(mark(ends, postgres, redis))
        ends[0].send(count)
        messages = ends[0].recv()
        time.sleep(SETTLING)
        marks.append(mark(ends, postgres, redis))
    for end, process in zip(ends, processes, strict=True):
        end.send(None)
        process.join()
    report(bus, size, messages, marks)


def mark(ends: Sequence[Connection], postgres: PostgresServer, redis: RedisServer) -> Mark:
    """Return what has been taken so far."""
    told = []
    for end in (ends[0], ends[-1]):
        end.send("mark")
        told.append(end.recv())
    (teller, _), (listener, heard) = told
    return Mark(teller, listener, cpu(postgres.processes), cpu([redis.pid]), heard)


def cpu(pids: Iterable[int]) -> float:
    """Return the seconds of CPU that processes have taken, with all their threads."""
    threads = [one for pid in pids for one in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e9


def report(bus: str, size: int, messages: int, marks: Sequence[Mark]) -> None:
    """Print a line: microseconds of CPU for a message."""
    idle, busy = ([b - a for a, b in zip(*marks[at : at + 2], strict=True)] for at in (0, 2))
    costs = [(b - a) / messages * 1e6 for a, b in zip(idle[:4], busy[:4], strict=True)]
    names = Mark._fields[:4]
    told = ", ".join(f"{name} {cost:.0f} µs" for name, cost in zip(names, costs, strict=True))
    rest = f"idle {idle[1] / (SECONDS + SETTLING) * 1e3:.1f} ms/s, heard {busy[4]} of {messages}"
    print(
        f"{size} nodes, {'Redis' if bus else 'NOTIFY'}, {messages / SECONDS:.0f}/s: {told}; {rest}"
    )


def node(url: str, bus: str, size: int, end: Connection) -> None:
    """Be a node, in a process of its own."""
    trio.run(live, url, bus, size, end)


async def live(url: str, bus: str, size: int, end: Connection) -> None:
    """Do what is asked for: tell messages, or say what has been taken; ``None`` ends it."""
    heard = 0

    def emit(told: Arrived | Claimed) -> None:
        nonlocal heard
        heard += len(told.events) if isinstance(told, Arrived) else 0

    journal = await open_journal(Config(database=url, bus=bus))
    assert isinstance(journal.bus, NotifyBus)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.bus.run, emit)
        figures = journal.bus.figures
        while journal.bus.others < size - 1 or (bus and not figures.is_bus_used):  # noqa: ASYNC110 - no event
            await trio.sleep(0.1)
        await trio.sleep(SETTLING)
        end.send("ready")
        while (order := await trio.to_thread.run_sync(end.recv)) is not None:
            if order == "mark":
                end.send((time.process_time(), heard))
            else:
                end.send(await tell(journal.bus, order))
        nursery.cancel_scope.cancel()
    await journal.close()


async def tell(bus: NotifyBus, together: int) -> int:
    """Tell of messages for a while, so many at a time; return how many there were."""
    seq, end_at = 0, trio.current_time() + SECONDS
    while trio.current_time() < end_at:
        for _ in range(together):
            seq += 1
            message = Message(room="tea", seq=seq, ts=1, text=TEXT)
            bus.tell([Committed(message, encode(message))])
        await trio.sleep(PAUSE)
    return seq


if __name__ == "__main__":
    main()
