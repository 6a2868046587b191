"""Families of figures, as Prometheus names them, made of what the parts of a server count."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import accumulate
from typing import NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from trio_chat.client.lookups import ConnectionContext
from trio_chat.hub import Hub
from trio_chat.journal.hearing import BUS, NOTIFY
from trio_chat.limits.limits import Limits
from trio_chat.limits.report import Gauge
from trio_chat.measures import BackupFigures, BusFigures, FileFigures, Histogram, JournalFigures
from trio_chat.metrics.health import Health
from trio_chat.net.admission import Admission
from trio_chat.protocol.events import StoredEvent

PREFIX = "trio_chat_"
WAYS_IN = ("socket", "plain", "sse")
OUTCOMES = ("exact", "gap", "reset")
RELEASE = version("trio-chat")


class Watched(NamedTuple):
    """The parts of a server that count something.

    ``budgets`` tell which share of each is in use, ``pauses`` how long the garbage collector took,
    by generation.
    """

    hub: Hub
    context: ConnectionContext
    admission: Admission
    limits: Limits
    journal: JournalFigures
    backups: BackupFigures
    files: FileFigures
    health: Health
    budgets: Mapping[str, Gauge]
    pauses: Mapping[str, Histogram]


def families(watched: Watched) -> Iterator[Metric]:
    """Yield all figures as they are now. No label has a value that a stranger chooses."""
    yield from _server(watched)
    yield from _connections(watched)
    yield from _chat(watched.hub)
    yield from _terms(watched.hub)
    yield from _turns(watched.hub)
    yield from _limits(watched)
    yield from _journal(watched.hub, watched.journal)
    yield from _files(watched.files)
    yield from _backups(watched.backups)
    yield from _process(watched)


def _server(watched: Watched) -> Iterator[Metric]:
    yield _gauges("info", "The release, always 1.", "version", {RELEASE: 1})
    yield _gauge("workers", "Servers of these figures.", 1)
    yield _counter("worker_ends", "Those that had to be replaced.", 0)
    is_ready = watched.health.fault is None
    yield _gauge("ready", "Whether the last look of /readyz found all right.", is_ready)
    is_overloaded = watched.limits.overload.reason is not None
    yield _gauge("overloaded", "Whether newcomers are refused for it.", is_overloaded)


def _connections(watched: Watched) -> Iterator[Metric]:
    traffic = watched.context.traffic
    yield _gauge(
        "open_sockets", "Connections of any kind that are open.", watched.admission.connections
    )
    opened = {way: traffic.opened[way] for way in WAYS_IN}
    present = {way: count - traffic.closed[way] for way, count in opened.items()}
    yield _gauges("connections", "WebSockets and event streams that are open.", "way_in", present)
    yield _counters("connections_opened", "Of these, all.", "way_in", opened)
    yield _counters(
        "connections_ended", "Why they ended; peer: it did so itself.", "reason", traffic.ended
    )
    for way, hub in (("received", 0), ("sent", 1)):
        both = (watched.context.traffic, watched.hub.traffic)[: 1 + hub]
        size = sum(getattr(one, f"{way}_bytes") for one in both)
        yield _counter(f"{way}_bytes", f"Bytes {way} by them.", size)
    yield _counter("received_messages", "Messages that came by them.", traffic.received_messages)
    frames = traffic.sent_frames + watched.hub.traffic.sent_frames
    yield _counter("sent_frames", "Frames that went by them.", frames)
    outboxes = watched.hub.outboxes
    yield _gauge("outbox_bytes", "Bytes that wait for slow clients.", outboxes.total)
    yield _gauge("outbox_connections", "Clients for which something waits.", outboxes.backed)


def _chat(hub: Hub) -> Iterator[Metric]:
    chat = hub.chat
    census = chat.census()
    yield _gauge("rooms", "Rooms that somebody is in.", census["rooms"])
    yield _gauge("people", "People with a name who are there.", census["people"])
    kept = {_kind(kind): count for kind, count in chat.kept.items()}
    yield _counters("events", "Messages and what else was kept.", "kind", kept)
    resumed = {outcome: chat.resumed.get(outcome, 0) for outcome in OUTCOMES}
    yield _counters(
        "resumes", "Who came back: all there, with a gap, or reset.", "outcome", resumed
    )


def _terms(hub: Hub) -> Iterator[Metric]:
    yield _gauge("term", "The term of the database.", hub.chat.epochs.terms.present.number)
    lost = hub.chat.lost
    yield _counter("lost_events", "Events that were told, and lost with a term.", lost)


def _turns(hub: Hub) -> Iterator[Metric]:
    yield _histogram("turn_seconds", "Turns of the hub, with their fan-out.", hub.turn_seconds)
    yield _histogram("turn_messages", "What the hub took in a turn.", hub.turn_messages)
    yield _histogram("fan_out_seconds", "Telling rooms, in a turn.", hub.fan_out_seconds)
    yield _histogram(
        "acknowledgement_seconds",
        "From a turn that takes a write to its answer.",
        hub.acknowledgements.seconds,
    )
    yield _gauge("unanswered_writes", "Writes that the journal has.", hub.chat.unanswered)


def _limits(watched: Watched) -> Iterator[Metric]:
    reached = CounterMetricFamily(
        PREFIX + "limit_reached",
        "How often a limit was reached, by its setting.",
        labels=("limit", "way_in"),
    )
    for labels, times in watched.limits.counters.reached.items():
        reached.add_metric(labels, times)
    yield reached
    shares = {name: gauge() for name, gauge in watched.budgets.items()}
    yield _gauges("budget_used_ratio", "The share of a budget that is in use.", "budget", shares)


def _journal(hub: Hub, journal: JournalFigures) -> Iterator[Metric]:
    storage = hub.storage
    yield _histogram("commit_seconds", "Commits, with their threads.", storage.commit_seconds)
    yield _histogram("commit_writes", "Writes of a commit.", storage.commit_writes)
    yield _histogram("journal_read_seconds", "Reads of the journal.", journal.read_seconds)
    for name, help_ in (
        ("unavailable", "Commits that failed."),
        ("storage_full", "Writes refused for want of space."),
        ("rooms_forgotten", "Rooms that nobody used."),
    ):
        yield _counter(f"journal_{name}", help_, journal.counts[name])
    yield from _bus(journal.bus)
    yield _gauge("database_bytes", "The database, as --max-database counts it.", journal.database)
    yield _gauge("write_ahead_log_bytes", "The log beside it.", journal.log)
    yield _gauge("disk_free_bytes", "Left on its disk.", journal.disk_free)
    yield _gauge("space_low", "Whether it will soon be full.", journal.is_space_low)


def _bus(bus: BusFigures) -> Iterator[Metric]:
    yield _gauge("nodes", "Servers with the same database, this one too.", bus.others + 1)
    hints = CounterMetricFamily(
        PREFIX + "node_hints",
        "What nodes tell each other of commits.",
        labels=("direction", "line"),
    )
    for direction, count in (("sent", bus.sent), ("heard", bus.heard)):
        for line in (NOTIFY, BUS):
            hints.add_metric((direction, line), count[line])
    yield hints
    yield _counter("node_reconnects", "New connections for that.", bus.reconnects)
    yield _gauge("bus_up", "Whether this node hears itself by the bus.", bus.is_bus_up)
    yield _gauge("bus_used", "Whether hints go by the bus alone.", bus.is_bus_used)
    yield _counter("bus_reconnects", "New tries to reach the bus.", bus.bus_reconnects)


def _files(figures: FileFigures) -> Iterator[Metric]:
    yield _gauge("files", "Files that people sent.", figures.count)
    yield _gauge("file_bytes", "Their contents, as --max-files counts them.", figures.size)
    yield _gauge("file_bytes_coming", "What has come of uploads under way.", figures.coming)


def _backups(backups: BackupFigures) -> Iterator[Metric]:
    outcomes = {outcome: backups.outcomes[outcome] for outcome in ("kept", "failed")}
    yield _counters("backups", "Scheduled backups.", "outcome", outcomes)
    yield _gauge("backup_last_timestamp_seconds", "When one was kept last.", backups.last)
    yield _gauge("backup_seconds", "How long that took.", backups.seconds)


def _process(watched: Watched) -> Iterator[Metric]:
    lag = watched.limits.overload.lag
    yield _histogram("loop_lag_seconds", "How late the event loop is, four times a second.", lag)
    pauses = HistogramMetricFamily(
        PREFIX + "gc_pause_seconds", "Pauses of the garbage collector.", labels=("generation",)
    )
    for generation, seconds in watched.pauses.items():
        pauses.add_metric((generation,), *_buckets(seconds))
    yield pauses


def _kind(kind: type) -> str:
    """Return the name of a kind of events, as the protocol has it."""
    assert issubclass(kind, StoredEvent)
    return str(kind.__struct_config__.tag)


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, help_, value)


def _counter(name: str, help_: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, help_, value)


def _gauges(name: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, help_, labels=(label,))
    for value, count in values.items():
        family.add_metric((value,), count)
    return family


def _counters(name: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, help_, labels=(label,))
    for value, count in values.items():
        family.add_metric((value,), count)
    return family


def _histogram(name: str, help_: str, seen: Histogram) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, help_)
    family.add_metric((), *_buckets(seen))
    return family


def _buckets(seen: Histogram) -> tuple[list[tuple[str, float]], float]:
    """Return how many values were up to each bound, and the sum of all."""
    bounds = [*map(str, seen.bounds), "+Inf"]
    return list(zip(bounds, map(float, accumulate(seen.counts)), strict=True)), seen.total
