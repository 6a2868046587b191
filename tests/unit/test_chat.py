"""Rules of the chat: every request, and every way in which one is refused."""

from typing import Any

import pytest

from tests.unit.members import Listener, Somebody, arrives, asks, house, kinds, says
from trio_chat.core.messages import Asked, Register, Unregister
from trio_chat.protocol import requests
from trio_chat.protocol.close import UNREADABLE
from trio_chat.protocol.dialects import v1

CID = "5f0c1b7e-8d0a-4a51-9d53-6a1d3f0f7c11"


def send(text: str = "x", room: str = "tea", **more: object) -> dict[str, Any]:
    return {"t": "send", "room": room, "text": text, **more}


async def code(somebody: Somebody, request: dict[str, Any]) -> str:
    """Return the error with which a request is answered, and with nothing else."""
    [answer] = await somebody.ask({"id": "the id", **request})
    assert (answer["t"], answer["id"]) == ("error", "the id")
    assert answer["text"]
    return str(answer["code"])


async def test_hello_is_answered_with_who_one_is_and_the_limits() -> None:
    """And with the rooms that were asked for, each joined; then all hear of it."""
    async with house() as home:
        member = Listener(v1)
        hello = {"t": "hello", "id": 7, "nick": " Ann  B ", "rooms": [{"room": "Tea"}]}
        await home.turn(Register(member), asks(member, hello))
        welcome, joined, presence = member.told()
        you = welcome.pop("you")
        assert you["nick"] == "Ann B"
        assert welcome.pop("session").startswith(you["id"] + ".")
        assert welcome == {
            "t": "welcome",
            "id": 7,
            "epoch": home.journal.epoch,
            "ping_interval": 25.0,
            "limits": {
                "text": 4000,
                "topic": 250,
                "nick": 32,
                "room": 64,
                "frame": 65536,
                "requests": 256,
                "rooms": 3,
                "reactions": 50,
                "changes": 1000,
                "file": 10_000_000,
                "files": 10,
            },
        }
        epoch = home.journal.epoch
        assert joined == {"t": "joined", "room": "tea", "last": 0, "epoch": epoch, "members": [you]}
        assert presence == {"t": "presence", "room": "tea", "who": you, "state": "joined"}


async def test_nothing_is_granted_before_hello() -> None:
    """Whatever it is; a faulty request is called faulty."""
    async with house() as home:
        member = Listener(v1)
        nobody = Somebody(home, member)
        await home.turn(Register(member))
        for request in (
            {"t": "join", "room": "tea"},
            send(),
            {"t": "history", "room": "tea"},
            {"t": "rooms"},
            {"t": "nick", "nick": "Bob"},
        ):
            assert await code(nobody, request) == "hello_first"
        assert await code(nobody, {"t": "join"}) == "bad_request"
        assert await code(nobody, {"t": "hello", "nick": "?"}) == "bad_nick"
        assert kinds(await nobody.ask({"t": "hello", "nick": "Ann"})) == ["welcome"]


async def test_hello_is_said_once() -> None:
    """To be called something else there is ``nick``."""
    async with house() as home:
        ann = await home.person("Ann")
        assert await code(ann, {"t": "hello", "nick": "Bob"}) == "bad_request"


async def test_a_bad_room_in_hello_costs_that_room_only() -> None:
    """The error comes among the answers."""
    async with house() as home:
        member = Listener(v1)
        rooms = [{"room": "!"}, {"room": "tea"}]
        hello = {"t": "hello", "nick": "Ann", "rooms": rooms}
        await home.turn(Register(member), asks(member, hello))
        told = member.told()
        assert kinds(told) == ["welcome", "error", "joined", "presence"]
        assert told[1]["code"] == "bad_room"


@pytest.mark.parametrize("nick", ["", "  ", "?!", "x" * 33, "a\u200bb", "a\u202eb", "a\x00b"])
async def test_bad_nicks(nick: str) -> None:
    """In a hello and later."""
    async with house() as home:
        nobody = Somebody(home, Listener(v1))
        await home.turn(Register(nobody.member))
        assert await code(nobody, {"t": "hello", "nick": nick}) == "bad_nick"
        ann = await home.person("Ann")
        assert await code(ann, {"t": "nick", "nick": nick}) == "bad_nick"


async def test_a_nick_is_somebody_s_alone() -> None:
    """One that looks the same is as good as the same; who has it may write it another way."""
    async with house() as home:
        ann, bob = await home.person("Ann"), await home.person("Bob")
        assert await code(bob, {"t": "nick", "nick": "A.N.N"}) == "nick_taken"
        assert await bob.ask({"t": "nick", "id": 1, "nick": "Rob"}) == [{"t": "ok", "id": 1}]
        assert await ann.ask({"t": "nick", "nick": "ANN"}) == [{"t": "ok"}]
        assert await ann.ask({"t": "nick", "nick": "Bob"}) == [{"t": "ok"}]
        assert (await home.person("Ann")).who["nick"] == "Ann"


