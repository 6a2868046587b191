"""Limits at their edge: what is just within works, one more has its own answer, all goes on."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.integration.asking import ask
from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import PATIENCE, running, serving

DATABASES = pytest.mark.parametrize("database", [":memory:", "file"])


def place(database: str, directory: Path) -> str:
    """Return the setting of a database."""
    return database if database == ":memory:" else str(directory / "chat.db")


async def goes_on(chatter: Chatter, room: str) -> None:
    """See that a connection can talk and read as before."""
    seq = await chatter.send(room, "still here")
    page = await chatter.ask(t="history", room=room, limit=1)
    assert [one["seq"] for one in page["messages"]] == [seq]


async def test_the_characters_of_a_topic() -> None:
    """They are counted as people count them, not in bytes."""
    async with running(topic_limit=5) as server, chatting(server, "Ann", "tea") as ann:
        assert ann.welcome["limits"]["topic"] == 5
        assert (await ann.ask(t="topic", room="tea", text="漢🍋éxx"))["t"] == "ok"
        refused = await ann.ask(t="topic", room="tea", text="漢🍋éxxx")
        assert (refused["t"], refused["code"]) == ("error", "too_long")
        assert (await ann.ask(t="join", room="tea"))["topic"] == "漢🍋éxx"
        await goes_on(ann, "tea")


async def test_the_people_that_are_listed() -> None:
    """One more is counted; whoever leaves makes room for them in the list."""
    async with (
        running(members_listed=2, presence_grace=0, nick_keep_days=0) as server,
        AsyncExitStack() as stack,
    ):
        people = [await stack.enter_async_context(chatting(server, nick, "tea")) for nick in "AB"]
        joined = await people[0].ask(t="join", room="tea")
        assert (len(joined["members"]), "population" in joined) == (2, False)
        async with chatting(server, "Cid", "tea") as cid:
            joined = await people[0].ask(t="join", room="tea")
            assert (len(joined["members"]), joined["population"]) == (2, 3)
            for one in (*people, cid):
                await goes_on(one, "tea")


async def test_the_rooms_of_a_connection() -> None:
    """In a hello and by joins; a room that is left makes place for another one."""
    async with running(rooms_per_connection=2) as server, connected(server) as ann:
        assert (await ann.hello("Ann", "a", "b", "c"))["t"] == "welcome"
        told = [await ann.until("joined", "error") for _ in range(3)]
        assert [one.get("code") or one["room"] for one in told] == ["too_many_rooms", "a", "b"]
        assert (await ann.ask(t="join", room="c"))["code"] == "too_many_rooms"
        assert (await ann.ask(t="join", room="b"))["t"] == "joined"
        assert (await ann.ask(t="leave", room="a"))["t"] == "ok"
        assert (await ann.ask(t="join", room="c"))["t"] == "joined"
        for room in ("b", "c"):
            await goes_on(ann, room)


@DATABASES
async def test_the_messages_of_a_page(database: str, tmp_path: Path) -> None:
    """As many as that; whoever asks for more gets as many, and is told that there are others."""
    async with (
        running(history_page=3, database=place(database, tmp_path)) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        for number in range(3):
            await ann.send("tea", f"{number}")
        assert await page(ann, 3) == ([1, 2, 3], False)
        await ann.send("tea", "one more")
        assert await page(ann, 3) == ([2, 3, 4], True)
        assert await page(ann, 4) == ([2, 3, 4], True)
        assert (await ann.ask(t="history", room="tea", limit=0))["code"] == "bad_request"
        answer = await ask(server, "GET", "/rooms/tea/messages?limit=4")
        assert len(answer.json["messages"]) == 3
        await goes_on(ann, "tea")


async def page(chatter: Chatter, limit: int) -> tuple[list[int], bool]:
    """Return the numbers of the latest page, and whether there is more."""
    answer = await chatter.ask(t="history", room="tea", limit=limit)
    return [one["seq"] for one in answer["messages"]], answer["more"]


async def test_the_look_ups_that_wait() -> None:
    """As many as that are answered; one more is refused alone, and can be asked again."""
    async with running(look_ups=2) as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "hello")
        wishes: list[Object] = [{"t": "history", "room": "tea", "id": n} for n in range(3)]
        await ann.say(*wishes[:2])
        assert await told(ann, 2) == {0: "history", 1: "history"}
        await ann.say(*wishes)
        assert await told(ann, 3) == {0: "history", 1: "history", 2: "busy"}
        await goes_on(ann, "tea")


async def told(chatter: Chatter, count: int) -> dict[int, str]:
    """Return the answers to so many requests by their ids."""
    found: dict[int, str] = {}
    while len(found) < count:
        one = await chatter.next()
        if "id" in one:
            found[one["id"]] = one.get("code") or one["t"]
    return found


@DATABASES
async def test_the_emoji_of_a_message(database: str, tmp_path: Path) -> None:
    """One that is there can be put by others, and one that is taken back makes room."""
    async with (
        running(reactions_per_message=2, database=place(database, tmp_path)) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "tea") as ben,
    ):
        assert ann.welcome["limits"]["reactions"] == 2
        seq = await ann.send("tea", "hello")
        assert await react(ann, seq, "🍋") == "ok"
        assert await react(ann, seq, "🍵") == "ok"
        assert await react(ann, seq, "🎉") == "too_many_reactions"
        assert await react(ben, seq, "🍵") == "ok"
        assert await react(ann, seq, "🍋", on=False) == "ok"
        assert await react(ann, seq, "🎉") == "ok"
        for one in (ann, ben):
            await goes_on(one, "tea")


async def react(chatter: Chatter, seq: int, emoji: str, *, on: bool = True) -> str:
    """React, and return the code of the error, or ``ok``."""
    answer = await chatter.ask(t="react", room="tea", seq=seq, emoji=emoji, on=on)
    return str(answer.get("code", answer["t"]))


@DATABASES
async def test_the_changes_of_a_message(database: str, tmp_path: Path) -> None:
    """By all people together; it can be deleted beyond that, and another one be changed."""
    async with (
        running(
            reactions_per_message=1, changes_per_message=2, database=place(database, tmp_path)
        ) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "tea") as ben,
    ):
        assert ann.welcome["limits"]["changes"] == 2
        seq, other = await ann.send("tea", "hello"), await ann.send("tea", "you")
        edit = {"t": "edit", "room": "tea", "text": "hi"}
        assert (await ann.ask(seq=seq, **edit))["t"] == "ok"
        assert await react(ben, seq, "🍵") == "ok"
        assert (await ann.ask(seq=seq, **edit))["code"] == "too_many_changes"
        assert await react(ben, seq, "🍵", on=False) == "too_many_changes"
        assert (await ann.ask(seq=other, **edit))["t"] == "ok"
        assert (await ann.ask(t="delete", room="tea", seq=seq))["t"] == "ok"
        for one in (ann, ben):
            await goes_on(one, "tea")


async def test_a_lowered_limit_leaves_what_is_kept(tmp_path: Path) -> None:
    """It is shown, searched and taken back as before; only what is new is judged by it."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server, chatting(server, "Ann", "tea") as ann:
        seq = await ann.send("tea", "hello")
        for emoji in ("🍋", "🍵", "🎉"):
            assert await react(ann, seq, emoji) == "ok"
        session = ann.session
    lowered: dict[str, Any] = {"reactions_per_message": 1, "changes_per_message": 4}
    async with (
        running(database=database, **lowered) as server,
        chatting(server, "Ann", "tea", session=session) as ann,
    ):
        [message] = (await ann.ask(t="history", room="tea"))["messages"]
        assert list(message["reactions"]) == ["🍋", "🍵", "🎉"]
        assert await react(ann, seq, "😀") == "too_many_reactions"
        assert await react(ann, seq, "🍋", on=False) == "ok"
        assert await react(ann, seq, "🍵", on=False) == "too_many_changes"
        [message] = (await ann.ask(t="history", room="tea"))["messages"]
        assert list(message["reactions"]) == ["🍵", "🎉"]
        await goes_on(ann, "tea")


