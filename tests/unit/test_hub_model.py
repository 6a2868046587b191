"""The hub and real clients against a model: whatever happens in whatever order, promises hold."""

import socket
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import structlog
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from tests import frames
from tests.frames import CLOSE, TEXT, masked, unmasked
from tests.rates import NO_RATES
from trio_chat.client.client import Client
from trio_chat.client.lookups import ConnectionContext, make_context
from trio_chat.config import Config
from trio_chat.core.messages import Shutdown, Unregister
from trio_chat.hub import Hub
from trio_chat.journal.history import History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.limits.limits import Limits
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import parse_head
from trio_chat.net.streams import AnyStream
from trio_chat.protocol import answers, events, request_texts, requests
from trio_chat.protocol.close import GOING_AWAY, CloseReason
from trio_chat.protocol.dialects import plain

CLIENTS = 3  # few, so that many things happen to the same client
CONFIG = Config(
    ping_interval=0,
    write_timeout=7,
    close_timeout=5,
    outbox_frames=3,
    commit_interval=0,  # the clock stands still
    **NO_RATES,
)
PADDING = "x" * 1500  # so that few lines fill a socket
CRASH = "crash"
ROOM = "lobby"
GONE = (trio.BrokenResourceError, trio.ClosedResourceError)


class Dialect:
    """The plain dialect, with a bug that one message hits."""

    needs_hello = plain.needs_hello
    knows_numbers = plain.knows_numbers
    only_listens = plain.only_listens

    def read(self, message: str | bytes, limits: request_texts.Limits) -> list[requests.Understood]:
        if message == CRASH:
            raise ZeroDivisionError("a bug")
        return plain.read(message, limits)

    def join(self, payloads: Sequence[bytes]) -> bytes:
        return plain.join(payloads)

    def wrap(self, payload: bytes) -> bytes:
        return plain.wrap(payload)

    def tell(self, event: events.Event, data: bytes | None) -> bytes | None:
        return plain.tell(event, data)

    def recall(self, seq: int, data: bytes) -> bytes:
        raise AssertionError("nobody can come back")

    def answer(self, answer: answers.Answer) -> bytes | None:
        return plain.answer(answer)

    def bye(self, reason: CloseReason) -> bytes | None:
        return plain.bye(reason)


DIALECT = Dialect()


def memory_pair() -> tuple[AnyStream, AnyStream]:
    """Return a connection that has no bounds, and to which nothing is written directly."""
    return trio.testing.memory_stream_pair()


def socket_pair() -> tuple[AnyStream, AnyStream]:
    """Return a connection that the hub itself writes to, until it is full."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the least that the kernel grants
    return (
        trio.SocketStream(trio.socket.from_stdlib_socket(ours)),
        trio.SocketStream(trio.socket.from_stdlib_socket(theirs)),
    )


class Chatter:
    """A client, and its peer, who reads all the time unless it is stalled."""

    def __init__(self, context: ConnectionContext, *, over_socket: bool) -> None:
        self._ours, self._theirs = socket_pair() if over_socket else memory_pair()
        websocket, _ = shake_hands(parse_head(frames.upgrade()), CONFIG)
        self.client = Client(self._ours, websocket, DIALECT, context, requests.Join(room=ROOM))
        self.received = b""
        self.is_healthy = True  # it has always read, and behaved
        self.has_ended = False
        self._flowing = trio.Event()
        self._flowing.set()
        if isinstance(self._ours, trio.StapledStream):
            self._carry = self._ours.send_stream.send_all_hook
            self._ours.send_stream.send_all_hook = self._write

    async def live(self) -> None:
        """Run the connection to its end, as the server does."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._hear)
                await self.client.run()
                self.has_ended = True
                await trio.aclose_forcefully(self._ours)
                await trio.testing.wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
        finally:
            for stream in (self._ours, self._theirs):
                await trio.aclose_forcefully(stream)

    async def _write(self) -> None:
        await self._flowing.wait()
        await self._carry()

    async def _hear(self) -> None:
        with suppress(*GONE):
            while data := await self._theirs.receive_some(1000):
                await self._flowing.wait()
                self.received += data

    async def say(self, wire: bytes) -> None:
        with suppress(*GONE), trio.move_on_after(1):
            await self._theirs.send_all(wire)

    def stall(self) -> None:
        self.is_healthy = False
        if self.is_flowing:
            self._flowing = trio.Event()

    def resume(self) -> None:
        self._flowing.set()

    @property
    def is_flowing(self) -> bool:
        return self._flowing.is_set()

    async def leave(self, how: str) -> None:
        """Do something that ends the connection."""
        self.is_healthy = False
        match how:
            case "close":
                await self.say(frames.close(1000))
            case "crash":
                await self.say(masked(TEXT, CRASH.encode()))
            case "violate":
                await self.say(unmasked(TEXT))
            case _:
                await trio.aclose_forcefully(self._theirs)

    @property
    def heard(self) -> list[str]:
        """The lines that the peer heard."""
        said = [seen.payload for seen in frames.parse(self.received) if seen.opcode == TEXT]
        return [line.rstrip("x") for line in b"\n".join(said).decode().splitlines()]

    @property
    def close_codes(self) -> list[int]:
        return [seen.close_code for seen in frames.parse(self.received) if seen.opcode == CLOSE]


