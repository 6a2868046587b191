"""A flood costs whoever sends it, and nobody else: turns are short, and shared out fairly."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager

import pytest
import trio

from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import PATIENCE, Running, running
from trio_chat.core.backlog import REQUESTS_EACH
from trio_chat.core.effects import Effects
from trio_chat.core.messages import AnyAsked, Message
from trio_chat.core.pending_writes import WRITES_EACH
from trio_chat.delivery.recipient import Recipient
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import RoomState

KINDS: dict[str, Object] = {
    "send": {"t": "send", "text": "x"},
    "topic": {"t": "topic", "text": "x"},
    "react": {"t": "react", "seq": 1, "emoji": "\N{LEMON}"},
    "typing": {"t": "typing", "room": "elsewhere"},  # refused, and no write
}
EACH = 250  # requests of a frame


async def flood(flooder: Chatter, room: str, kind: str, frames: int) -> None:
    """Ask for very much, as fast as the server reads."""
    for _ in range(frames):
        await flooder.say(*({"id": id, "room": room, **KINDS[kind]} for id in range(EACH)))


async def count_answers(flooder: Chatter, count: int, answered: list[int]) -> None:
    """Read so many answers, and note each."""
    while count:
        told = await flooder.next()
        if told["t"] in ("ok", "error"):
            answered.append(told["id"])
            count -= 1


@contextmanager
def largest_share(server: Running) -> Iterator[list[int]]:
    """Return, turn by turn, how many requests the hub takes of the one of whom it takes most."""
    chat, shares = server.server._hub._chat, [0]
    apply, handle = chat.apply, chat._handlers.handle
    taken: Counter[Recipient] = Counter()

    def watch(batch: Sequence[Message], now: float) -> Effects:
        taken.clear()
        effects = apply(batch, now)
        shares.append(max(taken.values(), default=0))
        return effects

    def note(client: Recipient, request: AnyAsked) -> None:
        taken[client] += 1
        handle(client, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chat, "apply", watch)
        patch.setattr(chat._handlers, "handle", note)
        yield shares


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flooders", [1, 16])
async def test_others_are_answered_in_the_midst_of_a_flood(kind: str, flooders: int) -> None:
    """Somebody's single messages do not wait until the flood is over, and nobody has to go.

    No turn takes all that waits of one connection, so that none is long for the others.
    """
    frames = 40 if flooders == 1 else 4
    answered: list[int] = []
    async with (
        running() as server,
        chatting(server, "Ann", "tea") as ann,
        AsyncExitStack() as stack,
    ):
        rooms = [f"jam{number}" for number in range(flooders)]
        bens = [await stack.enter_async_context(chatting(server, room, room)) for room in rooms]
        for ben, room in zip(bens, rooms, strict=True):
            await ben.send(room, "first")
        shares = stack.enter_context(largest_share(server))
        async with trio.open_nursery() as nursery:
            for ben, room in zip(bens, rooms, strict=True):
                nursery.start_soon(flood, ben, room, kind, frames)
                nursery.start_soon(count_answers, ben, frames * EACH, answered)
            with trio.fail_after(PATIENCE):
                while not answered:
                    await trio.sleep(0.01)
            for _ in range(3):
                await ann.send("tea", "hello")
            assert len(answered) < flooders * frames * EACH
        assert max(shares) == (REQUESTS_EACH if kind == "typing" else WRITES_EACH)


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
