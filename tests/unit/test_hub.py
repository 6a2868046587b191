"""Rules of the hub: its turns, and what goes out in them."""

from collections.abc import Callable, Sequence

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.unit.members import CONFIG, House, Listener, arrives, asks, house, kinds, says
from trio_chat.config import Config
from trio_chat.core.backlog import REQUESTS, REQUESTS_EACH
from trio_chat.core.messages import Message, Register, Shutdown, Unregister
from trio_chat.core.registration import GOODBYE_DELAY
from trio_chat.core.settling import HOLD, MUCH, REST
from trio_chat.delivery.frames import MERGE_LIMIT, Frame
from trio_chat.delivery.pace import WRITES_PER_YIELD
from trio_chat.delivery.recipient import Recipient
from trio_chat.hub import Hub
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Result, Write
from trio_chat.protocol.close import GOING_AWAY, TOO_SLOW


async def turns(*batches: list[Message]) -> House:
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
    assert home.connections == [one, two]


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
    assert home.connections == []


async def test_a_stuck_client_is_dropped_and_nobody_else() -> None:
    """It is aborted as too slow, once, and gets nothing more; its own task unregisters it."""
    one, stuck = Listener(), Listener()
    stuck.is_stuck = True
    home = await turns([arrives(one), arrives(stuck)], [says(one, "a")], [says(one, "b")])
    assert one.got == [b"a", b"b"]
    assert (stuck.got, stuck.ends) == ([], [TOO_SLOW])
    assert home.connections == [one, stuck]


async def test_farewell_ends_everybody_now_and_later() -> None:
    """Who registers after it is sent away too."""
    one, late = Listener(), Listener()
    home = await turns(
        [arrives(one)],
        [says(one, "a")],
        [Shutdown(GOING_AWAY)],
        [Register(late), Unregister(one), says(one, "b")],
    )
    assert (one.got, one.ends) == ([b"a"], [GOING_AWAY, "closed"])
    assert (late.got, late.ends) == ([], [GOING_AWAY])
    assert (home.connections, home.rooms) == ([], [])


class Slow(MemoryJournal):
    """A journal whose commits wait until a test lets them go on."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = trio.Event()

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        await self.gate.wait()
        return await super().commit(writes)


async def test_what_is_said_in_the_turn_of_the_shutdown_is_kept_and_told() -> None:
    """The goodbye waits for the commits that are under way, so what is kept is acknowledged."""
    journal = Slow()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        send = {"t": "send", "id": 1, "room": "tea", "text": "last words"}
        await home.turn(asks(ann.member, send), Shutdown(GOING_AWAY))
        assert (ann.told(), ann.member.ends) == ([], [])
        journal.gate.set()
        await home.turn()
        assert kinds(ann.told()) == ["msg", "ok"]
        assert ann.member.ends == [GOING_AWAY]


async def test_the_goodbye_does_not_wait_long(autojump_clock: MockClock) -> None:
    """A commit that hangs is not acknowledged; to the moment."""
    journal = Slow()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        await home.turn(
            asks(ann.member, {"t": "send", "room": "tea", "text": "x"}), Shutdown(GOING_AWAY)
        )
        await trio.sleep(GOODBYE_DELAY - 0.001)
        assert ann.member.ends == []
        await trio.sleep(0.002)
        assert (ann.told(), ann.member.ends) == ([], [GOING_AWAY])


async def test_the_hub_ends_though_a_commit_hangs(autojump_clock: MockClock) -> None:
    """After the close timeout."""
    async with house(Slow()) as home:
        ann = await home.person("Ann", "tea")
        await ann.ask({"t": "send", "room": "tea", "text": "x"})
    assert trio.current_time() == CONFIG.close_timeout


async def test_the_hub_keeps_what_was_submitted_before_it_ends() -> None:
    """Whoever wrote it may be gone."""
    journal = Slow()
    async with house(journal) as home:
        one = Listener()
        await home.turn(arrives(one), says(one, "a"), says(one, "b"))
        await home.turn(Unregister(one))
        home.hub.close()
        await home.turn()
        assert (await journal.load(["lobby"], 0))[0].last == 0
        journal.gate.set()
    assert (await journal.load(["lobby"], 0))[0].last == 2


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


class Overlapping(MemoryJournal):
    """A journal: somebody says something just before it tells that the first commit is done."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] | None = None
        self.next_commit = trio.Event()

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        if self.meanwhile is None:
            await self.next_commit.wait()
            return await super().commit(writes)
        results = await super().commit(writes)
        self.meanwhile()
        self.meanwhile = None
        return results


