"""Rules of a client: its pumps, its deadlines to the moment, its ends."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import structlog
import trio
import trio.testing
from trio.testing import MockClock

from tests import frames
from tests.frames import CLOSE, PING, PONG, TEXT, Seen, masked
from tests.unit.standin import Heard, StandIn
from trio_chat.client.client import PARSED_AT_ONCE, Client
from trio_chat.client.lookups import make_context
from trio_chat.config import Config
from trio_chat.core.messages import Register, Unregister
from trio_chat.delivery.frames import Frame, frame_of
from trio_chat.journal.history import History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.limits.limits import Limits
from trio_chat.log_context import details
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import parse_head
from trio_chat.net.streams import AnyStream
from trio_chat.protocol import request_texts, requests
from trio_chat.protocol.close import CRASHED, FLOODING, GOING_AWAY, NO_PONG, TOO_SLOW
from trio_chat.protocol.dialects import plain
from trio_chat.rates import NO_LIMIT, Rate

CONFIG = Config(
    ping_interval=25,
    pong_timeout=10,
    write_timeout=7,
    close_timeout=5,
    frame_limit=1000,
    text_limit=100,
    outbox_frames=3,
    outbox_bytes=2000,
    page_bytes=1000,
)

LOBBY = requests.Join(room="lobby")


def line_frame(line: bytes) -> Frame:
    return frame_of(line, plain)


class Connection:
    """A client that runs, the peer's end of its stream, and what reached the hub."""

    def __init__(self, ours: AnyStream, theirs: AnyStream, config: Config, spread: float) -> None:
        self.peer = theirs
        self.stand_in = StandIn()
        self.requests = self.stand_in.heard
        websocket, _ = shake_hands(parse_head(frames.upgrade()), config)
        history = History(MemoryJournal(), config, dict)
        context = make_context(self.stand_in.inbox, config, history, Limits(config))
        self.heartbeat = context.heartbeat
        self.client = Client(ours, websocket, plain, context, LOBBY, spread=lambda: spread)
        self.ended_at: float | None = None

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.heartbeat.run)
            await self.client.run(already_read=b"")
            nursery.cancel_scope.cancel()
        self.ended_at = trio.current_time()
        self.stand_in.close()

    async def sends(self, *wire: bytes) -> None:
        """Let the peer send, and everything come of it."""
        await self.peer.send_all(b"".join(wire))
        await trio.testing.wait_all_tasks_blocked()

    async def gets(self) -> list[Seen]:
        """Return the frames that the peer gets next."""
        with trio.fail_after(1000):
            return list(frames.parse(bytes(await self.peer.receive_some(100_000))))

    @property
    def said(self) -> list[str]:
        """What the peer said to the hub."""
        return [
            wish.text
            for request in self.requests
            if isinstance(request, Heard)
            for wish in request.requests
            if isinstance(wish, requests.Send)
        ]

    @property
    def close_reason(self) -> object:
        return self.client._close_reason


@asynccontextmanager
async def connection(
    config: Config = CONFIG, *, spread: float = 1.0, lockstep: bool = False
) -> AsyncIterator[Connection]:
    """Run a client from the first moment to its end; lockstep: nothing is taken unless read."""
    pair = trio.testing.lockstep_stream_pair if lockstep else trio.testing.memory_stream_pair
    ours, theirs = pair()
    under_test = Connection(ours, theirs, config, spread)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(under_test.stand_in.run)
        nursery.start_soon(under_test.run)
        await trio.testing.wait_all_tasks_blocked()
        yield under_test


async def test_who_is_cut_off_before_it_runs_does_not_begin() -> None:
    """All that waits for clients may be too much before the answer to a handshake is out."""
    ours, theirs = trio.testing.memory_stream_pair()
    under_test = Connection(ours, theirs, CONFIG, 1.0)
    under_test.client.abort(TOO_SLOW)
    with trio.fail_after(60):
        await under_test.run()
    assert under_test.requests == []


