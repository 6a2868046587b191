"""One trial: runs one work with one peer, and returns the figures."""

import math
import time
from pathlib import Path

from benchmarks import archive, client, posts, resume
from benchmarks.load import Raw, apply_load
from benchmarks.meter import Meter
from benchmarks.peers import Command
from benchmarks.process import Server, fresh_folder
from benchmarks.results import Figures
from benchmarks.toolchain import CACHE
from benchmarks.works import Kind, Work

SETTLE = 0.5  # seconds between the start of a server and the first reading of its memory
CALM_ENOUGH = 0.10  # share of the server's core used by others; above it, the trial is repeated
ATTEMPTS = 3


class Watch:
    """Samples a server while it is under load."""

    def __init__(self, server: Server, work: Work) -> None:
        self._server = server
        self._work = work
        self.meter = Meter(server)  # of the window, once that has begun
        self.leaving = Meter(server)  # while all leave
        self._without_stuck = 0  # descriptors the server has open once they are gone
        self._gone_at = math.inf
        self._memory_at_end = 0.0
        self._memory_before = server.memory()
        self._memory_peak = 0.0
        self._memory_connected = 0.0

    def event(self, name: str) -> None:
        """Record what the server has used so far."""
        if name == "begin":
            self.meter = Meter(self._server)
        if name == "leave":
            self.leaving = Meter(self._server)
        if name == "left":
            self.leaving.stop()
        if name == "connected":
            self._without_stuck = self._server.sockets() - self._work.stuck
            self._memory_connected = self._server.memory()
        if name == "end":
            self.meter.stop()
            self._memory_at_end = self._server.memory()

    def tick(self) -> None:
        """Sample the memory, and whether the stuck clients are gone."""
        self._server.check()
        self._memory_peak = max(self._memory_peak, self._server.memory())
        if self._is_waiting_for_stuck() and self._server.sockets() <= self._without_stuck:
            self._gone_at = time.monotonic()

    def _is_waiting_for_stuck(self) -> bool:
        return bool(self._work.stuck and self._without_stuck) and self._gone_at == math.inf

    def client_kib(self) -> float:
        """Return the memory of one client."""
        return (self._memory_at_end - self._memory_before) / self._work.clients

    def growth_mib(self) -> float:
        """Return how much the memory grew, at most, after all had connected."""
        return (self._memory_peak - self._memory_connected) / 1024

    def gone_after(self, moment: float) -> float:
        """Return the seconds from a moment until the stuck clients were gone; may be infinite."""
        return self._gone_at - moment


def run_trial(
    program: Path,
    command: Command,
    work: Work,
    name: str,
    *,
    speaks_v1: bool,
    archive_folder: Path | None = None,
) -> Figures:
    """Run a work with a peer; again, if others used its core meanwhile.

    Args:
        program: The load generator.
        command: Starts the peer.
        work: What to do.
        name: Of the peer; its log is called so.
        speaks_v1: Whether its clients speak v1, else lines of text.
        archive_folder: Where the file of many messages is, if it is not to be made here.

    Raises:
        ProcessFailed: the server or the load generator failed.
    """
    log = CACHE / f"{name.replace(' ', '-')}.log"
    best: Figures = {}
    for _ in range(ATTEMPTS):
        figures = _attempt(program, command, work, log, archive_folder, speaks_v1=speaks_v1)
        if not best or figures["disturbance"] < best["disturbance"]:
            best = figures
        if best["disturbance"] <= CALM_ENOUGH:
            break
    return best


def _attempt(
    program: Path,
    command: Command,
    work: Work,
    log: Path,
    archive_folder: Path | None,
    *,
    speaks_v1: bool,
) -> Figures:
    if work.kind is Kind.RESUME:
        return resume.measure(program, command, work, log)
    if work.kind is Kind.CLIENT:
        return client.measure(command, work, log)
    if work.kind is Kind.POSTS:
        return posts.measure(program, command, work, log)
    if work.kind is Kind.ARCHIVE:
        return archive.measure(command, work, log, archive_folder)
    return _measure_load(program, command, work, log, speaks_v1=speaks_v1)


def _measure_load(
    program: Path, command: Command, work: Work, log: Path, *, speaks_v1: bool
) -> Figures:
    with fresh_folder(CACHE) as folder, Server(command, log, folder) as server:
        time.sleep(SETTLE)
        watch = Watch(server, work)
        raw = apply_load(
            program,
            work,
            server.port,
            speaks_v1=speaks_v1,
            on_event=watch.event,
            on_tick=watch.tick,
        )
    common = {"server_cpu_s": watch.meter.cpu(), "disturbance": watch.meter.disturbance()}
    if work.kind is Kind.BURST:
        return common | _burst_figures(raw, watch)
    return common | _chat_figures(raw, watch, work) | (_ack_figures(raw) if speaks_v1 else {})


def _burst_figures(raw: Raw, watch: Watch) -> Figures:
    return {
        "connects_s": raw["clients"] / raw["in_turn_s"],
        "connect_cpu_us": watch.meter.cpu() / raw["clients"] * 1e6,
        "leave_cpu_us": watch.leaving.cpu() / (2 * raw["clients"]) * 1e6,
        "at_once_s": raw["at_once_s"],
        "refused": raw["in_turn_refused"] + raw["at_once_refused"],
    }


def _chat_figures(raw: Raw, watch: Watch, work: Work) -> Figures:
    figures = {"lost": raw["lost"], "client_kib": watch.client_kib()}
    if work.rate:
        figures |= _traffic_figures(raw, watch)
    if work.stuck:
        figures |= {
            "gone_s": watch.gone_after(raw["stalled_at"]),
            "growth_mib": watch.growth_mib(),
        }
    return figures


def _ack_figures(raw: Raw) -> Figures:
    return {
        "ack_p50_ms": raw["ack_p50_ms"] if raw["ack_samples"] else math.inf,
        "ack_p99_ms": raw["ack_p99_ms"] if raw["ack_samples"] else math.inf,
        "unacknowledged": raw["sent"] - raw["acknowledged"],
        "undelivered": raw["expected"] - raw["deliveries"],
    }


def _traffic_figures(raw: Raw, watch: Watch) -> Figures:
    deliveries = raw["window_deliveries"]
    figures = {
        "cores": watch.meter.cpu() / raw["window_s"],
        "deliveries_s": deliveries / raw["window_s"],
        "delivered": raw["deliveries"] / raw["expected"] if raw["expected"] else 0.0,
        "p50_ms": raw["p50_ms"] if raw["samples"] else math.inf,
        "p99_ms": raw["p99_ms"] if raw["samples"] else math.inf,
        "backpressured": raw["backpressured"],
        "sent_late_ms": raw["sent_late_ms"],
    }
    if deliveries and watch.meter.cpu():
        figures["cpu_us"] = watch.meter.cpu() / deliveries * 1e6
        figures["generator_share"] = raw["cpu_s"] / watch.meter.cpu()
    return figures
