"""What retention has deleted is gone for whoever comes back, also while it is still at work."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
import trio

from tests.integration.asking import ask
from tests.integration.chatters import Chatter, chatting
from tests.integration.running import PATIENCE, Running, serving
from tests.journal.drafts import Clock, fill
from trio_chat import server as server_module
from trio_chat.clock import wall_clock
from trio_chat.journal import retention
from trio_chat.journal.sqlite import pruning
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.upkeep import Upkeep


async def test_nobody_gets_from_memory_what_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Be there any amount left to do: whoever missed it is told of the gap."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server, chatting(server, "Ann", "tea") as ann:
        for number in range(5):
            await ann.send("tea", f"{number}")
    is_loaded = trio.Event()

    async def wait_for_it(_: object) -> None:
        await is_loaded.wait()

    async def go_on_for_ever(_: object) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(retention, "_known_time", wait_for_it)
    monkeypatch.setattr(Upkeep, "_erase", go_on_for_ever)
    async with (
        serving(keep_messages=2, database=database) as server,
        chatting(server, "Ben", {"room": "tea", "last": 0, "epoch": ann.epoch}) as ben,
    ):
        assert await ben.seqs_until(5) == [1, 2, 3, 4, 5]
        is_loaded.set()
        with trio.fail_after(PATIENCE):
            while len((await ben.ask(t="history", room="tea"))["messages"]) > 2:
                await trio.sleep(0.01)
        joined = await ben.ask(t="join", room="tea", last=0)
        assert joined["gap"] == 4
        assert await ben.seqs_until(5) == [4, 5]


async def test_whoever_reads_what_they_missed_is_told_of_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which retention makes meanwhile: the numbers before it, the gap, those behind it."""
    journal = await SqliteJournal.open(tmp_path / "chat.db")
    await fill(journal, 50)
    may_delete, after = trio.Event(), journal.after

    async def wait_for_it(_: object) -> None:
        await may_delete.wait()

    async def read(room: str, seq: int, limit: int, max_bytes: int) -> list[tuple[int, bytes]]:
        if seq > 5:
            may_delete.set()
            with trio.fail_after(PATIENCE):
                while (await after(room, 0, 1, max_bytes))[0][0] < 46:
                    await trio.sleep(0.01)
        return await after(room, seq, limit, max_bytes)

    monkeypatch.setattr(retention, "_known_time", wait_for_it)
    monkeypatch.setattr(journal, "after", read)
    async with (
        serving(journal=journal, keep_messages=5, resume_limit=2, page_bytes=512) as server,
        chatting(server, "Ben", {"room": "tea", "last": 0}) as ben,
    ):
        told = [await ben.until("msg", "joined")]
        while told[-1].get("seq") != 50:
            told.append(await ben.until("msg", "joined"))
        assert (told[0]["t"], told[0].get("gap")) == ("joined", None)
        [at] = [number for number, one in enumerate(told[1:], 1) if one["t"] == "joined"]
        assert told[at]["gap"] == 46
        assert [one["seq"] for one in told[1:at]] == list(range(1, at))
        assert [one["seq"] for one in told[at + 1 :]] == list(range(46, 51))
    await journal.close()


async def over_the_socket(_: Running, chatter: Chatter) -> list[int]:
    answer = await chatter.ask(t="search", room="tea", query="te*", limit=1000)
    return [hit["seq"] for hit in answer["hits"]]


async def over_http(server: Running, _: Chatter) -> list[int]:
    path = "/rooms/tea/search?q=te*&limit=1000"
    return [hit["seq"] for hit in (await ask(server, "GET", path)).json["hits"]]


@pytest.mark.parametrize("way", [over_the_socket, over_http])
async def test_a_search_while_retention_deletes_is_answered(
    way: Callable[[Running, Chatter], Awaitable[list[int]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each finds what was there at one moment: all messages from some number on."""
    monkeypatch.setattr(pruning, "STEP", 3)
    journal = await SqliteJournal.open(tmp_path / "chat.db")
    await fill(journal, 600)
    may_delete = trio.Event()

    async def wait_for_it(_: object) -> None:
        await may_delete.wait()

    monkeypatch.setattr(retention, "_known_time", wait_for_it)
    async with (
        serving(journal=journal, keep_messages=5, history_page=1000, page_bytes=2**19) as server,
        chatting(server, "Ben") as ben,
    ):
        may_delete.set()
        firsts = [0]
        with trio.fail_after(PATIENCE):
            while firsts[-1] < 596:
                found = await way(server, ben)
                assert found == list(range(600, 600 - len(found), -1))
                assert len(found) >= 5
                [(first, _)] = await journal.after("tea", 0, 1, 1000)
                firsts.append(first)
        assert all(one <= other for one, other in pairwise(firsts))
    await journal.close()


async def test_a_clock_that_was_a_year_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is deleted for it, and what is said later has the right time again."""
    year = 365 * retention.DAY
    clock = Clock()
    clock.now = wall_clock()
    looks: list[int] = []

    def look() -> int:
        looks.append(clock())
        return looks[-1]

    monkeypatch.setattr(retention, "INTERVAL", 0.01)
    monkeypatch.setattr(server_module, "retain", partial(retention.retain, clock=look))
    journal = SqliteJournal(JournalFile(tmp_path / "chat.db"), clock)
    async with (
        serving(journal=journal, keep_days=30) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        now = clock.now
        for clock.now in (now, now + year, now):
            await ann.send("tea", "hello")
            seen = len(looks)
            with trio.fail_after(PATIENCE):
                while looks[seen:].count(clock.now) < 10:
                    await trio.sleep(0.01)
        page = (await ann.ask(t="history", room="tea"))["messages"]
        assert [message["ts"] - now for message in page] == [0, year, 0]
    await journal.close()
