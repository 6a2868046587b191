"""Rules of the Python client in rooms with links: what is shown, what is cleared, who has to go."""

import msgspec
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
    welcome,
)
from trio_chat.remote import (
    Chat,
    Clear,
    Edit,
    Ended,
    Happening,
    Joined,
    Lost,
    Message,
    Moderated,
    Online,
    Person,
    React,
    Refused,
    Restore,
    Right,
    Room,
    RoomRules,
)
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.wire import read

BOB = {"id": "bob", "nick": "Bob"}
CLOSED = RoomRules(closed=True)


async def told(room: Room, count: int) -> list[Happening]:
    """Return what the room tells next."""
    with trio.fail_after(1000):
        return [await anext(room.events()) for _ in range(count)]


def event(kind: str, seq: int, **fields: object) -> Object:
    """Return an event of a moderator's in the room ``tea``."""
    return {"t": kind, "room": "tea", "seq": seq, "ts": 1, "from": BOB, **fields}


def moderated(seq: int, act: str, *people: Object, count: int = 1) -> Object:
    return event("moderated", seq, act=act, people=people, count=count)


async def test_a_link_is_shown_until_we_are_in_the_room(autojump_clock: MockClock) -> None:
    """In each hello; from then on its right is ours, so that it does not have to be good."""
    calls = Calls()
    async with calling(calls) as chat, trio.open_nursery() as nursery:
        rooms: list[Room] = []

        async def join() -> None:
            rooms.append(await chat.join("tea", link="s3cret"))

        nursery.start_soon(join)
        for _ in range(2):
            peer = await calls.next()
            hello = await peer.welcomes()
            assert [room["link"] for room in hello["rooms"]] == ["s3cret"]
            assert rooms == []
            await peer.hangs_up()
        peer = await calls.next()
        await peer.welcomes(joined(2, right="moderate", rules={"slow": 5}, title="Tea at five"))
        [tea] = rooms
        assert (tea.right, tea.rules, tea.title) == (
            Right.MODERATE,
            RoomRules(slow=5),
            "Tea at five",
        )
        [first] = await told(tea, 1)
        assert isinstance(first, Joined)
        assert (first.right, first.rules, first.title) == (tea.right, tea.rules, tea.title)
        await peer.hangs_up()
        hello = await (await calls.next()).welcomes(joined(2))
        assert hello["rooms"][0]["link"] is None
        assert tea.right is Right.SPEAK


async def test_a_link_is_shown_in_a_room_in_which_we_are(autojump_clock: MockClock) -> None:
    """By joining again; the join waits for the answer to that."""
    async with visiting(Calls()) as (chat, tea, peer), trio.open_nursery() as nursery:
        assert tea.right is Right.SPEAK
        nursery.start_soon(lambda: chat.join("tea", link="s3cret"))
        request = await peer.hears()
        assert (request["t"], request["last"], request["link"]) == ("join", 2, "s3cret")
        await peer.says(message(3))
        nursery.start_soon(lambda: chat.join("tea", link="better"))
        again = await peer.hears()
        await peer.says(joined(3, id=request["id"], right="read"))
        assert tea.right is Right.SPEAK
        await peer.says(joined(3, id=again["id"], right="a right of the future"))
        assert tea.right is Right.SPEAK
        assert [type(one) for one in await told(tea, 2)] == [Message, Joined]


async def test_who_is_not_let_in_is_told(autojump_clock: MockClock) -> None:
    """Where the join was waited for, also if the chat ends meanwhile."""
    calls = Calls()
    async with calling(calls) as chat:
        peer = await calls.next()
        await peer.welcomes()
        for code in ("no_such_room", "room_full"):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(refuse, peer, code)
                with pytest.raises(Refused, match=code):
                    await chat.join("tea", link="wrong")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(expect_end, chat)
            await trio.testing.wait_all_tasks_blocked()
            chat.close(None)


async def refuse(peer: Peer, code: str) -> None:
    await peer.says(refusal(code, id=(await peer.hears())["id"]))


async def expect_end(chat: Chat) -> None:
    with pytest.raises(Ended):
        await chat.join("tea")


async def test_rules_follow_what_happens_and_not_what_happened(autojump_clock: MockClock) -> None:
    """Old events come again when we have missed them; what holds was told as we joined."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea", last=1, epoch="e1")
        assert tea.right is Right.NONE
        peer = await calls.next()
        await peer.welcomes(
            joined(3, rules={"closed": True}, topic="new"),
            event("topic", 2, text="old"),
            event("rules", 3, rules={}),
        )
        assert (tea.rules, tea.topic) == (CLOSED, "new")
        await peer.says(event("rules", 4, rules={}), event("topic", 5, text="newer"))
        assert (tea.rules, tea.topic) == (RoomRules(), "newer")


async def test_unknown_events_are_counted(autojump_clock: MockClock) -> None:
    """A server may learn new kinds: nothing is told of them, and nothing seems to be missing."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer):
        await peer.says(event("poll", 3), message(4), {"t": "weather", "room": "tea"})
        await peer.says({"t": "weather", "seq": 5}, message(5), event("poll", 6))
        assert [one.seq for one in await told(tea, 2) if isinstance(one, Message)] == [4, 5]
        await peer.hangs_up()
        hello = await (await calls.next()).welcomes(joined(6))
        assert hello["rooms"][0]["last"] == 6