class Step(NamedTuple):
    """One thing that happens, to whom, and whether all that comes of it comes before the next."""

    action: str
    client: int
    settles: bool


def step(action: str, client: int, *, settles: bool = True) -> Step:
    return Step(action, client, settles)


LEAVING = ("close", "crash", "violate", "break")
ACTIONS = ("register", "register", "speak", "broadcast", "stall", "resume", "wait", *LEAVING)
histories = st.lists(
    st.builds(Step, st.sampled_from(ACTIONS), st.integers(0, CLIENTS - 1), st.booleans()),
    min_size=5,
    max_size=60,
)


class Account(NamedTuple):
    """When a chatter came, counted in lines: not before ``earliest``, and for sure ``latest``."""

    earliest: int
    latest: int


class Play:
    """A hub, its clients, and one who is always there, whose ears tell what was said."""

    def __init__(self, nursery: trio.Nursery, *, over_sockets: bool) -> None:
        self._nursery = nursery
        self._over_sockets = over_sockets
        journal = MemoryJournal()
        self.hub = Hub(journal, CONFIG)
        self.inbox = self.hub.inbox
        history = History(journal, CONFIG, self.hub.populations)
        self.context = make_context(self.inbox, CONFIG, history, Limits(CONFIG))
        self.chatters: dict[int, Chatter] = {}
        self.everybody: list[Chatter] = []
        self.came: dict[Chatter, Account] = {}
        self.left: dict[Chatter, int] = {}  # after which line
        self.count = 0
        self.settled = 0  # lines that had been said when everything had last come of everything
        self.must_be_said: set[str] = set()
        self.on_their_way: dict[Chatter, set[str]] = {}  # lines of each that may not be read yet
        nursery.start_soon(self.hub.run)
        self.witness = self._register(CLIENTS)

    @property
    def registered(self) -> Collection[object]:
        """The clients that the hub knows of."""
        return self.hub._chat._connections

    async def perform(self, step: Step) -> None:
        """Let a step happen."""
        chatter = self.chatters.get(step.client)
        if step.action == "wait":
            await trio.sleep(CONFIG.write_timeout)
        elif step.action == "broadcast":
            await self.witness.say(masked(TEXT, self._next_line(None).encode()))
        elif step.action == "register" and chatter is None:
            self._register(step.client)
        elif chatter is not None:
            await self._happen_to(chatter, step)
        if step.settles:
            await self.settle()

    def _register(self, client: int) -> Chatter:
        chatter = self.chatters[client] = Chatter(self.context, over_socket=self._over_sockets)
        self.everybody.append(chatter)
        self._nursery.start_soon(chatter.live)
        return chatter

    def _next_line(self, speaker: Chatter | None) -> str:
        self.count += 1
        line = f"line {self.count} "
        if speaker is None or speaker.is_healthy:
            self.must_be_said.add(line)
        if speaker:
            self.on_their_way.setdefault(speaker, set()).add(line)
        return line + PADDING

    async def _happen_to(self, chatter: Chatter, step: Step) -> None:
        if step.action == "speak":
            await chatter.say(masked(TEXT, self._next_line(chatter).encode()))
        elif step.action == "stall":
            chatter.stall()
        elif step.action == "resume":
            chatter.resume()
        elif step.action in LEAVING:
            if step.action in ("crash", "break"):  # what came along with it may be lost
                self.must_be_said -= self.on_their_way.get(chatter, set())
            del self.chatters[step.client]
            await chatter.leave(step.action)

    async def settle(self) -> None:
        """Let everything come of what happened, and look whether promises were kept."""
        await trio.testing.wait_all_tasks_blocked()
        self.on_their_way.clear()
        said = self.witness.heard
        assert len(set(said)) == len(said)
        assert self.must_be_said <= set(said)
        for chatter in self.everybody:
            self.came.setdefault(chatter, Account(self.settled, len(said)))
            if chatter.client not in self.registered:
                self.left.setdefault(chatter, len(said))
            self._check(chatter, said)
        self.settled = len(said)

    def _check(self, chatter: Chatter, said: list[str]) -> None:
        """Compare what a peer heard with what was said: a piece of it, without a gap."""
        heard = chatter.heard
        came = self.came[chatter]
        if heard:
            start = said.index(heard[0])
            assert heard == said[start : start + len(heard)]
            assert came.earliest <= start
            assert start <= came.latest
            assert start + len(heard) <= self.left.get(chatter, len(said))
        if chatter.is_healthy:
            assert chatter.client in self.registered
        if chatter.client in self.registered and chatter.is_flowing:
            assert heard[len(heard) - (len(said) - came.latest) :] == said[came.latest :]
        assert len(chatter.close_codes) <= 1

    async def finish(self, *, farewell: bool) -> None:
        """End the play; nothing may remain of it."""
        await self.settle()
        if farewell:
            self.inbox.post(Shutdown(GOING_AWAY))
            await trio.testing.wait_all_tasks_blocked()
            for chatter in self.everybody:
                if chatter.is_healthy:
                    assert chatter.close_codes == [GOING_AWAY.code]
        for chatter in self.everybody:
            chatter.resume()
            await chatter.leave("break")
        with trio.fail_after(2 * (CONFIG.write_timeout + CONFIG.close_timeout)):
            while not all(chatter.has_ended for chatter in self.everybody):
                await trio.sleep(0.1)
        await trio.testing.wait_all_tasks_blocked()
        self.inbox.post(Unregister(self.witness.client))  # a last turn, to forget rooms in
        await trio.testing.wait_all_tasks_blocked()
        self._check_remains()
        self.hub.close()

    def _check_remains(self) -> None:
        assert (self.hub.connections, self.hub.populations(), len(self.inbox)) == (0, {}, 0)
        for chatter in self.everybody:
            assert chatter.client._outbox.is_closed
            assert chatter.client._outbox._woken is None


