"""What made the server stand still: each is refused or bounded, and others are answered meanwhile.

No turn of the hub is timed. Its work is counted: the calls that Python makes.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
import trio

from tests.integration.asking import ask
from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import PATIENCE, Running, serving
from tests.journal.drafts import ANN, edit, react
from tests.journal.drafts import say as message
from tests.journal.old import restore_with
from tests.unit.work import counted
from trio_chat.core.effects import Effects
from trio_chat.core.messages import Message
from trio_chat.core.room_log import REPLAYS
from trio_chat.core.sessions import Sessions
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.search import marker
from trio_chat.journal.search.query import Query
from trio_chat.journal.search.snippets import Budget, make_hits
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Committed, Result, RoomState, Write
from trio_chat.protocol.answers import Hit, MessageView

CALLS = 100_000  # that one turn may make; they take 10 to 20 ms
MOST_OBJECTS = 256  # of a frame, by default
FACES = [chr(code) for code in range(0x1F600, 0x1F650)]


class Turns:
    """The turns of a hub: how many there were, and the calls of the longest."""

    def __init__(self) -> None:
        self.count = 0
        self.longest = 0


@contextmanager
def watched(server: Running) -> Iterator[Turns]:
    """Count the work of each turn of the hub in the block."""
    chat, turns = server.server._hub._chat, Turns()
    apply = chat.apply

    def watch(batch: Sequence[Message], now: float) -> Effects:
        effects, calls = counted(lambda: apply(batch, now))
        turns.count += 1
        turns.longest = max(turns.longest, calls)
        return effects

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chat, "apply", watch)
        yield turns


async def say(chatter: Chatter, objects: Sequence[Object]) -> None:
    """Send objects in one frame, without a blank, so that more of them fit."""
    await chatter.websocket.send_message(json.dumps(objects, separators=(",", ":")))


async def codes(chatter: Chatter, count: int) -> list[str]:
    """Return the types, or the codes of the errors, of the next answers to so many requests."""
    found: list[str] = []
    while len(found) < count:
        told = await chatter.next()
        if "id" in told:
            found.append(told.get("code") or told["t"])
    return found


async def test_a_frame_of_typing_from_each_of_three_hundred() -> None:
    """Of 2,300 in a frame as many are taken as a frame may hold; no turn is long."""
    async with serving() as server, AsyncExitStack() as stack:
        crowd = []
        rooms = [f"t{number % 30:02}" for number in range(300)]  # ten in each
        for number, room in enumerate(rooms):
            one = await stack.enter_async_context(connected(server))
            await one.say({"t": "hello", "nick": f"guest {number}", "rooms": [{"room": room}]})
            crowd.append(one)
        for one in crowd:
            await one.until("joined")
        async with chatting(server, "Ann", "jam") as ann:
            with watched(server) as turns:
                async with trio.open_nursery() as nursery:
                    for one, room in zip(crowd, rooms, strict=True):
                        nursery.start_soon(type_very_much, one, room)
                    for number in range(10):
                        assert await ann.send("jam", "hello") == number + 1
            assert turns.longest < CALLS


async def type_very_much(chatter: Chatter, room: str) -> None:
    """Send a frame of 2,300 requests; read until the last of them is refused."""
    typing: Object = {"t": "typing", "room": room}
    await say(chatter, [*[typing] * 2299, typing | {"id": 7}])
    while '"id":7' not in (told := await chatter.websocket.get_message()):
        pass
    assert '"code":"busy"' in told


async def test_a_frame_of_nicks_among_many_rooms() -> None:
    """A nick is told in the rooms of its person, however many others are open."""
    nicks: list[Object] = [{"t": "nick", "id": n, "nick": f"B{n}"} for n in range(1500)]
    async with serving() as server, AsyncExitStack() as stack:
        for place in range(15):
            rooms = [f"room{place}-{number}" for number in range(128)]
            await stack.enter_async_context(chatting(server, f"guest {place}", *rooms))
        async with chatting(server, "Ann", "tea") as ann, chatting(server, "Ben", "tea") as ben:
            assert len(server.server._hub.populations()) > 1900
            with watched(server) as turns:
                await say(ben, nicks)
                await ann.send("tea", "hello")
                told = await codes(ben, len(nicks))
            assert told.count("ok") == MOST_OBJECTS
            assert told.count("busy") == len(nicks) - MOST_OBJECTS
            assert turns.longest < CALLS


class Loading(MemoryJournal):
    """A journal that remembers which rooms were loaded, and loads none while it may not."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.may_load = trio.Event()
        self.may_load.set()

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        self.loads += names
        await self.may_load.wait()
        return await super().load(names, recent)


