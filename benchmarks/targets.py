"""The targets: bounds on the figures of trio-chat, and whether they are met."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.results import Results
from benchmarks.works import (
    ARCHIVE,
    CALM,
    CONNECT,
    FLOOD,
    FLOOR,
    FOLLOW,
    GO,
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
    TRIO_CHAT,
    TRIO_CHAT_LOOP,
    TRIO_CHAT_V1,
    Work,
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A bound on a figure of trio-chat, or on its ratio to the same figure of something else.

    Attributes:
        work: Where it is measured.
        promise: What it is about, for people.
        figure: Its name in the results.
        bound: What it must not exceed, or not be below.
        unit: Of the figure; empty for a ratio.
        least: Whether the bound is the least, not the most.
        other: The work and the peer to compare with.
        peer: Which of our own it is about.
    """

    work: Work
    promise: str
    figure: str
    bound: float
    unit: str = ""
    least: bool = False
    other: tuple[Work, str] | None = None
    peer: str = TRIO_CHAT


@dataclass(frozen=True)
class Verdict:
    """Whether a target is met; ``None`` if what it needs was not measured."""

    target: Target
    value: float | None

    @property
    def is_met(self) -> bool | None:
        """Whether the value is within the bound."""
        if self.value is None:
            return None
        bound = self.target.bound
        return self.value >= bound if self.target.least else self.value <= bound


