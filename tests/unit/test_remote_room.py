"""Rules of a room of the Python client: each event once and in order, whatever comes between."""

from collections.abc import Mapping

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.unit.servers import (
    ANN,
    Calls,
    Object,
    Peer,
    calling,
    joined,
    message,
    refusal,
    visiting,
)
from trio_chat.remote import (
    Chat,
    Ended,
    Happening,
    Joined,
    Message,
    Person,
    Refused,
    Renamed,
    Room,
    Typing,
    members,
)

BOB = {"id": "bob", "nick": "Bob"}


async def read(room: Room, count: int) -> list[int | str]:
    """Return what happens next: the numbers of messages, the names of other things."""
    with trio.fail_after(1000):
        return [show(await anext(room.events())) for _ in range(count)]


def show(happening: Happening) -> int | str:
    return happening.seq if isinstance(happening, Message) else type(happening).__name__


def is_idle(room: Room) -> bool:
    """Whether nothing waits to be read."""
    return not room._state._size


async def test_a_room_goes_on_where_it_was_known_to_be(autojump_clock: MockClock) -> None:
    """In the first hello as in each later one."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea", last=3, epoch="e1")
        assert chat.room("Tea") is tea
        peer = await calls.next()
        hello = await peer.welcomes(joined(5, gap=None), message(4), message(5))
        assert hello["rooms"] == [{"room": "tea", "last": 3, "epoch": "e1", "link": None}]
        assert await read(tea, 3) == ["Joined", 4, 5]
        await peer.hangs_up()
        assert not tea.is_joined
        peer = await calls.next()
        hello = await peer.welcomes(joined(6), message(6))
        assert hello["rooms"] == [{"room": "tea", "last": 5, "epoch": "e1", "link": None}]
        assert await read(tea, 2) == ["Joined", 6]


async def test_numbers_may_go_on_in_another_epoch(autojump_clock: MockClock) -> None:
    """It is told while we are there; of a room that is not joined nobody is asked."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea", last=3, epoch="e1")
        early, later, other = (
            {"t": "epoch", "room": room, "epoch": epoch}
            for room, epoch in (("tea", "e0"), ("tea", "e2"), ("jam", "e2"))
        )
        peer = await calls.next()
        await peer.welcomes(early, joined(4), message(4), later, other)
        assert await read(tea, 2) == ["Joined", 4]
        await peer.hangs_up()
        hello = await (await calls.next()).welcomes(joined(4, reset=True, lost=1))
        assert hello["rooms"] == [{"room": "tea", "last": 4, "epoch": "e2", "link": None}]
        again = await anext(tea.events())
        assert isinstance(again, Joined)
        assert (again.reset, again.lost) == (True, 1)


async def test_a_gap_is_told_and_passed(autojump_clock: MockClock) -> None:
    """What was deleted meanwhile will not come."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea", last=3, epoch="e1")
        await (await calls.next()).welcomes(joined(9, gap=8), message(8), message(9))
        told = await anext(tea.events())
        assert isinstance(told, Joined)
        assert (told.gap, told.last, told.reset) == (8, 9, False)
        assert await read(tea, 2) == [8, 9]


async def test_a_gap_may_open_while_missed_events_come(autojump_clock: MockClock) -> None:
    """The server says joined again for the same join; nothing comes twice or is lost besides."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea", last=3, epoch="e1")
        milk = chat.room("milk", last=1, epoch="e1")
        peer = await calls.next()
        await peer.welcomes(joined(9), message(4))
        await peer.says(joined(10, gap=8), message(8), message(9), message(10))
        assert await read(tea, 2) == ["Joined", 4]
        again = await anext(tea.events())
        assert isinstance(again, Joined)
        assert (again.gap, again.last) == (8, 10)
        assert await read(tea, 3) == [8, 9, 10]
        await peer.says(joined(11, gap=2), message(9), message(10), message(11))
        assert await read(tea, 2) == ["Joined", 11]
        assert not milk.is_joined


async def test_a_gap_may_open_behind_a_request_to_join(autojump_clock: MockClock) -> None:
    """By the id of that request; an older one counts no more."""
    async with visiting(Calls()) as (_, tea, peer):
        await peer.says(message(4))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read, tea, 1)
            join = await peer.hears()
            await peer.says(joined(9, id=join["id"]), message(3), message(4))
        await peer.says(joined(9, id=join["id"], gap=9), message(9))
        await peer.says(joined(9, gap=5), joined(9, id=77, gap=5))
        assert await read(tea, 4) == [3, 4, "Joined", 9]
        assert is_idle(tea)