async def test_it_registers_first_and_unregisters_last(autojump_clock: MockClock) -> None:
    """What the peer says comes between, cleaned as the dialect does."""
    async with connection() as conn:
        await conn.sends(masked(TEXT, b"one\ntwo"), masked(TEXT, b" "), masked(TEXT, b" three "))
        await conn.sends(frames.close(1000))
        await conn.peer.aclose()
    said = [requests.Send(room="", text="one two"), requests.Send(room="", text="three")]
    assert conn.requests == [
        Register(conn.client, LOBBY),
        Heard(conn.client, said),
        Unregister(conn.client),
    ]


async def test_a_close_is_answered_with_its_own_code(autojump_clock: MockClock) -> None:
    """And our direction is closed, so that the peer can close too."""
    async with connection() as conn:
        await conn.sends(frames.close(1000, b"done"))
        assert await conn.gets() == [Seen(CLOSE, b"\x03\xe8done")]
        assert await conn.peer.receive_some(1) == b""
        await conn.peer.aclose()
    assert conn.ended_at == trio.current_time() == 0


async def test_a_peer_that_closes_but_does_not_hang_up_is_left_after_the_close_timeout(
    autojump_clock: MockClock,
) -> None:
    """Nobody keeps a connection half closed."""
    async with connection() as conn:
        await conn.sends(frames.close(1000))
    assert conn.ended_at == CONFIG.close_timeout


async def test_hanging_up_without_a_close_ends_it_at_once(autojump_clock: MockClock) -> None:
    """There is nobody left to talk to."""
    async with connection() as conn:
        await conn.peer.aclose()
    assert conn.ended_at == 0
    assert conn.requests[-1] == Unregister(conn.client)


async def test_hanging_up_ends_it_at_once_although_something_waits(
    autojump_clock: MockClock,
) -> None:
    """What nobody takes any more is not waited for."""
    async with connection(lockstep=True) as conn:
        conn.client.deliver(line_frame(b"one"))
        await trio.testing.wait_all_tasks_blocked()
        assert isinstance(conn.peer, trio.StapledStream)
        await conn.peer.send_stream.aclose()
    assert conn.ended_at == 0
    assert conn.requests[-1] == Unregister(conn.client)


async def test_a_broken_connection_ends_it_at_once(autojump_clock: MockClock) -> None:
    """A reset is the same as hanging up."""
    async with connection() as conn:
        ours = conn.client._stream
        assert isinstance(ours, trio.StapledStream)
        ours.receive_stream.receive_some_hook = _break
        await conn.sends(masked(TEXT, b"x"))
    assert conn.ended_at == 0


async def _break() -> None:
    raise trio.BrokenResourceError


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
async def test_the_first_ping_is_spread_and_the_next_ones_follow_in_step(
    spread: float, autojump_clock: MockClock
) -> None:
    """A peer that answers is pinged every ping interval, and stays."""
    async with connection(spread=spread) as conn:
        for count in range(3):
            assert await conn.gets() == [Seen(PING, b"")]
            assert trio.current_time() == CONFIG.ping_interval * (spread + count)
            await trio.sleep(1)
            await conn.sends(masked(PONG))
        await conn.peer.aclose()


async def test_a_peer_that_shows_no_life_is_dropped_after_the_pong_timeout(
    autojump_clock: MockClock,
) -> None:
    """To the moment, counted from the ping."""
    async with connection() as conn:
        await trio.sleep(CONFIG.ping_interval - 1)
        await conn.sends(masked(TEXT, b"before the ping does not count"))
    assert conn.ended_at == CONFIG.ping_interval + CONFIG.pong_timeout
    assert conn.close_reason == NO_PONG


async def test_anything_the_peer_sends_shows_life(autojump_clock: MockClock) -> None:
    """Not only the pong: a busy peer may answer late."""
    async with connection() as conn:
        await trio.sleep(CONFIG.ping_interval + CONFIG.pong_timeout - 1)
        await conn.sends(masked(TEXT, b"alive"))
        await trio.sleep(2)
        assert conn.ended_at is None
        await conn.peer.aclose()


async def test_without_a_ping_interval_silence_is_fine(autojump_clock: MockClock) -> None:
    """0 sends none."""
    async with connection(Config(ping_interval=0)) as conn:
        await trio.sleep(80_000)
        assert conn.ended_at is None
        await conn.peer.aclose()