@pytest.mark.parametrize("extra", [0, 1])
async def test_the_bytes_at_hand(extra: int, tmp_path: Path) -> None:
    """What does not fit is read from the database: whoever comes back misses nothing either way."""
    text, count = "x" * 500, 8
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", text)
        size = server.server._hub._chat._rooms["tea"].log._recent_size
    at_hand: dict[str, Any] = {"recent_bytes": size * count, "all_recent_bytes": size * count}
    async with (
        running(**at_hand, replay_bytes=0, database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben") as ben,
    ):
        for _ in range(count + extra):
            await ann.send("tea", text)
        log = server.server._hub._chat._rooms["tea"].log
        assert len(log._recent) == count
        await ben.ask(t="join", room="tea", last=0)
        assert await ben.seqs_until(count + extra) == list(range(1, count + extra + 1))
        assert not log._replays
        for one in (ann, ben):
            await goes_on(one, "tea")


@pytest.mark.parametrize("spare", [0, -1])
async def test_the_bytes_of_a_replay(spare: int) -> None:
    """One that fits is kept for the next who missed the same; all get the same in any case."""
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "hello")
        await ann.ask(t="join", room="tea", last=0)
        size = server.server._hub._chat._rooms.budgets.replays.total
    async with running(replay_bytes=size + spare) as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "hello")
        with trio.fail_after(PATIENCE):
            for _ in range(2):
                await ann.ask(t="join", room="tea", last=0)
        assert bool(server.server._hub._chat._rooms["tea"].log._replays) == (spare == 0)
        await goes_on(ann, "tea")