async def test_another_nick_is_told_in_all_rooms_of_a_person() -> None:
    """In each once, and what they say from then on has it."""
    async with house() as home:
        ann = await home.person("Ann", "tea", "coffee")
        bob = await home.person("Bob", "tea", "milk")
        ann.told()
        now = {"id": ann.who["id"], "nick": "Anna"}
        told = await ann.ask({"t": "nick", "nick": "Anna"}, send("hi"))
        assert sorted(entry["room"] for entry in told if entry["t"] == "nick") == ["coffee", "tea"]
        assert [entry["from"] for entry in told if entry["t"] == "msg"] == [now]
        heard = bob.told()
        assert [entry["who"] for entry in heard if entry["t"] == "nick"] == [now]
        [joined] = [
            entry for entry in await bob.ask({"t": "join", "room": "tea"}) if "last" in entry
        ]
        assert joined["members"] == [now, bob.who]


@pytest.mark.parametrize("room", ["", "a b", "_a", "-", "x" * 65, "a/b", "a\u200bb", "\x00"])
async def test_bad_rooms(room: str) -> None:
    """Wherever a room is named."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        for kind in ("join", "leave", "typing"):
            assert await code(ann, {"t": kind, "room": room}) == "bad_room"
        assert await code(ann, send(room=room)) == "bad_room"


async def test_a_room_has_to_be_joined_first() -> None:
    """To speak, to be seen typing, to leave; however its name is written."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        for request in (
            send(room="milk"),
            {"t": "leave", "room": "milk"},
            {"t": "typing", "room": "milk"},
            {"t": "topic", "room": "milk", "text": "x"},
            {"t": "edit", "room": "milk", "seq": 1, "text": "x"},
            {"t": "delete", "room": "milk", "seq": 1},
            {"t": "react", "room": "milk", "seq": 1, "emoji": "🍋"},
        ):
            assert await code(ann, request) == "not_joined"
        assert kinds(await ann.ask(send(room="TEA"))) == ["msg", "ok"]


async def test_one_can_be_in_so_many_rooms() -> None:
    """Joining one of them again is no other; leaving makes place."""
    async with house() as home:
        ann = await home.person("Ann", "a", "b", "c")
        ann.told()
        assert await code(ann, {"t": "join", "room": "d"}) == "too_many_rooms"
        assert kinds(await ann.ask({"t": "join", "room": "a"})) == ["joined"]
        assert kinds(await ann.ask({"t": "leave", "room": "a"})) == ["ok"]
        assert kinds(await ann.ask({"t": "join", "room": "d"})) == ["joined", "presence"]
        assert home.hub.populations() == {"b": 1, "c": 1, "d": 1}


async def test_who_leaves_hears_nothing_more_and_is_gone_at_once() -> None:
    """Leaving is meant, other than losing a connection."""
    async with house() as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        ann.told()
        bob.told()
        assert await bob.ask({"t": "leave", "id": 2, "room": "tea"}) == [{"t": "ok", "id": 2}]
        left = {"t": "presence", "room": "tea", "who": bob.who, "state": "left"}
        assert ann.told() == [left]
        await ann.ask(send("among us"))
        assert bob.told() == []
        assert await code(bob, {"t": "leave", "room": "tea"}) == "not_joined"


async def test_kept_requests_become_events_for_all() -> None:
    """Each with its number, its time, its author and the sender's own id for it."""
    async with house() as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        ann.told()
        bob.told()
        told = await ann.ask(
            send("tea?", id=1),
            send("hi", id=2, cid=CID, reply=1),
            {"t": "edit", "id": 3, "room": "tea", "seq": 2, "text": "hello"},
            {"t": "react", "id": 4, "room": "tea", "seq": 2, "emoji": "🍋", "on": False},
            {"t": "topic", "id": 5, "room": "tea", "text": ""},
            {"t": "delete", "id": 6, "room": "tea", "seq": 2},
        )
        author = {"room": "tea", "ts": 1000, "from": ann.who}
        events = [
            {"t": "msg", "seq": 1, "text": "tea?", **author},
            {"t": "msg", "seq": 2, "cid": CID, "text": "hi", "reply": 1, **author},
            {"t": "edit", "seq": 3, "target": 2, "text": "hello", **author},
            {"t": "react", "seq": 4, "target": 2, "emoji": "🍋", "on": False, **author},
            {"t": "topic", "seq": 5, "text": "", **author},
            {"t": "delete", "seq": 6, "target": 2, **author},
        ]
        oks = [{"t": "ok", "id": seq, "seq": seq, "ts": 1000} for seq in range(1, 7)]
        assert told == events + oks
        assert bob.told() == events


