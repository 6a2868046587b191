"""Rooms with links: who has one may come in, and nobody else learns that there is such a room."""

from pathlib import Path

import pytest

from tests.frames import upgrade
from tests.integration.asking import ask
from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.followers import request
from tests.integration.running import Running, serving, status
from trio_chat.clock import wall_clock
from trio_chat.core.room_links import new_identifier
from trio_chat.protocol.close import REMOVED
from trio_chat.rates import Rate


async def make_private(chatter: Chatter, title: str = "Secret tea") -> tuple[str, dict[str, str]]:
    """Make a private room; return its identifier, and the secrets of its links by their right."""
    made = await chatter.ask(t="create", name=title, private=True)
    assert made["t"] == "created_room", made
    return made["room"], {link["right"]: link["secret"] for link in made["links"]}


async def join(chatter: Chatter, room: str, link: str | None = None) -> Object:
    """Ask to be let into a room."""
    return await chatter.ask(t="join", room=room, link=link)


async def test_who_makes_a_private_room_gets_three_links(server: Running) -> None:
    """Its name is an identifier, and only those inside see its title."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        room, links = await make_private(ann)
        assert links.keys() == {"read", "speak", "moderate"}
        joined = await join(ann, room)
        assert (joined["right"], joined["title"]) == ("moderate", "Secret tea")
        assert (await join(bob, room))["code"] == "no_such_room"
        joined = await join(bob, room, links["speak"])
        assert "right" not in joined  # it is to speak, as everywhere
        await bob.send(room, "hello")
        assert (await ann.until("msg"))["text"] == "hello"
        for one in (ann, bob):
            listed = (await one.ask(t="rooms"))["rooms"]
            assert room not in {info["room"] for info in listed}


async def test_nothing_that_others_hear_names_a_room(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not lists of rooms, who comes and writes there, the plain dialect, counters, or the log."""
    async with (
        serving(link_guess_rate=Rate(0.001, 3), loopback_limits="on") as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Eve", "tea") as eve,
    ):
        room, links = await make_private(ann)
        never = new_identifier()
        await join(ann, room)
        async with chatting(server, "Bob", {"room": room, "link": links["speak"]}) as bob:
            await bob.say({"t": "typing", "room": room})
            await bob.send(room, "secret words")
            await bob.ask(t="read", room=room, seq=1)
        for asked in (room, never):
            plain = upgrade().replace(b"/ws ", f"/ws?room={asked} ".encode())
            heads = [await server.exchange(plain), await server.exchange(request(asked))]
            assert [status(head) for head in heads] == [404, 404]
            for _ in range(5):  # beyond the rate, which is counted
                await join(eve, asked, links["read"][::-1])
        listed = [
            await eve.ask(t="rooms"),
            await eve.ask(t="rooms", names=[room, never]),
            (await ask(server, "GET", "/rooms")).json,
        ]
        await ann.send("tea", "done")
        heard = await eve.all_until("msg")
        counted = repr(server.server._limits.counters.reached)
    said = repr((listed, heard, counted)) + capsys.readouterr().out
    for secret in (room, "Secret tea", "secret words", *links.values()):
        assert secret not in said


async def test_a_link_gives_its_right_and_no_more(server: Running) -> None:
    """Whoever may read hears all and says nothing; a right stays, for the session, too."""
    async with chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        await join(ann, room)
        async with chatting(server, "Cem") as cem:
            assert (await join(cem, room, links["read"]))["right"] == "read"
            await ann.send(room, "for all")
            assert (await cem.until("msg"))["text"] == "for all"
            for request in (
                {"t": "send", "text": "x"},
                {"t": "react", "seq": 2, "emoji": "👍"},
                {"t": "topic", "text": "x"},
                {"t": "typing"},
            ):
                assert (await cem.ask(room=room, **request))["code"] == "read_only"
            assert (await cem.ask(t="links", room=room))["code"] == "not_moderator"
            session = cem.session
        async with chatting(server, "Cem", room, session=session) as again:
            assert (await again.until("joined"))["right"] == "read"
            assert (await join(again, room, links["speak"])).get("right", "speak") == "speak"
            await again.send(room, "now I may")


