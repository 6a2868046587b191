"""Makes tables of the results, for the terminal and for Markdown."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.results import Results
from benchmarks.targets import Target, Verdict
from benchmarks.trial import CALM_ENOUGH
from benchmarks.works import (
    ARCHIVE,
    CALM,
    CLIENT,
    CONNECT,
    FLOOD,
    FOLLOW,
    IDLE,
    MANY,
    POSTS,
    POSTS_BESIDE,
    RESUME,
    RESUME_COLD,
    ROOMS,
    STEADY,
    STEADY_V1,
    STUCK,
    Work,
)

ALL_BUT = 0.001  # share of deliveries that may still be on their way at the end
NOTHING = "-"
MARKS = {
    "†": "the load generator used more CPU than the server: the figures may be its own",
    "*": f"other processes took over {CALM_ENOUGH:.0%} of the server's core, in every attempt",
    ">": "not everything was delivered by the end; what came was this late, the rest later",
}


@dataclass(frozen=True)
class Table:
    """A title, a header and rows of texts."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1  # columns, from the left, without numbers


@dataclass(frozen=True)
class Column:
    """A figure of the results and how it is shown."""

    title: str
    figure: str
    show: Callable[[float], str]
    is_latency: bool = False


def _fixed(digits: int) -> Callable[[float], str]:
    return lambda value: f"{value:,.{digits}f}"


def _percent(value: float) -> str:
    """Return a share in percent, rounded down so that only 1 is 100 %."""
    return f"{math.floor(value * 1000) / 10:g} %"


WHOLE = _fixed(0)
TRAFFIC = (
    Column("CPU a delivery, µs", "cpu_us", _fixed(2)),
    Column("deliveries/s", "deliveries_s", WHOLE),
    Column("delivered", "delivered", _percent),
    Column("lost", "lost", WHOLE),
    Column("p50, ms", "p50_ms", _fixed(1), is_latency=True),
    Column("p99, ms", "p99_ms", _fixed(1), is_latency=True),
    Column("core in use", "cores", _percent),
    Column("load's CPU to server's", "generator_share", _fixed(2)),
)
ACKNOWLEDGED = (
    Column("ack p50, ms", "ack_p50_ms", _fixed(1)),
    Column("ack p99, ms", "ack_p99_ms", _fixed(1)),
    Column("not acknowledged", "unacknowledged", WHOLE),
)
RESUMED = (
    Column("all have all, s", "all_s", _fixed(2)),
    Column("without all", "incomplete", WHOLE),
    Column("lost", "lost", WHOLE),
    Column("memory at most, MiB", "peak_mib", WHOLE),
    Column("grew by, MiB", "growth_mib", WHOLE),
    Column("CPU, s", "server_cpu_s", _fixed(2)),
    Column("others' p99 before, ms", "p99_before_ms", _fixed(1)),
    Column("others' p99 then, ms", "p99_ms", _fixed(1)),
)
COLUMNS = {
    STEADY: TRAFFIC,
    FLOOD: TRAFFIC,
    MANY: TRAFFIC,
    IDLE: (Column("memory a client, KiB", "client_kib", _fixed(1)),),
    CALM: TRAFFIC,
    STUCK: (
        Column("gone after, s", "gone_s", _fixed(1)),
        Column("memory grew by, MiB", "growth_mib", _fixed(1)),
        *TRAFFIC,
    ),
    CONNECT: (
        Column("connects/s", "connects_s", WHOLE),
        Column("CPU a connect, µs", "connect_cpu_us", WHOLE),
        Column("all at once, s", "at_once_s", _fixed(2)),
        Column("CPU a leave, µs", "leave_cpu_us", WHOLE),
        Column("refused", "refused", WHOLE),
    ),
    STEADY_V1: (*TRAFFIC, *ACKNOWLEDGED),
    ROOMS: (*ACKNOWLEDGED, *TRAFFIC),
    RESUME: RESUMED,
    RESUME_COLD: RESUMED,
    CLIENT: (
        Column("said/s", "sent_s", WHOLE),
        Column("its CPU for each, µs", "sent_cpu_us", WHOLE),
        Column("read/s", "received_s", WHOLE),
        Column("its CPU for each, µs", "received_cpu_us", WHOLE),
    ),
    FOLLOW: (*TRAFFIC, *ACKNOWLEDGED),
    POSTS: (
        Column("posts/s", "posts_s", WHOLE),
        Column("CPU a post, µs", "post_cpu_us", WHOLE),
        Column("p50, ms", "post_p50_ms", _fixed(1)),
        Column("p99, ms", "post_p99_ms", _fixed(1)),
    ),
    POSTS_BESIDE: (
        Column("posts/s", "posts_s", WHOLE),
        Column("p50, ms", "post_p50_ms", _fixed(1)),
        Column("p99, ms", "post_p99_ms", _fixed(1)),
        Column("clients' p99 without posts, ms", "p99_before_ms", _fixed(1)),
        Column("with them, ms", "p99_ms", _fixed(1)),
        Column("lost", "lost", WHOLE),
        Column("core in use", "cores", _percent),
    ),
    ARCHIVE: (
        Column("messages", "messages", WHOLE),
        Column("start, s", "start_s", _fixed(2)),
        Column("with an empty file, s", "start_empty_s", _fixed(2)),
        Column("page p50, ms", "page_p50_ms", _fixed(2)),
        Column("page p99, ms", "page_p99_ms", _fixed(2)),
        Column("page at most, ms", "page_max_ms", _fixed(2)),
        Column("CPU a page, µs", "page_cpu_us", WHOLE),
        Column("search p50, ms", "search_p50_ms", _fixed(2)),
        Column("search p99, ms", "search_p99_ms", _fixed(2)),
        Column("search at most, ms", "search_max_ms", _fixed(2)),
        Column("CPU a search, µs", "search_cpu_us", WHOLE),
    ),
}


