"""The works: the loads that are measured, and the peers of each."""

from dataclasses import dataclass, replace
from enum import Enum, auto

TRIO_CHAT = "trio-chat"  # in memory, with clients that speak lines of text, like all peers
TRIO_CHAT_LOOP = "trio-chat loop"  # the same without io_uring
TRIO_CHAT_V1 = "trio-chat v1"  # with SQLite, and clients that speak v1
GO = "go"
FLOOR = "C floor"

FAST = (TRIO_CHAT, TRIO_CHAT_LOOP, GO, FLOOR, "bun", "node ws", "picows", "websockets+uvloop")
ALL = (*FAST, "trio-websocket", "quart-hypercorn")
BOTH = (TRIO_CHAT, GO)
SPEAK_V1 = (TRIO_CHAT_V1,)


class Kind(Enum):
    """Which program generates the load."""

    CHAT = auto()  # sends at a fixed rate
    BURST = auto()  # only opens connections: one after another, then as many at once
    RESUME = auto()  # all clients leave, miss ``messages``, and resume at once
    CLIENT = auto()  # a bot on the Python client sends ``messages``, another reads them
    POSTS = auto()  # ``messages`` are posted over HTTP, by ``clients`` at a time
    ARCHIVE = auto()  # a file of many ``messages``: starting with it, reading and searching in it


OF_OURS = (Kind.RESUME, Kind.CLIENT, Kind.POSTS, Kind.ARCHIVE)  # only trio-chat does these


@dataclass(frozen=True, kw_only=True)
class Work:
    """One kind of load. Times are milliseconds, sizes bytes."""

    name: str
    title: str
    peers: tuple[str, ...]
    clients: int
    kind: Kind = Kind.CHAT
    senders: int = 10
    rooms: int = 1
    rate: int = 0  # messages a second, of all senders together
    posts: int = 0  # posts a second beside them
    size: int = 64
    stuck: int = 0  # of the clients never read
    follow: bool = False  # all clients that do not send follow over HTTP
    warmup_ms: int = 1_500
    window_ms: int = 6_000
    drain_ms: int = 4_000
    messages: int = 0  # missed, sent or stored
    pages: int = 0  # of history that are read
    searches: int = 0
    restarts: bool = False  # the server restarts before all resume

    @property
    def needs_v1(self) -> bool:
        """Whether only peers whose clients speak v1 can do it."""
        return self.rooms > 1 or self.follow or self.kind in OF_OURS

    @property
    def limit(self) -> float:
        """The seconds after which the load is aborted."""
        connecting = 60 + self.clients / 50
        return connecting + (self.warmup_ms + self.window_ms + self.drain_ms) / 1000

    def settings(self, *, speaks_v1: bool) -> list[str]:
        """Return the arguments of the load generator."""
        names = ("clients", "senders", "rooms", "rate", "size", "stuck", "warmup_ms", "window_ms")
        values = {name: getattr(self, name) for name in (*names, "drain_ms")}
        flags = {"burst": self.kind is Kind.BURST, "v1": speaks_v1, "follow": self.follow}
        return [f"{name}={value:d}" for name, value in (values | flags).items()]


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
MANY = Work(
    name="many",
    title="19,000 clients, 5 messages/s",
    peers=(TRIO_CHAT, TRIO_CHAT_LOOP, GO, FLOOR),
    clients=19_000,
    rate=5,
)
IDLE = Work(
    name="idle",
    title="9,000 idle clients",
    peers=BOTH,
    clients=9_000,
    window_ms=3_000,
    drain_ms=0,
)
# The messages are large, so that the buffers of the stuck clients fill within the window: by
# default the kernel holds up to 2.5 MB for each client.
CALM = Work(
    name="calm",
    title="1,000 clients, 100 messages/s of 2 KB, all read",
    peers=BOTH,
    clients=1_000,
    rate=100,
    size=2_048,
    window_ms=6_000,
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
    title="5,000 connects one after another, then 5,000 at once; all leave at once",
    peers=BOTH,
    clients=5_000,
    kind=Kind.BURST,
)
STEADY_V1 = replace(
    STEADY,
    name="steady v1",
    title="1,000 clients, 100 messages/s, with names, storage and acknowledgements, or without",
    peers=(TRIO_CHAT, TRIO_CHAT_V1),
)
ROOMS = Work(
    name="rooms",
    title="1,000 clients in 100 rooms, 2,000 messages/s, each acknowledged when it is kept",
    peers=SPEAK_V1,
    clients=1_000,
    senders=1_000,
    rooms=100,
    rate=2_000,
)
# In the window a few others chat before the crowd resumes, for comparison. All of it must fit in
# the 15 s for which a disconnected client keeps its nick.
RESUME = Work(
    name="resume",
    title="1,000 clients resume at once, each after 500 missed messages",
    peers=SPEAK_V1,
    clients=1_000,
    kind=Kind.RESUME,
    messages=500,
    window_ms=5_000,
)
RESUME_COLD = replace(
    RESUME,
    name="resume cold",
    title="the same after a restart of the server, which has nothing in memory",
    restarts=True,
)
CLIENT = Work(
    name="client",
    title="a bot on the Python client: messages it sends, each acknowledged, and reads",
    peers=SPEAK_V1,
    clients=1,
    kind=Kind.CLIENT,
    messages=20_000,
)
FOLLOW = replace(
    STEADY_V1,
    name="follow",
    title="10 senders and 990 followers over HTTP (SSE), 100 messages/s",
    peers=SPEAK_V1,
    follow=True,
)
POSTS = Work(
    name="posts",
    title="messages posted over HTTP, each kept and acknowledged, on 10 connections",
    peers=SPEAK_V1,
    clients=10,
    kind=Kind.POSTS,
    messages=5_000,
)
POSTS_BESIDE = replace(
    STEADY_V1,
    name="posts beside",
    title="500 posts/s, while 1,000 clients in 10 rooms say 200 messages/s",
    peers=SPEAK_V1,
    kind=Kind.POSTS,
    rooms=10,
    senders=1_000,
    rate=200,
    posts=500,
)
ARCHIVE = Work(
    name="archive",
    title="a file of many messages; pages of 100 from anywhere in it, and searches",
    peers=SPEAK_V1,
    clients=1,
    kind=Kind.ARCHIVE,
    messages=1_000_000,
    pages=2_000,
    searches=2_000,
)

WORKS = {
    work.name: work
    for work in (
        STEADY,
        FLOOD,
        MANY,
        IDLE,
        CALM,
        STUCK,
        CONNECT,
        STEADY_V1,
        ROOMS,
        RESUME,
        RESUME_COLD,
        CLIENT,
        FOLLOW,
        POSTS,
        POSTS_BESIDE,
        ARCHIVE,
    )
}


def shortened(work: Work) -> Work:
    """Return a short form of a work: a fifth of the clients that only connect, a short window."""
    only_come = not work.rate and work.kind in (Kind.CHAT, Kind.BURST)
    return replace(
        work,
        clients=work.clients // 5 if only_come else work.clients,
        messages=work.messages if work.kind is not Kind.ARCHIVE else min(work.messages, 100_000),
        pages=min(work.pages, 500),
        searches=min(work.searches, 500),
        warmup_ms=min(work.warmup_ms, 1_000),
        window_ms=work.window_ms if work.stuck else min(work.window_ms, 3_000),
        drain_ms=min(work.drain_ms, 2_000),
    )
