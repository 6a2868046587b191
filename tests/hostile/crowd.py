"""The good clients: 20 people who chat in one room, and measure what they feel."""

import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from uuid import uuid4

import trio
import trio_websocket

from tests.hostile.attack import CROWD
from tests.hostile.peer import V1
from tests.hostile.stamped import StampedStream
from tests.hostile.target import Target

PEOPLE = 20
INTERVAL = 1.0  # seconds between two messages of one person
COMING = 0.4  # seconds in which all come in
RECONNECT_AFTER = 0.5  # seconds
HANDSHAKE_TIMEOUT = 15.0  # seconds
GLANCE = 0.01  # seconds between two looks whether all are in
BROKEN = (
    trio_websocket.ConnectionClosed,
    trio_websocket.HandshakeError,
    trio.BrokenResourceError,
    OSError,
)


class Moment(NamedTuple):
    """When something was said: by Trio's clock, and by the server's (see ``Crowd``)."""

    at: float  # seconds
    by_server: float


@dataclass
class Person:
    """One good client: says something each second, and comes back when it is cut off.

    Attributes:
        waiting: When each message was said that is not acknowledged yet, by its ``cid``.
        last: The number of the last event that came; numbers have no gaps.
    """

    crowd: "Crowd"
    number: int
    waiting: dict[str, Moment] = field(default_factory=dict)
    last: int = 0
    epoch: str = ""
    session: str = ""
    is_in: bool = False

    async def run(self) -> None:
        """Chat until cancelled."""
        await trio.sleep(COMING * self.number / self.crowd.size)
        while True:
            try:
                await self._chat()
            except* BROKEN as broken:
                if self.is_in:
                    self.crowd.wrong(f"a good client was cut off: {_first(broken)}")
            self.is_in = False
            await trio.sleep(RECONNECT_AFTER)

    async def _chat(self) -> None:
        stamped = StampedStream(await self.crowd.target.connect_tcp())
        stream = await self.crowd.target.secured(stamped)
        async with trio.open_nursery() as nursery:
            with trio.fail_after(HANDSHAKE_TIMEOUT):
                websocket = await trio_websocket.wrap_client_stream(
                    nursery,
                    cast("trio.SocketStream", stream),  # it takes any stream
                    self.crowd.target.authority,
                    "/ws",
                    subprotocols=[V1],
                )
            try:
                await self._say(websocket, self._hello())
                nursery.start_soon(self._talk, websocket)
                while True:
                    for one in json.loads(await websocket.get_message()):
                        self._hear(one, stamped.arrived)
            finally:
                nursery.cancel_scope.cancel()
                await trio.aclose_forcefully(stream)

    def _hello(self) -> dict[str, Any]:
        room: dict[str, Any] = {"room": CROWD}
        if self.epoch:
            room |= {"last": self.last, "epoch": self.epoch}
        session = {"session": self.session} if self.session else {}
        nick = f"good {self.crowd.tag} {self.number}"
        return {"t": "hello", "nick": nick, "rooms": [room], **session}

    async def _talk(self, websocket: trio_websocket.WebSocketConnection) -> None:
        while not (self.is_in and self.crowd.has_begun):
            await trio.sleep(GLANCE)
        for cid in list(self.waiting):
            await self._say(websocket, self._message(cid))
        await trio.sleep(random.uniform(0, INTERVAL))  # noqa: S311 - no secret
        while True:
            cid = str(uuid4())
            self.waiting[cid] = self.crowd.moment()
            await self._say(websocket, self._message(cid))
            await trio.sleep(INTERVAL * random.uniform(0.9, 1.1))  # noqa: S311 - no secret

    def _message(self, cid: str) -> dict[str, Any]:
        return {"t": "send", "id": cid, "room": CROWD, "cid": cid, "text": "how is the tea?"}

    async def _say(
        self, websocket: trio_websocket.WebSocketConnection, request: dict[str, Any]
    ) -> None:
        await websocket.send_message(json.dumps([request]))

    def _hear(self, one: dict[str, Any], arrived: float) -> None:
        kind = one["t"]
        if kind == "welcome":
            self.session = one["session"]
        elif kind == "joined":
            self._enter(one)
        elif kind == "ok" and one.get("id") in self.waiting:
            said = self.waiting.pop(one["id"])
            self.crowd.acknowledged(one["id"])
            self.crowd.samples.append(self.crowd.sample(said, arrived))
        elif kind == "error":
            self._refused(one)
        elif "seq" in one:
            self._count(one)

    def _enter(self, joined: dict[str, Any]) -> None:
        if self.epoch != joined["epoch"] or "reset" in joined:
            self.epoch, self.last = joined["epoch"], joined["last"]
        self.is_in = True
        self.crowd.has_begun = self.crowd.has_begun or self.crowd.are_all_in

    def _refused(self, error: dict[str, Any]) -> None:
        """Count an error as wrong; what it was for is not sent again."""
        self.waiting.pop(str(error.get("id")), None)
        self.crowd.wrong(f"a good client got {error['code']}")

    def _count(self, event: dict[str, Any]) -> None:
        if event["seq"] != self.last + 1:
            self.crowd.wrong(f"a good client saw {event['seq']} after {self.last}")
        self.last = event["seq"]
        if self.number == 0:
            self.crowd.seen(event.get("cid", ""))


