"""What is derived from events, and wrong in a file, is right again once a server has it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import serving
from trio_chat.commands.check import main as check
from trio_chat.journal.sqlite import comparison, mending, selfcheck
from trio_chat.journal.types import JournalError

# Ways to damage the file, and what the server says of it.
STATES = "states of messages were added up anew"
INDEX = "the index of words was made anew"
HEADS = "rooms were not as far as their events, and were set right"
EPOCH = "numbers begin a new epoch"
FORGED = 'UPDATE states SET data = CAST(\'{"text":"forged"}\' AS BLOB) WHERE seq = 1'
REWORDED = "UPDATE search SET text = 'forged' WHERE rowid & 1023 = 1"
DAMAGES = [
    ('UPDATE states SET data = CAST(\'{"text":"forged"}\' AS BLOB) WHERE seq = 1', [STATES]),
    ("UPDATE states SET data = x'ff'", [STATES]),
    (
        f"{FORGED}; {REWORDED}",
        [STATES, INDEX],
    ),
    ("DELETE FROM states", [STATES]),
    ("INSERT INTO states VALUES (1, 4, 1, CAST('{\"deleted\":true}' AS BLOB))", [STATES]),
    ("UPDATE states SET changes = 1000", [STATES]),
    ("DELETE FROM search", [INDEX]),
    ("UPDATE search SET text = 'forged' WHERE rowid & 1023 = 4", [INDEX]),
    ("INSERT INTO search (rowid, text) VALUES (1 << 40 | 3, 'milk')", [INDEX]),
    ("DELETE FROM search_data WHERE id > 10", [INDEX]),
    ("UPDATE search_data SET block = x'00ff00ff'", [INDEX]),
    ("DROP TABLE search_data", [INDEX]),
    ("DROP TABLE search_content", [INDEX]),
    ("UPDATE rooms SET last = 2", [HEADS]),
    ("UPDATE rooms SET ts = 1", [HEADS]),
    ("UPDATE rooms SET last = 5000", [HEADS, EPOCH]),
    ("UPDATE rooms SET last = 'x'", [HEADS]),
    ("UPDATE rooms SET topic = x'ff' WHERE name = 'jam'", [HEADS]),
    ("UPDATE rooms SET unordered = 'x'", [HEADS]),
    ("DELETE FROM states; DELETE FROM search; UPDATE rooms SET last = 0", [HEADS, STATES, INDEX]),
]


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a database with messages, some of them changed."""
    path = tmp_path / "chat.db"
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(path))
    async with serving(database=str(path)) as server, chatting(server, "Ann", "tea", "jam") as ann:
        for text in ("lemon", "sugar", "to be deleted", "milk and honey"):
            await ann.send("tea", text)
        await ann.ask(t="edit", room="tea", seq=1, text="lime")
        await ann.ask(t="react", room="tea", seq=2, emoji="🍋")
        await ann.ask(t="delete", room="tea", seq=3)
        await ann.ask(t="topic", room="jam", text="old")
        await ann.ask(t="topic", room="jam", text="new")
    return path


