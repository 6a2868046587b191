"""The Python client against the server: what its user sees."""

import trio

from tests.integration.running import PATIENCE, Running, serving
from trio_chat.remote import Edit, Happening, Joined, Message, Presence, React, Room, Topic, connect


async def until(room: Room, kind: type) -> list[Happening]:
    """Return all that happens up to something of a kind."""
    found: list[Happening] = []
    with trio.fail_after(PATIENCE):
        async for happening in room.events():
            found.append(happening)
            if isinstance(happening, kind):
                break
    return found


def address(server: Running) -> str:
    return f"http://localhost:{server.port}/"


async def test_two_people_chat() -> None:
    """What is sent gets the numbers 1, 2, 3, and comes to both."""
    async with (
        serving() as server,
        connect(address(server), nick="Ann") as ann,
        connect(server.ws, nick="Bob") as bob,
    ):
        tea = ann.room("tea")
        await until(tea, Joined)
        there = bob.room("Tea")
        assert await there.send("Milk?") == 1
        assert await there.send("Or lemon?", reply=1) == 2
        said = [await anext(tea), await anext(tea)]
        assert [(m.seq, m.text, m.reply) for m in said] == [(1, "Milk?", None), (2, "Or lemon?", 1)]
        assert bob.wrote(said[0])
        assert not ann.wrote(said[0])
        assert [m.text for m in [await anext(there), await anext(there)]] == ["Milk?", "Or lemon?"]


async def test_all_that_happens_is_told() -> None:
    """Edits, reactions, topics, who comes and goes; members and topic follow."""
    async with (
        serving() as server,
        connect(server.ws, nick="Ann") as ann,
        connect(server.ws, nick="Bob") as bob,
    ):
        tea, there = ann.room("tea"), bob.room("tea")
        assert await there.send("Milk?") == 1
        assert await there.edit(1, "Milk, or lemon?") == 2
        assert await there.react(1, "🍋") == 3
        assert await there.set_topic("Tea") == 4
        told = await until(tea, Topic)
        kinds = [type(one) for one in told if not isinstance(one, Joined | Presence)]
        assert kinds == [Message, Edit, React, Topic]
        assert tea.topic == "Tea"
        assert sorted(who.nick for who in tea.members) == ["Ann", "Bob"]
        await bob.rename("Rob")
        assert bob.me.nick == "Rob"
        await there.leave()
        assert len(await until(tea, Presence)) > 0
        assert [who.nick for who in tea.members] == ["Ann"]
