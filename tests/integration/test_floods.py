"""A flood costs whoever sends it, and nobody else: turns are short, and shared out fairly."""

from collections.abc import Sequence

import trio

from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import running
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import RoomState


def sends(number: int, room: str) -> list[Object]:
    return [{"t": "send", "room": room, "id": id, "text": "x"} for id in range(number)]


async def flood(flooder: Chatter, room: str, frames: int) -> None:
    """Ask for very much, as fast as the server reads."""
    for _ in range(frames):
        await flooder.say(*sends(250, room))


async def test_others_are_answered_in_the_midst_of_a_flood() -> None:
    """Somebody's single messages do not wait until the flood is over."""
    async with (
        running() as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "jam") as ben,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(flood, ben, "jam", 20)
        await ben.until("ok")
        for _ in range(3):
            await ann.send("tea", "hello")
        answered = 1 + sum(entry["t"] == "ok" for entry in ben.heard)
        assert answered < 20 * 250
        ben.heard.clear()
        while answered < 20 * 250:
            answered += (await ben.next())["t"] == "ok"


class Counting(MemoryJournal):
    """A journal that remembers which rooms were loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        self.loads += names
        return await super().load(names, recent)


async def test_more_joins_than_rooms_are_refused_before_anything_is_loaded() -> None:
    """One frame with a thousand: as many as one may join are granted, the others refused."""
    journal = Counting()
    async with running(journal=journal, rooms_per_connection=20) as server:
        async with chatting(server, "Ann") as ann:
            for number in range(200):
                await ann.ask(t="join", room=f"room{number}")
                await ann.send(f"room{number}", "x")
                await ann.ask(t="leave", room=f"room{number}")
        journal.loads.clear()
        joins = [{"t": "join", "id": number, "room": f"room{number}"} for number in range(200)]
        async with connected(server) as early:
            await early.say(*joins)
            codes = {(await early.until("error"))["code"] for _ in joins}
            assert codes == {"hello_first"}
            assert journal.loads == []
        async with chatting(server, "Ben") as ben:
            await ben.say(*joins)
            answers = [await ben.until("joined", "error") for _ in joins]
            assert sum(answer["t"] == "joined" for answer in answers) == 20
            assert {answer.get("code") for answer in answers} == {None, "too_many_rooms"}
            assert len(journal.loads) == 20


async def test_a_nick_is_told_in_the_rooms_of_its_person_alone() -> None:
    """Many in one frame let others go in between, and do not fill their sender's own outbox."""
    rooms = [f"room{number}" for number in range(100)]
    nicks = [{"t": "nick", "id": number, "nick": f"B{number}"} for number in range(250)]
    async with (
        running() as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", *rooms) as ben,
    ):
        await ben.say(*nicks)
        await ann.send("tea", "hello")
        answers = [await ben.until("ok") for _ in nicks]
        assert [answer["id"] for answer in answers] == list(range(250))