async def test_what_is_cleared_is_deleted_where_it_waits(autojump_clock: MockClock) -> None:
    """Messages of these authors, and their edits, from a number on; until it is taken back."""
    async with visiting(Calls()) as (_, tea, peer):
        await peer.says(
            message(3),
            message(4, **{"from": BOB}),
            event("edit", 5, target=4, text="worse"),
            event("edit", 6, target=2, text="old"),
            message(7, **{"from": None}),
            event("clear", 8, key="a", authors=["bob", ""], since=3),
            message(9, **{"from": BOB}),
            event("clear", 10, key="b", authors=["bob"], since=9),
            event("restore", 11, key="b"),
        )
        happened = await told(tea, 9)
        texts = [one.text for one in happened if isinstance(one, Message | Edit)]
        assert texts == ["line 3", "", "", "old", "", "line 9"]
        deleted = [one.seq for one in happened if isinstance(one, Message) and one.deleted]
        assert deleted == [4, 7]
        assert [type(one) for one in happened[5::2]] == [Clear, Clear]
        assert isinstance(happened[-1], Restore)


async def test_an_earlier_message_that_is_cleared_is_deleted_where_it_waits(
    autojump_clock: MockClock,
) -> None:
    """As it was edited since; not the others of before."""
    async with visiting(Calls()) as (_, tea, peer):
        await peer.says(
            message(3, **{"from": BOB}),
            message(4, **{"from": BOB}),
            event("edit", 5, target=3, text="worse", **{"from": BOB}),
            event("clear", 6, key="a", authors=["bob"], since=5, also=[3]),
        )
        happened = await told(tea, 4)
        assert [one.text for one in happened if isinstance(one, Message | Edit)] == [
            "",
            "line 4",
            "",
        ]


async def test_reactions_that_are_cleared_are_taken_back_where_they_wait(
    autojump_clock: MockClock,
) -> None:
    """To messages from a number on, and to earlier ones that are named; of these people alone."""
    async with visiting(Calls()) as (_, tea, peer):
        targets = ((1, BOB), (2, BOB), (4, BOB), (4, ANN), (4, None))
        await peer.says(
            message(3),
            message(4),
            *(
                event("react", 5 + place, target=target, emoji="x", **{"from": who})
                for place, (target, who) in enumerate(targets)
            ),
            event("clear", 10, key="a", authors=["bob", ""], since=4, reacted=[2]),
        )
        reacted = [one for one in await told(tea, 8) if isinstance(one, React)]
        assert [one.on for one in reacted] == [True, False, False, True, True]


async def test_who_is_removed_from_a_room_is_in_the_others(autojump_clock: MockClock) -> None:
    """The room ends, and is not joined again; the chat goes on."""
    calls = Calls()
    async with visiting(calls) as (chat, tea, peer):
        milk = chat.room("milk")
        await peer.says({**joined(0, id=(await peer.hears())["id"]), "room": "milk"})
        await peer.says(moderated(3, "kick", ANN, BOB, count=2))
        sent = tea.submit("why?")
        await peer.closes(4503)
        with pytest.raises(Refused, match="may join it again") as refused:
            await sent.kept()
        assert refused.value.code == "kicked"
        [told_so] = await told(tea, 1)
        assert isinstance(told_so, Moderated)
        with pytest.raises(Refused, match="kicked"):
            await anext(tea)
        hello = await (await calls.next()).welcomes({**joined(0), "room": "milk"})
        assert [room["room"] for room in hello["rooms"]] == ["milk"]
        assert (milk.is_joined, chat.state) == (True, Online())


