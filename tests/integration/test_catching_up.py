"""One catch-up for each connection and room: exact, whoever joins, leaves and deletes meanwhile."""

from contextlib import AsyncExitStack
from typing import Any

import trio

from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.followers import following
from tests.integration.running import Running, running, serving
from tests.integration.stalling import SMALL, until_there
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Pruned

COUNT = 900


def join(last: int, number: int) -> Object:
    return {"t": "join", "id": number, "room": "tea", "last": last}


async def fill(server: Running, count: int = COUNT) -> None:
    """Let so many messages be said in a room that nobody is in then."""
    async with chatting(server, "Ann", "tea") as ann:
        for start in range(0, count, 50):
            await ann.say(
                *({"t": "send", "room": "tea", "text": str(number)} for number in range(50))
            )
            await ann.seqs_until(start + 50)


async def numbers_until_ok(chatter: Chatter, number: int) -> list[int]:
    """Return the numbers of all that comes before an answer."""
    found = []
    while (told := await chatter.next()).get("id") != number:
        found += [told["seq"]] if "seq" in told else []
    return found


async def test_a_follower_of_an_empty_room_goes_on_to_hear_it() -> None:
    """However much it missed: it holds the room open while it reads."""
    for count, query in ((12, "?last=0"), (1200, "?last=0")):
        async with running(resume_limit=5) as server:
            async with chatting(server, "Ann", "tea") as ann:
                for _ in range(count):
                    await ann.say({"t": "send", "room": "tea", "text": "x"})
                await ann.seqs_until(count)
            async with following(server, query=query) as follower:
                seqs = [(await follower.until("msg")).data["seq"] for _ in range(count)]
                async with chatting(server, "Ben", "tea") as ben:
                    await ben.send("tea", "new")
                seqs.append((await follower.until("msg")).data["seq"])
            assert seqs == list(range(1, count + 2))


async def test_a_follower_behind_a_crowd_goes_on_to_hear_its_room() -> None:
    """It waits for its turn behind those who came before it, in a room that nobody else is in."""
    async with running(resume_limit=5) as server, AsyncExitStack() as stack:
        await fill(server, 50)
        crowd = []
        for number in range(200):
            crowd.append(one := await stack.enter_async_context(connected(server)))
            wish = {"room": f"room{number % 50}"}
            await one.say({"t": "hello", "nick": f"guest {number}", "rooms": [wish]})
        async with following(server, query="?last=0") as follower:
            seqs = [(await follower.until("msg")).data["seq"] for _ in range(50)]
            await crowd[0].until("joined")
            await crowd[0].say({"t": "join", "room": "tea"})
            await crowd[0].send("tea", "new")
            seqs.append((await follower.until("msg")).data["seq"])
        assert seqs == list(range(1, 52))


async def test_nothing_of_an_earlier_join_follows_the_answer_to_a_later_one() -> None:
    """Two joins in quick succession: what follows the second is what it asked for."""
    async with running(resume_limit=5, page_bytes=2048) as server:
        await fill(server)
        async with chatting(server, "Ben") as ben:
            await ben.say(join(0, 1))
            await ben.say(join(895, 2))
            while (await ben.until("joined", "error"))["id"] != 2:
                pass
            assert await ben.seqs_until(COUNT) == list(range(896, COUNT + 1))
            assert await ben.send("tea", "x") == COUNT + 1
            assert await ben.seqs_until(COUNT + 1) == [COUNT + 1]


async def test_both_joins_of_one_frame_are_answered() -> None:
    """Though nothing follows the first."""
    async with running() as server:
        await fill(server, 50)
        async with chatting(server, "Ben") as ben:
            await ben.say(join(0, 1), join(45, 2))
            assert (await ben.next())["id"] == 1
            assert (await ben.until("joined"))["id"] == 2
            assert await ben.seqs_until(50) == list(range(46, 51))


async def test_nothing_of_a_room_follows_the_answer_to_a_leave() -> None:
    """Though its pages are still being read."""
    async with running(resume_limit=5, page_bytes=2048) as server:
        await fill(server)
        async with chatting(server, "Ben") as ben:
            await ben.say(join(0, 1))
            await ben.until("joined")
            await ben.say({"t": "leave", "id": 2, "room": "tea"})
            assert len(await numbers_until_ok(ben, 2)) < COUNT
            assert (await ben.ask(t="nick", nick="Benny"))["t"] == "ok"
            assert (await ben.ask(t="history", room="tea"))["t"] == "history"
            assert ben.heard == []


async def test_what_retention_deletes_meanwhile_is_told_as_a_gap() -> None:
    """``joined`` comes once more with the first number that is left, and all behind it follows."""
    journal = MemoryJournal()
    async with running(journal=journal, resume_limit=2, page_bytes=512) as server:
        await fill(server, 50)
        async with connected(server) as ben:
            await ben.hello("Ben", {"room": "tea", "last": 0})
            await ben.until("joined")
            told = [await ben.until("msg")]
            server.server._inbox.post(Pruned(await journal.prune(5, 0)))
            gaps = []
            while told[-1]["seq"] < 50:
                told.append(await ben.until("msg", "joined"))
                if told[-1]["t"] == "joined":
                    gaps.append(told.pop()["gap"])
            seqs = [entry["seq"] for entry in told]
            assert gaps == [46]
            assert seqs == [*range(1, len(seqs) - 4), *range(46, 51)]


async def test_who_reads_nothing_holds_up_nobody_else_who_comes_back() -> None:
    """Pages that are on their way share a budget; one that nobody reads has no claim to it."""
    sizes: dict[str, Any] = {
        "page_bytes": 256 * 1024,
        "catch_up_bytes": 256 * 1024,  # a single page
        "send_buffer": 4096,
        "write_timeout": 60,
    }
    async with serving(**sizes, recent_bytes=0) as server:
        async with chatting(server, "Ann", "tea") as ann:
            for number in range(80):
                await ann.send("tea", f"{number} {'x' * 3900}")
        stuck = [await server.connect_tcp(buffer=SMALL) for _ in range(3)]
        for stream in stuck:
            await stream.send_all(
                b"GET /api/v1/rooms/tea/events?last=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
        await until_there(server, len(stuck))
        with trio.fail_after(20):
            while len(server.server._hub.outboxes._backed) < len(stuck):
                await trio.sleep(0.01)
            async with chatting(server, "Ben", {"room": "tea", "last": 0}) as ben:
                assert await ben.seqs_until(80) == list(range(1, 81))
        for stream in stuck:
            await trio.aclose_forcefully(stream)