def write(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(script)


async def shown(chatter: Chatter) -> list[tuple[str, list[str], bool]]:
    """Return the messages of the history as people see them."""
    page = await chatter.ask(t="history", room="tea")
    return [
        (one["text"], list(one.get("reactions", {})), one.get("deleted", False))
        for one in page["messages"]
    ]


async def found(chatter: Chatter, query: str) -> list[int]:
    """Return the numbers of the messages that a search finds."""
    answer: Object = await chatter.ask(t="search", room="tea", query=query)
    return [one["seq"] for one in answer["hits"]]


async def is_right(path: Path, *levels: str) -> list[str]:
    """See that a server shows, finds and numbers all as it was said; return what it logs."""
    levels = levels or ("warning", "error")
    with structlog.testing.capture_logs() as logged:
        async with serving(database=str(path)) as server, chatting(server, "Ben", "tea") as ben:
            assert (await ben.until("joined"))["last"] == 7
            assert await shown(ben) == [
                ("lime", [], False),
                ("sugar", ["🍋"], False),
                ("", [], True),
                ("milk and honey", [], False),
            ]
            searches = ("lime", "lemon", "sugar", "deleted", "milk", "milk honey", "forged", "mi*")
            results = [await found(ben, query) for query in searches]
            assert results == [[1], [], [2], [], [4], [4], [], [4]]
            assert await ben.send("tea", "next") == 8
    return [one["event"] for one in logged if one["log_level"] in levels]


@pytest.mark.parametrize(("script", "told"), DAMAGES)
async def test_a_server_mends_what_it_finds(database: Path, script: str, told: list[str]) -> None:
    """At its start, and says so; the next one finds nothing."""
    write(database, script)
    logged = await is_right(database)
    assert [one for one in (HEADS, STATES, INDEX, EPOCH) if one in logged] == [
        one for one in (HEADS, STATES, INDEX, EPOCH) if one in told
    ]
    assert check([]) == 0
    with structlog.testing.capture_logs() as logged_next:
        async with serving(database=str(database)):
            pass
    assert not [one for one in logged_next if one["log_level"] == "warning"]


@pytest.mark.parametrize(
    "script",
    [
        "UPDATE meta SET value = 'x' WHERE key IN ('epoch', 'secret')",
        "INSERT OR REPLACE INTO meta VALUES ('pruned', 'x')",
        "UPDATE meta SET value = x'ff' WHERE key = 'run'",
        "DELETE FROM meta WHERE key IN ('boot', 'sync', 'clean')",
        "UPDATE events SET ts = 'x' WHERE seq = 2",
    ],
)
async def test_what_else_is_damaged_stops_no_server(database: Path, script: str) -> None:
    """It begins anew where that is all it can do."""
    write(database, script)
    async with (
        serving(database=str(database), keep_days=1.0) as server,
        chatting(server, "Ben", "tea") as ben,
    ):
        assert await ben.send("tea", "next") == 8


@pytest.mark.parametrize("script", [script for script, _ in DAMAGES])
async def test_the_command_tells_and_mends(
    database: Path, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it, whatever the size; then a server finds nothing to mend."""
    write(database, script)
    assert check([]) == 1
    assert check(["--repair"]) == 0
    assert "made anew" in capsys.readouterr().out
    assert check([]) == 0
    logged = await is_right(database)
    assert not {HEADS, STATES, INDEX} & set(logged)


async def test_a_head_that_is_ahead_waits_for_the_server_to_end(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its numbers may be known to people there, so they are not given to anything else."""
    async with serving(database=str(database)) as server, chatting(server, "Ben", "tea") as ben:
        assert (await ben.until("joined"))["last"] == 7
        write(database, "UPDATE rooms SET last = 5000")
        assert check(["--repair"]) == 1
        assert "the last number is 7, not 5000" in capsys.readouterr().out
    assert check(["--repair"]) == 0


async def test_a_start_reads_a_part_of_a_long_room(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest messages and some others; those that follow at the next start."""
    async with serving(database=str(database)) as server, chatting(server, "Cid", "tea") as ann:
        for number in range(30):
            await ann.send("tea", f"word{number}")
    write(database, "DELETE FROM meta WHERE key LIKE 'checked%'; UPDATE states SET changes = 9")
    for name, value in (("LATEST", 5), ("OTHERS", 4), ("STEP", 2)):
        monkeypatch.setattr(selfcheck, name, value)
    write(database, "UPDATE search SET text = 'forged' WHERE rowid & 1023 = 20")
    starts = 0
    logged: list[str] = []
    while INDEX not in logged:
        starts += 1
        with structlog.testing.capture_logs() as entries:
            async with serving(database=str(database)) as server:
                pass
        logged = [one["event"] for one in entries]
        assert (STATES in logged) == (starts == 1)
    assert starts == 5
    async with serving(database=str(database)) as server, chatting(server, "Ben") as ben:
        assert await found(ben, "word12") == [20]


async def test_a_start_takes_a_limited_time(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When that is over the rest waits for the next start."""
    write(database, "DELETE FROM meta WHERE key LIKE 'checked%'")
    monkeypatch.setattr(selfcheck, "SECONDS", -1)
    monkeypatch.setattr(selfcheck, "LATEST", 1)
    write(database, "DELETE FROM states")
    for nick in ("Cid", "Dan"):
        async with serving(database=str(database)) as server, chatting(server, nick) as ben:
            assert (await shown(ben))[0] == ("lemon", [], False)
    monkeypatch.undo()
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(database))
    assert check([]) == 1
    await is_right(database)


def failure(name: str) -> sqlite3.DatabaseError:
    """Return an error as SQLite raises it."""
    error = sqlite3.DatabaseError("it does not work")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize("part", ["comparison.wrong_states", "comparison.wrong_rows", "rebuild"])
async def test_a_disk_that_fails_is_no_damage(
    database: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Nothing is made anew for it; the server does not start, and says why."""

    def fail(*_: object) -> bool:
        raise failure("SQLITE_IOERR_READ")

    if part == "rebuild":
        write(database, "DELETE FROM search")
    monkeypatch.setattr(f"{selfcheck.__name__}.{part}", fail)
    with pytest.raises(JournalError, match="cannot be used: it does not work"):
        async with serving(database=str(database)):
            pytest.fail("it started")
    monkeypatch.undo()
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(database))
    await is_right(database)


async def test_a_damaged_change_leaves_the_state(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be the only place in which the text of an edit is left."""
    write(database, "UPDATE events SET data = x'7b' WHERE target = 1")
    assert check(["--repair"]) == 1
    assert "states\tok" in capsys.readouterr().out
    await is_right(database)


async def test_a_damaged_topic_is_kept(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is in the head of its room, too, and no earlier one takes its place."""
    write(database, "UPDATE events SET data = x'7b' WHERE room = 2 AND seq = 2")
    assert check(["--repair"]) == 1
    assert "rooms\tok" in capsys.readouterr().out
    write(database, "UPDATE rooms SET ts = 1 WHERE id = 2")
    async with serving(database=str(database)) as server, chatting(server, "Ben", "jam") as ben:
        assert (await ben.until("joined"))["topic"] == "new"


async def test_a_damaged_file_is_served_as_far_as_it_can_be_read(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says that it is damaged; people who are elsewhere talk and search."""

    def fail(*_: object) -> bool:
        raise failure("SQLITE_CORRUPT")

    monkeypatch.setattr(comparison, "wrong_states", fail)
    assert await is_right(database) == ["the database is damaged; see docs/operating.md"]


async def test_without_an_index_people_talk(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it cannot be made, the next server tries again."""

    def fail(_: object) -> None:
        raise failure("SQLITE_CORRUPT_VTAB")

    write(database, "DROP TABLE search_data")
    with monkeypatch.context() as patch, structlog.testing.capture_logs() as logged:
        patch.setattr(selfcheck, "rebuild", fail)
        async with serving(database=str(database)) as server, chatting(server, "Cid") as cid:
            answer = await cid.ask(t="search", room="tea", query="lime")
            assert answer["code"] == "unsupported"
            assert (await shown(cid))[0] == ("lime", [], False)
    assert "no search: the index of words cannot be made" in [one["event"] for one in logged]
    await is_right(database)


async def test_progress_is_in_the_log(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it takes long."""
    monkeypatch.setattr(mending, "TELL", -1)
    write(database, "DELETE FROM states")
    assert "adding up edits and reactions" in await is_right(database, "info")