@pytest.mark.parametrize(
    ("act", "people", "count", "code"),
    [
        ("ban", [ANN], 1, "banned"),
        ("kick", [BOB], 30, "kicked"),  # not all are listed
        ("kick", [BOB], 1, "removed"),
        ("mute", [ANN], 1, "removed"),
    ],
)
async def test_the_only_room_is_the_one(
    act: str, people: list[Object], count: int, code: str, autojump_clock: MockClock
) -> None:
    """Whatever was told of it."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer):
        await peer.says(moderated(3, act, *people, count=count))
        await peer.closes(4503)
        with pytest.raises(Refused) as refused:
            await tea.send("why?")
        assert refused.value.code == code
        assert (await (await calls.next()).welcomes())["rooms"] == []


async def test_a_room_that_is_not_named_is_refused_later(autojump_clock: MockClock) -> None:
    """As when a link is revoked; an old act, told again, does not count."""
    calls = Calls()
    async with calling(calls) as chat:
        tea, milk = chat.room("tea", last=1, epoch="e1"), chat.room("milk")
        peer = await calls.next()
        await peer.welcomes(joined(2), {**joined(0), "room": "milk"}, moderated(2, "kick", ANN))
        await peer.closes(4503)
        peer = await calls.next()
        hello = await peer.welcomes(joined(2), refusal("no_such_room", room="milk"))
        assert [room["room"] for room in hello["rooms"]] == ["tea", "milk"]
        with pytest.raises(Refused, match="may not be in this room any more") as refused:
            await milk.joined()
        assert refused.value.code == "removed"
        assert (tea.is_joined, chat.state) == (True, Online())


async def test_a_room_that_was_not_refused_then_was_not_left(autojump_clock: MockClock) -> None:
    """What becomes of it later has nothing to do with that."""
    calls = Calls()
    async with calling(calls) as chat:
        tea, milk = chat.room("tea"), chat.room("milk")
        both = joined(0), {**joined(0), "room": "milk"}
        await (peer := await calls.next()).welcomes(*both)
        await peer.closes(4503)
        await (peer := await calls.next()).welcomes(*both)
        await peer.closes(4001)
        await (await calls.next()).welcomes(joined(0), refusal("no_such_room", room="milk"))
        with pytest.raises(Refused) as refused:
            await milk.joined()
        assert (refused.value.code, tea.is_joined) == ("no_such_room", True)


async def test_what_must_not_be_done_twice_is_not_sent_again(autojump_clock: MockClock) -> None:
    """It may have been done; what was not sent is, on the next connection."""
    calls = Calls()
    async with calling(calls) as chat, trio.open_nursery() as nursery:

        async def lose() -> None:
            with pytest.raises(Lost, match="may have been done"):
                await chat.create("tea")

        async def make() -> None:
            made = await chat.create("milk", private=True)
            assert (made.room, made.title) == ("~milk", "Milk")

        peer = await calls.next()
        await peer.welcomes()
        nursery.start_soon(lose)
        assert (await peer.hears())["name"] == "tea"
        await peer.hangs_up()
        nursery.start_soon(make)
        peer = await calls.next()
        await peer.welcomes()
        request = await peer.hears()
        assert (request["name"], request["private"]) == ("milk", True)
        made = {"t": "created_room", "id": request["id"], "room": "~milk", "title": "Milk"}
        await peer.says({**made, "links": []})


async def test_a_wait_that_is_too_long_is_left_to_the_user(autojump_clock: MockClock) -> None:
    """As in slow mode; after a short one the request is made again."""
    async with visiting(Calls()) as (_, tea, peer):
        short, long = tea.submit("one"), tea.submit("two")
        await peer.says(refusal("slow_mode", id=(await peer.hears())["id"], retry_ms=60_000))
        await peer.says(refusal("slow_mode", id=(await peer.hears())["id"], retry_ms=60_001))
        with pytest.raises(Refused) as refused:
            await long.kept()
        assert refused.value.retry_after == 60.001
        assert str(refused.value) == "it is slow_mode (slow_mode); try again in 60 s"
        assert short.state == "sending"
        await trio.sleep(40)
        await peer.says({"t": "ping"})  # the server is not gone
        assert (await peer.hears())["text"] == "one"


async def test_unknown_acts_are_left_out(autojump_clock: MockClock) -> None:
    """Of a server that knows more."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:

        async def answer() -> None:
            request = await peer.hears()
            acts = [
                {"seq": 3, "ts": 1, "from": BOB, "act": {"t": "link_used", "link": "x"}},
                {"seq": 2, "ts": 1, "from": BOB, "act": {"t": "praised"}},
            ]
            found = {"t": "audit", "id": request["id"], "room": "tea", "acts": acts, "more": True}
            await peer.says(found)

        nursery.start_soon(answer)
        found = await tea.audit(limit=2)
        assert [(act.seq, act.who) for act in found.acts] == [(3, Person(**BOB))]
        assert found.more


def test_an_operator_s_link_is_shown_until_there_is_a_welcome() -> None:
    """From then on we are known to be one."""
    conversation = Conversation("Ann", None, None, 1000, link="s3cret")
    for _ in range(2):
        assert '"link":"s3cret"' in conversation.hello()
    [told] = read(msgspec.json.encode([welcome()]))
    conversation.handle(told)
    assert '"link":null' in conversation.hello()
