"""Coming back over real sockets: precisely what was missed, or what is missing is told."""

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import PATIENCE, serving
from trio_chat.config import Config
from trio_chat.journal.journal import Journal
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Pruned, Write
from trio_chat.protocol.events import Message, Person

SOMEBODY = Person("somebody", "Somebody")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return where a server keeps what is said."""
    return tmp_path / "chat.db"


async def fill(journal: Journal, count: int, room: str = "tea", length: int = 1) -> None:
    """Let so many messages have been said before the server is started."""
    text = "x" * length
    await journal.commit([Write(Message(room=room, who=SOMEBODY, text=text)) for _ in range(count)])


def since(last: int, epoch: str = "", room: str = "tea") -> Object:
    return {"room": room, "last": last, **({"epoch": epoch} if epoch else {})}


async def missed(chatter: Chatter) -> tuple[Object, list[Object]]:
    """Return the ``joined`` of the room, and all events up to the last one that it names."""
    joined = await chatter.until("joined")
    events: list[Object] = []
    while not events or events[-1]["seq"] < joined["last"]:
        events.append(await chatter.until(*KEPT))
    return joined, events


KEPT = ("msg", "edit", "delete", "react", "topic")


@pytest.mark.parametrize("resume_limit", [1, 1000])
async def test_what_was_missed_comes_as_it_was_told_live(database: Path, resume_limit: int) -> None:
    """From what is at hand, or from the file: the same objects, in the same order."""
    async with (
        serving(database=str(database), resume_limit=resume_limit) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        async with chatting(server, "Bob", "tea") as bob:
            await ann.send("tea", "seen")
            assert (await bob.until("msg"))["text"] == "seen"
        seq = await ann.send("tea", "missed")
        for change in (
            {"t": "edit", "seq": seq, "text": "missed, and edited"},
            {"t": "react", "seq": seq, "emoji": "🍋"},
            {"t": "topic", "text": "What was missed"},
        ):
            await ann.ask(room="tea", **change)
        live = [entry for entry in await ann.all_until("topic") if entry["t"] in KEPT][-4:]
        async with chatting(server, "Bob", since(1), session=bob.session) as bob:
            joined, events = await missed(bob)
            assert events == live
            assert (joined["last"], joined["topic"]) == (5, "What was missed")
            await ann.send("tea", "new")
            assert (await bob.until("msg"))["seq"] == 6


async def test_a_restart_changes_nothing(database: Path) -> None:
    """Same epoch, same people, same numbers; a resend is recognised, too."""
    cid = "5f0c1b7e-8d0a-4a51-9d53-6a1d3f0f7c11"
    async with (
        serving(database=str(database)) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        for text in ("one", "two"):
            await ann.send("tea", text)
        first = await ann.ask(t="send", room="tea", text="three", cid=cid)
    async with (
        serving(database=str(database)) as server,
        chatting(server, "Ann", since(1, ann.epoch), session=ann.session) as again,
    ):
        assert (again.who, again.epoch) == (ann.who, ann.epoch)
        joined, events = await missed(again)
        assert "reset" not in joined
        assert [entry["text"] for entry in events] == ["two", "three"]
        resent = await again.ask(t="send", room="tea", text="three", cid=cid)
        assert (resent["seq"], resent["ts"], resent["dup"]) == (first["seq"], first["ts"], True)
        assert await again.send("tea", "four") == 4


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_retention_deleted_is_a_gap(database: Path, restarts: bool) -> None:
    """It is told where the rest begins, and the rest follows."""
    journal = await SqliteJournal.open(database)
    await fill(journal, 10)
    if restarts:
        await journal.prune(3, 0)
    async with (
        serving(journal=journal) as server,
        chatting(server, "Ann", "tea"),
    ):
        if not restarts:
            server.server._inbox.post(Pruned(await journal.prune(3, 0)))
        async with chatting(server, "Bob", since(2)) as bob:
            joined, events = await missed(bob)
            assert joined["gap"] == 8
            assert [entry["seq"] for entry in events] == [8, 9, 10]
    await journal.close()


async def test_retention_is_at_work(database: Path) -> None:
    """It looks as soon as the server runs."""
    journal = await SqliteJournal.open(database)
    await fill(journal, 10)
    async with (
        serving(journal=journal, keep_messages=4) as server,
        chatting(server, "Ann") as ann,
    ):
        with trio.fail_after(PATIENCE):
            while len((await ann.ask(t="history", room="tea"))["messages"]) > 4:
                await trio.sleep(0.01)
    await journal.close()


async def test_another_database_is_another_epoch(database: Path, tmp_path: Path) -> None:
    """The numbers of the one mean nothing in the other, and neither do the sessions."""
    async with serving(database=str(database)) as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "one")
    async with (
        serving(database=str(tmp_path / "another.db")) as server,
        chatting(server, "Bob", "tea") as bob,
    ):
        for _ in range(3):
            await bob.send("tea", "x")
        async with chatting(server, "Ann", since(1, ann.epoch), session=ann.session) as again:
            assert again.who["id"] != ann.who["id"]
            joined = await again.until("joined")
            assert (joined["reset"], joined["last"]) == (True, 3)
            await bob.send("tea", "the first that comes")
            assert (await again.until("msg"))["seq"] == 4


async def test_a_long_absence_comes_in_pages_while_others_talk_on(database: Path) -> None:
    """All of it, in order, and what is said meanwhile behind it."""
    journal = await SqliteJournal.open(database)
    count, meanwhile = 3000, 200
    await fill(journal, count, length=100)
    async with (
        serving(journal=journal, resume_limit=100) as server,
        chatting(server, "Ann", "tea") as ann,
        trio.open_nursery() as nursery,
    ):

        async def talk() -> None:
            for number in range(meanwhile):
                await ann.send("tea", f"meanwhile {number}")

        nursery.start_soon(talk)
        async with chatting(server, "Bob", since(0)) as bob:
            assert await bob.seqs_until(count + meanwhile) == [*range(1, count + meanwhile + 1)]
    await journal.close()


async def test_a_crowd_comes_back_at_once(database: Path) -> None:
    """As after a restart: everybody gets all, each from where they were."""
    journal = await SqliteJournal.open(database)
    await fill(journal, 500)
    async with serving(journal=journal, resume_limit=100) as server, trio.open_nursery() as nursery:

        async def come_back(number: int) -> None:
            async with chatting(server, f"n{number}", since(number * 10)) as chatter:
                assert await chatter.seqs_until(500) == [*range(number * 10 + 1, 501)]

        for number in range(40):
            nursery.start_soon(come_back, number)
    await journal.close()


async def test_joining_and_leaving_again_and_again_tells_nothing_twice(database: Path) -> None:
    """And nothing is lost that is said in between."""
    async with (
        serving(database=str(database)) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Bob") as bob,
    ):
        last = 0
        for number in range(20):
            await ann.send("tea", f"while away {number}")
            await bob.say({"t": "join", "room": "tea", "last": last})
            _, events = await missed(bob)
            assert [entry["seq"] for entry in events] == [last + 1, last + 2][: 1 + bool(last)]
            assert await ann.send("tea", f"while here {number}") == 2 * number + 2
            await bob.ask(t="leave", room="tea")
            last = 2 * number + 1


LARGE: dict[str, Any] = {"text": 3000, "count": 1500}  # a page is three times an outbox


async def test_a_long_absence_among_long_messages(database: Path) -> None:
    """A page may be larger than an outbox: it goes out no faster than the peer reads."""
    journal = await SqliteJournal.open(database)
    await fill(journal, LARGE["count"], length=LARGE["text"])
    assert LARGE["text"] * 1000 > Config().outbox_bytes
    try:
        async with serving(journal=journal) as server, chatting(server, "Bob", since(0)) as bob:
            assert await bob.seqs_until(LARGE["count"]) == [*range(1, LARGE["count"] + 1)]
    finally:
        await journal.close()


async def test_a_long_absence_from_many_busy_rooms(database: Path) -> None:
    """What is at hand of many rooms may be more than an outbox, too."""
    journal = await SqliteJournal.open(database)
    rooms = [f"room-{number}" for number in range(8)]
    for room in rooms:
        await fill(journal, 300, room, LARGE["text"])
    try:
        async with serving(journal=journal) as server, chatting(server, "Ann", *rooms):
            wishes = [since(0, room=room) for room in rooms]
            async with chatting(server, "Bob", *wishes) as bob:
                heard: list[tuple[str, int]] = []
                while len(heard) < 300 * len(rooms):
                    entry = await bob.until("msg")
                    heard.append((entry["room"], entry["seq"]))
                assert len(set(heard)) == len(heard)
    finally:
        await journal.close()
