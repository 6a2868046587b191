"""The soak: thousands of clients come, go, stall, crash and misbehave, and memory stays flat."""

import csv
import statistics
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import trio
from rich.console import Console

from tests.hostile.crowd import Crowd
from tests.hostile.plot import Curve, draw
from tests.hostile.result import MIB
from tests.hostile.server import Server, started
from tests.hostile.soakers import Life, Soaker

EVERY = 2.0  # seconds between two samples
WARM_UP = 0.4  # of the time; caches fill, and rooms get the history that they keep at hand
LAST = 0.2  # of the time, whose memory is compared with that of as long a time after the warm-up
FLAT = 0.05  # by which the memory may grow in between
# With few events at hand for each room, caches are full soon, and what grows then is a leak.
SETTINGS = {"max_connections": 8_000, "resume_limit": 100}


@dataclass(frozen=True)
class Sample:
    """What is the case at a moment."""

    seconds: float
    memory_mib: float
    connections: int
    descriptors: int
    threads: int
    tasks: int
    disk_mib: float
    acknowledged: int
    p99_ms: float  # of the good clients' acknowledgements


def main(minutes: float, clients: int, out: Path | None, console: Console) -> int:
    """Run it; return the exit status: 0 if memory stayed flat and nothing was lost."""
    with started(SETTINGS) as server:
        samples, faults = trio.run(_soak, server, minutes * 60, clients, console)
    faults += _judge(samples)
    if out:
        _write(out, samples)
    for fault in faults:
        console.print(f"✗ {fault}", style="red")
    console.print(f"{clients} clients for {minutes:g} min: {len(faults)} faults")
    return 1 if faults else 0


async def _soak(
    server: Server, seconds: float, clients: int, console: Console
) -> tuple[list[Sample], list[str]]:
    """Let the clients live; return samples and what went wrong."""
    life, crowd, samples = (
        Life(server.inside),
        Crowd(server.inside, taken=server.meter.waited),
        list[Sample](),
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crowd.run)
        for number in range(clients):
            nursery.start_soon(Soaker(life, number).run)
        begun = trio.current_time()
        while trio.current_time() < begun + seconds and server.is_alive:
            await trio.sleep(EVERY)
            samples.append(_sample(server, life, crowd, begun))
            if len(samples) % 30 == 0:
                console.print(str(samples[-1]), highlight=False, soft_wrap=True)
        nursery.cancel_scope.cancel()
    faults = [f"{what} ({times} times)" for what, times in life.faults.items()]
    if not server.is_alive:
        faults.append("the server ended")
    console.print(", ".join(f"{what} {times}" for what, times in life.counts.items()))
    return samples, faults + crowd.take_faults()


def _sample(server: Server, life: Life, crowd: Crowd, begun: float) -> Sample:
    now, reading = trio.current_time(), server.meter.read()
    delay = crowd.percentile(now - 5 * EVERY, now) or 0.0
    crowd.forget(now - 10 * EVERY)
    return Sample(
        seconds=round(now - begun, 1),
        memory_mib=round(reading.memory / MIB, 2),
        connections=life.inside + crowd.size,
        descriptors=reading.descriptors,
        threads=reading.threads,
        tasks=reading.tasks,
        disk_mib=round(reading.disk / MIB, 2),
        acknowledged=life.counts["acknowledged"],
        p99_ms=round(delay * 1000, 1),
    )


def _judge(samples: Sequence[Sample]) -> list[str]:
    """Compare the memory after the warm-up with that at the end."""
    count = max(1, int(len(samples) * LAST))
    begin = int(len(samples) * WARM_UP)
    first = statistics.median(one.memory_mib for one in samples[begin : begin + count])
    last = statistics.median(one.memory_mib for one in samples[-count:])
    if last > first * (1 + FLAT):
        return [f"memory grew from {first:.1f} to {last:.1f} MiB"]
    return []


def _write(folder: Path, samples: Sequence[Sample]) -> None:
    """Write the figures and their plot."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "soak.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(one.name for one in fields(Sample))
        writer.writerows(map(astuple, samples))
    times = [one.seconds / 60 for one in samples]
    curves = [
        Curve("memory of the server, MiB", [one.memory_mib for one in samples]),
        Curve("connections", [float(one.connections) for one in samples]),
        Curve("descriptors", [float(one.descriptors) for one in samples]),
        Curve("Trio tasks", [float(one.tasks) for one in samples]),
    ]
    (folder / "soak.svg").write_text(draw("minutes", times, curves))
