"""Deleted means gone: after a stated time no file of ours has a piece of a deleted text."""

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from tests.journal import trouble
from tests.journal.drafts import Clock, delete, edit, nobody_in, say, title
from trio_chat.commands.backup import main as backup
from trio_chat.commands.export import main as export
from trio_chat.commands.prune import main as prune
from trio_chat.errors import Failed
from trio_chat.journal.people import PersonRecord, encode
from trio_chat.journal.search.query import parse
from trio_chat.journal.sqlite import erasing, gaps, scrubs
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Bounds

# Not the key ``secret`` of the server's own, behind which a random byte may be a digit.
PIECE = re.compile(rb"zekr|kret|(?<!sec)ret\d", re.IGNORECASE)
AT_ONCE = 0.0  # seconds within which words have to be gone
NEVER = 1e9


def secret(number: int) -> str:
    """Return a text with words that are nowhere else, between others that are."""
    words = [f"word{random.randrange(300)}" for _ in range(random.randrange(30))]  # noqa: S311
    return " ".join([*words, f"Zekret{number}", f"zekret{number}x{number}"])


def pieces(folder: Path) -> dict[str, int]:
    """Return how many pieces of secrets there are in each file that has any."""
    found = {
        str(file.relative_to(folder)): len(PIECE.findall(file.read_bytes()))
        for file in folder.rglob("*")
        if file.is_file()
    }
    return {name: count for name, count in found.items() if count}


async def talk(journal: SqliteJournal, count: int = 600) -> None:
    """Say secrets among other messages, edit some, and delete all of them, in any order."""
    random.seed(7)
    for begin in range(0, count, 20):
        said = [
            say(secret(n) if n % 3 else f"harmless {n}", cid=f"resent-until-kept-{n}")
            for n in range(begin, begin + 20)
        ]
        await journal.commit(said)
    numbers = [n + 1 for n in range(count) if n % 3]
    await journal.commit([edit(n, secret(n)) for n in numbers if n % 2])
    await journal.commit([edit(n, secret(n + count)) for n in numbers if n % 5 == 0])
    random.shuffle(numbers)
    for number in numbers:
        await journal.commit([delete(number)])


def contents(path: Path) -> bytes:
    return path.read_bytes()


async def hits(journal: SqliteJournal, query: str) -> int:
    page = await journal.search("tea", parse(query), Bounds(), 1000, 10**8)
    return len(page.messages)


async def test_by_a_running_server(path: Path) -> None:
    """With the next look of retention after half the time; the search still finds the others."""
    journal = await SqliteJournal.open(path, erase_within=AT_ONCE)
    await talk(journal)
    assert pieces(path.parent)
    await journal.prune(0, 0)
    assert pieces(path.parent) == {}
    assert await hits(journal, "harmless") == 200
    assert await hits(journal, "zekret1") == 0
    await journal.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_file_that_is_not_ours_any_more(path: Path) -> None:
    """What was written over it while it was open is left alone, byte for byte, at the end too."""
    journal = await SqliteJournal.open(path, erase_within=AT_ONCE)
    await talk(journal, 60)
    content = b"\nDear diary! " * 100_000
    trouble.overwrite(path, 0, content)
    await journal.prune(0, 0)
    await journal.close()
    assert content == contents(path)[: len(content)]


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (b"\x0d\0\0\0\x02\0\x20" + bytes(57), (12, 32)),
        (b"\x05\0\0\0\x01\0\x10" + bytes(57), (14, 16)),
        (b"\x0d\0\0\0\x02\xff\xff" + bytes(57), (0, 0)),
        (bytes(64), (0, 0)),
    ],
)
def test_the_unused_space_of_a_page(page: bytes, place: tuple[int, int]) -> None:
    """It lies between the list of cells and the cells; other pages, and damaged ones, have none."""
    assert gaps.gap(page) == place


async def test_nicks_and_rooms_that_nobody_has_any_more(path: Path, clock: Clock) -> None:
    """They are in the log, and in pages, like words; nothing is merged for them."""
    file = JournalFile(path, boot="boot")
    journal = SqliteJournal(file, clock, erase_within=AT_ONCE)
    await journal.commit([say("harmless"), title("Zekret3", room="zekret4"), say(room="tea")])
    for nick in ("Zekret1", "Ann"):
        await journal.keep_people({"ann": encode(PersonRecord(nick=nick, seen=1))})
    await journal.keep_people({"ben": encode(PersonRecord(nick="Zekret2", seen=1))})
    await journal.keep_people({"ben": None})
    await journal.keep_people({"cyd": encode(PersonRecord(nick="Zekret5", seen=1))})
    assert await journal.forget_people(2) == ["ann", "cyd"]
    await journal.prune(0, clock() + 1000)
    assert await journal.forget(clock() + 1000, nobody_in) == 2
    assert pieces(path.parent)
    await journal.prune(0, 0)
    assert pieces(path.parent) == {}
    await journal.close()


async def test_a_nick_that_is_kept_again_is_not_noted(path: Path) -> None:
    """Records are written all the time, to say when somebody was seen; that erases nothing."""
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    for seen in range(3):
        await journal.keep_people({"ann": encode(PersonRecord(nick="Ann", seen=seen))})
    await journal.keep_people({"ben": None})
    assert erasing.noted(journal._file.writer) is None
    await journal.keep_people({"ann": encode(PersonRecord(seen=3))})
    assert erasing.noted(journal._file.writer) is not None
    await journal.close()