async def play(history: Sequence[Step], *, over_sockets: bool, farewell: bool) -> None:
    """Let a history happen from its first step to its end."""
    tasks = trio.lowlevel.current_statistics().tasks_living
    with structlog.testing.capture_logs() as logged:
        async with trio.open_nursery() as nursery:
            stage = Play(nursery, over_sockets=over_sockets)
            await stage.settle()
            for happening in history:
                await stage.perform(happening)
            await stage.finish(farewell=farewell)
    assert trio.lowlevel.current_statistics().tasks_living == tasks
    told = {entry["event"] for entry in logged if entry["log_level"] != "debug"}
    assert told <= {"client crashed", "limit reached"}


def run(history: Sequence[Step], *, over_sockets: bool = False, farewell: bool = False) -> None:
    played = partial(play, history, over_sockets=over_sockets, farewell=farewell)
    trio.run(played, clock=MockClock(autojump_threshold=0))


@settings(max_examples=500)
@given(histories, st.booleans(), st.booleans())
def test_promises_hold_in_any_order_of_events(
    history: list[Step], over_sockets: bool, farewell: bool
) -> None:
    """Nobody hears a line twice, out of order or after leaving, or misses one; nothing leaks."""
    run(history, over_sockets=over_sockets, farewell=farewell)


def test_a_stalled_client_is_dropped_on_the_way() -> None:
    """A history in which all parts of the model have their say."""
    history = [
        *(step("register", client) for client in range(CLIENTS)),
        step("stall", 0),
        *(step("broadcast", 0) for _ in range(12)),
        step("speak", 1, settles=False),
        step("crash", 1, settles=False),
        step("speak", 2, settles=False),
        step("violate", 2),
        step("register", 2, settles=False),
        step("stall", 2, settles=False),
        step("speak", 2),
        step("resume", 2),
        step("wait", 0),
        step("resume", 0),
        step("register", 1, settles=False),
        step("broadcast", 1, settles=False),
        step("break", 1, settles=False),
    ]
    for over_sockets in (False, True):
        run(history, over_sockets=over_sockets, farewell=True)
