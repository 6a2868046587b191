"""What people do who chat by the protocol v1, over real sockets, with an SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
import trio_websocket

from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import PATIENCE, Running, running, serving
from trio_chat.protocol.close import BAD_PROTOCOL, NO_HELLO, RESTARTING


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a server on a file, with a short grace time."""
    async with running(
        database=str(tmp_path / "chat.db"), presence_grace=0.2, nick_keep_days=0
    ) as server:
        yield server


async def test_named_people_and_a_plain_client_talk_in_one_room(server: Running) -> None:
    """Each hears in its own way, in the same order."""
    async with (
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Bob", "tea") as bob,
        trio_websocket.open_websocket_url(server.ws + "?room=Tea") as plain,
    ):
        assert await ann.send("tea", "Milk?") == 1
        assert await plain.get_message() == "Ann: Milk?"
        await plain.send_message("Lemon!")
        assert await plain.get_message() == "Lemon!"
        for chatter in (ann, bob):
            heard = [await chatter.until("msg")] if chatter is ann else []
            while not heard or heard[-1]["seq"] != 2:
                heard.append(await chatter.until("msg"))
            assert heard[-1]["text"] == "Lemon!"
            assert "from" not in heard[-1]
        assert (await bob.ask(t="join", room="tea"))["guests"] == 1


async def test_what_one_says_others_hear_and_see_changed(server: Running) -> None:
    """Messages, edits, reactions, topics, deletions; and history tells how it stands."""
    async with chatting(server, "Ann", "tea") as ann, chatting(server, "Bob", "tea") as bob:
        seq = await ann.send("tea", "Milc?")
        await ann.ask(t="edit", room="tea", seq=seq, text="Milk?")
        await bob.ask(t="react", room="tea", seq=seq, emoji="🍋")
        await bob.ask(t="topic", room="tea", text="All about tea")
        gone = await ann.send("tea", "oops")
        await ann.ask(t="delete", room="tea", seq=gone)
        assert (await bob.until("topic"))["text"] == "All about tea"
        assert (await bob.until("delete"))["target"] == gone
        [first, last] = (await bob.ask(t="history", room="tea"))["messages"]
        assert (first["text"], first["edited"]) == ("Milk?", True)
        assert first["reactions"] == {"🍋": [bob.who]}
        assert (last["text"], last["deleted"]) == ("", True)
        rooms = (await bob.ask(t="rooms"))["rooms"]
        [room] = [room for room in rooms if room["room"] == "tea"]
        assert (room["room"], room["members"], room["topic"]) == ("tea", 2, "All about tea")


async def test_forms_of_an_emoji_are_one_reaction(server: Running) -> None:
    """Of two persons with two keyboards; either form takes it back."""
    async with chatting(server, "Ann", "tea") as ann, chatting(server, "Ben", "tea") as ben:
        seq = await ann.send("tea", "milk?")

        async def reactions() -> Object:
            [message] = (await ann.ask(t="history", room="tea"))["messages"]
            found: Object = message.get("reactions", {})
            return found

        await ann.ask(t="react", room="tea", seq=seq, emoji="\u2764\ufe0f")
        await ben.ask(t="react", room="tea", seq=seq, emoji="\u2764")
        assert await reactions() == {"\u2764\ufe0f": [ann.who, ben.who]}
        await ann.ask(t="react", room="tea", seq=seq, emoji="\u2764", on=False)
        assert await reactions() == {"\u2764\ufe0f": [ben.who]}
        refused = await ben.ask(t="react", room="tea", seq=seq, emoji="\x1b[31mred")
        assert refused["code"] == "bad_request"


async def test_one_person_can_be_in_many_rooms(server: Running) -> None:
    """What happens in each is told apart, and has numbers of its own."""
    names = [f"room-{number}" for number in range(100)]
    async with chatting(server, "Ann", *names) as ann:
        for name in names:
            assert await ann.send(name, "hello") == 1
            assert await ann.send(name, "again") == 2
        assert set(names) <= {room["room"] for room in (await ann.ask(t="rooms"))["rooms"]}


async def test_requests_beyond_the_limit_of_a_frame_are_to_come_again(server: Running) -> None:
    """The others of the frame are granted, and the connection goes on."""
    async with chatting(server, "Ann", "tea") as ann:
        count = 256
        await ann.say(*({"t": "nick", "id": id, "nick": "Ann"} for id in range(count + 1)))
        told = [await ann.until("ok", "error") for _ in range(count + 1)]
        assert told[count] == {
            "t": "error",
            "id": count,
            "code": "busy",
            "text": "too many requests in one frame",
            "retry_ms": 1000,
        }
        assert {answer["id"] for answer in told[:count]} == {*range(count)}
        assert (await ann.ask(t="rooms"))["t"] == "rooms"