async def overlap(home: House, journal: Overlapping, count: int) -> Listener:
    """Let one of so many say "a", and "b" while that is written; return another of them."""
    crowd = [Listener() for _ in range(count)]
    await home.turn(*map(arrives, crowd[:200]))
    for start in range(200, count, 200):
        await home.turn(*map(arrives, crowd[start : start + 200]))
    journal.meanwhile = lambda: home.inbox.post(says(crowd[0], "b"))
    await home.turn(says(crowd[0], "a"))
    return crowd[-1]


async def test_what_is_being_written_goes_out_to_a_crowd_with_what_is_written(
    autojump_clock: MockClock,
) -> None:
    """To tell them takes longer than the commit, so one frame tells them of both."""
    journal = Overlapping()
    async with house(journal) as home:
        one = await overlap(home, journal, WRITES_PER_YIELD)
        assert one.got == []
        journal.next_commit.set()
        await home.turn()
    assert one.got == [b"a\nb"]


async def test_a_crowd_waits_for_no_slow_commit(autojump_clock: MockClock) -> None:
    """What is written waits for the next commit for two milliseconds at most, whoever speaks."""
    journal = Overlapping()
    async with house(journal) as home:
        one = await overlap(home, journal, WRITES_PER_YIELD)
        await trio.sleep(HOLD / 2)
        await home.turn(says(one, "c"))
        assert one.got == []
        await trio.sleep(HOLD)
        assert one.got == [b"a"]
        journal.next_commit.set()
        await home.turn()
    assert one.got == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    ("count", "said", "frames"),
    [
        (WRITES_PER_YIELD - 1, MUCH, 40),
        (WRITES_PER_YIELD, MUCH - 1, 40),
        (WRITES_PER_YIELD, MUCH, 8),  # it rests for 6 ms
        (4 * WRITES_PER_YIELD, MUCH, 4),  # for 20
    ],
)
async def test_a_crowd_to_whom_much_is_said_leaves_time_to_others(
    autojump_clock: MockClock, count: int, said: int, frames: int
) -> None:
    """All of it is told, in order, by frames that are less often."""
    async with house(MemoryJournal()) as home:
        crowd = [Listener() for _ in range(count)]
        for start in range(0, count, 200):
            await home.turn(*map(arrives, crowd[start : start + 200]))
        for number in range(40):
            await home.turn(*(says(one, f"{number}") for one in crowd[:said]))
            await trio.sleep(0.001)
        await trio.sleep(REST)
    told = b"\n".join(got or b"" for got in crowd[-1].got).split()
    assert told == [b"%d" % (number // said) for number in range(40 * said)]
    assert len(crowd[-1].got) == frames


async def test_a_few_hear_at_once_what_is_written() -> None:
    """To tell them takes no time."""
    journal = Overlapping()
    async with house(journal) as home:
        one = await overlap(home, journal, WRITES_PER_YIELD - 1)
        assert one.got == [b"a"]
        journal.next_commit.set()


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


async def test_the_hub_ends_when_it_is_closed() -> None:
    """That is how the server ends it."""
    hub = Hub(MemoryJournal(), Config())
    with trio.fail_after(1):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            await trio.testing.wait_all_tasks_blocked()
            hub.close()


async def test_a_room_is_forgotten_when_nobody_is_in_it() -> None:
    """At the next turn: what it must remember is in the journal."""
    one = Listener()
    async with house() as home:
        await home.turn(arrives(one, "tea"))
        assert (home.rooms, home.hub.connections) == (["tea"], 1)
        await home.turn(Unregister(one))
        await home.turn(Unregister(one))
        assert (home.rooms, home.hub.connections) == ([], 0)


async def test_what_waits_is_taken_in_one_turn() -> None:
    """The longer a turn takes, the more the next one carries, within a budget."""
    many = [Listener() for _ in range(REQUESTS)]
    async with house() as home:
        await home.turn(*map(arrives, many))
        await home.turn(*(says(one, str(number)) for number, one in enumerate(many)))
    assert many[0].got == ["\n".join(map(str, range(REQUESTS))).encode()]


async def test_what_is_beyond_the_budget_of_a_turn_comes_in_the_next_ones() -> None:
    """Nothing is lost, and the order of each connection is kept."""
    one, other = Listener(), Listener()
    count = 3 * REQUESTS_EACH
    async with house() as home:
        await home.turn(arrives(one), arrives(other))
        await home.turn(says(one, *map(str, range(count))), says(other, "few"))
    lines = b"\n".join(got or b"" for got in one.got).decode().split("\n")
    assert lines.index("few") <= 2 * REQUESTS_EACH
    lines.remove("few")
    assert lines == [str(number) for number in range(count)]
