"""Shared limits: what nodes that share a database tell each other of who has asked for how much.

Each second a node tells what was taken from buckets that fill slowly, and which addresses have many
connections to it; so an address has as much at all nodes together as at one. A telling that is lost
is not told again: it counts for its own node alone.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from heapq import nlargest
from operator import itemgetter

import trio

from trio_chat.config import Config
from trio_chat.limits.bucket import Bucket
from trio_chat.rates import Rate

# By the minute or the hour. The others are by the second: told once a second, they would not hold.
SHARED = frozenset(
    {
        "govern_rate",
        "moderate_rate",
        "topic_rate",
        "nick_rate",
        "upload_rate",
        "file_byte_rate",
        "new_room_rate",
        "new_name_rate",
        "link_guess_rate",
        "password_rate",
    }
)
PEOPLE, ADDRESSES = 0, 1  # whose a bucket is
TAKEN = 200  # buckets of which is told in a second; the others come later
WAITING = 10_000  # buckets of which is still to be told; further ones count for this node alone
CONNECTIONS = 120  # addresses whose connections are told, those with most of them
TELLING = 64  # an address whose share of the limit is less than one of so many is not told
LAPSE = 5.0  # seconds after which the connections of a node count no more that tells nothing
KEY = 24  # characters of a key; of others nothing is told

Taken = tuple[int, str, str, float]  # whose bucket, their key, its rate, and so many tokens
Told = tuple[Mapping[str, int], Sequence[Taken]]  # connections by address, and what was taken


class SharedBucket(Bucket):
    """A bucket from which other nodes take, too.

    Args:
        rate: Its size and its inflow.
        note: Is told how many tokens are taken here.
    """

    __slots__ = ("_note",)

    def __init__(self, rate: Rate, note: Callable[[float], None]) -> None:
        super().__init__(rate)
        self._note = note

    def take(self, now: float, cost: float = 1.0) -> None:
        """Take tokens out, and have others told."""
        super().take(now, cost)
        self._note(cost)

    def hear(self, now: float, cost: float) -> None:
        """Take out what others have; that is no more debt than one more bucket."""
        super().take(now, cost)
        self.limit_debt(now, self.depth)


class SharedLimits:
    """What this node has to tell, and what others have told.

    Args:
        config: ``connections_per_address``.
        find: Returns the bucket of somebody, by whose it is, their key and its rate.
    """

    def __init__(self, config: Config, find: Callable[[int, str, str], Bucket]) -> None:
        self._config = config
        self._find = find
        self._taken: dict[tuple[int, str, str], float] = {}
        self._elsewhere: dict[bytes, tuple[float, Mapping[str, int]]] = {}  # by node; with a time
        self.connections: Mapping[str, int] = {}  # to this node, by address

    def bucket(self, whose: int, key: str, name: str, rate: Rate) -> Bucket:
        """Return a full bucket; others are told of what is taken if it is a shared one."""
        if name not in SHARED:
            return Bucket(rate)
        return SharedBucket(rate, partial(self._note, (whose, key, name)))

    def _note(self, bucket: tuple[int, str, str], cost: float) -> None:
        if bucket in self._taken or len(self._taken) < WAITING:
            self._taken[bucket] = self._taken.get(bucket, 0.0) + cost

    def tell(self) -> Told:
        """Return what is to be told now; of what was taken the largest shares of a bucket first."""
        order = nlargest(TAKEN, self._taken, key=self._share)
        taken = [(*one, self._taken.pop(one)) for one in order]
        least = max(1, self._config.connections_per_address // TELLING)
        many = (one for one in self.connections.items() if one[1] >= least and len(one[0]) <= KEY)
        connections = dict(nlargest(CONNECTIONS, many, key=itemgetter(1)))
        return connections, [one for one in taken if one[3] and len(one[1]) <= KEY]

    def _share(self, bucket: tuple[int, str, str]) -> float:
        rate: Rate = getattr(self._config, bucket[2])
        return abs(self._taken[bucket]) / rate.burst

    def hear(self, node: bytes, told: Told) -> None:
        """Take in what another node tells."""
        now, (connections, taken) = trio.current_time(), told
        if connections or not taken:
            self._elsewhere[node] = now + LAPSE, connections
        for whose, key, name, cost in taken:
            bucket = self._find(whose, key, name) if name in SHARED else None
            if isinstance(bucket, SharedBucket):
                bucket.hear(now, cost)

    def connections_elsewhere(self, key: str) -> int:
        """Return how many connections an address has to other nodes, by its key."""
        if not self._elsewhere:
            return 0
        now = trio.current_time()
        for node in [node for node, (until, _) in self._elsewhere.items() if until < now]:
            del self._elsewhere[node]
        return sum(counts.get(key, 0) for _, counts in self._elsewhere.values())
