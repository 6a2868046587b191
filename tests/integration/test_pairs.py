"""Private rooms for two: who writes to somebody reaches them, and nobody else learns of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import Running, running
from tests.integration.test_links import join
from trio_chat.core.pairs import LISTED, UNANSWERED
from trio_chat.rates import Rate


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a server on a file."""
    async with running(database=str(tmp_path / "chat.db"), presence_grace=0) as server:
        yield server


async def write_to(chatter: Chatter, other: str, **more: object) -> Object:
    """Make the room with a person, by their id; return the answer."""
    return await chatter.ask(t="create", private=True, **{"with": other}, **more)


async def test_two_people_have_a_room_of_their_own(server: Running) -> None:
    """Each is told of the other; both speak, nobody moderates, and there is no link to it."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        made = await write_to(ann, bob.who["id"])
        assert (made["t"], made["title"], made["links"]) == ("created_room", "Bob", [])
        room = made["room"]
        told = await bob.until("invited")
        assert told == {"t": "invited", "room": room, "title": "Ann", "from": ann.who}
        for one, other in ((ann, "Bob"), (bob, "Ann")):
            joined = await join(one, room)
            assert joined["title"] == other
            assert "right" not in joined
            assert (await one.ask(t="links", room=room))["code"] == "not_moderator"
        await bob.send(room, "hello")
        assert (await ann.until("msg"))["text"] == "hello"
        listed = (await ann.ask(t="rooms"))["rooms"]
        assert room not in {info["room"] for info in listed}


async def test_two_people_have_one_room(server: Running) -> None:
    """Whoever asks for it, also at once, and by whatever way in; it is told of once."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        wanted = {"t": "create", "private": True, "with": bob.who["id"]}
        await ann.say({"id": 1, **wanted}, {"id": 2, **wanted})
        first = await ann.until("created_room")
        assert (await ann.until("created_room"))["room"] == first["room"]
        again = await write_to(bob, ann.who["id"])
        assert (again["room"], again["title"]) == (first["room"], "Ann")
        assert [one["t"] for one in await bob.all_until("invited")].count("invited") == 1
        asked = await ask(
            server,
            "POST",
            "/rooms",
            {"private": True, "with": ann.who["id"]},
            authorization=bearer(bob.session),
        )
        assert asked.status == 201
        assert asked.json == {"room": first["room"], "title": "Ann", "links": []}
        assert [one["t"] for one in bob.heard] == []


async def test_the_welcome_lists_such_rooms(tmp_path: Path) -> None:
    """To who was away, also after a restart, as the other one is called by then."""
    database = str(tmp_path / "chat.db")
    settings: dict[str, Any] = {"database": database, "presence_grace": 0, "nick_keep_days": 0}
    async with running(**settings) as server:
        async with chatting(server, "Bob") as bob:
            pass
        async with chatting(server, "Ann") as ann:
            made = await write_to(ann, bob.who["id"], name="Bobby")
            assert made["title"] == "Bobby"
            await ann.ask(t="nick", nick="Anna")
            begun = await ask(server, "POST", "/sessions", {"nick": "Bob", "session": bob.session})
            assert begun.json["private"] == [{"room": made["room"], "title": "Anna"}]
            async with chatting(server, "Bob", session=bob.session) as again:
                assert again.welcome["private"] == [{"room": made["room"], "title": "Anna"}]
                assert (await join(again, made["room"]))["title"] == "Anna"
    async with running(**settings) as server:
        async with chatting(server, "Bob", made["room"], session=bob.session) as again:
            assert again.welcome["private"] == [{"room": made["room"], "title": "Ann"}]
            assert (await again.until("joined"))["title"] == "Ann"
        async with chatting(server, "Eve") as eve:
            assert "private" not in eve.welcome


async def test_a_room_for_two_is_called_as_its_people_are(tmp_path: Path) -> None:
    """After a restart, too, by the nick that is kept for them."""
    settings: dict[str, Any] = {"database": str(tmp_path / "chat.db"), "presence_grace": 0}
    async with (
        running(**settings) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
    ):
        room = (await write_to(ann, bob.who["id"]))["room"]
        await ann.ask(t="nick", nick="Anna")
    async with (
        running(**settings) as server,
        chatting(server, "Bob", room, session=bob.session) as again,
    ):
        assert again.welcome["private"] == [{"room": room, "title": "Anna"}]
        assert (await again.until("joined"))["title"] == "Anna"


