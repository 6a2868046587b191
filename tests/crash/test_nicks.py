"""A real server that is killed: nobody's nick is free for others because of that."""

from typing import cast

from tests.crash.conftest import MakeServer
from tests.crash.test_restore import Place
from tests.integration.chatters import chatting, connected
from tests.integration.running import Running


async def test_a_nick_is_held_over_a_restart(make_server: MakeServer) -> None:
    """A stranger is refused, its owner is welcome, and a nick that was given up is free."""
    server = make_server()
    await server.start()
    place = cast("Running", Place(server))
    try:
        async with chatting(place, "Eve", "tea") as ann:
            await ann.ask(t="nick", nick="Ann")
            for _ in range(2):  # the second is committed behind the nick
                await ann.send("tea", "hello")
            await server.kill()
        await server.start()
        async with connected(place) as stranger:
            assert (await stranger.hello("ANN"))["code"] == "nick_taken"
            async with chatting(place, "Ann", session=ann.session) as again:
                assert again.who == {"id": ann.who["id"], "nick": "Ann"}
                assert (await stranger.hello("Eve"))["t"] == "welcome"
    finally:
        await server.kill()


async def test_an_ended_session_stays_ended(make_server: MakeServer) -> None:
    """As soon as that was acknowledged; all others go on, whenever they began."""
    server = make_server()
    await server.start()
    place = cast("Running", Place(server))
    try:
        async with chatting(place, "Ann") as lost:
            code = (await lost.ask(t="pair"))["code"]
            async with connected(place) as ann:
                await ann.hello("", pair=code)
                [theirs] = [
                    one["session"]
                    for one in (await ann.ask(t="sessions"))["sessions"]
                    if not one.get("here")
                ]
                assert (await ann.ask(t="sign_out", session=theirs))["t"] == "ok"
                await server.kill()
        await server.start()
        async with connected(place) as thief, connected(place) as again:
            await thief.say({"t": "hello", "nick": "Eve", "session": lost.session})
            assert (await thief.ending())[1] == 4506
            assert (await again.hello("Ann", session=ann.session))["you"] == ann.who
    finally:
        await server.kill()