async def test_without_a_link_a_room_is_as_if_it_were_not_there(server: Running) -> None:
    """Each request about it is answered like one about an identifier that nobody was given."""
    async with chatting(server, "Ann") as ann, chatting(server, "Eve") as eve:
        room, links = await make_private(ann)
        await join(ann, room)
        await ann.send(room, "secret words")
        never = new_identifier()
        for request in (
            {"t": "join"},
            {"t": "join", "last": 0, "epoch": eve.epoch},
            {"t": "join", "link": links["read"][::-1]},
            {"t": "history"},
            {"t": "search", "query": "secret"},
            {"t": "send", "text": "let me in"},
            {"t": "edit", "seq": 2, "text": "x"},
            {"t": "delete", "seq": 2},
            {"t": "react", "seq": 2, "emoji": "👍"},
            {"t": "topic", "text": "x"},
            {"t": "typing"},
            {"t": "leave"},
            {"t": "links"},
            {"t": "link", "right": "read"},
            {"t": "unlink", "link": "x"},
            {"t": "rules", "closed": True},
            {"t": "moderate", "act": "ban", "people": [ann.who["id"]]},
            {"t": "report", "seq": 2},
            {"t": "audit"},
        ):
            real = await eve.ask(**{**request, "room": room})
            other = await eve.ask(**{**request, "room": never})
            assert real.pop("id") != other.pop("id")
            assert real == other
            assert real["code"] in ("no_such_room", "not_joined"), request
        assert await ann.ask(t="history", room=room)


async def test_an_operator_s_hello_may_name_rooms_with_links(server: Running) -> None:
    """Who comes back tells all links in its hello."""
    async with chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        async with chatting(server, "Bob", {"room": room, "link": links["speak"]}) as bob:
            assert (await bob.until("joined"))["title"] == "Secret tea"
        async with connected(server) as eve:
            await eve.hello("Eve", {"room": room})
            error = await eve.until("error")
            assert (error["code"], error["room"]) == ("no_such_room", room)


async def test_links_are_listed_made_and_revoked(server: Running) -> None:
    """Those who came by a link that is revoked have to go within a second, on all connections."""
    async with chatting(server, "Ann") as ann:
        room, _ = await make_private(ann)
        made = await ann.ask(t="link", room=room, right="speak", label="for the class", uses=2)
        link = made["link"]
        async with chatting(server, "Bob") as bob, chatting(server, "Cem") as cem:
            await join(bob, room, link["secret"])
            await join(cem, room, link["secret"])
            async with chatting(server, "Dan") as dan:
                assert (await join(dan, room, link["secret"]))["code"] == "no_such_room"
            listed = (await ann.ask(t="links", room=room))["links"]
            [shown] = [one for one in listed if one.get("label") == "for the class"]
            assert (shown["used"], shown["uses"], shown["live"]) == (2, 2, True)
            assert [person["nick"] for person in shown["people"]] == ["Bob", "Cem"]
            assert "secret" not in shown
            assert (await ann.ask(t="unlink", room=room, link=link["link"]))["t"] == "ok"
            for gone in (bob, cem):
                _, code, reason = await gone.ending()
                assert (code, reason) == REMOVED
        async with chatting(server, "Bob", session=bob.session) as bob:
            assert (await join(bob, room))["code"] == "no_such_room"
            assert (await join(bob, room, link["secret"]))["code"] == "no_such_room"
        missing = await ann.ask(t="unlink", room=room, link=link["link"])
        assert missing["code"] == "not_found"


async def test_who_came_by_a_link_goes_when_its_time_is_over(server: Running) -> None:
    """By socket and by HTTP, as if it were revoked; whoever came by another one stays."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
        chatting(server, "Cem") as cem,
    ):
        room, _ = await make_private(ann)
        soon, later = wall_clock() + 1500, wall_clock() + 3_600_000
        first = (await ann.ask(t="link", room=room, right="speak", until=later))["link"]
        short = (await ann.ask(t="link", room=room, right="speak", until=soon))["link"]
        await join(bob, room, short["secret"])
        await join(cem, room, short["secret"])
        await join(cem, room, first["secret"])
        assert (await bob.ending())[1:] == REMOVED
        await cem.send(room, "still here")
        shown = (await ann.ask(t="links", room=room))["links"]
        assert {one["link"]: one["live"] for one in shown}[short["link"]] is False


async def test_whoever_made_a_room_revokes_all_its_links(server: Running) -> None:
    """Else whoever got hold of one to moderate would stay by one that they made themselves."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Eve") as eve,
        chatting(server, "Mal") as mal,
    ):
        room, links = await make_private(ann)
        await join(eve, room, links["moderate"])
        made = (await eve.ask(t="link", room=room, right="moderate"))["link"]
        await join(mal, room, made["secret"])
        ended = await ann.ask(t="unlink", room=room, link=made["link"])
        assert ended["t"] == "ok"
        assert (await mal.ending())[1:] == REMOVED


