"""Rules of an audience."""

from collections.abc import Callable

import pytest
import trio
import trio.testing

from trio_chat.delivery.audience import Audience
from trio_chat.delivery.batch import Loop
from trio_chat.delivery.frames import Frame
from trio_chat.delivery.outbox import SendNow, Watcher
from trio_chat.delivery.pace import WRITES_PER_YIELD, Pace
from trio_chat.delivery.recipient import LookedUp, MissedEvents
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.dialects import plain
from trio_chat.protocol.dialects.base import Dialect

HELLO = Frame(b"hello", b"hello")


class Recipient:
    """A member whose socket takes so many bytes of each frame."""

    dialect: Dialect = plain
    address = "192.0.2.1"

    def __init__(self, takes: int | type[OSError] = 1_000_000) -> None:
        self.takes = takes
        self.got: list[tuple[str, bytes]] = []
        self.send_now: SendNow | None = self.write
        self.is_stuck = False
        self._watchers: list[Watcher] = []

    def write(self, data: bytes) -> int:
        if not isinstance(self.takes, int):
            raise self.takes
        self.got.append(("wrote", data[: self.takes]))
        return min(self.takes, len(data))

    def enqueue_rest(self, frame: Frame, taken: int) -> bool:
        self.become_busy()
        self.got.append(("rest", frame.wire[taken:]))
        return not self.is_stuck

    def deliver(self, frame: Frame) -> bool:
        self.got.append(("delivered", frame.wire))
        return not self.is_stuck

    def can_take(self, size: int) -> bool:
        raise AssertionError("nobody comes back in here")

    def look_up(self, request: LookedUp) -> None:
        raise AssertionError("nothing is looked up in here")

    def read_page(self, missed: MissedEvents) -> None:
        raise AssertionError("nobody catches up in here")

    def watch(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        self._watchers.remove(watcher)

    def become_busy(self) -> None:
        self._become(None)

    def become_ready(self) -> None:
        self._become(self.write)

    def _become(self, send_now: SendNow | None) -> None:
        before, self.send_now = self.send_now, send_now
        for watcher in self._watchers:
            watcher.on_change(before, send_now)

    def close(self) -> None: ...

    def end(self, reason: CloseReason) -> None: ...

    def abort(self, reason: CloseReason) -> None: ...


def audience(*members: Recipient) -> Audience:
    made = Audience()
    for member in members:
        made.add(member)
    return made


async def test_who_is_ready_is_written_to_at_once() -> None:
    """And all others are delivered to."""
    ready, busy = Recipient(), Recipient()
    busy.send_now = None
    assert await audience(ready, busy).send(HELLO, Pace(), Loop) == []
    assert ready.got == [("wrote", b"hello")]
    assert busy.got == [("delivered", b"hello")]


@pytest.mark.parametrize(
    ("takes", "rest"), [(2, b"llo"), (0, b"hello"), (BlockingIOError, b"hello")]
)
async def test_what_a_socket_does_not_take_is_enqueued(
    takes: int | type[OSError], rest: bytes
) -> None:
    """From then on the member is not ready, until it says so."""
    slow, quick = Recipient(takes), Recipient()
    both = audience(slow, quick)
    assert await both.send(HELLO, Pace(), Loop) == []
    assert slow.got[-1] == ("rest", rest)
    await both.send(HELLO, Pace(), Loop)
    assert slow.got[-1] == ("delivered", b"hello")
    assert quick.got == [("wrote", b"hello")] * 2


async def test_the_dead_and_the_stuck_are_let_go() -> None:
    """However that shows: by an error, a full outbox behind a write, or a full outbox at once."""
    broken = Recipient(ConnectionResetError)
    slow, full, well = Recipient(2), Recipient(), Recipient()
    full.send_now = None
    slow.is_stuck = full.is_stuck = True
    everybody = audience(broken, slow, full, well)
    assert await everybody.send(HELLO, Pace(), Loop) == [broken, slow, full]
    assert [member in everybody for member in (broken, slow, full, well)] == [False] * 3 + [True]
    assert len(everybody) == 1
    assert await everybody.send(HELLO, Pace(), Loop) == []


async def test_who_comes_or_goes_is_heeded_at_the_next_frame() -> None:
    """Letting somebody go twice does nothing."""
    one, two = Recipient(), Recipient()
    some = audience(one)
    await some.send(HELLO, Pace(), Loop)
    some.add(two)
    some.discard(one)
    some.discard(one)
    await some.send(HELLO, Pace(), Loop)
    assert (len(one.got), len(two.got), len(some)) == (1, 1, 1)
    some.discard(two)
    await some.send(HELLO, Pace(), Loop)
    assert (len(two.got), len(some)) == (1, 0)


async def meanwhile(act: Callable[[list[Recipient]], object], members: list[Recipient]) -> None:
    """Act while a frame is on its way to many members, after the first pause."""
    everybody = audience(*members)

    async def act_in_between() -> None:
        while not any(member.got for member in members):
            await trio.lowlevel.checkpoint()
        act(members)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(act_in_between)
        await everybody.send(HELLO, Pace(), Loop)


async def test_who_ceases_to_be_ready_meanwhile_is_not_written_to() -> None:
    """What waits for a member must not be overtaken, so a pause makes a second look due."""
    members = [Recipient() for _ in range(3 * WRITES_PER_YIELD)]
    await meanwhile(lambda members: members[-1].become_busy(), members)
    assert members[0].got == [("wrote", b"hello")]
    assert members[-1].got == [("delivered", b"hello")]
    assert all(len(member.got) == 1 for member in members)


async def test_one_slow_member_does_not_make_the_others_slow() -> None:
    """What a member enqueues itself is known without a second look."""
    members = [Recipient() for _ in range(3 * WRITES_PER_YIELD)]
    members[0].takes = 1
    await audience(*members).send(HELLO, Pace(), Loop)
    assert members[-1].got == [("wrote", b"hello")]


async def test_a_member_that_is_ready_again_is_written_to_again() -> None:
    """Becoming slow costs its place among those who are ready, not its membership."""
    slow, other = Recipient(2), Recipient()
    both = audience(slow, other)
    await both.send(HELLO, Pace(), Loop)
    slow.takes = 1000
    slow.become_ready()
    await both.send(HELLO, Pace(), Loop)
    assert slow.got[-1] == ("wrote", b"hello")
    assert list(both) == [slow, other]


async def test_a_member_is_one_however_often_it_is_added() -> None:
    """It gets each frame once, and watches once."""
    one = Recipient()
    both = audience(one, one)
    await both.send(HELLO, Pace(), Loop)
    assert one.got == [("wrote", b"hello")]
    both.discard(one)
    one.become_busy()
    assert len(both) == 0


async def test_whoever_goes_in_a_pause_gets_nothing_more() -> None:
    """The tuple of those who were ready is older than that; it is looked at again."""
    members = [Recipient() for _ in range(3 * WRITES_PER_YIELD)]
    everybody = audience(*members)

    async def leave() -> None:
        while not members[0].got:
            await trio.lowlevel.checkpoint()
        everybody.discard(members[-1])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(leave)
        await everybody.send(HELLO, Pace(), Loop)
    assert members[-1].got == []
    assert len(members[-2].got) == 1


async def test_small_audiences_let_others_have_their_turn_together() -> None:
    """A few writes cost less than to yield, so it is their sum that counts."""
    small, pace = audience(Recipient(), Recipient()), Pace()
    with trio.testing.assert_no_checkpoints():
        await small.send(HELLO, pace, Loop)
    pace.unyielded = WRITES_PER_YIELD - 1
    with trio.testing.assert_checkpoints():
        await small.send(HELLO, pace, Loop)