async def test_people_may_come_and_go_while_missed_events_come(autojump_clock: MockClock) -> None:
    """They belong to the list of the join before."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea", last=3, epoch="e1")
        await (await calls.next()).welcomes(
            joined(5),
            message(4),
            {"t": "presence", "room": "tea", "who": BOB, "state": "joined"},
            message(5),
        )
        assert await read(tea, 4) == ["Joined", 4, "Presence", 5]
        assert [who.nick for who in tea.members] == ["Ann", "Bob"]


async def test_the_population_counts_people_beyond_a_list_that_was_cut(
    autojump_clock: MockClock,
) -> None:
    """It follows those who come and go; of a whole list it is the length."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea")
        peer = await calls.next()
        await peer.welcomes(joined(2, population=5000))
        told = await anext(tea.events())
        assert isinstance(told, Joined)
        assert (told.population, tea.population, len(tea.members)) == (5000, 5000, 1)
        await peer.says(presence(ANN), presence(BOB))
        assert (tea.population, len(tea.members)) == (5001, 2)
        await peer.says(presence(BOB), presence(BOB, "left"), presence(BOB, "left"))
        assert (tea.population, len(tea.members)) == (4999, 1)
        await peer.says(joined(2), presence(BOB))
        assert tea.population == 2
        population = {"t": "population", "count": 7}
        await peer.says({**population, "room": "tea"}, {**population, "room": "elsewhere"})
        await peer.says({"t": "nick", "room": "tea", "who": {"id": "x", "nick": "not listed"}})
        assert (tea.population, len(tea.members)) == (7, 2)
        assert (await read(tea, 9))[-2:] == ["Population", "Renamed"]


def presence(who: Object, state: str = "joined") -> Object:
    return {"t": "presence", "room": "tea", "who": who, "state": state}


async def test_the_list_of_members_is_bounded(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those beyond are counted."""
    monkeypatch.setattr(members, "PEOPLE_LIMIT", 2)
    async with visiting(Calls()) as (_, tea, peer):
        crowd = [{"id": f"{number}", "nick": f"P{number}"} for number in range(9)]
        await peer.says(*map(presence, crowd))
        assert (tea.population, len(tea.members)) == (10, 2)
        await peer.says({"t": "nick", "room": "tea", "who": crowd[8]}, presence(crowd[7], "left"))
        assert (tea.population, len(tea.members)) == (9, 2)
        await peer.says({**joined(2), "members": crowd})
        assert (tea.population, len(tea.members)) == (9, 2)


async def test_numbers_may_begin_anew(autojump_clock: MockClock) -> None:
    """Then nothing follows but what happens from now on."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea", last=300, epoch="e0")
        await (await calls.next()).welcomes(joined(2, reset=True), message(3))
        told = await anext(tea.events())
        assert isinstance(told, Joined)
        assert told.reset
        assert await read(tea, 1) == [3]
        assert tea.epoch == "e1"


async def test_what_comes_twice_is_told_once(autojump_clock: MockClock) -> None:
    """Nothing is lost by it."""
    async with visiting(Calls()) as (_, tea, peer):
        await peer.says(message(2), message(3), message(3), message(1), message(4))
        assert await read(tea, 2) == [3, 4]
        assert is_idle(tea)


async def test_a_missing_number_is_asked_for(autojump_clock: MockClock) -> None:
    """The room is joined anew, and what comes before that is not told."""
    async with visiting(Calls()) as (_, tea, peer):
        await peer.says(message(3), message(5), message(6))
        assert await read(tea, 1) == [3]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tell_rest, peer, {"last": 3, "epoch": "e1", "link": None})
            assert await read(tea, 4) == ["Joined", 4, 5, 6]


async def tell_rest(peer: Peer, wish: Mapping[str, object]) -> None:
    """Hear a wish to join, and tell of all up to number 6."""
    join = await peer.hears()
    assert join == {"t": "join", "id": join["id"], "room": "tea", **wish}
    await peer.says(
        joined(6, id=join["id"]), *(message(seq) for seq in range(int(str(wish["last"])) + 1, 7))
    )