@pytest.mark.parametrize("says_hello", [True, False])
async def test_a_frame_of_a_thousand_joins(*, says_hello: bool) -> None:
    """No more are loaded than one may be in, none before hello; others go on meanwhile."""
    journal = Loading()
    names = [f"room{number}" for number in range(1000)]
    await journal.commit([message(room=name) for name in names])
    async with (
        serving(journal=journal) as server,
        chatting(server, "Ann", "tea") as ann,
        connected(server) as ben,
    ):
        if says_hello:
            await ben.hello("Ben")
        journal.loads.clear()
        journal.may_load = trio.Event()
        with watched(server) as turns:
            joins = [{"t": "join", "id": n, "room": name} for n, name in enumerate(names)]
            await say(ben, joins)
            for number in range(3):
                assert await ann.send("tea", "hello") == number + 1
            journal.may_load.set()
            told = await codes(ben, len(names))
        assert turns.longest < CALLS
        if says_hello:
            assert (told.count("joined"), len(journal.loads)) == (128, 128)
            assert set(told) == {"joined", "too_many_rooms", "busy"}
        else:
            assert (set(told), journal.loads) == ({"hello_first", "busy"}, [])


async def test_joins_from_many_different_numbers() -> None:
    """A room keeps a few replays for those who missed the same, within their bytes."""
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        for _ in range(250):
            await ann.send("tea", "x" * 1000)
        async with chatting(server, "Ben") as ben:
            joins = [{"t": "join", "id": n, "room": "tea", "last": n} for n in range(250)]
            await say(ben, joins)
            told = await codes(ben, len(joins))
            assert set(told) <= {"joined", "busy"}
            assert told.count("joined") > REPLAYS
            rooms = server.server._hub._chat._rooms
            assert len(rooms["tea"].log._replays) <= REPLAYS
            assert rooms.budgets.replays.total <= REPLAYS * 256 * 1024