def work_table(results: Results, work: Work) -> Table:
    """Return the table of one work: a row for each peer."""
    columns = COLUMNS[work]
    rows = [
        [marked(results, work, peer), *(cell(results, work, peer, column) for column in columns)]
        for peer in results.peers(work.name)
    ]
    return Table(f"{work.name}: {work.title}", ["", *(column.title for column in columns)], rows)


def verdict_table(verdicts: Iterable[Verdict]) -> Table:
    """Return the table of the targets."""
    rows = [
        [
            verdict.target.work.name,
            verdict.target.promise,
            _bound(verdict.target),
            _shown(verdict.value, verdict.target.unit),
            {True: "✓", False: "✗", None: "not measured"}[verdict.is_met],
        ]
        for verdict in verdicts
    ]
    return Table(
        "what trio-chat must show", ["work", "what", "target", "measured", ""], rows, texts=2
    )


def marked(results: Results, work: Work, peer: str) -> str:
    """Return the name of a peer with the marks of its trials of a work."""
    share = results.median(work.name, peer, "generator_share") or 0
    disturbance = results.median(work.name, peer, "disturbance") or 0
    marks = "†" * (share > 1) + "*" * (disturbance > CALM_ENOUGH)
    return f"{peer} {marks}".strip()


def cell(results: Results, work: Work, peer: str, column: Column) -> str:
    """Return the median of a figure as it is shown."""
    value = results.median(work.name, peer, column.figure)
    if value is None:
        return "failed" if results.failures(work.name, peer) else NOTHING
    if math.isinf(value):
        return "never"
    delivered = results.median(work.name, peer, "delivered")
    is_partial = delivered is not None and delivered < 1 - ALL_BUT
    return f"{'> ' * (column.is_latency and is_partial)}{column.show(value)}"


def _bound(target: Target) -> str:
    return ("≥" if target.least else "≤") + f" {target.bound:,.10g} {target.unit}".rstrip()


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return NOTHING
    if math.isinf(value):
        return "never"
    text = (
        f"{value:,.0f}"
        if value >= 1000 or value == int(value)
        else f"{value:.{3 if value < 1 else 2}f}"
    )
    return f"{text} {unit}".strip()
