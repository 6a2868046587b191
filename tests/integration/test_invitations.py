"""A server that is entered by links: who shows one comes in, by every way in, and nobody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from tests import frames
from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.followers import following
from tests.integration.running import Running, read_all, serving
from tests.integration.test_access import PASSWORD, WAYS_IN, Shown, by_hello
from tests.integration.test_links import make_private
from trio_chat.auth.grant import Grant
from trio_chat.config import Config
from trio_chat.core import ledger
from trio_chat.core.registry import Registry
from trio_chat.core.sessions import Sessions
from trio_chat.journal.memory import MemoryJournal
from trio_chat.net.problems import Problem
from trio_chat.net.visitor import Visitor
from trio_chat.protocol import requests
from trio_chat.protocol.close import COME_BACK_LATER, NOT_LET_IN, REMOVED
from trio_chat.protocol.events import Person
from trio_chat.rates import Rate
from trio_chat.remote import Refused, connect
from trio_chat.web.api.calls import Calls

WRONG = "x" * 32
INVITE: dict[str, Any] = {"access": ("invite",), "presence_grace": 0, "nick_keep_days": 0}


class Place(NamedTuple):
    """A server that is entered by links, where Ann has made a private room before."""

    server: Running
    room: str
    links: dict[str, str]  # secrets, by their right
    session: str  # Ann's


@asynccontextmanager
async def place(**settings: Any) -> AsyncIterator[Place]:  # noqa: ANN401 - settings
    """Run such a server."""
    journal = MemoryJournal()
    async with serving(journal=journal) as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
    async with serving(journal=journal, **{**INVITE, **settings}) as server:
        yield Place(server, room, links, ann.session)


async def refused(chatter: Chatter, **hello: Any) -> None:  # noqa: ANN401 - fields
    """Say a hello that does not let in."""
    answer = await chatter.hello("Eve", **hello)
    assert (answer["code"], answer["access"]) == ("unauthorized", ["invite"])
    assert (await chatter.ending())[1] == NOT_LET_IN.code


async def link_id(ann: Chatter, room: str, right: str) -> str:
    """Return the public id of the link that gives a right."""
    listed = (await ann.ask(t="links", room=room))["links"]
    [found] = [one["link"] for one in listed if one["right"] == right]
    return str(found)


@pytest.mark.parametrize("right", ["read", "speak", "moderate"])
async def test_every_way_in_takes_a_link(right: str) -> None:
    """Of any room; and whoever has come by one before needs none, but for the session.

    That is nobody else's, so it lets in no new person: a hello has to say it, too.
    """
    async with place() as (server, _, links, session):
        for shown, others in (
            (Shown(session=links[right]), {"hello"}),
            (Shown(session=session), {"handshake", "session"}),
        ):
            for name in WAYS_IN.keys() - others:
                assert await WAYS_IN[name](server, shown), name
        async with connected(server) as bob:
            answer = await bob.hello("Bob", link=links[right])
            assert answer["t"] == "welcome"
        assert await by_hello(server, Shown(session=bob.session))


@pytest.mark.parametrize(
    "shown", [Shown(), Shown(session=WRONG), Shown(session="a1.QQ.00"), Shown(password=PASSWORD)]
)
async def test_without_a_link_every_way_in_is_shut(shown: Shown) -> None:
    """And each says what is missing."""
    async with place() as (server, *_):
        for name, way_in in WAYS_IN.items():
            assert not await way_in(server, shown), name
        missing = await ask(server, "GET", "/rooms")
        assert missing.json["detail"] == "this server asks for an invitation link"
        assert missing.header("www-authenticate") == "Bearer"


async def test_a_hello_shows_links_of_rooms_and_of_operators() -> None:
    """With each room, or by itself; what it gives is there at once, and stays."""
    async with place() as (server, room, links, _):
        async with connected(server) as bob:
            await bob.hello("Bob", {"room": room, "link": links["speak"]}, "tea")
            assert (await bob.until("joined"))["title"] == "Secret tea"
        async with chatting(server, "Bob", room, session=bob.session) as bob:
            await bob.send(room, "hello")
        async with chatting(server, "Cem", link=links["read"], key="k" * 16) as cem:
            assert (await cem.ask(t="join", room=room))["right"] == "read"
        async with chatting(server, "Cem", key="k" * 16) as again:
            assert again.who == cem.who


async def test_a_header_shows_a_link_beside_a_session() -> None:
    """As on every server; a session alone that has come by no link does not let in."""
    journal = MemoryJournal()
    async with serving(journal=journal) as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        begun = await ask(server, "POST", "/sessions", "Bob")
    session = bearer(begun.json["session"])
    async with serving(journal=journal, **INVITE) as server:
        path = f"/rooms/{room}/messages"
        assert (await ask(server, "GET", path, authorization=session)).status == 401
        shown = {"authorization": session, "room_link": links["speak"]}
        assert (await ask(server, "POST", path, "hello", **shown)).status == 201
        assert (await ask(server, "GET", path, authorization=session)).status == 200


async def test_a_script_begins_a_session_by_a_link() -> None:
    """The session alone lets it in from then on, and has the right of the link."""
    async with place() as (server, room, links, _):
        begun = await ask(server, "POST", "/sessions", "Bob", authorization=bearer(links["speak"]))
        session = bearer(begun.json["session"])
        path = f"/rooms/{room}/messages"
        assert (await ask(server, "POST", path, "hello", authorization=session)).status == 201


async def test_a_link_for_so_many_people_lets_in_no_more() -> None:
    """Also if it had a place when somebody showed it, and others said hello before."""
    async with (
        place() as (server, room, _, session),
        chatting(server, "Ann", session=session) as ann,
    ):
        made = (await ann.ask(t="link", room=room, right="speak", uses=1))["link"]
        shown = (b"Authorization", bearer(made["secret"]).encode())
        async with connected(server, shown) as bob, connected(server, shown) as cem:
            assert (await bob.hello("Bob"))["t"] == "welcome"
            await refused(cem)
        async with connected(server) as dan:
            await refused(dan, link=made["secret"])
        async with chatting(server, "Bob", room, session=bob.session) as bob:
            await bob.send(room, "hello")
        late = Visitor("192.0.2.1", Grant(invitation=made["link"]))
        hello = requests.Hello(nick="Dan")
        with pytest.raises(Problem, match="not good any more") as caught:
            await Calls(server.server._inbox, Config()).ask(requests.Credentials(), hello, late)
        assert caught.value.status == 401


async def test_who_came_by_a_link_alone_has_to_go_with_it() -> None:
    """From all rooms and ways in, and is not let in again; who has come by another one stays."""
    async with (
        place() as (server, room, links, session),
        chatting(server, "Ann", session=session) as ann,
        chatting(server, "Bob", "tea", link=links["speak"]) as bob,
        chatting(server, "Cem", room, "tea", link=links["speak"]) as cem,
        chatting(server, "Dan", "tea", link=links["speak"]) as dan,
    ):
        await dan.ask(t="join", room=room, link=links["read"])
        line = f"Authorization: {bearer(links['speak'])}"
        plain = await server.shake_hands(line.encode())
        async with following(server, "milk", line) as follower:
            revoked = await link_id(ann, room, "speak")
            assert (await ann.ask(t="unlink", room=room, link=revoked))["t"] == "ok"
            for gone in (bob, cem):
                assert (await gone.ending())[1] == REMOVED.code
                assert not await by_hello(server, Shown(session=gone.session))
            assert (await follower.rest())[-1].data["code"] == REMOVED.code
        [*_, last] = frames.parse(await read_all(plain))
        assert last.close_code == REMOVED.code
        await plain.aclose()
        for name, way_in in WAYS_IN.items():
            assert not await way_in(server, Shown(session=links["speak"])), name
        await dan.send("tea", "still here")
        async with chatting(server, "Dan", "tea", session=dan.session):
            pass


async def test_guesses_are_slowed_by_address() -> None:
    """As wrong links are everywhere; a good one, to whatever room, is no guess."""
    slow: dict[str, Any] = {"link_guess_rate": Rate(0.01, 3), "loopback_limits": "on"}
    async with place(**slow) as (server, _, links, session):
        for _ in range(5):
            shown = bearer(links["read"])
            answer = await ask(server, "GET", "/rooms/tea/messages", authorization=shown)
            assert answer.status == 200
        for _ in range(3):
            assert (await ask(server, "GET", "/rooms", authorization=bearer(WRONG))).status == 401
        async with connected(server) as eve:
            told = await eve.hello("Eve", link=links["read"])
            assert told["code"] == "busy"
            assert 0 < told["retry_ms"] <= 100_000
            assert (await eve.ending())[1] == COME_BACK_LATER.code
        again = await ask(server, "GET", "/rooms", authorization=bearer(WRONG))
        assert (again.status, again.code) == (429, "too_fast")
        assert await by_hello(server, Shown(session=session))


async def test_a_session_that_is_over_lets_nobody_in() -> None:
    """Signed out or expired, by every way in; those of the same person that go on do."""
    async with place() as (server, _, _, session):
        async with chatting(server, "Ann", session=session) as ann:
            secret = server.server._journal.secret
            expired = Sessions(secret).token(Person(**ann.who), session="1", issued=1)
            code = (await ann.ask(t="pair"))["code"]
            async with connected(server) as phone:
                await phone.hello("", pair=code)
                ended = _here(await phone.ask(t="sessions"))
                assert (await ann.ask(t="sign_out", session=ended))["t"] == "ok"
        for over in (phone.session, expired):
            for name, way_in in WAYS_IN.items():
                assert not await way_in(server, Shown(session=over)), name
        assert await by_hello(server, Shown(session=session))


def _here(listed: Object) -> str:
    """Return the id of the session that has asked for the list."""
    [found] = [one["session"] for one in listed["sessions"] if one.get("here")]
    return str(found)


async def test_a_code_brings_a_person_and_what_lets_them_in() -> None:
    """Another device shows no link, and has the same rooms; a code that is not good is nothing."""
    async with (
        place() as (server, room, links, session),
        chatting(server, "Ann", session=session) as ann,
        chatting(server, "Bob", link=links["speak"]) as bob,
    ):
        pair = await ann.ask(t="create", private=True, **{"with": bob.who["id"]})
        code = (await bob.ask(t="pair"))["code"]
        async with connected(server) as phone:
            welcome = await phone.hello("", {"room": pair["room"]}, pair=code)
            assert welcome["you"] == bob.who
            assert welcome["private"] == [{"room": pair["room"], "title": "Ann"}]
            assert (await phone.until("joined"))["room"] == pair["room"]
            assert (await phone.ask(t="join", room=room))["t"] == "joined"
        async with connected(server) as again:
            assert (await again.hello("Bob", session=phone.session))["you"] == bob.who
        for wrong in (code, WRONG):
            async with connected(server) as eve:
                await refused(eve, pair=wrong)
        async with connected(server) as eve:
            answer = await eve.hello("Eve", pair=WRONG, link=links["speak"])
            assert answer["code"] == "bad_pair"


async def test_a_code_of_somebody_who_had_to_go_lets_nobody_in() -> None:
    """The link by which they came is revoked; nor do their sessions, whatever is asked."""
    async with (
        place() as (server, room, links, session),
        chatting(server, "Ann", session=session) as ann,
        chatting(server, "Bob", link=links["moderate"]) as bob,
    ):
        shown = {"authorization": bearer(bob.session)}
        assert (await bob.ask(t="join", room=room))["t"] == "joined"
        seq = await bob.send(room, "hello")
        assert (await bob.ask(t="read", room=room, seq=seq))["t"] == "ok"
        assert (await ask(server, "GET", "/sessions", **shown)).status == 200
        assert (await ask(server, "DELETE", "/nicks/Ann", **shown)).code == "not_operator"
        code = (await bob.ask(t="pair"))["code"]
        revoked = await link_id(ann, room, "moderate")
        assert (await ann.ask(t="unlink", room=room, link=revoked))["t"] == "ok"
        assert (await bob.ending())[1] == REMOVED.code
        async with connected(server) as phone:
            await refused(phone, pair=code)
        for method, path in (
            ("GET", "/sessions"),
            ("DELETE", "/sessions"),
            ("DELETE", "/nicks/Ann"),
        ):
            assert (await ask(server, method, path, **shown)).status == 401, path


async def test_guesses_at_codes_are_slowed_by_address() -> None:
    """As those at links are, also where neither lets in."""
    slow: dict[str, Any] = {"link_guess_rate": Rate(0.01, 3), "loopback_limits": "on"}
    async with place(**slow) as (server, *_):
        for _ in range(3):
            async with connected(server) as eve:
                await refused(eve, pair=WRONG)
        async with connected(server) as eve:
            told = await eve.hello("Eve", pair=WRONG)
            assert told["code"] == "busy"
            assert 0 < told["retry_ms"] <= 100_000


async def test_links_are_one_way_of_several() -> None:
    """A link that is not good does not keep out whoever knows the password."""
    both: dict[str, Any] = {"access": ("password", "invite"), "access_password": PASSWORD}
    async with place(**both) as (server, _, links, _):
        access = {"password": PASSWORD}
        for shown in ({"link": links["read"]}, {"access": access, "link": WRONG}):
            async with connected(server) as ann:
                assert (await ann.hello("Eve", **shown))["t"] == "welcome"
        async with connected(server) as eve:
            answer = await eve.hello("Eve")
            assert answer["text"] == "this server asks for a password or an invitation link"
            assert answer["access"] == ["password", "invite"]


async def test_the_python_client_shows_a_link() -> None:
    """An operator's, or one to any room; without it, it hears what is missing."""
    async with place() as (server, room, links, _):
        url = server.address
        async with connect(url, nick="Bob", link=links["speak"]) as chat:
            await (await chat.join(room)).send("hello")
        with pytest.raises(Refused, match="an invitation link") as caught:
            async with connect(url, nick="Cem"):
                pass
        assert (caught.value.code, caught.value.access) == ("unauthorized", ["invite"])


async def test_the_first_operator_opens_the_server_to_others() -> None:
    """The link that the first start prints is the first one that lets in."""
    journal = MemoryJournal()
    operator = await ledger.make_operator(journal, Registry())
    async with serving(journal=journal, **INVITE) as server, connected(server) as ann:
        assert (await ann.hello("Ann", link=operator))["operator"] is True
        room, links = await make_private(ann)
        async with chatting(server, "Bob", {"room": room, "link": links["speak"]}) as bob:
            await bob.send(room, "hello")
