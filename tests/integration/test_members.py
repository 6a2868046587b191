"""Rooms with more people than are listed: what clients are told, and what they know of it."""

from contextlib import AsyncExitStack

import trio

from tests.integration.chatters import Chatter, chatting
from tests.integration.running import PATIENCE, serving
from trio_chat.remote import connect

LISTED = 5


async def count_of(chatter: Chatter, count: int) -> None:
    """Wait until somebody is told that so many people are in the room."""
    while (await chatter.until("population"))["count"] != count:
        pass


async def test_people_beyond_the_limit_are_counted_for_every_client() -> None:
    """Old clients read the same `joined` as ever; the Python client knows the number."""
    async with (
        serving(members_listed=LISTED, presence_grace=0, nick_keep_days=0) as server,
        connect(server.ws, nick="Watcher") as chat,
        AsyncExitStack() as stack,
    ):
        room = chat.room("tea")
        await anext(room.events())
        people = [
            await stack.enter_async_context(chatting(server, f"P{number}", "tea"))
            for number in range(LISTED)
        ]
        first = people[0]
        joined = await first.ask(t="join", room="tea")
        assert (len(joined["members"]), joined["population"]) == (LISTED, LISTED + 1)
        async with chatting(server, "Late", "tea") as late:
            told = await late.until("joined")
            assert (len(told["members"]), told["population"]) == (LISTED, LISTED + 2)
            await count_of(first, LISTED + 2)
            await late.ask(t="nick", nick="Later")  # who is not listed may be renamed
        await count_of(first, LISTED + 1)
        with trio.fail_after(PATIENCE):
            while room.population != LISTED + 1:
                await trio.sleep(0.01)
        assert len(room.members) == LISTED
        await people[1].ask(t="leave", room="tea")
        told_left = [await first.until("presence"), await first.until("presence")]
        assert [one["state"] for one in told_left] == ["left", "joined"]
        await count_of(first, LISTED)
        joined = await first.ask(t="join", room="tea")
        assert "population" not in joined
        assert len(joined["members"]) == LISTED


async def test_who_catches_up_is_told_how_many_there_are() -> None:
    """The number may have changed while pages were read."""
    async with (
        serving(members_listed=1, presence_grace=0, nick_keep_days=0, resume_limit=5) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "tea") as ben,
    ):
        for _ in range(20):
            await ann.send("tea", "x" * 200)
        await ben.say({"t": "join", "room": "tea", "last": 0})
        await ben.until("joined")
        assert await ben.seqs_until(20) == list(range(1, 21))
        assert (await ben.until("population"))["count"] == 2