async def test_a_search_that_marks_very_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made in a thread, beside which others talk; a hit has 50 marks at most."""
    may_go_on, threads = threading.Event(), set[int]()

    def wait(messages: Sequence[MessageView], query: Query, budget: Budget) -> list[Hit]:
        threads.add(threading.get_ident())
        assert may_go_on.wait(PATIENCE)
        return make_hits(messages, query, budget)

    monkeypatch.setattr(marker, "make_hits", wait)
    found: list[Object] = []

    async def search(server: Running) -> None:
        answer = await ask(server, "GET", "/rooms/tea/search?q=a&limit=100")
        found.extend(answer.json["hits"])

    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        for _ in range(20):
            await ann.send("tea", "a " * 2000)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(search, server)
            with trio.fail_after(PATIENCE):
                while not threads:
                    await trio.sleep(0.01)
            assert await ann.send("tea", "meanwhile") == 21
            may_go_on.set()
    assert len(found) == 20
    assert max(len(hit["marks"]) for hit in found) <= 50
    assert threading.get_ident() not in threads


async def test_a_search_of_many_words() -> None:
    """Sixteen are looked for, by whichever way; more are refused."""
    words = [f"word{number}" for number in range(17)]
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        for _ in range(26):
            await ann.send("tea", " ".join(words * 33)[:3990])
        many, most = " ".join(words), " ".join(words[:16])
        assert (await ann.ask(t="search", room="tea", query=many))["code"] == "bad_request"
        assert len((await ann.ask(t="search", room="tea", query=most, limit=99))["hits"]) == 26
        for query, status in ((many, 400), (most, 200)):
            path = f"/rooms/tea/search?q={query.replace(' ', '+')}"
            assert (await ask(server, "GET", path)).status == status


async def test_reactions_without_end() -> None:
    """A message takes 50 emoji and 1,000 changes, each with an error of its own, and is read."""
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        seq = await ann.send("tea", "hello")
        react = {"t": "react", "room": "tea", "seq": seq}
        faces = [{**react, "id": n, "emoji": face} for n, face in enumerate(FACES)]
        with watched(server) as turns:
            await say(ann, faces)
            told = await codes(ann, len(FACES))
            assert (told.count("ok"), told.count("too_many_reactions")) == (50, len(FACES) - 50)
            flips = [{**react, "id": n, "emoji": FACES[0], "on": n % 2 == 1} for n in range(1000)]
            for start in range(0, 1000, 250):
                await say(ann, flips[start : start + 250])
            told = await codes(ann, len(flips))
            assert (told.count("ok"), told.count("too_many_changes")) == (950, 50)
        assert turns.longest < CALLS
        [told] = (await ann.ask(t="history", room="tea"))["messages"]
        assert len(told["reactions"]) in (49, 50)


async def test_a_message_of_an_old_file_with_very_many_reactions(tmp_path: Path) -> None:
    """It is read as it stands, with as many of them as fit a page."""
    path, count = tmp_path / "chat.db", 30_000
    restore_with(path, (react(1, f"face {number}") for number in range(count)))
    journal = await SqliteJournal.open(path)
    async with serving(journal=journal) as server, chatting(server, "Ben", "jam") as ben:
        with watched(server) as turns:
            [told] = (await ben.ask(t="history", room="jam"))["messages"]
            assert 0 < len(told["reactions"]) < count
            react_again = {"t": "react", "room": "jam", "seq": 1, "emoji": FACES[0]}
            assert (await ben.ask(**react_again))["code"] == "too_many_changes"
        assert turns.longest < CALLS
    await journal.close()


async def test_a_message_of_an_old_file_that_was_changed_very_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read as it stands, and deleted in steps, between which others are acknowledged."""
    path, count = tmp_path / "chat.db", 100_000
    restore_with(path, (edit(1, f"text {number}") for number in range(count)))
    journal = await SqliteJournal.open(path)
    rewritten: list[int] = []
    commit: Callable[[Sequence[Write]], list[Result] | None] = journal._writer._commit

    def note(writes: Sequence[Write]) -> list[Result] | None:
        results = commit(writes)
        kept = [one for one in results or () if isinstance(one, Committed)]
        rewritten.extend(len(one.rewritten) for one in kept)
        return results

    monkeypatch.setattr(journal._writer, "_commit", note)
    session = Sessions(journal.secret).token(ANN)
    async with (
        serving(journal=journal) as server,
        chatting(server, "Ann", "jam", session=session) as ann,
        chatting(server, "Ben", "tea") as ben,
    ):
        [told] = (await ben.ask(t="history", room="jam"))["messages"]
        assert (told["text"], told["edited"]) == (f"text {count - 1}", True)
        await ann.say({"t": "delete", "id": 1, "room": "jam", "seq": 1})
        await ben.send("tea", "meanwhile")
        assert (await ann.until("ok", "error"))["t"] == "ok"
        [told] = (await ben.ask(t="history", room="jam"))["messages"]
        assert (told["text"], told["deleted"]) == ("", True)
        assert max(rewritten) <= 4_100  # of 100,000; as many as there may be changes from now on
    await journal.close()
