"""Whoever may not speak in a room says nothing there by a nick, either."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import Running, serving
from tests.integration.test_links import join
from tests.integration.test_moderation import make_class, moderate

SPAM = "look at evil.example"
NAMES = ("nick", "presence")  # events with the nick of somebody who has said nothing


async def names_until(chatter: Chatter, text: str) -> list[tuple[str, str]]:
    """Return the kind and the nick of all that was told of names up to a message."""
    found: list[Object] = []
    while not found or found[-1].get("text") != text:
        found.append(await chatter.next())
    return [
        (one["t"], (one.get("who") or one["from"])["nick"]) for one in found if one["t"] in NAMES
    ]


@asynccontextmanager
async def a_class() -> AsyncIterator[tuple[Running, Chatter, Chatter]]:
    """Run a server with a room: its moderator, and somebody else in it."""
    async with (
        serving(presence_grace=0) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Eve") as eve,
    ):
        await make_class(ann)
        await join(eve, "class")
        for who in (ann.who, eve.who):
            assert (await ann.until("presence"))["who"] == who
        yield server, ann, eve


async def test_the_nick_of_who_is_muted_is_told_when_they_speak_again() -> None:
    """Not before, to those who are there; elsewhere, where they may speak, it is at once."""
    async with a_class() as (_, ann, eve):
        for one in (ann, eve):
            await join(one, "tea")
        assert (await moderate(ann, "mute", eve))["t"] == "ok"
        assert (await eve.ask(t="nick", nick=SPAM))["t"] == "ok"
        await ann.send("class", "one")
        assert [one["room"] for one in await ann.all_until("msg") if one["t"] == "nick"] == ["tea"]
        assert (await eve.ask(t="nick", nick="Eva"))["t"] == "ok"
        assert (await moderate(ann, "unmute", eve))["t"] == "ok"
        await eve.send("class", "sorry")
        told = [one for one in await ann.all_until("msg") if one["t"] == "nick"]
        assert [(one["room"], one["who"]["nick"]) for one in told] == [
            ("tea", "Eva"),
            ("class", "Eva"),
        ]


async def test_who_is_muted_comes_quietly() -> None:
    """Under whatever nick; they are told of once they may speak, or have spoken."""
    async with a_class() as (server, ann, eve):
        assert (await moderate(ann, "mute", eve))["t"] == "ok"
        assert (await eve.ask(t="leave", room="class"))["t"] == "ok"
        async with chatting(server, SPAM, "class", session=eve.session) as again:
            await ann.send("class", "one")
            assert await names_until(ann, "one") == [("presence", "Eve")]
            assert (await again.ask(t="nick", nick="Eva"))["t"] == "ok"
            assert (await moderate(ann, "unmute", eve))["t"] == "ok"
            await again.send("class", "sorry")
            assert await names_until(ann, "sorry") == [("presence", "Eva")]


async def test_the_nicks_of_newcomers_are_told_when_they_speak() -> None:
    """In a room in which they wait; whoever came quietly, in raid mode, is told of by no nick."""
    async with a_class() as (server, ann, eve):
        assert (await ann.ask(t="rules", room="class", newcomers=900))["t"] == "ok"
        assert (await eve.ask(t="nick", nick=SPAM))["t"] == "ok"
        await ann.send("class", "one")
        assert await names_until(ann, "one") == []
        await ann.ask(t="raid", room="class", people=[eve.who["id"]], since=0)
        assert (await ann.until("presence"))["who"] == {**eve.who, "nick": "Eve"}
        async with chatting(server, "New", "class") as new:
            assert (await new.ask(t="nick", nick="evil.example"))["t"] == "ok"
            await ann.send("class", "two")
            assert await names_until(ann, "two") == []
            assert (await ann.ask(t="rules", room="class"))["t"] == "ok"
            await new.send("class", "hello")
            assert await names_until(ann, "hello") == [("presence", "evil.example")]