async def test_what_waits_is_merged_into_one_message(autojump_clock: MockClock) -> None:
    """The peer gets lines that queued while it did not read in as few messages as possible."""
    async with connection() as conn:
        for line in (b"a", b"b", b"c"):
            assert conn.client.deliver(line_frame(line))
        assert await conn.gets() == [Seen(TEXT, b"a\nb\nc")]
        await conn.peer.aclose()


async def test_a_peer_that_does_not_read_is_dropped_after_the_write_timeout(
    autojump_clock: MockClock,
) -> None:
    """To the moment, counted from the write."""
    async with connection(lockstep=True) as conn:
        await trio.sleep(3)
        assert conn.client.deliver(line_frame(b"never read"))
    assert conn.ended_at == 3 + CONFIG.write_timeout
    assert conn.close_reason == TOO_SLOW


async def test_a_peer_that_reads_late_but_in_time_stays(autojump_clock: MockClock) -> None:
    """And gets everything, in order, with nothing lost."""
    async with connection(lockstep=True) as conn:
        assert conn.client.deliver(line_frame(b"a"))
        await trio.testing.wait_all_tasks_blocked()
        assert conn.client.deliver(line_frame(b"b"))
        assert conn.client.deliver(line_frame(b"c"))
        await trio.sleep(CONFIG.write_timeout - 1)
        assert await conn.gets() == [Seen(TEXT, b"a")]
        await trio.sleep(CONFIG.write_timeout - 1)
        assert await conn.gets() == [Seen(TEXT, b"b\nc")]
        assert conn.client.deliver(line_frame(b"d"))
        assert await conn.gets() == [Seen(TEXT, b"d")]
        await conn.peer.aclose()


@pytest.mark.parametrize("waiting", [[b"x"] * 3, [b"x" * 900] * 2])
async def test_a_full_outbox_means_stuck(
    waiting: Sequence[bytes], autojump_clock: MockClock
) -> None:
    """By number of frames or by bytes, whichever is reached first."""
    async with connection(lockstep=True) as conn:
        conn.client.deliver(line_frame(b"being written"))
        await trio.testing.wait_all_tasks_blocked()
        assert all(conn.client.deliver(line_frame(payload)) for payload in waiting)
        assert not conn.client.deliver(line_frame(b"x" * 900))
        conn.client.abort(TOO_SLOW)
    assert conn.ended_at == 0


async def test_a_peer_that_asks_but_does_not_read_is_dropped(autojump_clock: MockClock) -> None:
    """Pongs count like everything else."""
    async with connection(lockstep=True) as conn:
        for _ in range(CONFIG.outbox_frames + 2):
            await conn.sends(masked(PING, b"?"))
    assert (conn.ended_at, conn.close_reason) == (0, TOO_SLOW)


async def test_a_ping_that_finds_the_peer_dead_drops_it(autojump_clock: MockClock) -> None:
    """A write may fail before the read pump has noticed."""

    def fail(data: bytes) -> int:
        raise ConnectionResetError

    async with connection() as conn:
        conn.client._outbox.send_now = fail
    assert (conn.ended_at, conn.close_reason) == (CONFIG.ping_interval, TOO_SLOW)


async def test_while_something_is_being_written_no_ping_queues_behind_it(
    autojump_clock: MockClock,
) -> None:
    """The write's own time limit tells whether the peer is there; the next ping comes in time."""
    config = replace(CONFIG, write_timeout=30)
    async with connection(config, lockstep=True) as conn:
        await trio.sleep(CONFIG.ping_interval - 1)
        conn.client.deliver(line_frame(b"long"))
        await trio.sleep(2)
        assert await conn.gets() == [Seen(TEXT, b"long")]
        assert await conn.gets() == [Seen(PING, b"")]
        assert trio.current_time() == 2 * CONFIG.ping_interval
        await conn.peer.aclose()


