"""Rules of the hub."""

from collections.abc import Callable

import trio
import trio.testing

from trio_chat.audience import WRITES_PER_BREATH
from trio_chat.endings import GOING_AWAY, TOO_SLOW, Ending
from trio_chat.hub import (
    Broadcast,
    Farewell,
    Hub,
    Register,
    Request,
    Unregister,
)
from trio_chat.member import Member
from trio_chat.outbox import Readiness
from trio_chat.websocket import MERGE_LIMIT, Frame


class Listener:
    """A member that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[bytes | None] = []
        self.is_stuck = False
        self.ends: list[Ending | str] = []

    @property
    def send_now(self) -> None:
        return None

    def spill(self, frame: Frame, taken: int) -> bool:
        raise AssertionError("nothing is written to it directly")

    def deliver(self, frame: Frame) -> bool:
        if not self.is_stuck:
            self.got.append(frame.payload)
        return not self.is_stuck

    def close(self) -> None:
        self.ends.append("closed")

    def end(self, ending: Ending) -> None:
        self.ends.append(ending)

    def abort(self, ending: Ending) -> None:
        self.ends.append(ending)


async def turns(*batches: list[Request]) -> Hub:
    """Let a hub work off batches of requests, each in one turn."""
    send, receive = trio.open_memory_channel[Request](10_000)
    hub = Hub(receive, Readiness())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        with send:
            for batch in batches:
                for request in batch:
                    send.send_nowait(request)
                await trio.testing.wait_all_tasks_blocked()
    return hub


async def test_everybody_registered_gets_a_broadcast() -> None:
    """The sender is one of them."""
    one, two = Listener(), Listener()
    hub = await turns([Register(one), Register(two)], [Broadcast(["hello"])])
    assert one.got == two.got == [b"hello"]
    assert list(hub.clients) == [one, two]


async def test_what_waits_is_sent_as_one_message() -> None:
    """Lines that are said within a turn go out joined, in their order."""
    one = Listener()
    await turns([Register(one)], [Broadcast(["a", "b"]), Broadcast(["c"])], [Broadcast(["d"])])
    assert one.got == [b"a\nb\nc", b"d"]


async def test_requests_of_a_turn_keep_their_order() -> None:
    """Who comes or goes in the midst of a turn gets just what was said while it was there."""
    stays, comes, goes = Listener(), Listener(), Listener()
    await turns(
        [Register(stays), Register(goes)],
        [
            Broadcast(["a"]),
            Register(comes),
            Broadcast(["b"]),
            Unregister(goes),
            Broadcast(["c"]),
        ],
    )
    assert stays.got == [b"a", b"b", b"c"]
    assert comes.got == [b"b", b"c"]
    assert goes.got == [b"a", b"b"]


async def test_unregistering_closes_the_send_side() -> None:
    """Also of a client that was dropped before."""
    one, never = Listener(), Listener()
    hub = await turns([Register(one), Unregister(one), Unregister(never), Broadcast(["a"])])
    assert (one.got, one.ends, never.ends) == ([], ["closed"], ["closed"])
    assert list(hub.clients) == []


async def test_a_stuck_client_is_dropped_and_nobody_else() -> None:
    """It is aborted as too slow, once, and gets nothing more."""
    one, stuck = Listener(), Listener()
    stuck.is_stuck = True
    hub = await turns([Register(one), Register(stuck)], [Broadcast(["a"])], [Broadcast(["b"])])
    assert one.got == [b"a", b"b"]
    assert (stuck.got, stuck.ends) == ([], [TOO_SLOW])
    assert list(hub.clients) == [one]


async def test_farewell_ends_everybody_now_and_later() -> None:
    """Who registers after it is sent away too."""
    one, late = Listener(), Listener()
    hub = await turns([Register(one), Broadcast(["a"]), Farewell(GOING_AWAY)], [Register(late)])
    assert (one.got, one.ends) == ([b"a"], [GOING_AWAY])
    assert (late.got, late.ends) == ([], [GOING_AWAY])
    assert list(hub.clients) == []


async def test_long_turns_go_out_in_several_messages() -> None:
    """No message grows beyond the merge limit by joining."""
    one = Listener()
    line = "x" * (MERGE_LIMIT // 2)
    await turns([Register(one)], [Broadcast([line, line, line])])
    assert [len(got or b"") for got in one.got] == [MERGE_LIMIT + 1, MERGE_LIMIT // 2]


async def test_other_tasks_have_their_turn_during_a_large_fan_out() -> None:
    """A broadcast to very many does not keep the process from reading."""
    crowd: list[Member] = [Listener() for _ in range(3 * WRITES_PER_BREATH)]
    reached: list[int] = []

    async def count(far: Callable[[], int]) -> None:
        while not reached or reached[-1] < len(crowd):
            reached.append(far())
            await trio.lowlevel.checkpoint()

    def far() -> int:
        return sum(bool(listener.got) for listener in crowd if isinstance(listener, Listener))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(count, far)
            await turns([*map(Register, crowd), Broadcast(["a"])])
    # Which task Trio runs first in a round is random, so either pause may go unseen, not both.
    assert {WRITES_PER_BREATH, 2 * WRITES_PER_BREATH} & set(reached)


async def test_hub_ends_when_its_inbox_is_closed() -> None:
    """That is how the server ends it."""
    send, receive = trio.open_memory_channel[Request](1)
    send.close()
    with trio.fail_after(1):
        await Hub(receive, Readiness()).run()
