"""A slow or full disk stops what has to be kept, and nothing else."""

import json
from collections.abc import Sequence

import trio

from tests import frames
from tests.integration.chatters import chatting
from tests.integration.running import PATIENCE, Running, reset, running, serving
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import MessagePage, Result, Write
from trio_chat.protocol.close import GOING_AWAY


class Slow(MemoryJournal):
    """A journal whose commits, and whose reads for clients, wait until a test lets them go on."""

    def __init__(self) -> None:
        super().__init__()
        self.may_commit = trio.Event()
        self.may_read = trio.Event()
        self.may_commit.set()
        self.may_read.set()
        self.commits: list[int] = []

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        self.commits.append(len(writes))
        await self.may_commit.wait()
        return await super().commit(writes)

    async def messages(
        self, room: str, *, before: int | None, after: int | None, limit: int, max_bytes: int
    ) -> MessagePage:
        await self.may_read.wait()
        return await super().messages(
            room, before=before, after=after, limit=limit, max_bytes=max_bytes
        )


async def test_all_else_goes_on_while_a_commit_waits() -> None:
    """Presence, typing, nicks, joins, history; what waits is then written together."""
    journal = Slow()
    async with (
        serving(journal=journal) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "tea") as ben,
    ):
        await ann.send("tea", "first")
        journal.may_commit = trio.Event()
        await ann.say({"t": "send", "id": 1, "room": "tea", "text": "waits"})
        while len(journal.commits) < 2:
            await trio.sleep(0.01)
        for number in (2, 3, 4):
            await ann.say({"t": "send", "id": number, "room": "tea", "text": "waits behind it"})
        await ann.say({"t": "typing", "room": "tea"})
        assert (await ben.until("typing"))["who"] == ann.who
        assert (await ann.ask(t="nick", nick="Anna"))["t"] == "ok"
        assert (await ben.until("nick"))["who"]["nick"] == "Anna"
        assert (await ben.ask(t="join", room="jam"))["t"] == "joined"
        assert len((await ben.ask(t="history", room="tea"))["messages"]) == 1
        async with chatting(server, "Cid", "tea") as cid:
            assert (await cid.until("joined"))["last"] == 1
        journal.may_commit.set()
        assert [(await ann.until("ok"))["id"] for _ in range(4)] == [1, 2, 3, 4]
        assert journal.commits[2:] == [3]
        assert await ben.seqs_until(5) == [2, 3, 4, 5]


async def test_a_join_waits_for_no_look_up_of_others() -> None:
    """Though very many ask for history, and the journal does not answer them."""
    journal = Slow()
    async with serving(journal=journal) as server:
        journal.may_read = trio.Event()
        async with chatting(server, "Ann", "tea") as ann, chatting(server, "Ben") as ben:
            for start in range(0, 1000, 250):
                await ann.say(
                    *({"t": "history", "id": start + n, "room": "tea"} for n in range(250))
                )
            assert (await ben.ask(t="join", room="unloaded"))["t"] == "joined"
            journal.may_read.set()


async def test_a_shutdown_does_not_wait_for_a_commit_that_hangs() -> None:
    """Everybody is told goodbye, and the server ends."""
    journal = Slow()
    async with (
        serving(journal=journal, close_timeout=0.2) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        journal.may_commit = trio.Event()
        await ann.say({"t": "send", "id": 1, "room": "tea", "text": "never kept"})
        while len(journal.commits) < 1:
            await trio.sleep(0.01)
        server.server.stop(GOING_AWAY)
        told, code, _ = await ann.ending()
        assert (told[-1]["t"], code) == ("bye", GOING_AWAY.code)


async def test_nobody_who_has_gone_stays_in_a_room() -> None:
    """However full the inbox of the hub is when they go."""
    async with running(inbox_requests=1, presence_grace=0.1, nick_keep_days=0) as server:
        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(_come_and_go, server, number)
        async with chatting(server, "Ann") as ann:
            with trio.fail_after(PATIENCE):
                while server.server._hub.connections > 1:
                    await trio.sleep(0.01)
                while (await ann.ask(t="join", room="tea"))["members"] != [ann.who]:
                    await trio.sleep(0.05)


async def _come_and_go(server: Running, number: int) -> None:
    """Be in the room with many requests under way, and vanish."""
    stream = await server.shake_hands(b"Sec-WebSocket-Protocol: trio-chat.v1")
    hello = {"t": "hello", "nick": f"guest {number}", "rooms": [{"room": "tea"}]}
    sends = [{"t": "send", "room": "tea", "text": "x"}] * 100
    for objects in ([hello], sends, sends):
        await stream.send_all(frames.masked(frames.TEXT, json.dumps(objects).encode()))
    await reset(stream)