async def test_a_missing_number_is_asked_for_at_once_if_somebody_waits(
    autojump_clock: MockClock,
) -> None:
    """Nobody has to come back for that."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(read, tea, 1)
        await trio.testing.wait_all_tasks_blocked()
        await peer.says(message(4))
        await peer.says(message(5))
        assert (await peer.hears())["last"] == 2
        assert is_idle(tea)
        nursery.cancel_scope.cancel()


async def test_who_does_not_keep_up_is_told_the_rest_later(autojump_clock: MockClock) -> None:
    """It costs no memory without bound, and nothing is lost."""
    async with visiting(Calls(), queue_limit=2) as (_, tea, peer):
        await peer.says(message(3), message(4), message(5), typing(), message(6))
        await trio.sleep(3)
        assert tea._state._size == 2
        assert await read(tea, 2) == [3, 4]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tell_rest, peer, {"last": 4, "epoch": "e1", "link": None})
            assert await read(tea, 3) == ["Joined", 5, 6]


def typing(who: Object = BOB) -> Object:
    return {"t": "typing", "room": "tea", "who": who}


async def test_who_is_behind_is_told_nothing_before_all_that_waits_is_read(
    autojump_clock: MockClock,
) -> None:
    """Across reconnects: what follows a number is asked for when there is room for it."""
    calls = Calls()
    async with visiting(calls, queue_limit=2) as (_, tea, peer):
        await peer.says(message(3), message(4), message(5))
        await trio.sleep(3)
        await peer.hangs_up()
        again = await calls.next()
        hello = await again.welcomes(joined(6))
        assert hello["rooms"] == [{"room": "tea", "last": None, "epoch": None, "link": None}]
        assert tea.is_joined
        assert await read(tea, 2) == [3, 4]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tell_rest, again, {"last": 4, "epoch": "e1", "link": None})
            assert await read(tea, 3) == ["Joined", 5, 6]


async def test_a_full_queue_takes_no_news_of_joining_either(autojump_clock: MockClock) -> None:
    """It is told once there is room."""
    calls = Calls()
    async with visiting(calls, queue_limit=1) as (_, tea, peer):
        await peer.says(message(3))
        await peer.hangs_up()
        again = await calls.next()
        await again.welcomes(joined(6), message(4))
        assert await read(tea, 1) == [3]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tell_rest, again, {"last": 3, "epoch": "e1", "link": None})
            assert await read(tea, 2) == ["Joined", 4]


async def test_a_reader_who_is_slow_but_at_work_holds_the_line_for_a_moment(
    autojump_clock: MockClock,
) -> None:
    """The server waits, too, which is cheaper than to ask for everything again."""
    async with visiting(Calls(), queue_limit=2) as (_, tea, peer):
        await peer.says(*(message(seq) for seq in range(3, 9)))
        for seq in range(3, 9):
            await trio.sleep(1.9)
            assert await read(tea, 1) == [seq]
        assert is_idle(tea)


async def test_a_slow_reader_holds_nobody_up_who_waits_for_an_answer(
    autojump_clock: MockClock,
) -> None:
    """A tenth of a second at most."""
    async with visiting(Calls(), queue_limit=2) as (_, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(tea.history)
        await trio.testing.wait_all_tasks_blocked()
        request = await peer.hears()
        await peer.says(message(3), message(4), message(5), page(request))
        await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        while nursery.child_tasks:
            await trio.sleep(0.01)
        assert 0.1 <= trio.current_time() - began <= 0.12


def page(request: Object) -> Object:
    return {"t": "history", "id": request["id"], "room": "tea", "messages": [], "more": False}


async def test_one_task_at_a_time_reads_a_room(autojump_clock: MockClock) -> None:
    """Two would each get half of it."""
    async with visiting(Calls()) as (_, tea, _), trio.open_nursery() as nursery:
        nursery.start_soon(read, tea, 1)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await anext(tea)
        nursery.cancel_scope.cancel()


async def test_messages_are_what_iterating_over_a_room_yields(autojump_clock: MockClock) -> None:
    """Those that are taken back are passed over, as is all else."""
    async with visiting(Calls()) as (_, tea, peer):
        await peer.says(typing(), message(3, deleted=True, text=""), message(4))
        assert (await anext(tea)).seq == 4


async def test_members_follow_what_happens(autojump_clock: MockClock) -> None:
    """So does what we are called."""
    async with visiting(Calls()) as (chat, tea, peer):
        ann = {**ANN, "nick": "Anna"}
        await peer.says(
            {"t": "presence", "room": "tea", "who": BOB, "state": "joined"},
            {"t": "nick", "room": "tea", "who": ann},
            {"t": "presence", "room": "elsewhere", "who": ANN, "state": "left"},
        )
        assert [who.nick for who in tea.members] == ["Anna", "Bob"]
        assert chat.me.nick == "Anna"
        await peer.says(
            {"t": "presence", "room": "tea", "who": BOB, "state": "left"},
            {"t": "nick", "room": "tea", "who": {**BOB, "nick": "Rob"}},
            {"t": "presence", "room": "tea", "who": BOB, "state": "left"},
            {"t": "presence", "room": "tea", "who": BOB, "state": "away"},
            typing(),
        )
        assert [who.nick for who in tea.members] == ["Anna"]
        told = [await anext(tea.events()) for _ in range(7)]
        assert isinstance(told[1], Renamed)
        assert isinstance(told[6], Typing)
        assert (tea.topic, tea.guests, tea.name) == ("", 0, "tea")


async def wishing(chat: Chat, peer: Peer, *, in_hello: bool) -> tuple[Room, Object]:
    """Wish to be in a room; return it, and what an answer to that wish repeats."""
    if in_hello:
        tea = chat.room("tea")
        await peer.welcomes()
        return tea, {"room": "tea"}
    await peer.welcomes()
    tea = chat.room("tea")
    join = await peer.hears()
    assert (join["t"], join["room"]) == ("join", "tea")
    return tea, {"id": join["id"]}


@pytest.mark.parametrize("in_hello", [True, False])
async def test_a_room_that_lets_nobody_in_is_over(
    autojump_clock: MockClock, *, in_hello: bool
) -> None:
    """Whoever reads it, or says something in it, is told so."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        tea, wish = await wishing(chat, peer, in_hello=in_hello)
        sent = tea.submit("Milk?")
        await peer.says(refusal("too_many_rooms", **wish))
        assert isinstance(sent.error, Refused)
        with pytest.raises(Refused, match="too_many_rooms"):
            await anext(tea)
        with pytest.raises(Refused, match="too_many_rooms"):
            await tea.send("Milk?")
        assert chat.room("tea") is not tea


