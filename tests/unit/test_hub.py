"""Rules of the hub: its turns, and what goes out in them."""

from collections.abc import Callable

import trio
import trio.testing

from tests.unit.members import House, Listener, arrives, house, says
from trio_chat.config import Config
from trio_chat.delivery.audience import WRITES_PER_YIELD
from trio_chat.delivery.frames import MERGE_LIMIT, Frame
from trio_chat.delivery.outbox import Readiness
from trio_chat.delivery.recipient import Recipient
from trio_chat.hub import Hub, Register, Request, Shutdown, Unregister
from trio_chat.journal.memory import MemoryJournal
from trio_chat.protocol.close import GOING_AWAY, TOO_SLOW


async def turns(*batches: list[Request]) -> House:
    """Let a hub work off batches of requests, each in one turn."""
    async with house() as home:
        for batch in batches:
            await home.turn(*batch)
    return home


async def test_everybody_registered_gets_what_is_said() -> None:
    """The sender is one of them."""
    one, two = Listener(), Listener()
    home = await turns([arrives(one), arrives(two)], [says(one, "hello")])
    assert one.got == two.got == [b"hello"]
    assert list(home.chat.seats) == [one, two]


async def test_what_waits_is_sent_as_one_message() -> None:
    """Lines that are said within a turn go out joined, in their order."""
    one = Listener()
    await turns([arrives(one)], [says(one, "a", "b"), says(one, "c")], [says(one, "d")])
    assert one.got == [b"a\nb\nc", b"d"]


async def test_everybody_hears_the_same_and_nobody_after_leaving() -> None:
    """Who comes in the midst of a turn hears all that is said in it, as it has its order then."""
    stays, comes, goes = Listener(), Listener(), Listener()
    await turns(
        [arrives(stays), arrives(goes)],
        [
            says(stays, "a"),
            arrives(comes),
            says(comes, "b"),
            Unregister(goes),
            says(stays, "c"),
            says(goes, "not heard: it is not here any more"),
        ],
    )
    assert stays.got == comes.got == [b"a\nb\nc"]
    assert goes.got == []


async def test_rooms_hear_nothing_of_each_other() -> None:
    """Each has members and numbers of its own."""
    tea, coffee = Listener(), Listener()
    await turns([arrives(tea, "tea"), arrives(coffee, "coffee")], [says(tea, "a")])
    assert (tea.got, coffee.got) == ([b"a"], [])


async def test_unregistering_closes_the_send_side() -> None:
    """Also of a client that was dropped before."""
    one, never = Listener(), Listener()
    home = await turns([arrives(one), Unregister(one), Unregister(never), says(one, "a")])
    assert (one.got, one.ends, never.ends) == ([], ["closed"], ["closed"])
    assert list(home.chat.seats) == []


async def test_a_stuck_client_is_dropped_and_nobody_else() -> None:
    """It is aborted as too slow, once, and gets nothing more."""
    one, stuck = Listener(), Listener()
    stuck.is_stuck = True
    home = await turns([arrives(one), arrives(stuck)], [says(one, "a")], [says(one, "b")])
    assert one.got == [b"a", b"b"]
    assert (stuck.got, stuck.ends) == ([], [TOO_SLOW])
    assert list(home.chat.seats) == [one]


async def test_farewell_ends_everybody_now_and_later() -> None:
    """Who registers after it is sent away too."""
    one, late = Listener(), Listener()
    home = await turns(
        [arrives(one)],
        [says(one, "a")],
        [Shutdown(GOING_AWAY)],
        [Register(late), Unregister(one)],
    )
    assert (one.got, one.ends) == ([b"a"], [GOING_AWAY, "closed"])
    assert (late.got, late.ends) == ([], [GOING_AWAY])
    assert (list(home.chat.seats), list(home.chat.rooms)) == ([], [])


async def test_what_is_said_in_the_turn_of_the_farewell_is_kept_though_not_told() -> None:
    """Nobody is there to hear it any more, but who comes back finds it."""
    journal = MemoryJournal()
    one = Listener()
    async with house(journal) as home:
        await home.turn(arrives(one))
        await home.turn(says(one, "last words"), Shutdown(GOING_AWAY))
    assert one.got == []
    [state] = await journal.load(["lobby"], 10)
    assert state.last == 1


async def test_long_turns_go_out_in_several_messages() -> None:
    """No message grows beyond the merge limit by joining."""
    one = Listener()
    line = "x" * (MERGE_LIMIT // 2)
    await turns([arrives(one)], [says(one, line, line, line)])
    assert [len(got or b"") for got in one.got] == [MERGE_LIMIT + 1, MERGE_LIMIT // 2]


async def test_other_tasks_have_their_turn_during_a_large_fan_out() -> None:
    """A message to very many does not keep the process from reading."""
    crowd: list[Recipient] = [Listener() for _ in range(3 * WRITES_PER_YIELD)]
    reached: list[int] = []

    async def count(far: Callable[[], int]) -> None:
        while not reached or reached[-1] < len(crowd):
            reached.append(far())
            await trio.lowlevel.checkpoint()

    def far() -> int:
        return sum(bool(listener.got) for listener in crowd if isinstance(listener, Listener))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(count, far)
        await turns([*map(arrives, crowd), says(crowd[0], "a")])
    # Which task Trio runs first in a round is random, so either pause may go unseen, not both.
    assert {WRITES_PER_YIELD, 2 * WRITES_PER_YIELD} & set(reached)


async def test_those_in_small_rooms_hear_first() -> None:
    """They need not wait until a crowd elsewhere has been told."""
    crowd, few = [Listener() for _ in range(5)], Listener()
    seen: list[int] = []

    class Watchful(Listener):
        def deliver(self, frame: Frame) -> bool:
            seen.append(len(few.got))
            return super().deliver(frame)

    crowd.append(Watchful())
    async with house() as home:
        await home.turn(*(arrives(member, "many") for member in crowd), arrives(few, "few"))
        await home.turn(says(crowd[0], "a"), says(few, "b"))
    assert seen == [1]


async def test_hub_ends_when_its_inbox_is_closed() -> None:
    """That is how the server ends it."""
    send, receive = trio.open_memory_channel[Request](1)
    send.close()
    with trio.fail_after(1):
        await Hub(receive, MemoryJournal(), Config(), Readiness()).run()


async def test_a_room_is_forgotten_when_nobody_is_in_it() -> None:
    """At the next turn: what it must remember is in the journal."""
    one = Listener()
    async with house() as home:
        await home.turn(arrives(one, "tea"))
        assert list(home.chat.rooms) == ["tea"]
        await home.turn(Unregister(one))
        await home.turn()
        await home.turn(Unregister(one))
        assert home.chat.rooms == {}


async def test_an_inbox_full_is_taken_in_one_turn() -> None:
    """The longer a turn takes, the more the next one carries."""
    one = Listener()
    async with house() as home:
        await home.turn(arrives(one))
        await home.turn(*(says(one, str(number)) for number in range(100)))
    assert one.got == ["\n".join(map(str, range(100))).encode()]
