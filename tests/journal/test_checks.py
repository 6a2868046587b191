"""The command that checks a database finds what is wrong, and makes anew what can be."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.journal import trouble
from tests.journal.drafts import delete, edit, react, say, title
from trio_chat.commands.check import main as check
from trio_chat.journal.sqlite import checks
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal

# The words of a message are changed, and not its text beside them.
OTHER_WORDS = """
    UPDATE search SET text = 'other' WHERE rowid = 1 << 40 | 5;
    UPDATE search_content SET c0 = 'hello 4 ' || printf('%.*c', 500, 'x') WHERE id = 1 << 40 | 5;
"""
RIGHT = "pages\tok\nevents\tok\nrooms\tok\nstates\tok\nindex\tok\nfiles\tok\n"


@pytest.fixture
async def filled(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a database with all kinds of events."""
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    journal = await SqliteJournal.open(path)
    await journal.commit([say(f"hello {n} " + "x" * 500) for n in range(50)])
    await journal.commit([title("Tea"), edit(1), react(2), delete(3), say(room="jam")])
    await journal.commit([say(room="quiet")])
    await journal.close()
    write(path, "DELETE FROM events WHERE room = 3; DELETE FROM search WHERE rowid >> 40 = 3")
    return path


def write(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(script)


async def test_all_is_right(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so for each kind, and the status is 0."""
    assert check([]) == 0
    assert capsys.readouterr().out == RIGHT


async def test_a_topic_whose_event_is_gone_is_right(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As by retention: where numbers are missing at the beginning, it may be of one of them."""
    write(filled, "UPDATE rooms SET topic = 'x' WHERE name = 'quiet'")
    journal = await SqliteJournal.open(filled)
    await journal.commit([title("Old", room="old"), say(room="old")])
    await journal.close()
    write(filled, "DELETE FROM events WHERE seq = 1 AND room = 4")
    assert check([]) == 0
    assert capsys.readouterr().out == RIGHT


@pytest.mark.parametrize(
    ("script", "kind", "told"),
    [
        ("UPDATE rooms SET last = 5 WHERE name = 'tea'", "rooms", "room tea: the last number"),
        ("UPDATE rooms SET last = 500 WHERE name = 'tea'", "rooms", "number is 54, not 500"),
        ("UPDATE rooms SET ts = 5 WHERE name = 'tea'", "rooms", "room tea: the last time is"),
        ("UPDATE rooms SET topic = 'x' WHERE name = 'tea'", "rooms", "the topic is Tea, not x"),
        ("UPDATE rooms SET topic = 'x' WHERE name = 'jam'", "rooms", "jam: the topic is , not x"),
        ("UPDATE rooms SET unordered = 40 WHERE name = 'tea'", "rooms", "is 0, not 40"),
        ("UPDATE events SET ts = 1 WHERE seq = 30", "rooms", "is 30, not 0"),
        ("UPDATE states SET changes = 7 WHERE seq = 2", "states", "number 2 has 1 changes, not 7"),
        ("UPDATE states SET data = x'7b7d' WHERE seq = 2", "states", "the state of 2 is not what"),
        ("DELETE FROM states WHERE seq = 1", "states", "number 1 has 1 changes, not 0"),
        ("INSERT INTO states VALUES (1, 999, 1, x'7b7d')", "states", "the state of 999"),
        ("INSERT INTO states VALUES (1, 9, 1, x'7b7d')", "states", "the state of 9"),
        ("DELETE FROM search WHERE rowid % 7 = 0", "index", "number 5 is not in it as it is"),
        ("UPDATE search SET text = 'x' WHERE rowid % 7 = 0", "index", "number 5 is not in it"),
        ("INSERT INTO search (rowid, text) VALUES (1 << 40 | 999, 'x')", "index", "number 999 is"),
        ("DELETE FROM search_data WHERE id > 10", "index", "index"),
        ("DROP TABLE search_content", "index", "index"),
        ("UPDATE search_content SET c1 = 'x' WHERE id % 7 = 0", "index", "number 5 is not in it"),
        (OTHER_WORDS, "index", "its words are not those of the messages"),
        ("DELETE FROM meta WHERE key = 'index'", "index", "it is missing"),
    ],
)
async def test_what_can_be_made_anew(
    filled: Path, capsys: pytest.CaptureFixture[str], script: str, kind: str, told: str
) -> None:
    """It is told with status 1; with --repair it is made anew, and then all is right."""
    write(filled, script)
    assert check([]) == 1
    assert told in capsys.readouterr().out
    assert check(["--repair"]) == 0
    if "meta" not in script:  # that is made anew whenever the file is opened to be written
        assert f"{kind}\tmade anew" in capsys.readouterr().out
    capsys.readouterr()
    assert check([]) == 0
    assert capsys.readouterr().out == RIGHT


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("UPDATE events SET data = x'7b22' WHERE seq = 9", "room tea: number 9 is damaged"),
        ("DELETE FROM events WHERE seq IN (9, 10)", "room tea: 9 to 10 are missing"),
        ("UPDATE events SET data = x'7b22'", "number 20 is damaged"),
    ],
)
async def test_what_cannot(
    filled: Path, capsys: pytest.CaptureFixture[str], script: str, told: str
) -> None:
    """It stays as it is, and is told with status 1."""
    write(filled, script)
    for arguments in ([], ["--repair"]):
        assert check(arguments) == 1
        assert told in capsys.readouterr().out


async def test_a_damaged_file(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in it is changed, with --repair neither."""
    content = shatter(filled)
    events = content.count(b'"seq":')
    for arguments in ([], ["--repair"]):
        assert check(arguments) == 1
        out = capsys.readouterr().out
        assert "pages\tok" not in out
        assert "made anew" not in out
    assert read(filled).count(b'"seq":') == events


def read(path: Path) -> bytes:
    return path.read_bytes()


def shatter(path: Path) -> bytes:
    """Overwrite a page with events in it with noise."""
    place = path.read_bytes().index(b'"seq":20,') // 4096 * 4096
    trouble.overwrite(path, place, b"\x0d\xff" * 2048)
    return path.read_bytes()


async def test_what_is_wrong_everywhere_is_told_so_often(
    filled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first faults of each kind are enough."""
    monkeypatch.setattr("trio_chat.journal.sqlite.checks.LIMIT", 3)
    write(filled, "UPDATE events SET data = '{}'")
    assert check([]) == 1
    told = capsys.readouterr().out + capsys.readouterr().err
    assert told.count("is damaged") <= 3


def test_a_check_that_ends_early_is_made_by_table(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As newer SQLite ends it at a damaged search index, of which another check tells."""
    JournalFile(path).close()
    found = checks._found_wrong

    def found_wrong(database: sqlite3.Connection, what: str | int) -> list[str]:
        if what == checks.LIMIT:
            raise sqlite3.DatabaseError("vtable constructor failed: search")
        return found(database, what)

    monkeypatch.setattr(checks, "_found_wrong", found_wrong)
    with closing(sqlite3.connect(path)) as database:
        assert checks.pages(database) == []
