"""Each limit that was reached is counted under the name of the setting that would change it."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.frames import CONTINUATION, TEXT, masked
from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import Running, goodbye, running, serving
from trio_chat.config import Config

SETTINGS = {one.name for one in fields(Config)}


def reached(server: Running) -> dict[tuple[str, str], int]:
    """Return how often each limit was reached, by the way in."""
    counts = dict(server.server._limits.counters.reached)
    assert {limit for limit, _ in counts} <= SETTINGS
    return counts


async def codes(by: Chatter, *asked: Object) -> list[Any]:
    """Ask for things in one frame; return the codes of the errors, ``None`` for other answers."""
    await by.say(*({**one, "id": number} for number, one in enumerate(asked)))
    found: dict[int, Any] = {}
    while len(found) < len(asked):
        told = await by.next()
        if told.get("id") is not None:
            found[told["id"]] = told.get("code")
    return [found[number] for number in range(len(asked))]


def joins(*rooms: str) -> list[Object]:
    return [{"t": "join", "room": room} for room in rooms]


async def test_requests_beyond_the_limit_of_a_frame_are_counted() -> None:
    """Those that are answered, each."""
    async with running(frame_requests=4) as server, chatting(server, "Ann") as ann:
        typing = {"t": "typing", "room": "x"}
        assert await codes(ann, *[typing] * 6) == ["not_joined"] * 4 + ["busy"] * 2
        assert reached(server) == {("frame_requests", "socket"): 2}


async def test_requests_that_are_dropped_beyond_the_limit_of_a_frame_are_counted() -> None:
    """All of a frame as one: they have no id, and get no answer."""
    async with running(frame_requests=4) as server, chatting(server, "Ann") as ann:
        await ann.say(*[{"t": "typing", "room": "x"}] * 9, {"t": "dance"})
        assert [(await ann.until("error"))["code"] for _ in range(4)] == ["not_joined"] * 4
        await ann.ask(t="rooms")
        assert reached(server) == {("frame_requests", "socket"): 1}


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"frame_requests": 3, "rooms_per_connection": 2}, "frame_requests"),
        ({"frame_requests": 2, "rooms_per_connection": 3}, "rooms_per_connection"),
    ],
)
async def test_a_hello_with_too_many_rooms_is_counted(settings: Object, limit: str) -> None:
    """Under the limit that allows more."""
    async with running(**settings) as server, connected(server) as somebody:
        hello = {"t": "hello", "nick": "Ann", "rooms": [{"room": name} for name in "abcd"]}
        assert await codes(somebody, hello) == ["bad_request"]
        assert reached(server) == {(limit, "socket"): 1}


async def test_rooms_beyond_the_limit_of_a_connection_are_counted() -> None:
    """Those of a hello, too, and those that wait to be joined."""
    async with running(rooms_per_connection=2) as server:
        async with chatting(server, "Ann", "a", "b", "c") as ann:
            assert reached(server) == {("rooms_per_connection", "socket"): 1}
            assert await codes(ann, *joins("d")) == ["too_many_rooms"]
            assert await codes(ann, *joins("a", "a", "a", "a"))
        assert reached(server)["rooms_per_connection", "socket"] >= 3


async def test_private_rooms_and_links_beyond_their_limits_are_counted() -> None:
    """By socket and over HTTP, under the setting of each."""
    async with running(private_rooms=1, links_per_room=3) as server:
        async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
            create = {"t": "create", "name": "Tea", "private": True}
            room = (await ann.ask(**create))["room"]
            assert await codes(ann, create) == ["too_many_rooms"]
            pair = {"t": "create", "private": True, "with": bob.who["id"]}
            assert await codes(ann, pair) == ["too_many_rooms"]
            link = {"t": "link", "room": room, "right": "read"}
            assert await codes(ann, link) == ["too_many_links"]
            answer = await ask(
                server,
                "POST",
                f"/rooms/{room}/links",
                {"right": "read"},
                authorization=bearer(ann.session),
            )
            assert answer.code == "too_many_links"
        assert reached(server) == {
            ("private_rooms", "socket"): 2,
            ("links_per_room", "socket"): 1,
            ("links_per_room", "http"): 1,
        }


async def test_changes_of_messages_beyond_their_limits_are_counted() -> None:
    """The journal refuses them, whatever way they came."""
    async with running(reactions_per_message=50, changes_per_message=51) as server:
        async with chatting(server, "Ann", "tea") as ann:
            seq = await ann.send("tea", "x")
            react = {"t": "react", "room": "tea", "seq": seq}
            emoji = [chr(0x1F600 + number) for number in range(51)]
            told = await codes(ann, *({**react, "emoji": one} for one in emoji))
            assert told == [None] * 50 + ["too_many_reactions"]
            edit = {"t": "edit", "room": "tea", "seq": seq, "text": "y"}
            assert (await codes(ann, edit, edit))[-1] == "too_many_changes"
            told_http = await ask(
                server,
                "PUT",
                f"/rooms/tea/messages/{seq}",
                {"text": "z"},
                authorization=bearer(ann.session),
            )
            assert told_http.code == "too_many_changes"
        counts = reached(server)
        assert counts["reactions_per_message", "socket"] == 1
        assert counts["changes_per_message", "socket"] >= 1
        assert counts["changes_per_message", "http"] == 1


async def test_look_ups_beyond_the_limit_of_a_connection_are_counted() -> None:
    """They are refused before they reach the journal."""
    async with running(look_ups=1) as server, chatting(server, "Ann") as ann:
        told = await codes(ann, *[{"t": "history", "room": "tea"}] * 9)
        assert reached(server) == {("look_ups", "socket"): told.count("busy")}


@pytest.mark.parametrize(
    ("wire", "limit"),
    [
        (masked(TEXT, b"x" * 6000), "frame_limit"),
        (
            masked(TEXT, fin=False) + masked(CONTINUATION, fin=False) * 9,
            "fragment_limit",
        ),
        (b"\xc1\x80mask", None),
    ],
)
async def test_frames_beyond_their_limits_are_counted(wire: bytes, limit: str | None) -> None:
    """Other faults of frames are no limits."""
    async with running(frame_limit=5000, fragment_limit=4) as server:
        async with await server.shake_hands() as stream:
            await stream.send_all(wire)
            await goodbye(stream)
        assert reached(server) == ({(limit, "plain"): 1} if limit else {})


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"outbox_bytes": 70_000}, "outbox_bytes"),
        ({"outbox_frames": 4}, "outbox_frames"),
        ({"outbox_bytes": 70_000, "all_outbox_bytes": 70_000}, "all_outbox_bytes"),
        ({"write_timeout": 0.2}, "write_timeout"),
    ],
)
async def test_who_reads_too_slowly_is_counted(settings: dict[str, Any], limit: str) -> None:
    """Under the limit for which they had to go."""
    async with running(send_buffer=4096, page_bytes=20_000, **settings) as server:
        async with (
            await server.shake_hands(buffer=4096),
            await server.shake_hands(buffer=4096),
            chatting(server, "Ann", "lobby") as ann,
        ):
            with trio.fail_after(60):
                while not reached(server):
                    await ann.send("lobby", "x" * 4000)
        assert reached(server).keys() == {(limit, "plain")}


async def test_a_full_storage_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a message is refused for it."""
    monkeypatch.chdir(tmp_path)
    async with serving(database="chat.db", keep_free=10**12) as server:
        async with chatting(server, "Ann", "tea") as ann:
            assert await codes(ann, {"t": "send", "room": "tea", "text": "x"}) == ["storage_full"]
        assert reached(server) == {("max_database", "socket"): 1}