@pytest.mark.parametrize("in_hello", [True, False])
async def test_a_room_that_cannot_be_read_for_the_moment_is_joined_later(
    autojump_clock: MockClock, *, in_hello: bool
) -> None:
    """At the time that the server tells, once."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        tea, wish = await wishing(chat, peer, in_hello=in_hello)
        await peer.says(refusal("unavailable", retry_ms=2000, **wish))
        began = trio.current_time()
        join = await peer.hears()
        assert trio.current_time() == began + 2
        await peer.says(joined(0, id=join["id"]))
        assert await read(tea, 1) == ["Joined"]


async def test_an_error_about_nothing_known_is_passed_over(autojump_clock: MockClock) -> None:
    """It may answer what was cancelled meanwhile."""
    async with visiting(Calls()) as (_, tea, peer):
        await peer.says(
            refusal("busy", id=77),
            refusal("busy", id="a"),
            refusal("busy"),
            refusal("busy", room="tea"),
            joined(2, id=77),
            {**joined(2), "room": "elsewhere"},
            {"t": "ping"},
        )
        assert tea.is_joined
        assert is_idle(tea)


async def test_leaving_ends_the_room(autojump_clock: MockClock) -> None:
    """What waits can still be read; what had no answer is refused."""
    async with visiting(Calls()) as (chat, tea, peer), trio.open_nursery() as nursery:
        await peer.says(message(3))
        sent = tea.submit("Milk?")
        assert (await peer.hears())["t"] == "send"
        nursery.start_soon(tea.leave)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(Refused, match="you have left"):
            await sent.kept()
        leave = await peer.hears()
        assert leave == {"t": "leave", "id": leave["id"], "room": "tea", "forget": False}
        await peer.says({"t": "ok", "id": leave["id"]}, message(4))
        assert await read(tea, 1) == [3]
        with pytest.raises(StopAsyncIteration):
            await anext(tea)
        with pytest.raises(Refused, match="you have left"):
            tea.submit("Lemon?")
        assert chat.room("tea") is not tea


async def test_a_room_that_is_left_is_not_joined_again(autojump_clock: MockClock) -> None:
    """Not even if its reader had fallen behind, and reads what still waits."""
    async with (
        visiting(Calls(), queue_limit=1) as (chat, tea, peer),
        trio.open_nursery() as nursery,
    ):
        await peer.says(message(3), message(4))
        nursery.start_soon(tea.leave)
        leave = await peer.hears()
        await peer.says({"t": "ok", "id": leave["id"]})
        assert await read(tea, 1) == [3]
        with pytest.raises(StopAsyncIteration):
            await anext(tea)
        nursery.start_soon(chat.rooms)
        assert (await peer.hears())["t"] == "rooms"
        nursery.cancel_scope.cancel()


async def test_leaving_while_the_connection_is_lost_is_done_with_it(
    autojump_clock: MockClock,
) -> None:
    """The next hello does not name the room."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer), trio.open_nursery() as nursery:
        await peer.hangs_up()
        nursery.start_soon(tea.leave)
        hello = await (await calls.next()).welcomes()
        assert hello["rooms"] == []