async def test_a_nick_is_taken_held_and_taken_back(server: Running) -> None:
    """By its own session at once, by others when the grace time is over."""
    async with connected(server) as other:
        async with chatting(server, "Ann") as ann:
            refused = await other.hello("ANN")
            assert (refused["t"], refused["code"]) == ("error", "nick_taken")
        async with chatting(server, "Ann", session=ann.session) as again:
            assert again.who == ann.who
            assert (await other.hello("Ann"))["t"] == "error"
        with trio.fail_after(PATIENCE):
            while (await other.hello("Ann"))["t"] == "error":
                await trio.sleep(0.05)
        assert other.who["id"] != ann.who["id"]


async def test_a_person_with_several_connections_is_here_once(server: Running) -> None:
    """Others hear when the first comes and when the last has been gone for the grace time."""
    async with chatting(server, "Ann", "tea") as ann:
        async with chatting(server, "Bob", "tea") as bob:
            async with chatting(server, "Bob", "tea", session=bob.session) as second:
                assert second.who == bob.who
                await second.send("tea", "both of me are here")
            await bob.send("tea", "one of me is here")
        assert await presence_until_left(ann, bob) == ["joined", "msg", "msg", "left"]


async def presence_until_left(listener: Chatter, who: Chatter) -> list[str]:
    """Return what a listener hears of somebody until they have left."""
    heard: list[str] = []
    while "left" not in heard:
        entry: Object = await listener.next()
        if who.who in (entry.get("who"), entry.get("from")):
            heard.append(str(entry.get("state", entry["t"])))
    return heard


@pytest.mark.parametrize(
    "message",
    ["hello", "[1]", "{}", '{"t":"rooms"', '"\\ud800"', b'[{"t":"rooms"}]', "[" * 10_000],
    ids=lambda message: repr(message[:12]),
)
async def test_what_is_not_this_protocol_ends_the_connection(
    message: str | bytes, server: Running
) -> None:
    """With ``bye`` and 4501; what was asked for before is still done."""
    async with chatting(server, "Ann", "tea") as ann, chatting(server, "Bob", "tea") as bob:
        await bob.say({"t": "send", "room": "tea", "text": "before"})
        await bob.websocket.send_message(message)
        told, code, reason = await bob.ending()
        assert (code, reason) == BAD_PROTOCOL
        assert told[-1] == {"t": "bye", "code": code, "reason": reason}
        assert (await ann.until("msg"))["text"] == "before"


async def test_who_says_no_hello_is_sent_away(tmp_path: Path) -> None:
    """With ``bye`` and 4501."""
    async with (
        running(database=str(tmp_path / "chat.db"), hello_timeout=0.2) as server,
        connected(server) as silent,
    ):
        told, code, reason = await silent.ending()
        assert told == [{"t": "bye", "code": code, "reason": reason}]
        assert (code, reason) == NO_HELLO


async def test_a_broken_frame_is_told_by_bye_too(server: Running) -> None:
    """Whatever ends the connection, ``bye`` says so first: here a message that is too long."""
    async with chatting(server, "Ann") as ann:
        await ann.websocket.send_message("x" * 70_000)
        told, code, reason = await ann.ending()
        assert code == 1009
        assert told == [{"t": "bye", "code": code, "reason": reason}]


async def test_a_server_that_stops_says_bye_and_when_to_come_back(tmp_path: Path) -> None:
    """To those who have said hello and to those who have not."""
    async with (
        serving(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann") as ann,
        connected(server) as silent,
    ):
        assert (await ann.ask(t="rooms"))["rooms"] == []
        server.server.stop(RESTARTING)
        for chatter in (ann, silent):
            told, code, reason = await chatter.ending()
            assert (code, reason) == RESTARTING
            [bye] = told
            assert 1000 <= bye.pop("retry_ms") <= 1002  # one after the other
            assert bye == {"t": "bye", "code": code, "reason": reason}


async def test_wrong_requests_are_answered_and_the_connection_stays(server: Running) -> None:
    """One after the other, each with its own code."""
    async with connected(server) as ann:
        assert (await ann.ask(t="join", room="tea"))["code"] == "hello_first"
        assert (await ann.hello("?"))["code"] == "bad_nick"
        assert (await ann.hello("Ann"))["t"] == "welcome"
        for request, code in (
            ({"t": "join"}, "bad_request"),
            ({"t": "join", "room": "a b"}, "bad_room"),
            ({"t": "send", "room": "tea", "text": "x"}, "not_joined"),
            ({"t": "history", "room": "a b"}, "bad_room"),
            ({"t": "send", "room": "tea", "text": "x" * 4001}, "too_long"),
        ):
            assert (await ann.ask(**request))["code"] == code
