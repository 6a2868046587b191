"""Rules of the inbox."""

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.unit.members import Listener, asks
from trio_chat.core.inbox import MESSAGES, Inbox
from trio_chat.core.messages import Message, Register, Unregister
from trio_chat.protocol.dialects import v1

NEVER = float("inf")


async def test_messages_come_in_their_order() -> None:
    """However they were left."""
    inbox, member = Inbox(2), Listener(v1)
    asked = asks(member, {"t": "rooms"})
    inbox.post(Register(member))
    await inbox.put(asked)
    inbox.post(Unregister(member))
    assert len(inbox) == 3
    assert await inbox.take(until=NEVER) == [Register(member), asked, Unregister(member)]
    assert not inbox


async def test_it_takes_a_bounded_batch() -> None:
    """The rest comes in the next turn."""
    inbox, member = Inbox(1), Listener()
    for _ in range(2 * MESSAGES):
        inbox.post(Register(member))
    first = await inbox.take(until=NEVER)
    second = await inbox.take(until=NEVER)
    assert MESSAGES <= len(first) <= MESSAGES + 1
    assert len(first) + len(second) == 2 * MESSAGES


async def test_requests_wait_for_a_slot(autojump_clock: MockClock) -> None:
    """Until the hub has taken one; what is posted does not wait, nor take a slot."""
    inbox, member = Inbox(1), Listener(v1)
    inbox.post(Register(member))
    first, second = asks(member, {"t": "rooms"}), asks(member, {"t": "rooms"})
    await inbox.put(first)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(inbox.put, second)
        await trio.testing.wait_all_tasks_blocked()
        assert await inbox.take(until=NEVER) == [Register(member), first]
    assert await inbox.take(until=NEVER) == [second]


async def test_cancelling_a_request_that_waits_leaves_nothing(autojump_clock: MockClock) -> None:
    """Its slot is free for others, too."""
    inbox, member = Inbox(1), Listener(v1)
    first, second, third = (asks(member, {"t": "rooms"}) for _ in range(3))
    await inbox.put(first)
    with trio.move_on_after(1) as scope:
        await inbox.put(second)
    assert scope.cancelled_caught
    assert await inbox.take(until=NEVER) == [first]
    with trio.fail_after(1):
        await inbox.put(third)
    assert await inbox.take(until=NEVER) == [third]


async def test_taking_ends_at_a_time(autojump_clock: MockClock) -> None:
    """With nothing, to the moment."""
    inbox = Inbox(1)
    assert await inbox.take(until=5) == []
    assert trio.current_time() == 5


@pytest.mark.parametrize("count", [0, 2])
async def test_taking_when_it_is_late_waits_for_nothing(
    count: int, autojump_clock: MockClock
) -> None:
    """But the other tasks have their turn."""
    inbox, member = Inbox(1), Listener()
    ran: list[bool] = []

    async def run() -> None:
        ran.append(True)

    messages: list[Message] = [Register(member)] * count
    for message in messages:
        inbox.post(message)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        assert await inbox.take(until=float("-inf")) == messages
        assert await inbox.take(until=trio.current_time()) == []
    assert ran


async def test_it_can_be_woken() -> None:
    """Whoever waits returns; a wake-up while nobody waits counts for the next one, once."""
    inbox = Inbox(1)
    taken: list[object] = []

    async def take() -> None:
        taken.append(await inbox.take(until=NEVER))

    async with trio.open_nursery() as nursery:
        inbox.wake()
        nursery.start_soon(take)
        await trio.testing.wait_all_tasks_blocked()
        assert taken == [[]]
        nursery.start_soon(take)
        await trio.testing.wait_all_tasks_blocked()
        assert taken == [[]]
        inbox.wake()
    assert taken == [[], []]
