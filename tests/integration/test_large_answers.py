"""Nobody is ended for an answer to their own request, however large it is."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.integration.chatters import Chatter, chatting, connected
from tests.integration.followers import following
from tests.integration.running import Running, running
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Write
from trio_chat.protocol.events import Topic

LARGE = "\N{LEMON}" * 4000  # as large as a text can be: 16,000 bytes
COUNT = 100


async def fill(server: Running) -> None:
    """Let so many large messages be said in a room that nobody is in then."""
    async with chatting(server, "Ann", "tea") as ann:
        for _ in range(COUNT):
            await ann.send("tea", LARGE)


async def pages(chatter: Chatter, **first: object) -> list[list[int]]:
    """Ask for one page after the other, from the last one on; return the numbers in each."""
    found: list[list[int]] = []
    request: dict[str, object] = {"t": "history", "room": "tea", **first}
    while True:
        answer = await chatter.ask(**request)
        assert answer["t"] == "history"
        found.append([message["seq"] for message in answer["messages"]])
        if not answer["more"]:
            return found
        request["before"] = found[-1][0]


@pytest.mark.parametrize("database", [":memory:", "chat.db"])
async def test_a_history_of_large_messages_comes_in_pages(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page ends before ``page_bytes`` and says that there is more; together they are all."""
    monkeypatch.chdir(tmp_path)
    async with running(database=database) as server:
        await fill(server)
        async with chatting(server, "Ben") as ben:
            found = await pages(ben, limit=100)
            assert [seq for page in reversed(found) for seq in page] == list(range(1, COUNT + 1))
            assert 6 < len(found) < 12


async def test_a_room_of_large_messages_can_be_joined_from_its_beginning() -> None:
    """What was missed comes in pages and in order, over the socket and as a stream of events."""
    async with running() as server:
        await fill(server)
        async with chatting(server, "Ben", {"room": "tea", "last": 0}) as ben:
            assert (await ben.until("joined"))["last"] == COUNT
            assert await ben.seqs_until(COUNT) == list(range(1, COUNT + 1))
            await ben.send("tea", "after")
        async with following(server, query="?last=0") as follower:
            seqs = [(await follower.until("msg")).data["seq"] for _ in range(COUNT + 1)]
            assert seqs == list(range(1, COUNT + 2))


async def test_many_large_requests_at_once_are_answered_one_after_the_other() -> None:
    """Those that are not refused as too many; the connection stays."""
    async with running() as server:
        await fill(server)
        async with chatting(server, "Ben") as ben:
            wishes = [{"t": "history", "room": "tea", "id": number} for number in range(40)]
            await ben.say(*wishes)
            answers = [await ben.until("history", "error") for _ in wishes]
            codes = {answer.get("code", "history") for answer in answers}
            assert codes == {"history", "busy"}
            assert {answer["id"] for answer in answers} == set(range(40))


async def test_a_list_of_rooms_with_long_topics_fits() -> None:
    """Topics are cut in the list; those of an older release may be as long as a text."""
    journal = MemoryJournal()
    await journal.commit([Write(Topic(room=f"room{n}", text=LARGE)) for n in range(100)])
    async with running(journal=journal) as server, chatting(server, "Ann") as ann:
        listed = await ann.ask(t="rooms")
        topics = [len(room["topic"]) for room in listed["rooms"] if "topic" in room]
        assert topics == [250] * 100


async def test_a_very_long_list_of_members_is_cut() -> None:
    """And says how many people there are."""
    nicks = [f"{number:04} {'x' * 27}" for number in range(1500)]
    async with running() as server, AsyncExitStack() as stack:
        room = [await stack.enter_async_context(connected(server)) for _ in nicks]
        for chatter, nick in zip(room, nicks, strict=True):
            await chatter.say({"t": "hello", "nick": nick, "rooms": [{"room": "tea"}]})
        for chatter in room:
            await chatter.until("joined")
        async with chatting(server, "Ben", "tea") as ben:
            joined = await ben.until("joined")
        assert joined["population"] == 1501
        assert 500 < len(joined["members"]) < 1000
