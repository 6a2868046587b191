"""Rules of what a client looks up: beside the hub's turns, no faster than the peer reads."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
import trio
import trio.testing
from trio.testing import MockClock

from tests import frames
from tests.frames import CLOSE, TEXT, masked
from tests.unit.standin import Heard, StandIn
from trio_chat.client.client import Client
from trio_chat.client.lookups import PAGE_TIMEOUT, make_context
from trio_chat.config import Config
from trio_chat.core.messages import PageDone, Register
from trio_chat.delivery.frames import MERGE_LIMIT, frame_of
from trio_chat.journal.history import History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Unavailable, Write
from trio_chat.limits.limits import Limits
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import parse_head
from trio_chat.protocol import requests
from trio_chat.protocol.close import BAD_PROTOCOL, CRASHED, GOING_AWAY, RESYNC
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.events import Message

LOOK_UPS = 5
CONFIG = Config(
    ping_interval=25, resume_limit=3, history_page=2, write_timeout=7, look_ups=LOOK_UPS
)


class Journal(MemoryJournal):
    """A journal that can be unavailable, and counts how often it is read."""

    is_down = False
    reads = 0
    gate: trio.Event | None = None

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        self.reads += 1
        await trio.lowlevel.checkpoint()
        if self.gate is not None:
            await self.gate.wait()
        if self.is_down:
            raise Unavailable(1000)
        return await super().after(room, seq, limit, max_bytes)


@dataclass(eq=False)
class StubCatchUp:
    """What a client has missed in a room."""

    room_name: str
    after: int
    until: int
    is_over: bool = False
    wants_page: bool = True


class Connection:
    """A v1 client that runs, the peer's end of its stream, and what reached the hub."""

    def __init__(self) -> None:
        ours, self.peer = trio.testing.memory_stream_pair()
        self.ours = ours
        self.journal = Journal()
        self.stand_in = StandIn()
        self.requests = self.stand_in.heard
        websocket, _ = shake_hands(parse_head(frames.upgrade()), CONFIG)
        history = History(self.journal, CONFIG, dict)
        context = make_context(self.stand_in.inbox, CONFIG, history, Limits(CONFIG))
        self.heartbeat = context.heartbeat
        self.client = Client(ours, websocket, v1, context, spread=lambda: 1.0)
        self._unread = b""

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.heartbeat.run)
            await self.client.run()
            nursery.cancel_scope.cancel()
        self.stand_in.close()

    def hold_writes(self) -> trio.Event:
        """Let writes wait until the event that is returned is set."""
        gate, carry = trio.Event(), self.ours.send_stream.send_all_hook

        async def wait_and_carry() -> None:
            assert carry
            await gate.wait()
            await carry()

        self.ours.send_stream.send_all_hook = wait_and_carry
        return gate

    def wants(self, after: int, until: int = 99, room: str = "tea") -> "StubCatchUp":
        """Let the hub ask the client to read what was missed in a room."""
        missed = StubCatchUp(room, after, until)
        self.client.read_page(missed)
        return missed

    async def fill(self, count: int, room: str = "tea", text: str = "x") -> None:
        """Let so many messages have been said in a room."""
        await self.journal.commit([Write(Message(room=room, text=text)) for _ in range(count)])

    async def told(self) -> list[dict[str, Any]]:
        """Return what the peer gets next, once all has come of what happened."""
        await trio.testing.wait_all_tasks_blocked()
        self._unread += bytes(await self.peer.receive_some(1_000_000))
        seen, self._unread = list(frames.parse(self._unread)), b""
        return [
            entry for frame in seen if frame.opcode == TEXT for entry in json.loads(frame.payload)
        ]


@asynccontextmanager
async def connection() -> AsyncIterator[Connection]:
    """Run a client for the block; its peer hangs up at the end."""
    under_test = Connection()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(under_test.stand_in.run)
        nursery.start_soon(under_test.run)
        await trio.testing.wait_all_tasks_blocked()
        yield under_test
        await under_test.peer.aclose()