async def test_not_before_its_time(path: Path) -> None:
    """A merge writes the whole index, so it is not made for each deletion."""
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    await talk(journal, 60)
    await journal.prune(0, 0)
    assert pieces(path.parent)
    await journal.close()


async def test_at_the_end(path: Path) -> None:
    """A server that stops in order leaves nothing."""
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    await talk(journal)
    await journal.close()
    assert pieces(path.parent) == {}


async def test_an_end_that_has_no_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is for the next server."""
    monkeypatch.setattr("trio_chat.journal.sqlite.upkeep.ERASE_AT_CLOSE", -1.0)
    monkeypatch.setattr(erasing, "MERGE", 1)
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    await talk(journal)
    await journal.close()
    assert pieces(path.parent)
    journal = await SqliteJournal.open(path, erase_within=AT_ONCE)
    await journal.prune(0, 0)
    assert pieces(path.parent) == {}
    await journal.close()


async def test_what_retention_has_deleted(path: Path) -> None:
    """Texts, and edits of what is gone."""
    journal = await SqliteJournal.open(path, erase_within=AT_ONCE)
    for number in range(100):
        await journal.commit([say(secret(number))])
    await journal.commit([edit(1, secret(1)), say("harmless")])
    await journal.prune(1, 0)
    assert pieces(path.parent) == {}
    await journal.close()


async def test_a_reader_in_the_way(path: Path) -> None:
    """The log cannot be emptied meanwhile; that is done another time."""
    journal = await SqliteJournal.open(path, erase_within=AT_ONCE)
    await talk(journal, 60)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    await journal.prune(0, 0)
    assert pieces(path.parent)
    reader.close()
    await journal.prune(0, 0)
    assert pieces(path.parent) == {}
    await journal.close()


async def test_what_is_deleted_meanwhile(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is erased by the next round."""
    monkeypatch.setattr(erasing, "MERGE", 1)
    journal = await SqliteJournal.open(path, erase_within=AT_ONCE)
    await talk(journal)
    await journal.commit([say("zekret1000")])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.prune, 0, 0)
        await trio.sleep(0.002)
        await journal.commit([delete(await last(journal))])
    await journal.prune(0, 0)
    assert pieces(path.parent) == {}
    await journal.close()


async def last(journal: SqliteJournal) -> int:
    [state] = await journal.load(["tea"], 1)
    return state.last


async def test_copies(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Backups and exports have nothing of it, even when the server has had no time to erase it."""
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    await talk(journal)
    copies = path.parent / "copies"
    copies.mkdir()
    assert backup([str(copies / "x.db")]) == 0
    assert export(["-o", str(copies / "x.jsonl")]) == 0
    assert pieces(copies) == {}
    assert pieces(path.parent)
    await journal.close()


async def test_the_command_prune(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When it returns, all of it is erased."""
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    monkeypatch.setattr("trio_chat.journal.sqlite.upkeep.ERASE_AT_CLOSE", -1.0)
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    await talk(journal)
    await journal.close()
    assert prune(["--keep-messages", "10"]) == 0
    assert pieces(path.parent) == {}


async def test_the_command_prune_that_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one takes out what this one has left, as a step is done as a whole or not at all."""
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    await journal.commit([say("first"), say("second"), edit(1, secret(1))])
    await journal.close()
    with monkeypatch.context() as patch:
        patch.setattr(scrubs, "bare", failing)
        with pytest.raises(Failed):
            prune(["--keep-messages", "1"])
    assert pieces(path.parent)
    assert prune(["--keep-messages", "1"]) == 0
    assert pieces(path.parent) == {}


def failing(*_: object) -> None:
    """Fail as SQLite does."""
    raise sqlite3.OperationalError("disk I/O error")


async def test_gaps_wait_for_whoever_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cleared beside a log that has something, nor in pages beyond what is known."""
    journal = await SqliteJournal.open(path, erase_within=NEVER)
    await talk(journal, 40)
    file = journal._file
    with monkeypatch.context() as patch:
        patch.setattr(gaps, "log_of", lambda _: path)
        assert gaps.clear(file.writer, file.guard.descriptor, 0) is None
    monkeypatch.setattr(gaps, "LAST_PAGE", 0)
    assert gaps.clear(file.writer, file.guard.descriptor, 0)
    assert pieces(path.parent)
    await journal.close()


async def test_copies_of_older_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup of a file without an index, or from before deletions were finished, is one."""
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    journal = await SqliteJournal.open(path)
    await talk(journal, 40)
    await journal.close()
    with monkeypatch.context() as patch:
        patch.setattr("trio_chat.commands.copying.has_index", lambda _: False)
        assert backup([str(path.with_name("x.db"))]) == 0
    steps = iter([True, False])
    with monkeypatch.context() as patch:
        patch.setattr("trio_chat.commands.copying.scrubs.step", lambda _: next(steps))
        assert backup([str(path.with_name("y.db"))]) == 0
    monkeypatch.setattr("trio_chat.commands.copying.scrubs.SINCE", 1000)
    assert backup([str(path.with_name("z.db"))]) == 0
