"""What several processes on one PostgreSQL cost, and how soon they answer, beside one with SQLite.

``python -m benchmarks.nodes`` runs servers with workers and a PostgreSQL of their own, which writes
to the disk as it does by default. All processes of a server share one core in *same core*, so that
their costs compare, and both cores with the load in *both cores*. It prints tables for docs.
"""

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import Raw, apply_load, build
from benchmarks.peers import IN_FILE, trio_chat_command
from benchmarks.process import LOAD_CORE, SERVER_CORE, Server, cpu_of, family, fresh_folder
from benchmarks.toolchain import CACHE
from benchmarks.works import Work

BOTH_CORES = f"{SERVER_CORE},{LOAD_CORE}"
SHARED = Work(
    name="same core",
    title="1,000 clients in 10 rooms, 250 messages/s, on one core",
    peers=(),
    clients=1_000,
    senders=1_000,
    rooms=10,
    rate=250,
)
LARGE = replace(
    SHARED,
    name="both cores",
    title="3,000 clients in 30 rooms of 100, 1,000 messages/s, on both cores with the load",
    clients=3_000,
    senders=3_000,
    rooms=30,
    rate=1_000,
)
PROCESSES = (0, 1, 2, 4)  # 0 is one with SQLite
OF_LARGE = (0, 3)
HEAD = (
    "| | CPU of the chat a message, µs | CPU of PostgreSQL a message, µs | cores of both |"
    " ack p50, ms | ack p99, ms | delivered p50, ms | p99, ms | not acknowledged, not delivered |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


class Spent(NamedTuple):
    """Seconds of CPU that processes have taken so far."""

    chat: float
    postgres: float


class Trial(NamedTuple):
    """What was measured once: CPU a message in µs, cores, latencies in ms, and what is missing."""

    chat: float
    postgres: float
    cores: float
    ack_p50: float
    ack_p99: float
    p50: float
    p99: float
    missing: int


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nodes", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the median counts")
    repeat = parser.parse_args().repeat
    program = build()
    for work, counts, cores in (
        (SHARED, PROCESSES, (SERVER_CORE, LOAD_CORE)),
        (LARGE, OF_LARGE, (BOTH_CORES, BOTH_CORES)),
    ):
        trials: dict[int, list[Trial]] = {count: [] for count in counts}
        for _ in range(repeat):
            for count in counts:
                trials[count].append(measure(program, work, count, *cores))
        print(f"\n{work.title}:\n\n{HEAD}")
        for line in rows(trials):
            print(line)


def rows(trials: dict[int, list[Trial]]) -> Iterator[str]:
    """Yield a line for each number of processes, with medians."""
    for count, measured in trials.items():
        name = f"{count} on PostgreSQL" if count else "SQLite"
        chat, postgres, cores, *latencies, missing = (
            statistics.median(values) for values in zip(*measured, strict=True)
        )
        times = " | ".join(f"{one:.1f}" for one in latencies)
        yield f"| {name} | {chat:.0f} | {postgres:.0f} | {cores:.2f} | {times} | {missing:.0f} |"


def measure(
    program: Path, work: Work, processes: int, server_cores: int | str, load_cores: int | str
) -> Trial:
    """Start a server on an empty database, and put the load on it."""
    log = CACHE / f"nodes-{processes}.log"
    command = trio_chat_command(IN_FILE)
    with fresh_folder(CACHE) as folder:
        folder.chmod(0o755)  # PostgreSQL may run as another user
        if processes:
            with Server([*command, "--workers=2"], log, folder, server_cores):
                pass  # which makes the database; one process uses it then as well
            command.append(f"--workers={processes}")
        with Server(command, log, folder, server_cores) as server:
            spent: list[Spent] = []
            raw = apply_load(
                program,
                work,
                server.port,
                speaks_v1=True,
                on_event=lambda event: _note(event, server, spent),
                cores=load_cores,
            )
    return _figures(raw, work, spent)


def _note(event: str, server: Server, spent: list[Spent]) -> None:
    """Note what was spent when the measured window begins, and when it ends."""
    if event in ("begin", "end"):
        pids = list(family(server.pid))
        of_postgres = [pid for pid in pids if _name(pid) == "postgres"]
        all_of_it, some = (sum(map(cpu_of, some)) for some in (pids, of_postgres))
        spent.append(Spent(all_of_it - some, some))


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        return ""


def _figures(raw: Raw, work: Work, spent: Sequence[Spent]) -> Trial:
    before, after = spent
    messages = work.rate * raw["window_s"]
    taken = Spent(after.chat - before.chat, after.postgres - before.postgres)
    return Trial(
        taken.chat / messages * 1e6,
        taken.postgres / messages * 1e6,
        sum(taken) / raw["window_s"],
        raw["ack_p50_ms"],
        raw["ack_p99_ms"],
        raw["p50_ms"],
        raw["p99_ms"],
        raw["sent"] - raw["acknowledged"] + raw["expected"] - raw["deliveries"],
    )


if __name__ == "__main__":
    main()
