"""Members that keep what they get, and a hub that takes its turns when a test says so."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import trio
import trio.testing

from tests.rates import NO_RATES
from trio_chat.config import Config
from trio_chat.core.messages import Asked, Message, Register, Unregister
from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import Watcher
from trio_chat.delivery.recipient import LookedUp, MissedEvents, Recipient
from trio_chat.hub import Hub
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.limits.limits import Limits
from trio_chat.protocol import requests
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.dialects import plain, v1
from trio_chat.protocol.dialects.base import Dialect

CONFIG = Config(
    presence_grace=15, hello_timeout=10, resume_limit=5, rooms_per_connection=3, **NO_RATES
)


class Listener:
    """A member that keeps what it gets, one entry a frame."""

    def __init__(self, dialect: Dialect = plain) -> None:
        self.dialect = dialect
        self.address = "192.0.2.1"
        self.got: list[bytes | None] = []
        self.looked_up: list[LookedUp] = []
        self.pages: list[MissedEvents] = []
        self.pages_after: list[int] = []  # behind which number each of these was to be read
        self.is_stuck = False
        self.room_for = 1_000_000  # bytes at once
        self.ends: list[CloseReason | str] = []

    @property
    def send_now(self) -> None:
        return None

    def enqueue_rest(self, frame: Frame, taken: int) -> bool:
        raise AssertionError("nothing is written to it directly")

    def deliver(self, frame: Frame) -> bool:
        if not self.is_stuck:
            self.got.append(frame.payload)
        return not self.is_stuck

    def can_take(self, size: int) -> bool:
        return size <= self.room_for

    def watch(self, watcher: Watcher) -> None:
        """Nothing ever changes."""

    def unwatch(self, watcher: Watcher) -> None:
        """Nothing ever changes."""

    def look_up(self, request: LookedUp) -> None:
        self.looked_up.append(request)

    def read_page(self, missed: MissedEvents) -> None:
        self.pages.append(missed)
        self.pages_after.append(missed.after)

    def close(self) -> None:
        self.ends.append("closed")

    def end(self, reason: CloseReason) -> None:
        self.ends.append(reason)

    def abort(self, reason: CloseReason) -> None:
        self.ends.append(reason)

    def told(self) -> list[dict[str, Any]]:
        """Return what it was told since the last time, object by object, and forget it."""
        objects = [entry for payload in self.got for entry in decode(payload)]
        self.got.clear()
        return objects


def decode(payload: bytes | None) -> list[dict[str, Any]]:
    """Return the objects in a payload of the v1 dialect."""
    objects: list[dict[str, Any]] = msgspec.json.decode(v1.array(payload or b""))
    return objects


def asks(member: Recipient, *objects: dict[str, Any]) -> Asked:
    """Return what the hub gets when a v1 client sends these objects."""
    return Asked(member, v1.read(msgspec.json.encode(objects).decode(), Config()))


def says(member: Recipient, *lines: str) -> Asked:
    """Return what the hub gets when a plain client says these lines."""
    return Asked(member, [requests.Send(room="", text=line) for line in lines])


def arrives(member: Recipient, room: str = "lobby") -> Register:
    """Return what the hub gets when a plain client comes into a room."""
    return Register(member, requests.Join(room=room))


class House:
    """A hub at work. Each call is one turn of it, carried out to the end.

    A crash of the hub fails the test. The clock may stand still, so no commit waits.
    """

    def __init__(self, journal: Journal, config: Config) -> None:
        self.journal = journal
        settings = replace(config, commit_interval=0.0)
        self.limits = Limits(settings)
        self.hub = Hub(journal, settings, limits=self.limits)
        self.inbox = self.hub.inbox

    @property
    def connections(self) -> list[Any]:
        """Those that are registered."""
        return list(self.hub._chat._connections)

    @property
    def rooms(self) -> list[str]:
        """The names of the open rooms."""
        return list(self.hub._chat._rooms)

    async def turn(self, *batch: Message) -> None:
        """Let the hub take these messages in one turn, and what follows of them."""
        for message in batch:
            self.inbox.post(message)
        await trio.testing.wait_all_tasks_blocked()

    async def person(self, nick: str, *rooms: str, session: str | None = None) -> "Somebody":
        """Let somebody connect, say hello and join rooms; what all are told is not kept."""
        somebody = Somebody(self, Listener(v1))
        hello: dict[str, Any] = {"t": "hello", "nick": nick}
        if session:
            hello["session"] = session
        hello["rooms"] = [{"room": room} for room in rooms]
        await self.turn(Register(somebody.member), asks(somebody.member, hello))
        welcome = somebody.told()[0]
        if welcome["t"] == "welcome":
            somebody.who, somebody.session = welcome["you"], welcome["session"]
        return somebody


class Somebody:
    """A v1 client of the hub."""

    def __init__(self, house: House, member: Listener) -> None:
        self.house = house
        self.member = member
        self.who: dict[str, str] = {}
        self.session = ""

    async def ask(self, *objects: dict[str, Any]) -> list[dict[str, Any]]:
        """Ask for something in one frame; return all this client is told in that turn."""
        await self.house.turn(asks(self.member, *objects))
        return self.member.told()

    async def leave(self) -> None:
        """Let the connection end."""
        await self.house.turn(Unregister(self.member))

    def told(self) -> list[dict[str, Any]]:
        return self.member.told()


@asynccontextmanager
async def house(journal: Journal | None = None, config: Config = CONFIG) -> AsyncIterator[House]:
    """Keep a hub at work for the block."""
    home = House(journal or MemoryJournal(clock=lambda: 1000), config)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(home.hub.run)
        yield home
        await trio.testing.wait_all_tasks_blocked()
        home.hub.close()


def kinds(objects: Sequence[dict[str, Any]]) -> list[str]:
    """Return the types of objects."""
    return [entry["t"] for entry in objects]
