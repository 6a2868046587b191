"""Names are checked by the same rules, whichever way they come."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, quote

import pytest
import trio_websocket

from tests import frames
from tests.integration.asking import ask, bearer
from tests.integration.chatters import chatting, connected
from tests.integration.followers import following
from tests.integration.running import Running, serving, status
from trio_chat.net import head

UNSEEN = "\u3164"
HIDDEN = [UNSEEN, "\u115f", "\uffa0", "\u034f", "\ufe0f"]  # seen in no name

SHAPES = [("葛城", "葛\U000e0100城"), ("ᠰᠠᠷ\u180eᠠ", "ᠰᠠᠷᠠ"), ("ᠭᠠ\u180bᠨ", "ᠭᠠᠨ")]  # of letters


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("मीना", "मोना"),
        ("राम", "रम"),
        ("ปู", "ปี"),
        ("রবি", "রেবা"),
        ("ප්\u200dරියා", "علی\u200cرضا"),
        ("葛\U000e0100城", "ᠰᠠᠷ\u180eᠠ"),
    ],
)
async def test_nicks_of_all_scripts_are_welcome_side_by_side(one: str, other: str) -> None:
    """Vowel signs and joiners are part of them."""
    async with serving() as server, connected(server) as ann, connected(server) as bob:
        for chatter, nick in ((ann, one), (bob, other)):
            assert (await chatter.hello(nick))["t"] == "welcome"
            assert chatter.who["nick"] == nick


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "\u0410nn\u0430"),
        ("Bob", "\ua4d0ob"),
        ("Mia", "Mia 🩷"),
        ("Nina", "\u039dina"),
        *SHAPES,
    ],
)
async def test_a_nick_that_looks_like_another_one_is_taken(one: str, other: str) -> None:
    """On the socket and over HTTP."""
    async with serving() as server, chatting(server, one), connected(server) as late:
        assert (await late.hello(other))["code"] == "nick_taken"
        posted = await ask(server, "POST", "/rooms/tea/messages", {"text": "x", "from": other})
        assert posted.code == "nick_taken"


@pytest.mark.parametrize(
    "nick",
    [*(f"Ann{one}" for one in HIDDEN), UNSEEN, "Ann\u2800", "B\u200dob", "\xad"],
)
async def test_a_nick_that_hides_something_is_refused_everywhere(nick: str) -> None:
    """As a first nick, as another one, as the name of who posts."""
    async with serving() as server, connected(server) as ann:
        assert (await ann.hello(nick))["code"] == "bad_nick"
        assert (await ann.hello("Ann"))["t"] == "welcome"
        assert (await ann.ask(t="nick", nick=nick))["code"] == "bad_nick"
        for path, body in (
            ("/rooms/tea/messages", {"text": "x", "from": nick}),
            ("/sessions", {"nick": nick}),
        ):
            assert (await ask(server, "POST", path, body)).code == "bad_nick"


@pytest.mark.parametrize("hidden", HIDDEN)
async def test_a_room_that_hides_something_is_refused_everywhere(hidden: str) -> None:
    """In a hello, in a join, in a look-up, in an address of any kind."""
    room = f"tea{hidden}"
    async with serving() as server, connected(server) as ann:
        await ann.hello("Ann", room)
        refused = await ann.next()
        assert (refused["code"], refused["room"]) == ("bad_room", room)
        for request in ("join", "history"):
            assert (await ann.ask(t=request, room=room))["code"] == "bad_room"
        for method, path in (("GET", "messages"), ("POST", "messages"), ("GET", "events")):
            answer = await ask(
                server, method, f"/rooms/{quote(room)}/{path}", "x" * (method == "POST")
            )
            assert answer.code == "bad_room"
        assert await upgrade(server, room) == 400


async def test_no_new_room_ends_with_a_dot(tmp_path: Path) -> None:
    """It is refused by all ways in which one begins; another name is proposed.

    A link to it would lose the dot in a text. Where there is such a room already, all goes on.
    """
    proposal = '"tea" may be one'
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server:
        await ask(server, "POST", "/rooms/old/messages", "hello")
    with closing(sqlite3.connect(database)) as file, file:
        file.execute("UPDATE rooms SET name = 'old.' WHERE name = 'old'")
    async with serving(database=database) as server, connected(server) as ann:
        await ann.hello("Ann", "tea.")
        refused = await ann.next()
        assert (refused["code"], refused["room"]) == ("bad_room", "tea.")
        for asked in ({"t": "join", "room": "Tea."}, {"t": "create", "name": "tea."}):
            refused = await ann.ask(**asked)
            assert refused["code"] == "bad_room"
            assert refused["text"].endswith(proposal)
        answer = await ask(server, "POST", "/rooms/tea./messages", "x")
        assert (answer.status, answer.code) == (400, "bad_room")
        assert answer.json["detail"].endswith(proposal)
        answer = await ask(server, "GET", "/rooms/tea./events")
        assert (answer.status, answer.code) == (400, "bad_room")
        assert answer.json["detail"].endswith(proposal)
        assert (await ask(server, "HEAD", "/rooms/tea./events")).status == 400
        assert await upgrade(server, "Tea.") == 400
        listed = (await ann.ask(t="rooms"))["rooms"]
        assert [room["room"] for room in listed] == ["old."]
        async with (
            trio_websocket.open_websocket_url(f"{server.ws}?room=old.") as reader,
            following(server, "old.") as follower,
        ):
            assert (await ask(server, "HEAD", "/rooms/old./events")).status == 200
            assert (await ann.ask(t="join", room="old."))["last"] == 1
            assert (await ask(server, "POST", "/rooms/old./messages", "x")).status == 201
            assert await reader.get_message() == "x"
            assert (await follower.until("msg")).data["text"] == "x"


async def upgrade(server: Running, room: str) -> int:
    """Return the status with which a client of the plain dialect is answered."""
    wire = frames.upgrade().replace(b"/ws", b"/ws?room=" + quote(room).encode())
    return status(await server.exchange(wire))


async def test_a_handshake_s_query_is_unescaped_if_it_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for the longest name; what is longer is refused, as to unescape 16 kB takes long."""
    unescaped: list[str] = []

    def parse(query: str) -> dict[str, list[str]]:
        unescaped.append(query)
        return parse_qs(query)

    monkeypatch.setattr(head, "parse_qs", parse)
    async with serving() as server:
        async with trio_websocket.open_websocket_url(f"{server.ws}?room={quote('क्षि' * 64)}"):
            assert len(unescaped) == 1
        assert await upgrade(server, "\ufdfa" * 1_700) == 400
        assert len(unescaped) == 1


async def test_the_nick_of_a_session_over_http_is_kept_for_it() -> None:
    """As that of a session on the socket: nobody else speaks under it, and its own bot may."""
    async with serving() as server, connected(server) as eve:
        begun = await ask(server, "POST", "/sessions", {"nick": "Watchman"})
        again = await ask(server, "POST", "/sessions", {"nick": "watchman"})
        assert again.code == "nick_taken"
        assert (await eve.hello("Watchman"))["code"] == "nick_taken"
        auth = {"authorization": bearer(begun.json["session"])}
        posted = await ask(server, "POST", "/rooms/tea/messages", {"text": "x"}, **auth)
        assert posted.status == 201
        renamed = {"nick": "Guard", "session": begun.json["session"]}
        assert (await ask(server, "POST", "/sessions", renamed)).status == 201
        assert (await eve.hello("Watchman"))["t"] == "welcome"