async def test_a_connection_that_is_lost_answers_a_request_to_leave(
    autojump_clock: MockClock,
) -> None:
    """The next hello does not name the room, which is the same."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(tea.leave)
        assert (await peer.hears())["t"] == "leave"
        await peer.hangs_up()
        hello = await (await calls.next()).welcomes()
        assert hello["rooms"] == []


async def test_a_room_without_a_name_cannot_be(autojump_clock: MockClock) -> None:
    """It is told before anything is sent, with one that can be."""
    async with calling(Calls()) as chat:
        with pytest.raises(ValueError, match='"my-room" may be one'):
            chat.room("My Room")


async def test_a_room_ends_with_the_chat(autojump_clock: MockClock) -> None:
    """Whoever reads on, or asks for something, learns of it."""
    async with visiting(Calls()) as (chat, tea, _):
        pass
    with pytest.raises(StopAsyncIteration):
        await anext(tea)
    with pytest.raises(Ended, match="was left"):
        await tea.send("Milk?")
    with pytest.raises(Ended, match="was left"):
        await chat.rooms()
    with pytest.raises(Ended, match="was left"):
        await tea.leave()
    with pytest.raises(Ended, match="was left"):
        chat.room("milk")


async def test_what_another_device_does_behind_us_outranks_that(
    autojump_clock: MockClock,
) -> None:
    """Also if it comes in one frame with the answer to us."""
    async with visiting(Calls()) as (chat, tea, peer):

        async def serve(*more: Object) -> None:
            request = await peer.hears()
            await peer.says({"t": "ok", "id": request["id"]}, *more)

        def read_elsewhere(seq: int, back: int) -> Object:
            return {"t": "read", "room": "tea", "seq": seq, "back": back}

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve, read_elsewhere(5, 1))
            await tea.mark_read(20)
            assert tea.read_up_to == 5
            nursery.start_soon(serve, read_elsewhere(9, 2))
            await tea.mark_unread(8)
            assert tea.read_up_to == 9
            nursery.start_soon(serve, read_elsewhere(7, 3))
            await tea.mark_read(10)
            assert tea.read_up_to == 7
            anne = {"id": chat.me.id, "nick": "Anne"}
            nursery.start_soon(serve, {"t": "nick", "room": "tea", "who": anne})
            await chat.rename("Anna")
            assert chat.me.nick == "Anne"


@pytest.mark.parametrize(("nick", "called"), [(" Anna  B ", "Anna B"), ("\u0378", "\u0378")])
async def test_a_nick_is_what_the_server_makes_of_it(
    autojump_clock: MockClock, nick: str, called: str
) -> None:
    """In its normal form; a later server may take what is no letter yet for the client."""
    async with visiting(Calls()) as (chat, _, peer):

        async def serve() -> None:
            request = await peer.hears()
            await peer.says({"t": "ok", "id": request["id"]})

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            await chat.rename(nick)
        assert chat.me == Person("ann", called)


async def test_the_list_of_rooms_comes_by_pages(autojump_clock: MockClock) -> None:
    """A room that has moved meanwhile is there once; a server without pages is asked twice."""
    async with visiting(Calls()) as (chat, _, peer):
        pages = [(["a", "b"], True), (["b", "c"], False), (["a"], True), (["a"], True)]
        skips = []

        async def serve() -> None:
            for names, more in pages:
                request = await peer.hears()
                skips.append(request["skip"])
                rooms = [{"room": name, "members": 0, "ts": 1} for name in names]
                await peer.says({"t": "rooms", "id": request["id"], "rooms": rooms, "more": more})

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            assert [room.room for room in await chat.rooms()] == ["a", "b", "c"]
            assert [room.room for room in await chat.rooms()] == ["a"]
        assert skips == [0, 2, 0, 1]