async def test_nobody_else_comes_in(server: Running) -> None:
    """Not even by the nick of one of the two, as scripts may call themselves anything."""
    said = await ask(server, "POST", "/rooms/tea/messages?from=Bot", "hello")
    assert said.status == 201
    async with chatting(server, "Ann", "tea") as ann, chatting(server, "Eve") as eve:
        page = await ann.ask(t="history", room="tea")
        made = await write_to(ann, page["messages"][0]["from"]["id"])
        room = made["room"]
        assert (await join(eve, room))["code"] == "no_such_room"
        path = f"/rooms/{room}/messages?from=Bot"
        assert (await ask(server, "POST", path, "let me in")).code == "no_such_room"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"with": "me"}, "bad_request"),
        ({"with": "0" * 20, "private": False}, "bad_request"),
        ({"with": "nobody"}, "not_found"),
        ({"with": "0" * 20, "name": "\u200b"}, "bad_nick"),
        ({"with": ""}, "not_found"),
    ],
)
async def test_one_writes_to_somebody_else(server: Running, fields: Object, code: str) -> None:
    """By their id; whom the server does not know is called by a nick that can be one."""
    async with chatting(server, "Ann") as ann:
        if fields["with"] == "me":
            fields = {"with": ann.who["id"]}
        answer = await ann.ask(**{"t": "create", "private": True, **fields})
        assert answer["code"] == code


async def test_strangers_cannot_bury_somebody(server: Running) -> None:
    """Who was written to by so many, and answers none, is left alone for an hour."""
    clock = server.server._hub.access
    async with chatting(server, "Bob") as bob:
        rooms = []
        for number in range(UNANSWERED):
            async with chatting(server, f"Eve {number}") as eve:
                rooms.append((await write_to(eve, bob.who["id"]))["room"])
        async with chatting(server, "Ann") as ann:
            refused = await write_to(ann, bob.who["id"])
            assert refused["code"] == "busy"
            assert 0 < refused["retry_ms"] <= 3_600_000
            await join(bob, rooms[0])
            await bob.send(rooms[0], "yes?")
            made = await write_to(ann, bob.who["id"])
            assert made["t"] == "created_room"
            assert (await write_to(ann, bob.who["id"]))["room"] == made["room"]
        async with chatting(server, "Cem") as cem:
            assert (await write_to(cem, bob.who["id"]))["code"] == "busy"
            begun, clock.clock = clock.clock(), lambda: begun + 3_600_001
            assert (await write_to(cem, bob.who["id"]))["t"] == "created_room"


async def test_so_many_rooms_for_two_are_listed() -> None:
    """The latest ones."""
    async with running() as server, chatting(server, "Ann") as ann:
        made = [(await write_to(ann, f"{number:020x}"))["room"] for number in range(LISTED + 1)]
        async with chatting(server, "Ann", session=ann.session) as again:
            listed = [one["room"] for one in again.welcome["private"]]
            assert listed == made[1:]


async def test_rooms_for_two_are_as_limited_as_others() -> None:
    """In number, and by address as new rooms are; the first word in one counts no more."""
    async with (
        running(private_rooms=1, new_room_rate=Rate(0.001, 3), loopback_limits="on") as server,
        chatting(server, "Ann") as ann,
    ):
        made = await write_to(ann, "1" * 20)
        refused = await write_to(ann, "2" * 20)
        refused = await write_to(ann, "2" * 20)
        assert refused["code"] == "too_many_rooms"
        await ann.ask(t="join", room="tea")
        await ann.send("tea", "the second room")
        assert (await write_to(ann, "2" * 20))["code"] == "too_many_new_rooms"
        await join(ann, made["room"])
        await ann.send(made["room"], "hello")


async def test_who_may_not_speak_anywhere_writes_to_nobody(server: Running) -> None:
    """Muted or banned by an operator."""
    operator = await server.server.first_operator_link("")
    assert operator
    async with (
        chatting(server, "Ann", link=operator.partition("=")[2]) as ann,
        chatting(server, "Eve") as eve,
    ):
        for act, code in (("mute", "muted"), ("ban", "banned")):
            people = [eve.who["id"]]
            await ann.ask(t="moderate", room="", act=act, people=people)
            assert (await write_to(eve, ann.who["id"]))["code"] == code
