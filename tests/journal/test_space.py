"""The disk is bounded: beyond its limits nothing is added, and all else goes on."""

import os
from pathlib import Path

import pytest
import structlog

from tests.journal.drafts import delete, edit, fill, kept, numbers, react, say, title
from trio_chat.config import Config, ConfigError
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.space import SpaceLimits
from trio_chat.journal.types import CANARY_REFUSED, STORAGE_FULL, Duplicate, Write
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import Message

LARGE = "x" * 3000
MEGABYTE = 1_000_000


def size_of(path: Path) -> int:
    return path.stat().st_size


async def fill_up(journal: SqliteJournal) -> int:
    """Say something until it is refused; return how many bytes that was."""
    count = 0
    while await journal.commit([say(LARGE)]) != [STORAGE_FULL]:
        count += len(LARGE)
        if count % (20 * len(LARGE)) == 0:
            await journal.has_changed()
    return count


async def test_a_database_that_is_large_enough(path: Path) -> None:
    """Nothing is added: no message, edit, reaction or topic. Reading, resends, deletion go on."""
    journal = await SqliteJournal.open(path, space=SpaceLimits(2 * MEGABYTE, 0))
    await journal.commit([say("hello", cid="said-before-it-was-full")])
    with structlog.testing.capture_logs() as logged:
        assert await fill_up(journal) < 2 * MEGABYTE
    assert [line["log_level"] for line in logged] == ["warning", "error"]
    assert "--max-database" in logged[1]["reason"]
    last = len(await kept(journal))
    refused = [say(), edit(1), react(1), title(), say(room="new")]
    assert await journal.commit(refused) == [STORAGE_FULL] * 5
    [resent] = await journal.commit([say("hello", cid="said-before-it-was-full")])
    assert isinstance(resent, Duplicate)
    assert numbers(await journal.commit([delete(1)])) == [last + 1]
    assert journal.counts["storage_full"] == 6
    await journal.close()
    assert size_of(path) < 2.2 * MEGABYTE


async def test_a_database_that_grows_fast(path: Path) -> None:
    """It is measured after each hundredth of it that is written, not once a second alone."""
    journal = await SqliteJournal.open(path, space=SpaceLimits(2 * MEGABYTE, 0))
    while await journal.commit([say(LARGE)] * 10) != [STORAGE_FULL] * 10:
        pass
    await journal.close()
    assert size_of(path) < 2.2 * MEGABYTE


async def test_a_disk_that_fills_fast(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is measured after each megabyte that is written."""
    looks: list[int] = []
    journal = await SqliteJournal.open(path, space=SpaceLimits(0, 1))
    monkeypatch.setattr(journal._writer._space, "look", lambda: looks.append(1))
    written = 0
    while not looks:
        await journal.commit([say(LARGE)] * 10)
        written += 10 * len(LARGE)
    await journal.close()
    assert MEGABYTE / 2 < written < 1.1 * MEGABYTE


async def test_space_that_was_made(path: Path) -> None:
    """Retention works on, and messages are kept again when there is some space to spare."""
    journal = await SqliteJournal.open(path, space=SpaceLimits(2 * MEGABYTE, 0))
    await fill_up(journal)
    await journal.prune(5, 0)
    with structlog.testing.capture_logs() as logged:
        await journal.has_changed()
    await journal.prune(5, 0)
    assert [line["event"] for line in logged] == [
        "messages are kept again",
        "there is enough space again",
    ]
    await fill(journal, 0)
    numbers(await journal.commit([say()]))
    await journal.close()


async def test_a_disk_that_others_have_filled(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same; and it does not change back at the limit itself."""
    free = 1000

    def statvfs(_: Path) -> os.statvfs_result:
        return os.statvfs_result((4096, 1, 0, 0, free, 0, 0, 0, 0, 0))

    monkeypatch.setattr(os, "statvfs", statvfs)
    journal = await SqliteJournal.open(path, space=SpaceLimits(0, 1000))
    for free, is_full in ((1000, False), (999, True), (1049, True), (1050, False)):  # noqa: B007
        await journal.has_changed()
        assert (await journal.commit([say()]) == [STORAGE_FULL]) is is_full
    await journal.close()


async def test_a_disk_that_will_soon_be_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once, while messages are kept; and it does not change back at the limit itself."""
    free = 2000

    def statvfs(_: Path) -> os.statvfs_result:
        return os.statvfs_result((4096, 1, 0, 0, free, 0, 0, 0, 0, 0))

    monkeypatch.setattr(os, "statvfs", statvfs)
    journal = await SqliteJournal.open(path, space=SpaceLimits(0, 1000))
    with structlog.testing.capture_logs() as logged:
        for free, is_low in ((2000, False), (1999, True), (2049, True), (2050, False)):
            await journal.has_changed()
            assert journal.figures.is_space_low is is_low
            assert journal.figures.disk_free == free
            await journal.commit([say()])
    assert [line["log_level"] for line in logged] == ["warning", "info"]
    await journal.close()


@pytest.mark.parametrize("bad", [-1, 1, 999_999])
def test_a_limit_that_can_never_work(bad: int) -> None:
    """An empty database must fit."""
    with pytest.raises(ConfigError, match="max_database"):
        Config(max_database=bad)
    Config(max_database=0)


async def test_a_proof_that_messages_can_be_kept(path: Path) -> None:
    """It is written over the one before it, and refused when messages would be, but not counted."""
    proof = Write(Message(room=LEDGER, text=""), is_canary=True)
    journal = await SqliteJournal.open(path, space=SpaceLimits(2 * MEGABYTE, 0))
    for _ in range(3):
        [result] = await journal.commit([proof])
        assert isinstance(result, Duplicate)
    rows = journal._file.writer.execute("SELECT count(*) FROM meta WHERE key = 'canary'").fetchone()
    assert rows == (1,)
    assert (await journal.load([LEDGER], 5))[0].last == 0
    await fill_up(journal)
    refused = journal.counts["storage_full"]
    assert await journal.commit([proof]) == [CANARY_REFUSED]
    assert journal.counts["storage_full"] == refused
    await journal.close()