async def test_who_takes_a_long_write_is_not_given_up_for_a_pong_that_is_late(
    autojump_clock: MockClock,
) -> None:
    """It may not have come to the ping yet."""
    config = replace(CONFIG, write_timeout=30)
    async with connection(config, lockstep=True) as conn:
        assert await conn.gets() == [Seen(PING, b"")]
        conn.client.deliver(line_frame(b"long"))
        await trio.sleep(CONFIG.pong_timeout + 1)
        assert await conn.gets() == [Seen(TEXT, b"long")]
        await conn.sends(masked(PONG))
        assert conn.ended_at is None
        await conn.peer.aclose()


async def test_a_crash_in_a_ping_ends_this_client_alone(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are pinged by the same task."""
    async with connection() as conn:
        monkeypatch.setattr(conn.client._transport, "ping", lambda: 1 / 0)
        [goodbye] = await conn.gets()
        assert (goodbye.opcode, goodbye.close_code) == (CLOSE, CRASHED.code)
        await conn.peer.aclose()
    assert (conn.ended_at, conn.close_reason) == (CONFIG.ping_interval, CRASHED)


async def test_a_crash_in_a_ping_of_one_that_is_over_is_no_crash_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may come before the connection begins, or when it has ended."""
    ours, theirs = trio.testing.memory_stream_pair()
    under_test = Connection(ours, theirs, CONFIG, 1.0)
    monkeypatch.setattr(under_test.client._transport, "ping", lambda: 1 / 0)
    under_test.client.beat(0)
    assert under_test.requests == []


async def test_who_was_told_goodbye_is_not_pinged_any_more(autojump_clock: MockClock) -> None:
    """Nothing may follow a close frame."""
    config = replace(CONFIG, close_timeout=60)
    async with connection(config) as conn:
        conn.client.end(GOING_AWAY)
        [goodbye] = await conn.gets()
        assert goodbye.opcode == CLOSE
        await trio.sleep(2 * CONFIG.ping_interval)
        assert conn.ended_at is None
        await conn.peer.aclose()
    assert conn.close_reason == GOING_AWAY


async def test_a_ping_that_finds_the_outbox_full_drops_the_peer(autojump_clock: MockClock) -> None:
    """If it could not even be queued, the peer is stuck."""
    async with connection(CONFIG, lockstep=True, spread=0.1) as conn:
        await trio.sleep(1)
        conn.client.deliver(line_frame(b"being written"))
        await trio.testing.wait_all_tasks_blocked()
        for _ in range(3):
            conn.client.deliver(line_frame(b"x"))
        conn.client.abort(TOO_SLOW)
    assert conn.ended_at == 1


async def test_ending_sends_what_waits_and_then_the_close_frame(autojump_clock: MockClock) -> None:
    """The peer hears all that was said before, the reason, and nothing after."""
    async with connection() as conn:
        conn.client.deliver(line_frame(b"last words"))
        conn.client.end(GOING_AWAY)
        conn.client.end(CRASHED)
        assert conn.client.deliver(line_frame(b"too late"))
        [said] = await conn.gets()
        [goodbye] = await conn.gets()
        assert said == Seen(TEXT, b"last words")
        assert (goodbye.opcode, goodbye.close_code) == (CLOSE, GOING_AWAY.code)
        await conn.sends(masked(TEXT, b"crossing"), frames.close(1001))
        assert await conn.peer.receive_some(1) == b""
        await conn.peer.aclose()
    assert conn.ended_at == 0
    assert conn.said == []


async def test_a_peer_that_does_not_answer_a_close_is_left_after_the_close_timeout(
    autojump_clock: MockClock,
) -> None:
    """To the moment."""
    async with connection() as conn:
        conn.client.end(GOING_AWAY)
    assert conn.ended_at == CONFIG.close_timeout


async def test_ending_a_stuck_peer_aborts_it(autojump_clock: MockClock) -> None:
    """There is no room for a close frame."""
    async with connection(lockstep=True) as conn:
        conn.client.deliver(line_frame(b"being written"))
        await trio.testing.wait_all_tasks_blocked()
        for _ in range(3):
            conn.client.deliver(line_frame(b"x"))
        conn.client.end(GOING_AWAY)
    assert conn.ended_at == 0


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (masked(TEXT, b"x" * 101), 1009),  # characters of a line
        (masked(TEXT, b"x" * 1001), 1009),  # bytes of a message
        (masked(TEXT, b"\xff"), 1007),
        (masked(frames.BINARY, b"\xff"), 1007),
        (frames.unmasked(TEXT, b"hi"), 1002),
    ],
)
async def test_a_violation_is_told_by_its_code(
    wire: bytes, code: int, autojump_clock: MockClock
) -> None:
    """What was said before it still reaches the hub, what comes behind it does not."""
    async with connection() as conn:
        await conn.sends(masked(TEXT, b"before"), wire, masked(TEXT, b"behind"))
        assert [seen.close_code for seen in await conn.gets()] == [code]
        await conn.sends(masked(TEXT, b"later still"))
        await conn.peer.aclose()
    assert conn.said == ["before"]


