"""The works: what the servers are asked to do, and who is asked."""

from dataclasses import dataclass, replace

TRIO_CHAT = "trio-chat"
GO = "go"
FLOOR = "C floor"

FAST = (TRIO_CHAT, GO, FLOOR, "bun", "node ws", "picows", "websockets+uvloop")
ALL = (*FAST, "trio-websocket", "quart-hypercorn")
BOTH = (TRIO_CHAT, GO)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One kind of load. Times are milliseconds, sizes bytes."""

    name: str
    title: str
    peers: tuple[str, ...]
    clients: int
    senders: int = 10
    rate: int = 0  # messages a second, of all senders together
    size: int = 64
    stuck: int = 0  # of the clients never read
    warmup_ms: int = 2_000
    window_ms: int = 10_000
    drain_ms: int = 5_000
    burst: bool = False  # only open connections: one after another, then as many at once

    @property
    def limit(self) -> float:
        """The seconds after which it is given up, whatever happens."""
        connecting = 60 + self.clients / 50
        return connecting + (self.warmup_ms + self.window_ms + self.drain_ms) / 1000

    def settings(self) -> list[str]:
        """Return what the load generator is told."""
        names = ("clients", "senders", "rate", "size", "stuck", "warmup_ms", "window_ms")
        values = {name: getattr(self, name) for name in (*names, "drain_ms")}
        return [f"{name}={value}" for name, value in values.items()] + [f"burst={self.burst:d}"]


STEADY = Work(
    name="steady",
    title="1,000 clients, 100 messages/s",
    peers=ALL,
    clients=1_000,
    rate=100,
)
FLOOD = Work(
    name="flood",
    title="1,000 clients, 3,000 messages/s",
    peers=FAST,
    clients=1_000,
    rate=3_000,
)
IDLE = Work(
    name="idle",
    title="9,000 idle clients",
    peers=BOTH,
    clients=9_000,
    window_ms=3_000,
    drain_ms=0,
)
# Large messages, so that the buffers of those who do not read fill within the window: the kernel
# holds up to 2.5 MB for each of them where the server does not say otherwise.
CALM = Work(
    name="calm",
    title="1,000 clients, 100 messages/s of 2 KB, all read",
    peers=BOTH,
    clients=1_000,
    rate=100,
    size=2_048,
    window_ms=10_000,
)
STUCK = replace(
    CALM,
    name="stuck",
    title="the same, but 50 of the clients never read",
    stuck=50,
    warmup_ms=0,
    window_ms=25_000,
)
CONNECT = Work(
    name="connect",
    title="5,000 connects one after another, then 5,000 at once",
    peers=BOTH,
    clients=5_000,
    burst=True,
)

WORKS = {work.name: work for work in (STEADY, FLOOD, IDLE, CALM, STUCK, CONNECT)}


def shortened(work: Work) -> Work:
    """Return the work for a quick look: a fifth of the clients that only come, a short window."""
    return replace(
        work,
        clients=work.clients if work.rate else work.clients // 5,
        warmup_ms=min(work.warmup_ms, 1_000),
        window_ms=work.window_ms if work.stuck else min(work.window_ms, 3_000),
        drain_ms=min(work.drain_ms, 2_000),
    )