TARGETS = (
    Target(
        work=STEADY,
        promise="CPU a delivery, to Go's",
        figure="cpu_us",
        bound=0.70,
        other=(STEADY, GO),
    ),
    Target(
        work=STEADY,
        promise="CPU a delivery, to the C floor's",
        figure="cpu_us",
        bound=1.0,
        other=(STEADY, FLOOR),
    ),
    Target(
        work=STEADY,
        peer=TRIO_CHAT_LOOP,
        promise="CPU a delivery without io_uring, to the C floor's",
        figure="cpu_us",
        bound=1.30,
        other=(STEADY, FLOOR),
    ),
    Target(
        work=STEADY, promise="p99 latency, to Go's", figure="p99_ms", bound=1.0, other=(STEADY, GO)
    ),
    Target(work=FLOOD, promise="clients lost", figure="lost", bound=0),
    Target(
        work=FLOOD,
        promise="deliveries a second",
        figure="deliveries_s",
        bound=2.9e6,
        least=True,
    ),
    Target(work=FLOOD, promise="share of a core", figure="cores", bound=0.70),
    Target(work=FLOOD, promise="p99 latency", figure="p99_ms", bound=100, unit="ms"),
    Target(
        work=MANY,
        promise="CPU a delivery, to that with 1,000 clients",
        figure="cpu_us",
        bound=1.15,
        other=(STEADY, TRIO_CHAT),
    ),
    Target(work=MANY, promise="clients lost", figure="lost", bound=0),
    Target(work=IDLE, promise="memory a client", figure="client_kib", bound=14, unit="KiB"),
    Target(
        work=IDLE,
        promise="memory a client, to Go's",
        figure="client_kib",
        bound=0.75,
        other=(IDLE, GO),
    ),
    Target(
        work=STUCK,
        promise="those who never read are gone after",
        figure="gone_s",
        bound=10,
        unit="s",
    ),
    Target(work=STUCK, promise="others lost", figure="lost", bound=0),
    Target(
        work=STUCK,
        promise="p99 latency of the others, to that without them",
        figure="p99_ms",
        bound=1.3,
        other=(CALM, TRIO_CHAT),
    ),
    Target(
        work=STUCK,
        promise="memory they cost at most (1 MiB each)",
        figure="growth_mib",
        bound=50,
        unit="MiB",
    ),
    *(
        Target(work=CONNECT, promise=promise, figure=figure, bound=bound, other=(CONNECT, GO))
        for promise, figure, bound in (
            ("CPU a connect, to Go's", "connect_cpu_us", 2.5),
            ("CPU a leave, to Go's", "leave_cpu_us", 4.0),
            ("time until all have come who come at once, to Go's", "at_once_s", 2.0),
        )
    ),
    Target(work=CONNECT, promise="refused", figure="refused", bound=0),
    Target(
        work=STEADY_V1,
        peer=TRIO_CHAT_V1,
        promise="CPU a delivery, to that with nothing named or kept",
        figure="cpu_us",
        bound=1.3,
        other=(STEADY_V1, TRIO_CHAT),
    ),
    Target(
        work=FOLLOW,
        peer=TRIO_CHAT_V1,
        promise="CPU a delivery, to that on the socket",
        figure="cpu_us",
        bound=1.1,
        other=(STEADY_V1, TRIO_CHAT_V1),
    ),
    Target(work=FOLLOW, peer=TRIO_CHAT_V1, promise="clients lost", figure="lost", bound=0),
    Target(
        work=ROOMS,
        peer=TRIO_CHAT_V1,
        promise="p99 latency of acknowledgements",
        figure="ack_p99_ms",
        bound=20,
        unit="ms",
    ),
    Target(
        work=ROOMS,
        peer=TRIO_CHAT_V1,
        promise="CPU a delivery (a tenth of a message)",
        figure="cpu_us",
        bound=25,
        unit="µs",
    ),
    Target(work=ROOMS, peer=TRIO_CHAT_V1, promise="clients lost", figure="lost", bound=0),
    Target(work=ROOMS, peer=TRIO_CHAT_V1, promise="not delivered", figure="undelivered", bound=0),
    Target(
        work=ROOMS, peer=TRIO_CHAT_V1, promise="not acknowledged", figure="unacknowledged", bound=0
    ),
    *(
        target
        for work in (RESUME, RESUME_COLD)
        for target in (
            Target(
                work=work,
                peer=TRIO_CHAT_V1,
                promise="who has not got precisely what they missed",
                figure="incomplete",
                bound=0,
            ),
            Target(
                work=work,
                peer=TRIO_CHAT_V1,
                promise="p99 latency of the others, to that before",
                figure="p99_ratio",
                bound=3,
            ),
        )
    ),
    Target(
        work=POSTS,
        peer=TRIO_CHAT_V1,
        promise="posts a second",
        figure="posts_s",
        bound=1_500,
        least=True,
    ),
    Target(
        work=POSTS_BESIDE,
        peer=TRIO_CHAT_V1,
        promise="p99 latency of a post",
        figure="post_p99_ms",
        bound=15,
        unit="ms",
    ),
    Target(
        work=POSTS_BESIDE,
        peer=TRIO_CHAT_V1,
        promise="p99 latency of the others, to that without posts",
        figure="p99_ratio",
        bound=1.3,
    ),
    Target(
        work=ARCHIVE,
        peer=TRIO_CHAT_V1,
        promise="it starts later than with an empty file by",
        figure="start_extra_s",
        bound=1,
        unit="s",
    ),
    Target(
        work=ARCHIVE,
        peer=TRIO_CHAT_V1,
        promise="p99 latency of a page",
        figure="page_p99_ms",
        bound=10,
        unit="ms",
    ),
    Target(
        work=ARCHIVE,
        peer=TRIO_CHAT_V1,
        promise="p99 latency of a search",
        figure="search_p99_ms",
        bound=100,
        unit="ms",
    ),
)


def judge(results: Results) -> Iterator[Verdict]:
    """Yield a verdict for each target whose peer did its work."""
    for target in TARGETS:
        if target.peer not in results.peers(target.work.name):
            continue
        mine = (target.work.name, target.peer)
        if target.other:
            work, peer = target.other
            value = results.ratio(target.figure, mine, (work.name, peer))
        else:
            value = results.median(*mine, target.figure)
        yield Verdict(target, value)