async def test_a_public_room_that_was_made_has_a_moderator(server: Running) -> None:
    """Everybody may come in and speak; a name that was used cannot be taken."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "tea") as bob:
        made = await ann.ask(t="create", name="Class")
        assert made["room"] == "class"
        assert [link["right"] for link in made["links"]] == ["moderate"]
        assert (await join(ann, "class"))["right"] == "moderate"
        assert "right" not in await join(bob, "class")
        await bob.send("class", "hello")
        await bob.send("tea", "hello")
        for name in ("class", "TEA"):
            assert (await bob.ask(t="create", name=name))["code"] == "room_taken"
        assert (await bob.ask(t="create", name="?"))["code"] == "bad_room"
        assert (await bob.ask(t="create", name=new_identifier()))["code"] == "bad_room"
        assert (await bob.ask(t="create", name=" ", private=True))["code"] == "bad_room"


async def test_who_came_by_a_link_to_a_public_room_learns_that_it_is_revoked(
    server: Running,
) -> None:
    """All their connections there end; they may come back as anybody, and by another link stay."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
        chatting(server, "Cem") as cem,
        chatting(server, "Dan", "class") as dan,
    ):
        await ann.ask(t="create", name="class")
        await join(ann, "class")
        made = [(await ann.ask(t="link", room="class", right="moderate"))["link"] for _ in range(2)]
        await join(bob, "class", made[0]["secret"])
        for link in made:
            await join(cem, "class", link["secret"])
        assert (await ann.ask(t="unlink", room="class", link=made[0]["link"]))["t"] == "ok"
        assert (await bob.ending())[1:] == REMOVED
        async with chatting(server, "Bob", "class", session=bob.session) as again:
            assert "right" not in await again.until("joined")
            await again.send("class", "back")
            for one in (cem, dan):
                assert (await one.until("msg"))["text"] == "back"
        assert (await cem.ask(t="rules", room="class"))["t"] == "ok"


async def test_rights_survive_a_restart(tmp_path: Path) -> None:
    """Links, who came by them, and the titles of rooms."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        async with chatting(server, "Bob") as bob:
            await join(bob, room, links["speak"])
            await bob.send(room, "before")
    async with serving(database=database) as server:
        async with chatting(server, "Bob", room, session=bob.session) as bob:
            joined = await bob.until("joined")
            assert (joined["title"], "right" in joined) == ("Secret tea", False)
            [said] = (await bob.ask(t="history", room=room))["messages"]
            assert said["text"] == "before"
        async with chatting(server, "Eve", room) as eve:
            assert (await eve.until("error"))["code"] == "no_such_room"
            assert (await join(eve, room, links["read"]))["right"] == "read"


async def test_whoever_guesses_links_is_slowed_down() -> None:
    """By address; the right one has to wait then, too."""
    rate = Rate.parse("2/min:2")
    async with (
        serving(link_guess_rate=rate, loopback_limits="on") as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Eve") as eve,
    ):
        room, links = await make_private(ann)
        for _ in range(2):
            assert (await join(eve, room, "a wrong secret"))["code"] == "no_such_room"
        refused = await join(eve, room, links["read"])
        assert refused["code"] == "busy"
        assert refused["retry_ms"] > 1000
        async with connected(server) as other:
            await other.say({"t": "hello", "nick": "Op", "link": "a wrong secret"})
            assert (await other.next())["code"] == "busy"
            assert "operator" not in await other.until("welcome")


async def test_rooms_that_are_made_count_as_new_rooms(tmp_path: Path) -> None:
    """For the address; a link that is shown twice is used once."""
    rate = Rate.parse("1/h:1")
    async with (
        serving(new_room_rate=rate, loopback_limits="on") as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
    ):
        room, links = await make_private(ann)
        for _ in range(2):
            assert (await join(bob, room, links["read"]))["right"] == "read"
        [shown, *_] = (await ann.ask(t="links", room=room))["links"]
        assert shown["used"] == 1
        refused = await ann.ask(t="create", name="more")
        assert refused["code"] == "too_many_new_rooms"
        assert refused["retry_ms"] > 60_000


async def test_what_is_made_is_bounded() -> None:
    """Private rooms of a server, and links to a room."""
    async with (
        serving(private_rooms=1, links_per_room=4) as server,
        chatting(server, "Ann") as ann,
    ):
        room, _ = await make_private(ann)
        full = await ann.ask(t="create", name="More", private=True)
        assert full["code"] == "too_many_rooms"
        assert (await ann.ask(t="link", room=room, right="read"))["t"] == "link_made"
        full = await ann.ask(t="link", room=room, right="read")
        assert full["code"] == "too_many_links"
        [*_, made] = (await ann.ask(t="links", room=room))["links"]
        await ann.ask(t="unlink", room=room, link=made["link"])
        late = await ann.ask(t="link", room=room, right="read", until=1)
        never = await ann.ask(t="link", room=room, right="read", until=2**53 - 1)
        assert never["code"] == "bad_request"  # no calendar has that day
        assert late["code"] == "bad_request"