class Crowd:
    """All good clients.

    Args:
        target: The server.
        size: How many they are.
        taken: Returns for how many seconds the server has waited for its core while other programs
            had it. Delays are measured by a clock that stands still for that time, up to the
            moment when the kernel has the answer: what is left is the server's doing, also on a
            machine that is busy with other things.

    Attributes:
        samples: Time and acknowledgement's delay of each message that was acknowledged, seconds.
        has_begun: Whether all have been in at once. Nobody says anything before: it would be lost
            on who comes later for the first time.
        unseen: The ids of messages that are acknowledged, and that the first of them has not seen.
    """

    def __init__(
        self, target: Target, size: int = PEOPLE, taken: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.target = target
        self.size = size
        self._taken = taken
        self.tag = uuid4().hex[:6]
        self.samples: list[tuple[float, float]] = []
        self.has_begun = False
        self.unseen: set[str] = set()
        self._early: set[str] = set()  # ids that were seen before the acknowledgement
        self._faults: dict[str, int] = {}
        self._people = [Person(self, number) for number in range(size)]

    async def run(self) -> None:
        """Chat until cancelled."""
        async with trio.open_nursery() as nursery:
            for person in self._people:
                nursery.start_soon(person.run)

    def moment(self) -> Moment:
        """Return what time it is."""
        return Moment(trio.current_time(), time.time() - self._taken())

    def sample(self, said: Moment, until: float) -> tuple[float, float]:
        """Return when something was said, and how long it has waited by the server's clock."""
        return said.at, max(0.0, until - self._taken() - said.by_server)

    def acknowledged(self, cid: str) -> None:
        """Note that a message is stored: from now on it must not be lost."""
        if cid in self._early:
            self._early.remove(cid)
        else:
            self.unseen.add(cid)

    def seen(self, cid: str) -> None:
        """Note that a message has come to the first of the good clients."""
        if cid in self.unseen:
            self.unseen.remove(cid)
        elif any(cid in person.waiting for person in self._people):
            self._early.add(cid)

    @property
    def are_all_in(self) -> bool:
        return all(person.is_in for person in self._people)

    @property
    def longest_wait(self) -> float:
        """For how many seconds the oldest message waits that is not acknowledged yet."""
        sent = [said.at for person in self._people for said in person.waiting.values()]
        return trio.current_time() - min(sent) if sent else 0.0

    def wrong(self, what: str) -> None:
        self._faults[what] = self._faults.get(what, 0) + 1

    def take_faults(self) -> list[str]:
        """Return what went wrong since the last call."""
        faults = [f"{what} ({times} times)" for what, times in self._faults.items()]
        self._faults.clear()
        return faults

    def percentile(self, begin: float, end: float, share: float = 0.99) -> float | None:
        """Return the delay of acknowledgements of what was said in a time.

        What is not acknowledged yet counts with the time that it has waited so far.
        """
        return percentile(self.delays(begin, end), share)

    def delays(self, begin: float, end: float) -> list[float]:
        """Return all these delays."""
        said = [moment for person in self._people for moment in person.waiting.values()]
        waiting = [self.sample(moment, time.time()) for moment in said]
        return _between([*self.samples, *waiting], begin, end)

    def forget(self, before: float) -> None:
        """Forget samples from before a time."""
        self.samples = [sample for sample in self.samples if sample[0] >= before]


def _between(samples: Sequence[tuple[float, float]], begin: float, end: float) -> list[float]:
    return [value for at, value in samples if begin <= at < end]


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which this share of all lies; ``None`` if there are none."""
    if not values:
        return None
    return sorted(values)[math.ceil(share * len(values)) - 1]


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    first = group.exceptions[0]
    if isinstance(first, BaseExceptionGroup):
        return _first(first)
    reason = getattr(first, "reason", None)
    return f"{reason.code} {reason.reason or ''}".strip() if reason else type(first).__name__