async def test_history_is_answered_from_the_archive(autojump_clock: MockClock) -> None:
    """One request after the other, in their order."""
    async with connection() as conn:
        await conn.fill(3)
        conn.client.look_up(requests.History(id=1, room="tea"))
        conn.client.look_up(requests.Rooms(id=2))
        told = await conn.told()
        assert [(entry["t"], entry["id"]) for entry in told] == [("history", 1), ("rooms", 2)]
        assert [message["seq"] for message in told[0]["messages"]] == [2, 3]


async def test_too_many_look_ups_are_refused(autojump_clock: MockClock) -> None:
    """Until the first is answered; what was missed does not count."""
    async with connection() as conn:
        await conn.fill(1)
        for number in range(LOOK_UPS + 1):
            conn.client.look_up(requests.Rooms(id=number))
        conn.wants(0)
        told = await conn.told()
        [busy] = [entry for entry in told if entry["t"] == "error"]
        assert (busy["id"], busy["code"], busy["retry_ms"]) == (LOOK_UPS, "busy", 1000)
        assert [entry["id"] for entry in told if entry["t"] == "rooms"] == [*range(LOOK_UPS)]
        assert [entry["seq"] for entry in told if entry["t"] == "msg"] == [1]
        conn.client.look_up(requests.Rooms(id=LOOK_UPS))
        assert [entry["t"] for entry in await conn.told()] == ["rooms"]


async def test_what_was_missed_is_sent_and_the_hub_hears_how_far(autojump_clock: MockClock) -> None:
    """A page at a time; the hub asks for the next, or sends the rest itself."""
    async with connection() as conn:
        await conn.fill(5)
        missed = conn.wants(1)
        assert [entry["seq"] for entry in await conn.told()] == [2, 3, 4]
        assert conn.requests[-1] == PageDone(missed, 4)
        missed = conn.wants(4)
        await trio.testing.wait_all_tasks_blocked()
        assert conn.requests[-1] == PageDone(missed, 5)


async def test_what_the_hub_does_not_know_yet_is_not_sent(autojump_clock: MockClock) -> None:
    """Others have written it; it will come by the hub, and must not come twice."""
    async with connection() as conn:
        await conn.fill(5)
        missed = conn.wants(1, 3)
        assert [entry["seq"] for entry in await conn.told()] == [2, 3]
        assert conn.requests[-1] == PageDone(missed, 3)


async def test_a_page_that_does_not_follow_is_not_sent(autojump_clock: MockClock) -> None:
    """Retention was quicker: the hub hears where the room begins now, and tells of the gap."""
    async with connection() as conn:
        await conn.fill(5)
        await conn.journal.prune(2, 0)
        missed = conn.wants(1)
        await trio.testing.wait_all_tasks_blocked()
        assert conn.requests[-1] == PageDone(missed, 1, first=4)
        await conn.journal.prune(0, 10**15)
        missed = conn.wants(1, 5)
        await trio.testing.wait_all_tasks_blocked()
        assert conn.requests[-1] == PageDone(missed, 1, first=6)


async def test_what_is_over_is_not_read(autojump_clock: MockClock) -> None:
    """The room was left, or joined again."""
    async with connection() as conn:
        await conn.fill(5)
        conn.wants(1).is_over = True
        await trio.testing.wait_all_tasks_blocked()
        assert conn.journal.reads == 0
        assert conn.requests == [Register(conn.client)]


async def test_nothing_is_sent_of_a_room_that_was_left_while_it_was_read(
    autojump_clock: MockClock,
) -> None:
    """Nor what is left of a page of which a part is on its way."""
    async with connection() as conn:
        await conn.fill(5)
        conn.journal.gate = trio.Event()
        missed = conn.wants(1)
        await trio.testing.wait_all_tasks_blocked()
        missed.is_over = True
        conn.journal.gate.set()
        conn.client.look_up(requests.Rooms())
        assert [entry["t"] for entry in await conn.told()] == ["rooms"]


