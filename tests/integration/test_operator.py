"""The operator's commands, as processes, beside a server that runs."""

from pathlib import Path

import pytest
import trio

from tests.frames import TEXT, masked
from tests.integration.chatters import chatting
from tests.integration.commands import command, outcome
from tests.integration.running import serving
from tests.journal.drafts import Clock
from trio_chat.clock import wall_clock
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal

HOUR = 3_600_000  # milliseconds
DAY = 24 * HOUR


async def done(*arguments: str) -> bytes:
    """Run a command that has to succeed; return what it printed."""
    result = await outcome(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def lines_of(file: str) -> list[bytes]:
    return Path(file).read_bytes().splitlines()


@pytest.mark.parametrize("count", [3])
async def test_what_is_exported_can_be_imported(tmp_path: Path, count: int) -> None:
    """Into an empty database, numbers and all, and again without any change."""
    one, two = str(tmp_path / "one.db"), str(tmp_path / "two.db")
    file, backup = str(tmp_path / "one.jsonl"), str(tmp_path / "backup.db")
    async with command("--database", one) as running, await running.shake_hands() as client:
        for number in range(count):
            await client.send_all(masked(TEXT, b"hello %d" % number))
            await client.receive_some()
        assert (await done("rooms", "--database", one)).startswith(b"lobby\t3\t3\t")
        await done("export", "--database", one, "-o", file)
        await done("backup", "--database", one, backup)
    assert await done("import", "--database", two, file) == b"lobby\t3\t0\t\n"
    assert await done("import", "--database", two, file) == b"lobby\t0\t3\t\n"
    told = (await done("export", "--database", two)).splitlines()
    assert told[1:] == lines_of(file)[1:]
    assert (await done("export", "--database", backup)).splitlines()[1:] == told[1:]
    pruned = await done("prune", "--database", backup, "--keep-messages", "1")
    assert pruned == b"lobby\t2\t3\n"


async def test_what_was_said_by_a_clock_that_went_back_can_be_moved(tmp_path: Path) -> None:
    """Once it was three days ahead, or set back by an hour: numbers and times stay as they were."""
    one, two, file = (str(tmp_path / name) for name in ("one.db", "two.db", "one.jsonl"))
    clock = Clock()
    clock.now = now = wall_clock()
    journal = SqliteJournal(JournalFile(Path(one)), clock)
    async with serving(journal=journal) as server, chatting(server, "Ann", "tea") as ann:
        for clock.now in (now, now + 3 * DAY, now):
            seq = await ann.send("tea", "hello")
        for clock.now, on in ((now - HOUR, True), (now - 2 * HOUR, False)):
            await ann.ask(t="edit", room="tea", seq=seq, text=f"bye {clock.now}")
            await ann.ask(t="react", room="tea", seq=1, emoji="\N{LEMON}", on=on)
            await ann.ask(t="topic", room="tea", text=f"as of {clock.now}")
        told = await ann.ask(t="history", room="tea")
    await journal.close()
    assert [message["ts"] - now for message in told["messages"]] == [0, 3 * DAY, 0]
    await done("export", "--database", one, "-o", file)
    assert await done("import", "--database", two, file) == b"tea\t9\t0\t\n"
    assert await done("import", "--database", two, file) == b"tea\t0\t9\t\n"
    await done("check", "--database", two)
    assert (await done("export", "--database", two)).splitlines()[1:] == lines_of(file)[1:]
    async with serving(database=two) as server, chatting(server, "Ben", "tea") as ben:
        again = await ben.ask(t="history", room="tea")
        assert again["messages"] == told["messages"]
        assert await ben.send("tea", "still here") == 10
        assert (await ben.ask(t="history", room="tea", limit=1))["messages"][0]["ts"] >= now


async def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    """With the number of the line; and so is one of something else."""
    file = tmp_path / "x.jsonl"
    for text, reason in (
        (b'{"t":"export","format":1,"ts":1,"epoch":"x","rooms":1,"events":1}\n', b"line 1: rooms"),
        (b"hello\n", b"line 1: "),
    ):
        file.write_bytes(text)
        result = await outcome("import", "--database", str(tmp_path / "a.db"), str(file))
        assert (result.returncode, result.stdout) == (1, b"")
        assert result.stderr.startswith(b"trio-chat: " + reason)


def export_of(count: int, *, text: str = "x", cid: str = "some-cid") -> bytes:
    """Return an export of one room with some messages."""
    head = b'{"t":"export","format":1,"ts":1,"epoch":"e","rooms":1,"events":%d}\n' % count
    room = b'{"t":"room","room":"tea","first":1,"last":%d,"ts":5,"topic":"","acts":0}\n' % count
    event = '{{"t":"msg","room":"tea","seq":{0},"ts":5,"cid":"{1}-{0}","text":"{2} {0}"}}\n'
    return head + room + "".join(event.format(n + 1, cid, text) for n in range(count)).encode()


async def test_an_import_that_was_killed_goes_on(tmp_path: Path) -> None:
    """Once more, and it ends as if it had never been interrupted."""
    file, database = tmp_path / "x.jsonl", str(tmp_path / "a.db")
    file.write_bytes(export_of(30_000))
    with trio.move_on_after(1.2):
        await outcome("import", "--database", database, str(file))
    [room, new, known, *_] = (await done("import", "--database", database, str(file))).split(b"\t")
    assert (room, int(new) + int(known)) == (b"tea", 30_000)
    told = (await done("export", "--database", database)).splitlines()
    assert told[1:] == lines_of(str(file))[1:]


async def test_what_contradicts_is_refused(tmp_path: Path) -> None:
    """The message names room and number; the room stays as it was."""
    file, database = tmp_path / "x.jsonl", str(tmp_path / "a.db")
    file.write_bytes(export_of(3))
    await done("import", "--database", database, str(file))
    before = (await done("export", "--database", database)).splitlines()[1:]
    file.write_bytes(export_of(5, text="y"))
    result = await outcome("import", "--database", database, str(file))
    assert result.returncode == 1
    assert result.stderr == b"trio-chat: room tea: number 1 is something else here\n"
    assert (await done("export", "--database", database)).splitlines()[1:] == before
