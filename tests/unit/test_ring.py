"""Rules of batches: what a loop does, a ring does too, or is not used."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import cast

import pytest

from tests.unit.kernel import StandIn
from trio_chat.config import ConfigError
from trio_chat.delivery import ring as rings
from trio_chat.delivery.audience import Audience
from trio_chat.delivery.batch import DEAD, FanOut, Loop
from trio_chat.delivery.fan_out import open_fan_out
from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import Outbox, SendNow
from trio_chat.delivery.outbox_budget import OutboxBudget
from trio_chat.delivery.pace import Pace
from trio_chat.delivery.recipient import Recipient
from trio_chat.delivery.ring import FEWEST, LONGEST, NoRing, Ring, open_ring


class Pair:
    """A connection: one end that is written to, and the peer's."""

    def __init__(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            self.peer = socket.create_connection(listener.getsockname())
            self.end = listener.accept()[0]
        self.end.settimeout(0)
        self.peer.settimeout(10)

    def read(self, size: int) -> bytes:
        """Return what arrived at the peer, which must be so much."""
        return self.peer.recv(size, socket.MSG_WAITALL)


@pytest.fixture
def pairs() -> Iterator[Callable[[int], list[Pair]]]:
    """Make connections, which are closed at the end."""
    with ExitStack() as stack:

        def make(count: int) -> list[Pair]:
            made = [Pair() for _ in range(count)]
            for pair in made:
                stack.enter_context(closing(pair.end))
                stack.enter_context(closing(pair.peer))
            return made

        yield make


@contextmanager
def opened(kernel: str) -> Iterator[Ring]:
    """Open a ring: the kernel's, where there is one, or one that a stand-in works off."""
    with pytest.MonkeyPatch.context() as patch:
        if kernel == "stand-in":
            patch.setattr("trio_chat.delivery.ring._system_call", StandIn)
        try:
            made = open_ring()
        except NoRing as error:
            assert kernel == "ring"
            pytest.skip(str(error))
        with made:
            yield made


@pytest.fixture(params=["ring", "stand-in"])
def ring(request: pytest.FixtureRequest) -> Iterator[Ring]:
    """Open a ring of either kind."""
    with opened(request.param) as made:
        yield made


@pytest.fixture(params=["ring", "stand-in", "loop"])
def fan_out(request: pytest.FixtureRequest) -> Iterator[FanOut]:
    """Write in each of the ways."""
    if request.param == "loop":
        yield Loop
        return
    with opened(request.param) as made:
        yield made.batch


def sends(some: Sequence[Pair]) -> list[Callable[[bytes], int]]:
    """Return what writes to connections."""
    return [pair.end.send for pair in some]


def test_all_get_what_is_written(fan_out: FanOut, pairs: Callable[[int], list[Pair]]) -> None:
    """Frames of any length, one behind the other."""
    some = pairs(2 * FEWEST)
    batch = fan_out(sends(some))
    for wire in (b"first", b"second", b"12345"):
        assert batch.write(wire, 0, len(some)) == []
    assert [pair.read(16) for pair in some] == [b"firstsecond12345"] * len(some)


def test_a_part_of_a_batch_is_written_to(
    fan_out: FanOut, pairs: Callable[[int], list[Pair]]
) -> None:
    """Its places are those in the whole batch, and its end may be behind the last one."""
    some = pairs(2 * FEWEST)
    batch = fan_out(sends(some))
    some[5].end.shutdown(socket.SHUT_WR)
    assert batch.write(b"one", 3, 7) == [(5, DEAD)]
    assert batch.write(b"two", 7, 10_000) == []
    assert [pair.read(3) for pair in some[3:5]] == [b"one"] * 2
    assert [pair.read(3) for pair in some[7:]] == [b"two"] * (len(some) - 7)


def test_what_a_socket_does_not_take_is_told(
    fan_out: FanOut, pairs: Callable[[int], list[Pair]]
) -> None:
    """How much it took, nothing at all, or that it is dead; the others get everything."""
    some = pairs(2 * FEWEST)
    batch = fan_out(sends(some))
    full, dead = some[1], some[4]
    dead.end.shutdown(socket.SHUT_WR)
    full.end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    told, sent = dict[int, int](), 0
    while told != {0: 0}:
        told = dict(fan_out([full.end.send] * FEWEST).write(bytes(LONGEST), 0, 1))
        sent += told.get(0, LONGEST)
    late = batch.write(b"frame", 0, len(some))
    assert late == [(1, 0), (4, DEAD)]
    full.end.shutdown(socket.SHUT_WR)
    assert len(full.read(10 * sent)) == sent
    assert some[-1].read(5) == b"frame"


def test_a_long_frame_arrives(fan_out: FanOut, pairs: Callable[[int], list[Pair]]) -> None:
    """Longer than what the kernel is given at once."""
    some = pairs(FEWEST)
    wire = os.urandom(LONGEST + 1)
    late = dict(fan_out(sends(some)).write(wire, 0, len(some)))
    for place, pair in enumerate(some):
        taken = late.get(place, len(wire))
        assert pair.read(taken) == wire[:taken]


def test_the_ring_goes_round(ring: Ring, pairs: Callable[[int], list[Pair]]) -> None:
    """More requests than it has entries, in calls that do not divide them."""
    some = pairs(FEWEST + 3)
    batch = ring.batch(sends(some))
    rounds = 3 * rings.ENTRIES // len(some)
    for number in range(rounds):
        wire = b"%05d" % number
        assert batch.write(wire, 0, len(some)) == []
        assert [pair.read(len(wire)) for pair in some] == [wire] * len(some)


@pytest.mark.parametrize("done", [-1, 3])
def test_what_a_failed_call_left_is_written_by_a_loop(
    ring: Ring, pairs: Callable[[int], list[Pair]], monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    """Nobody gets a frame twice, or misses one; later ones are written by loops."""
    some = pairs(FEWEST)
    batch = ring.batch(sends(some))
    call = ring._call

    def fail(number: int, descriptor: int, count: int, *rest: object) -> int:
        return call(number, descriptor, done, *rest) if done > 0 else done

    monkeypatch.setattr(ring, "_call", fail)
    assert batch.write(b"one", 0, len(some)) == []
    assert ring.is_broken
    assert batch.write(b"two", 0, len(some)) == []
    assert isinstance(ring.batch(sends(some)), Loop)
    assert [pair.read(6) for pair in some] == [b"onetwo"] * len(some)


@pytest.mark.parametrize("name", ["_system_call", "mmap.mmap", "socket.create_server"])
def test_without_a_ring_a_loop_writes(
    monkeypatch: pytest.MonkeyPatch, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who asks for a ring is told why there is none."""

    def refuse(*_: object, **__: object) -> object:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(f"trio_chat.delivery.ring.{name}", lambda: lambda *_: -1)
    if name != "_system_call":
        monkeypatch.setattr(f"trio_chat.delivery.ring.{name}", refuse)
    with open_fan_out("auto") as fan_out:
        assert fan_out is Loop
    with pytest.raises(ConfigError, match="fan_out 'ring' cannot be had here: "):
        open_fan_out("ring").__enter__()


def test_a_ring_writes_where_there_is_one_unless_a_loop_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, pairs: Callable[[int], list[Pair]]
) -> None:
    """To few a loop writes in any case."""
    monkeypatch.setattr("trio_chat.delivery.ring._system_call", StandIn)
    some = sends(pairs(FEWEST))
    with open_fan_out("auto") as auto, open_fan_out("ring") as ring, open_fan_out("loop") as loop:
        are_loops = [isinstance(way(some), Loop) for way in (auto, ring, loop)]
        assert are_loops == [False, False, True]
        assert isinstance(auto(some[1:]), Loop)


def test_a_kernel_that_tells_wrongly_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what was taken in part is not told, frames would be cut."""
    monkeypatch.setattr("trio_chat.delivery.ring._taken", lambda _: 1)
    with open_fan_out("auto") as fan_out:
        assert fan_out is Loop


class Member:
    """What an audience needs of a connection, over a real outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.watch = outbox.watch
        self.unwatch = outbox.unwatch
        self.enqueue_rest = outbox.enqueue_rest
        self.deliver = outbox.put

    @property
    def send_now(self) -> SendNow | None:
        return self._outbox.send_now


async def test_whoever_is_given_a_closed_descriptor_gets_nothing(
    fan_out: FanOut, pairs: Callable[[int], list[Pair]]
) -> None:
    """An outbox lets go of its socket before that closes, and its audience knows at once."""
    audience, pace = Audience(), Pace()
    some, (stranger,) = pairs(2 * FEWEST), pairs(1)
    boxes = [outbox_of(pair) for pair in some]
    for box in boxes:
        audience.add(cast(Recipient, Member(box)))
    assert await audience.send(Frame(b"one"), pace, fan_out) == []
    boxes[3].close()
    number = some[3].end.fileno()
    some[3].end.close()
    os.dup2(stranger.end.fileno(), number)
    try:
        assert await audience.send(Frame(b"two"), pace, fan_out) == []
    finally:
        os.close(number)
    assert [len(pair.read(6)) for pair in some] == [6] * 3 + [3] + [6] * (len(some) - 4)
    stranger.end.close()
    assert stranger.read(10) == b""
    for box in boxes:
        box.close()


def outbox_of(pair: Pair) -> Outbox:
    """Return the outbox of a connection."""
    end = pair.end
    shared = socket.socket(end.family, end.type, end.proto, fileno=end.fileno())
    return Outbox(shared, 3, 1000, OutboxBudget(1000), lambda: None)