async def test_a_page_stops_in_the_middle_when_the_room_is_left(autojump_clock: MockClock) -> None:
    """Each of its frames waits until the one before is written."""
    async with connection() as conn:
        await conn.fill(2, text="x" * (MERGE_LIMIT // 2))
        gate = conn.hold_writes()
        missed = conn.wants(0)
        await trio.testing.wait_all_tasks_blocked()
        missed.is_over = True
        gate.set()
        assert [entry["seq"] for entry in await conn.told()] == [1]
        assert conn.requests == [Register(conn.client)]


@pytest.mark.parametrize("is_needed", [False, True])
async def test_a_page_gives_up_its_place_if_its_peer_is_slow_and_another_one_waits(
    autojump_clock: MockClock, *, is_needed: bool
) -> None:
    """The hub hears how far it came, so that the rest is read again; else it waits for the peer."""
    async with connection() as conn:
        await conn.fill(2, text="x" * (MERGE_LIMIT // 2))
        places = conn.client._context.pages
        places.total_tokens = 1
        gate = conn.hold_writes()
        missed = conn.wants(0)
        async with trio.open_nursery() as nursery:
            await trio.testing.wait_all_tasks_blocked()
            if is_needed:
                nursery.start_soon(places.acquire)
            await trio.sleep(2.5 * PAGE_TIMEOUT)
        done = [one for one in conn.requests if isinstance(one, PageDone)]
        assert done == ([PageDone(missed, 1)] if is_needed else [])
        gate.set()
        seqs = [1] if is_needed else [1, 2]
        assert [entry["seq"] for entry in await conn.told()] == seqs
        await trio.testing.wait_all_tasks_blocked()
        assert conn.requests[-1] == PageDone(missed, seqs[-1])


async def test_a_client_that_only_waits_for_its_outbox_reads_nothing(
    autojump_clock: MockClock,
) -> None:
    """The hub hears when it is empty."""
    async with connection() as conn:
        missed = StubCatchUp("tea", 3, 99, wants_page=False)
        conn.client.read_page(missed)
        await trio.testing.wait_all_tasks_blocked()
        assert conn.requests[-1] == PageDone(missed, 3)
        assert conn.journal.reads == 0


async def test_a_journal_that_is_unavailable_ends_the_connection(autojump_clock: MockClock) -> None:
    """There would be a hole, which nobody could fill; so come back later."""
    async with connection() as conn:
        conn.journal.is_down = True
        conn.wants(1)
        assert [(entry["t"], entry["code"]) for entry in await conn.told()] == [
            ("bye", RESYNC.code)
        ]


async def test_nothing_is_looked_up_while_something_waits_for_the_peer(
    autojump_clock: MockClock,
) -> None:
    """Who reads slowly asks slowly."""
    async with connection() as conn:
        await conn.fill(1)
        await conn.fill(1, "milk")
        gate = conn.hold_writes()
        conn.client.deliver(frame_of(b'{"t":"ok"}', v1))
        conn.wants(0)
        conn.wants(0, room="milk")
        await trio.testing.wait_all_tasks_blocked()
        assert conn.journal.reads == 0
        gate.set()
        await trio.testing.wait_all_tasks_blocked()
        assert conn.journal.reads == 2


async def test_who_is_not_running_looks_nothing_up(autojump_clock: MockClock) -> None:
    """The hub may not know yet that a client is over."""
    conn = Connection()
    conn.client.look_up(requests.Rooms())
    conn.wants(0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(conn.stand_in.run)
        nursery.start_soon(conn.run)
        await conn.peer.aclose()
    conn.client.look_up(requests.Rooms())
    conn.wants(0)
    assert conn.journal.reads == 0


async def test_pings_are_told_so_that_a_page_can_see_them(autojump_clock: MockClock) -> None:
    """A browser does not show a page the WebSocket's own."""
    async with connection() as conn:
        await trio.sleep(CONFIG.ping_interval)
        assert await conn.told() == [{"t": "ping"}]


async def test_bye_comes_before_every_close_of_ours(autojump_clock: MockClock) -> None:
    """With the same code and reason: the server stops, or what the peer sent cannot be read."""
    for wire, ending in (
        (b"", GOING_AWAY),
        (masked(TEXT, b"nonsense"), BAD_PROTOCOL),
        (frames.unmasked(TEXT, b"[]"), None),
        (masked(frames.BINARY, b"[]"), BAD_PROTOCOL),
    ):
        async with connection() as conn:
            if wire:
                await conn.peer.send_all(wire)
            else:
                conn.client.end(GOING_AWAY)
            await trio.testing.wait_all_tasks_blocked()
            seen = list(frames.parse(bytes(await conn.peer.receive_some(10_000))))
            [bye] = json.loads(seen[0].payload)
            if len(seen) == 1:
                seen += frames.parse(bytes(await conn.peer.receive_some(10_000)))
            assert seen[1].opcode == CLOSE
            assert (bye["t"], bye["code"]) == ("bye", seen[1].close_code)
            assert ending is None or (bye["code"], bye["reason"]) == ending


async def test_a_close_of_the_peer_s_own_is_answered_without_a_bye(
    autojump_clock: MockClock,
) -> None:
    """It knows why."""
    async with connection() as conn:
        await conn.peer.send_all(frames.close(1000))
        await trio.testing.wait_all_tasks_blocked()
        seen = list(frames.parse(bytes(await conn.peer.receive_some(10_000))))
        assert [frame.opcode for frame in seen] == [CLOSE]


async def test_bye_comes_before_the_close_after_a_crash(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page then knows that it can come back."""
    monkeypatch.setattr(v1, "read", None)
    with structlog.testing.capture_logs():
        async with connection() as conn:
            await conn.peer.send_all(masked(TEXT, b"[]"))
            told = await conn.told()
    assert [(entry["t"], entry["code"]) for entry in told] == [("bye", CRASHED.code)]


async def test_requests_reach_the_hub_in_one_piece(autojump_clock: MockClock) -> None:
    """What came in one read is applied in one turn; a client without a room registers so."""
    async with connection() as conn:
        wire = masked(TEXT, b'[{"t":"rooms"}]') + masked(TEXT, b'{"t":"rooms","id":2}')
        await conn.peer.send_all(wire)
        await trio.testing.wait_all_tasks_blocked()
        wishes = [requests.Rooms(), requests.Rooms(id=2)]
        assert conn.requests == [Register(conn.client), Heard(conn.client, wishes)]


async def test_a_look_up_while_the_client_ends_does_not_harm_the_hub(
    autojump_clock: MockClock,
) -> None:
    """The nursery closes one round before the client knows; the hub may come in between."""
    for _ in range(20):
        async with connection() as conn:
            await conn.peer.send_all(frames.close(1000))
            with trio.move_on_after(0.001):
                while conn.client._nursery:
                    if not conn.client._look_ups:
                        conn.client.look_up(requests.Rooms())
                    await trio.lowlevel.checkpoint()


async def test_a_commit_while_a_page_is_read_is_no_gap(autojump_clock: MockClock) -> None:
    """The page ends where the room did when it was asked for; the rest comes by the hub."""
    async with connection() as conn:
        await conn.fill(4)
        conn.journal.gate = trio.Event()
        missed = StubCatchUp("tea", 4, 4)
        conn.client.read_page(missed)
        await trio.testing.wait_all_tasks_blocked()
        missed.until = 5
        conn.journal.gate.set()
        await trio.testing.wait_all_tasks_blocked()
        assert conn.requests[-1] == PageDone(missed, 4)
