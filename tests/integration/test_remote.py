"""The Python client against the server: what its user sees."""

import pytest
import trio

from tests.integration.running import END_OF_HEAD, PATIENCE, Running, serving
from trio_chat.remote import (
    Edit,
    Ended,
    Happening,
    Joined,
    Message,
    Presence,
    React,
    Refused,
    Room,
    Topic,
    connect,
)


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


async def lose_the_first_welcome(listener: trio.SocketListener, port: int) -> None:
    """Pass connections on to a server; the first one breaks when anything is said to the client."""
    is_first = True
    while True:
        async with (
            await listener.accept() as near,
            await trio.open_tcp_stream("localhost", port) as far,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(pass_on, near, far)
            answer = b""
            async for data in far:
                answer += data
                if is_first and answer.partition(END_OF_HEAD)[2]:
                    break
                await near.send_all(data)
            nursery.cancel_scope.cancel()
        is_first = False


async def pass_on(source: trio.SocketStream, sink: trio.SocketStream) -> None:
    async for data in source:
        await sink.send_all(data)


async def test_a_nick_is_not_taken_by_our_own_hello() -> None:
    """Its welcome was lost: the server knows us when we say it again, and holds the nick for us."""
    async with serving() as server, trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(lose_the_first_welcome, listener, server.port)
        proxy = f"http://127.0.0.1:{listener.socket.getsockname()[1]}/"
        async with connect(proxy, nick="Ann") as ann, connect(server.ws, nick="Bob") as bob:
            assert ann.me.nick == "Ann"
            with pytest.raises(Refused, match="nick_taken"):
                await bob.rename("Ann")
        nursery.cancel_scope.cancel()
    await listener.aclose()


async def test_a_key_makes_the_same_person() -> None:
    """It is our own, so it can be kept before there is any welcome."""
    key = "a secret of somebody"
    async with serving() as server:
        async with connect(server.ws, nick="Ann", key=key) as ann:
            pass
        async with connect(server.ws, nick="Ann", key=key) as again:
            assert again.me == ann.me


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


async def test_what_was_said_can_be_looked_up() -> None:
    """History shows the outcome, search finds words, and rooms are listed."""
    async with serving() as server, connect(server.ws, nick="Ann") as ann:
        tea = ann.room("tea")
        for text in ("Milk?", "Lemon?", "Sugar?"):
            await tea.send(text)
        await tea.edit(2, "A lemon?")
        await tea.delete(3)
        await tea.react(1, "\U0001f95b")
        await tea.react(1, "\U0001f34b")
        await tea.react(1, "\U0001f34b", on=False)
        page = await tea.history()
        assert [(said.seq, said.text) for said in page.messages] == [
            (1, "Milk?"),
            (2, "A lemon?"),
            (3, ""),
        ]
        assert page.messages[0].reactions == {"\U0001f95b": [ann.me]}
        assert page.messages[1].edited
        told = await tea.edits(2)
        assert ([one.text for one in told.versions], told.more) == (["Lemon?", "A lemon?"], False)
        assert [one.text for one in (await tea.edits(2, after=2)).versions] == ["A lemon?"]
        with pytest.raises(Refused, match="not_found"):
            await tea.edits(3)
        assert page.messages[2].deleted
        assert not page.more
        page = await tea.history(before=3, limit=1)
        assert ([said.seq for said in page.messages], page.more) == ([2], True)
        assert [said.seq for said in (await tea.history(after=2)).messages] == [3]
        [hit] = (await tea.search("lemon", who="Ann")).hits
        assert (hit.seq, hit.marks) == (2, [(2, 7)])
        assert [(room.room, room.members) for room in await ann.rooms()] == [("tea", 1)]


async def test_what_is_not_granted_is_an_error_where_it_was_asked_for() -> None:
    """Its code is for programs."""
    async with (
        serving() as server,
        connect(server.ws, nick="Ann") as ann,
        connect(server.ws, nick="Bob") as bob,
    ):
        assert await ann.room("tea").send("Milk?") == 1
        there = bob.room("tea")
        with pytest.raises(Refused, match="not_yours"):
            await there.edit(1, "Lemon?")
        with pytest.raises(Refused, match="not_found"):
            await there.react(7, "\U0001f34b")
        with pytest.raises(Refused, match="nick_taken"):
            await bob.rename("ann")
        with pytest.raises(Refused, match="nick_taken"):
            await connect(server.ws, nick="Ann").__aenter__()


async def test_a_message_is_sent_once_by_its_id() -> None:
    """Its first number is returned, also to somebody who comes back as the same person."""
    async with serving() as server:
        async with connect(server.ws, nick="Ann") as ann:
            assert await ann.room("tea").send("Milk?", cid="12345678") == 1
            session = ann.session
        async with connect(server.ws, nick="Ann", session=session) as again:
            assert again.me.id == ann.me.id
            assert await again.room("tea").send("Milk?", cid="12345678") == 1


async def test_an_unknown_session_is_told() -> None:
    """The chat goes on, as somebody new, and a later chat by its session is the same person."""
    async with serving() as server:
        async with connect(server.ws, nick="Ann", session="of another server") as first:
            assert first.unknown_session
            assert await first.room("tea").send("Milk?") == 1
        async with connect(server.ws, nick="Ann", session=first.session) as again:
            assert not again.unknown_session
            assert again.me == first.me


async def test_a_session_that_was_ended_ends_the_chat() -> None:
    """It makes nobody new by itself, with a key neither; the user comes without it."""
    async with serving() as server:
        async with connect(server.ws, nick="Ann") as ann:
            made = await ann.pair()
            async with connect(server.ws, pair=made.code) as phone:
                session = phone.session
                [theirs] = [one.session for one in await phone.sessions() if one.here]
            await ann.sign_out(theirs)
        for wait in (True, False):
            with pytest.raises(Ended) as ended:
                async with connect(server.ws, nick="Eve", session=session, key="k" * 16, wait=wait):
                    await trio.sleep_forever()
            assert ended.value.code == 4506
        async with connect(server.ws, nick="Eve") as eve:
            assert not eve.unknown_session


async def test_typing_very_often_leaves_nothing_behind() -> None:
    """No request of it stays pending, and the chat goes on."""
    async with serving() as server, connect(server.ws, nick="Ann") as ann:
        tea = ann.room("tea")
        for _ in range(1000):
            tea.typing()
            await trio.lowlevel.checkpoint()
        assert await tea.send("Milk?") == 1
        pending = ann._pending
        assert (len(pending._pending), len(pending._unsent), len(pending._typing)) == (0, 0, 0)