async def test_a_resend_gets_the_first_result_and_nobody_hears_it() -> None:
    """Even in the same frame; another one's id is refused."""
    async with house() as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        ann.told()
        bob.told()
        told = await ann.ask(send("a", cid=CID), send("a", id=8, cid=CID))
        assert kinds(told) == ["msg", "ok", "ok"]
        assert told[2] == {"t": "ok", "id": 8, "seq": 1, "ts": 1000, "dup": True}
        assert kinds(bob.told()) == ["msg"]
        assert await code(bob, send("b", cid=CID)) == "cid_taken"


async def test_only_an_author_changes_a_message_and_only_while_it_is_there() -> None:
    """Anybody may put an emoji to it."""
    async with house() as home:
        ann, bob = await home.person("Ann", "tea"), await home.person("Bob", "tea")
        guest = Listener()
        await home.turn(arrives(guest, "tea"), says(guest, "from nobody"))
        await ann.ask(send("a"))
        bob.told()
        edit = {"t": "edit", "room": "tea", "text": "x"}
        delete = {"t": "delete", "room": "tea"}
        react = {"t": "react", "room": "tea", "emoji": "🍋"}
        for seq in (1, 2):
            assert await code(bob, {**edit, "seq": seq}) == "not_yours"
            assert await code(bob, {**delete, "seq": seq}) == "not_yours"
        assert kinds(await bob.ask({**react, "seq": 1}, {**react, "seq": 2})) == [
            *("react", "react", "ok", "ok")
        ]
        for seq in (0, 3, 99):  # 3 is a reaction
            for request in (edit, delete, react):
                assert await code(bob, {**request, "seq": seq}) == "not_found"
        await ann.ask({**delete, "seq": 2})
        bob.told()
        assert await code(bob, {**react, "seq": 2}) == "not_found"


async def test_history_and_rooms_are_looked_up_by_the_client_itself() -> None:
    """Beside the hub's turns."""
    async with house() as home:
        ann = await home.person("Ann")
        assert await ann.ask({"t": "history", "room": "tea"}, {"t": "rooms", "id": 3}) == []
        assert ann.member.looked_up == [requests.History(room="tea"), requests.Rooms(id=3)]


async def test_guests_are_counted_but_not_named() -> None:
    """They hear what named people say, with the name; and have no say but in their room."""
    async with house() as home:
        guest = Listener()
        await home.turn(arrives(guest, "tea"))
        ann = await home.person("Ann", "tea")
        [joined] = [
            entry for entry in await ann.ask({"t": "join", "room": "tea"}) if "last" in entry
        ]
        assert (joined["guests"], joined["members"]) == (1, [ann.who])
        await ann.ask(send("hi"))
        await home.turn(says(guest, "hello"))
        assert guest.got == [b"Ann: hi", b"hello"]
        [heard] = ann.told()
        assert "from" not in heard
        assert home.hub.populations() == {"tea": 2}


async def test_a_guest_whose_room_cannot_be_read_is_told_to_come_back() -> None:
    """It has nowhere to be; what it says meanwhile is not stored."""
    async with house() as home:
        guest = Listener()
        await home.turn(arrives(guest, "no room"), says(guest, "hello?"))
        assert guest.ends == [UNREADABLE]
        assert guest.got == [b"(join the room first)"]


async def test_who_is_not_here_gets_no_answer() -> None:
    """A request that comes behind the end of its connection."""
    async with house() as home:
        ann = await home.person("Ann")
        await home.turn(Unregister(ann.member), asks(ann.member, {"t": "rooms"}))
        assert (ann.told(), ann.member.looked_up) == ([], [])


async def test_errors_come_in_the_order_of_the_requests_before_what_is_kept() -> None:
    """What is committed is answered behind what happened."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        ann.told()
        told = await ann.ask(
            send(id=1), {"t": "join", "id": 2}, {"t": "leave", "id": 3, "room": "x"}
        )
        assert [entry.get("id") for entry in told] == [2, 3, None, 1]


async def test_a_guest_who_leaves_its_room_hears_nothing_more() -> None:
    """The plain dialect has no word for it, but another one of its kind may."""
    async with house() as home:
        guest, other = Listener(), Listener()
        await home.turn(arrives(guest, "tea"), arrives(other, "tea"))
        await home.turn(Asked(guest, [requests.Leave(room="")]))
        await home.turn(says(other, "among us"), says(guest, "hello?"))
        assert guest.got == [b"(join the room first)"]
        assert other.got == [b"among us"]
