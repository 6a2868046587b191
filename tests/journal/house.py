"""A hub on a journal, with clients of the v1 protocol over memory streams instead of sockets."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import trio
import trio.testing

from tests import frames
from tests.rates import NO_RATES
from trio_chat.client.client import Client
from trio_chat.client.lookups import make_context
from trio_chat.config import Config
from trio_chat.hub import Hub
from trio_chat.journal.history import History
from trio_chat.journal.journal import Journal
from trio_chat.limits.limits import Limits
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import parse_head
from trio_chat.protocol.dialects import v1

UPGRADE = frames.upgrade(f"Sec-WebSocket-Protocol: {v1.SUBPROTOCOL}".encode())
GONE = (trio.BrokenResourceError, trio.ClosedResourceError)
PATIENCE = 60  # seconds; the machine may be busy

Object = dict[str, Any]  # as it is in JSON


class House:
    """What a server is made of, without the acceptor."""

    def __init__(self, journal: Journal, **settings: Any) -> None:  # noqa: ANN401 - any setting
        self.journal = journal
        self.config = Config(ping_interval=0, **NO_RATES, **settings)
        self.hub = Hub(journal, self.config)
        self.inbox = self.hub.inbox
        history = History(journal, self.config, self.hub.populations)
        self.context = make_context(self.inbox, self.config, history, Limits(self.config))


class Peer:
    """The far end of one connection: it keeps all it is told."""

    def __init__(self, house: House) -> None:
        self.heard: list[Object] = []
        self._ours, self._theirs = trio.testing.memory_stream_pair()
        websocket, _ = shake_hands(parse_head(UPGRADE), house.config)
        self.client = Client(self._ours, websocket, v1, house.context)
        self._news = trio.lowlevel.ParkingLot()

    async def live(self) -> None:
        """Run the connection to its end."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._listen)
            await self.client.run()
            await trio.aclose_forcefully(self._ours)

    async def say(self, *objects: Object) -> None:
        """Send one frame; nothing happens if the connection is gone."""
        with suppress(*GONE):
            data = json.dumps(objects, ensure_ascii=False).encode()
            await self._theirs.send_all(frames.masked(frames.TEXT, data))

    async def ask(self, **request: Any) -> Object:  # noqa: ANN401 - any field
        """Send a request, and wait for its answer."""
        number = request.setdefault("id", len(self.heard) + 1_000_000)
        await self.say(request)
        return await self.until(lambda told: told.get("id") == number)

    async def until(self, is_it: Callable[[Object], bool]) -> Object:
        """Wait until something is told, or find that it was."""
        with trio.fail_after(PATIENCE):
            while True:
                for told in self.heard:
                    if is_it(told):
                        return told
                await self._news.park()

    async def news(self) -> None:
        """Wait until something is told."""
        await self._news.park()

    def told(self, kind: str) -> Iterator[Object]:
        """Yield all of one type that was told."""
        return (told for told in self.heard if told["t"] == kind)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the events that were told, in the order in which they came."""
        return [told["seq"] for told in self.heard if "seq" in told and told["t"] != "ok"]

    async def vanish(self) -> None:
        """Be gone, without a goodbye."""
        await trio.aclose_forcefully(self._theirs)

    def take(self, told: Object) -> None:
        """Keep what was told."""
        self.heard.append(told)

    async def _listen(self) -> None:
        received = b""
        with suppress(*GONE):
            while data := await self._theirs.receive_some(65536):
                received = self._read(received + bytes(data))
                self._news.unpark_all()

    def _read(self, received: bytes) -> bytes:
        """Take the whole frames in what was received; return the rest."""
        for seen in frames.parse(received):
            size = len(seen.payload)
            received = received[size + (2 if size < 126 else 4 if size < 65536 else 10) :]
            if seen.opcode == frames.TEXT:
                for told in json.loads(seen.payload):
                    self.take(told)
        return received


class Wish(NamedTuple):
    """A room as it is named in a hello."""

    room: str
    last: int | None = None
    epoch: str | None = None


def hello(nick: str, *wishes: Wish, session: str | None = None) -> Object:
    """Return the request with which a conversation begins."""
    rooms = [{k: v for k, v in wish._asdict().items() if v is not None} for wish in wishes]
    return {"t": "hello", "id": 0, "nick": nick, "rooms": rooms, "session": session}