async def test_nothing_follows_the_answer_to_a_close(autojump_clock: MockClock) -> None:
    """Not even a broadcast that the hub makes before it hears of the end."""
    async with connection() as conn:
        await conn.peer.send_all(frames.close(1000))
        await trio.testing.wait_all_tasks_blocked()
        assert conn.client.deliver(line_frame(b"late"))
        assert [seen.opcode for seen in await conn.gets()] == [CLOSE]
        await conn.peer.aclose()


async def test_a_crash_is_logged_told_and_kept_inside(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    """The peer gets 1011, the log the traceback, and nobody else notices."""

    def crash(message: str | bytes, limits: request_texts.Limits) -> list[requests.AnyRequest]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(plain, "read", crash)
    monkeypatch.setattr(details, "wanted", True)  # which other tests may have changed
    with structlog.testing.capture_logs() as logged:
        async with connection() as conn:
            await conn.sends(masked(TEXT, b"trigger"))
            assert [seen.close_code for seen in await conn.gets()] == [CRASHED.code]
            await conn.peer.aclose()
    told = [entry for entry in logged if entry["log_level"] != "debug"]
    assert [(entry["event"], entry["exc_info"]) for entry in told] == [("client crashed", True)]
    assert (logged[-1]["event"], logged[-1]["reason"]) == ("connection ends", "crashed")
    assert conn.requests[-1] == Unregister(conn.client)


async def test_a_crash_in_the_middle_of_a_frame_ends_without_a_word(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    """Half a frame cannot be followed by another one."""
    monkeypatch.setattr(plain, "read", None)
    with structlog.testing.capture_logs():
        async with connection(lockstep=True) as conn:
            conn.client.deliver(line_frame(b"being written"))
            await trio.testing.wait_all_tasks_blocked()
            await conn.sends(masked(TEXT, b"trigger"))
    assert conn.ended_at == CONFIG.close_timeout


async def test_cancelling_it_unregisters_and_closes_the_send_side(
    autojump_clock: MockClock,
) -> None:
    """Cancellation leaves nothing half done."""
    with trio.CancelScope() as scope:
        async with connection() as conn:
            scope.cancel()
            await trio.testing.wait_all_tasks_blocked()
    assert conn.client.deliver(line_frame(b"dropped")) is True
    assert conn.requests == [Register(conn.client, LOBBY)]
    assert await conn.stand_in.inbox.take(until=0) == [Unregister(conn.client)]


async def test_a_handshake_answer_goes_out_first_and_early_bytes_are_read(
    autojump_clock: MockClock,
) -> None:
    """Nothing gets lost between the acceptor and the client."""
    ours, theirs = trio.testing.memory_stream_pair()
    conn = Connection(ours, theirs, CONFIG, 1.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(conn.stand_in.run)
        conn.client.deliver(Frame(b"answer"))
        nursery.start_soon(conn.client.run, masked(TEXT, b"early") + frames.close(1000))
        await trio.testing.wait_all_tasks_blocked()
        assert (await theirs.receive_some()).startswith(b"answer\x88")
        await theirs.aclose()
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert conn.said == ["early"]


async def test_other_tasks_run_while_very_many_frames_are_parsed(
    autojump_clock: MockClock,
) -> None:
    """One read can hold thousands of them."""
    async with connection(replace(CONFIG, frame_rate=NO_LIMIT)) as conn:
        wire = masked(TEXT, b"") * 1000 + masked(TEXT, b"end")
        await conn.peer.send_all(wire)
        rounds = 0
        while not conn.said:
            await trio.lowlevel.checkpoint()
            rounds += 1
        assert rounds > len(wire) // PARSED_AT_ONCE
        await conn.peer.aclose()


async def test_what_is_over_a_rate_is_not_parsed_yet(autojump_clock: MockClock) -> None:
    """Not even if it is read already: to parse it is work."""
    async with connection(replace(CONFIG, frame_rate=Rate(100, 100))) as conn:
        await conn.sends(masked(TEXT, b"x") * 1000)
        assert 0 < len(conn.said) <= PARSED_AT_ONCE // 7
        await trio.sleep(CONFIG.flood_timeout)
        assert len(conn.said) >= 900
        await conn.peer.aclose()


async def test_nothing_is_parsed_once_the_connection_is_ended(autojump_clock: MockClock) -> None:
    """What was read already would be taken piece by piece, each as slowly as the hub is."""
    async with connection(replace(CONFIG, frame_rate=Rate(100, 100))) as conn:
        await conn.sends(masked(TEXT, b"x") * 600)
        said = len(conn.said)
        conn.client.end(GOING_AWAY)
        await conn.peer.aclose()
        await trio.sleep(CONFIG.close_timeout)
        assert conn.ended_at is not None
        assert len(conn.said) == said


async def test_whoever_makes_us_wait_too_long_has_to_go(autojump_clock: MockClock) -> None:
    """All that it has sent without a pause counts, in however many reads."""
    config = replace(CONFIG, frame_rate=Rate(100, 100), frame_limit=1000)
    async with connection(config) as conn:
        await conn.sends(masked(TEXT, b"x" * 90) * 600)
        await trio.sleep(3)
        await conn.sends(masked(TEXT, b"x" * 90) * 900)
        await trio.sleep(CONFIG.flood_timeout - 5)
        assert conn.close_reason is None
        await trio.sleep(3)
        assert conn.close_reason == FLOODING
        await conn.peer.aclose()


async def test_whoever_is_a_little_over_a_rate_is_slowed_and_stays(
    autojump_clock: MockClock,
) -> None:
    """However long that goes on: it always has to wait, but never sends far ahead."""
    async with connection(replace(CONFIG, frame_rate=Rate(10, 10))) as conn:
        for _ in range(100):
            await conn.peer.send_all(masked(TEXT, b"x") * 11)
            await trio.sleep(1)
        assert conn.close_reason is None
        await trio.sleep(CONFIG.flood_timeout)
        assert len(conn.said) == 1100
        await conn.peer.aclose()


async def test_it_waits_for_a_hub_that_is_behind(autojump_clock: MockClock) -> None:
    """A full inbox is felt by those who speak; nothing is lost."""
    ours, theirs = trio.testing.memory_stream_pair()
    conn = Connection(ours, theirs, CONFIG, 1.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(conn.run)
        for count in range(20):
            await conn.sends(masked(TEXT, str(count).encode()))
        nursery.start_soon(conn.stand_in.run)
        await trio.testing.wait_all_tasks_blocked()
        assert conn.said == [str(count) for count in range(20)]
        await theirs.aclose()


def test_frame_without_payload_is_never_merged() -> None:
    """The default for frames is to go out as they are."""
    assert Frame(b"wire").payload is None


async def test_what_is_sent_behind_the_end_is_read_as_slowly_as_anything_else(
    autojump_clock: MockClock,
) -> None:
    """By the bytes that an address may send, for as long as the peer has to hang up."""
    config = replace(CONFIG, address_byte_rate=Rate(1000, 20_000))
    async with connection(config, lockstep=True) as conn:
        taken = 0

        async def send_on() -> None:
            nonlocal taken
            await conn.peer.send_all(masked(CLOSE, b"\x03\xe8"))
            while taken < 100:
                await conn.peer.send_all(b"x" * 10_000)
                taken += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send_on)
            while await conn.gets():
                pass
            await trio.sleep(CONFIG.close_timeout)
            nursery.cancel_scope.cancel()
    assert taken == 3
    assert conn.ended_at == CONFIG.close_timeout
