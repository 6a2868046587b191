"""The clients of the soak: they come and go, chat, stall, crash and misbehave."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import trio

from tests.frames import BINARY, CONTINUATION, PING
from tests.hostile.peer import GONE, Gone, Peer, frame, objects
from tests.hostile.target import Target

PEOPLE_IN_ROOM = 20
STAY = 20.0, 90.0  # seconds that somebody stays
AWAY = 0.5, 8.0  # seconds until they come back
SILENCE = 10.0, 30.0  # seconds between two messages of one person
STALL = 5.0, 30.0  # seconds for which somebody reads nothing
FLOOD = 2.0  # seconds
MISCHIEF = (
    frame(b"no JSON"),
    frame(b"[" * 1000),
    frame(b"\xff\xfe"),
    frame(b"x", BINARY),
    frame(b"", CONTINUATION),
    frame(b"x" * 126, PING),
    b"\xc1\x80mask",
    b"GET / HTTP/1.1\r\n\r\n",
)


@dataclass
class Life:
    """What all clients of a soak share.

    Attributes:
        counts: How often what happened.
        faults: What the server did wrong.
        inside: How many are connected.
    """

    target: Target
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    inside: int = 0


class Soaker:
    """One person: the same one all the time, who comes back where they were.

    Args:
        life: Shared by all.
        number: Which one; it decides the room, the address, and what kind of client this is.
    """

    def __init__(self, life: Life, number: int) -> None:
        self._life = life
        self._number = number
        self._room = f"soak-{number // PEOPLE_IN_ROOM}"
        address = f"127.2.{number // 250 % 250}.{number % 250 + 1}"
        self._target = life.target.coming_from(address)
        self._session = ""
        self._last = 0
        self._epoch = ""
        self._pending: list[str] = []  # ids of messages that are not acknowledged

    async def run(self) -> None:
        """Come and go until cancelled."""
        await trio.sleep(random.uniform(0, 10))  # noqa: S311 - no secret
        visit = KINDS[self._number % len(KINDS)]
        while True:
            try:
                await self._visit(visit)
            except* (Gone, *GONE):
                self._life.counts["ended by the server"] += 1
            await trio.sleep(random.uniform(*AWAY))  # noqa: S311 - no secret

    async def _visit(self, visit: "Visit") -> None:
        peer = await Peer.connect(self._target)
        try:
            await peer.upgrade(self._target)
            await self._greet(peer)
            self._life.inside += 1
            self._life.counts["came"] += 1
            try:
                await visit(self, peer)
            finally:
                self._life.inside -= 1
        finally:
            await peer.aclose()

    async def _greet(self, peer: Peer) -> None:
        wish: dict[str, Any] = {"room": self._room}
        if self._epoch:
            wish |= {"last": self._last, "epoch": self._epoch}
        session = {"session": self._session} if self._session else {}
        hello = {"t": "hello", "nick": f"soaker {self._number}", "rooms": [wish], **session}
        await peer.send(objects(hello))
        with trio.fail_after(30):
            while not self._hear_all(await peer.objects()):
                pass

    def _hear_all(self, those: list[dict[str, Any]]) -> bool:
        """Take objects; return whether the answer to joining the room is among them."""
        return sum(map(self._hear, those)) > 0

    def _hear(self, one: dict[str, Any]) -> bool:
        """Take one object; return whether it is the answer to joining the room."""
        kind = one["t"]
        if kind == "welcome":
            self._session = one["session"]
        elif kind == "joined":
            if one["epoch"] != self._epoch:
                self._epoch, self._last = one["epoch"], one["last"]
            return True
        elif kind == "ok" and one.get("id") in self._pending:
            self._pending.remove(one["id"])
            self._life.counts["acknowledged"] += 1
        elif "seq" in one and "id" not in one:
            if one["seq"] != self._last + 1:
                self._life.faults["a gap in what came"] += 1
            self._last = one["seq"]
        return False

    async def chat(self, peer: Peer) -> None:
        """Stay for a while, and say something now and then."""
        async with trio.open_nursery() as nursery:
            nursery.cancel_scope.deadline = trio.current_time() + random.uniform(*STAY)  # noqa: S311
            nursery.start_soon(self._talk, peer)
            while True:
                for one in await peer.objects():
                    self._hear(one)

    async def _talk(self, peer: Peer) -> None:
        try:
            for cid in self._pending:
                await peer.send(objects(self._message(cid)))
            while True:
                await trio.sleep(random.uniform(*SILENCE))  # noqa: S311 - no secret
                self._pending.append(str(uuid4()))
                await peer.send(objects(self._message(self._pending[-1])))
        except GONE:
            pass  # what reads notices it

    def _message(self, cid: str) -> dict[str, Any]:
        text = "the tea is ready"
        return {"t": "send", "id": cid, "cid": cid, "room": self._room, "text": text}

    async def look(self, peer: Peer) -> None:
        """Read the latest messages, and leave soon."""
        await peer.send(objects({"t": "history", "id": 1, "room": self._room}))
        await trio.sleep(1)

    async def stall(self, peer: Peer) -> None:
        """Read nothing for a time, then all that is left."""
        await trio.sleep(random.uniform(*STALL))  # noqa: S311 - no secret
        with trio.move_on_after(2):
            while True:
                for one in await peer.objects():
                    self._hear(one)

    async def crash(self, peer: Peer) -> None:
        """Go away within a frame."""
        await trio.sleep(random.uniform(1, 10))  # noqa: S311 - no secret
        await peer.send(objects(self._message(str(uuid4())))[:-10])
        self._life.counts["crashed"] += 1

    async def misbehave(self, peer: Peer) -> None:
        """Send something wrong, or very much of something right."""
        self._life.counts["misbehaved"] += 1
        await trio.sleep(random.uniform(0, 10))  # noqa: S311 - no secret
        if self._number % 2:
            await peer.send(random.choice(MISCHIEF))  # noqa: S311 - no secret
            await peer.ended(5)
            return
        piece = objects({"t": "typing", "room": self._room}) * 50
        with trio.move_on_after(FLOOD):
            while True:
                await peer.send(piece)
                await trio.sleep(0.25)


Visit = Callable[[Soaker, Peer], Awaitable[None]]
# Ten persons are one of each; more than half of them behave well.
KINDS: tuple[Visit, ...] = (
    *([Soaker.chat] * 5),
    Soaker.look,
    Soaker.look,
    Soaker.stall,
    Soaker.crash,
    Soaker.misbehave,
)
