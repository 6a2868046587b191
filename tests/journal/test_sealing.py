"""What is particular of clearings in a file, and of frames in its log."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.journal.drafts import ANN, BEN, MUCH, react, say
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.sqlite import comparison, queries, sealing
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.log_frames import FRAME_HEADER, LOG_HEADER, logged_pages
from trio_chat.journal.sqlite.transaction import Transaction, transaction
from trio_chat.journal.types import Write
from trio_chat.protocol.events import Clear, Person

EVE = Person("e5", "Eve")
PAGE = 512


def test_a_file_of_an_earlier_schema_has_none() -> None:
    """It is read as it is, as by an export."""
    with closing(sqlite3.connect(":memory:")) as database:
        assert sealing.find(database, 1) == ()


def test_without_an_index_the_texts_go_all_the_same(path: Path) -> None:
    """SQLite may have been built without full-text search."""
    file = JournalFile(path)
    with transaction(file.writer):
        turn = Transaction(file.writer, {}, 1_000)
        clear = Clear(room="tea", who=ANN, key="k", authors=[ANN.id], since=0)
        for write in (say("secret words"), Write(clear)):
            turn.commit(write)
        turn.finish(is_indexed=False)
        while sealing.step(file.writer, now=SEALED + 1_000, is_indexed=False):
            pass
    rows = file.writer.execute("SELECT data FROM events").fetchall()
    file.close()
    assert b"secret" not in b"".join(data for (data,) in rows)


def test_reactions_are_told_nowhere_while_they_are_deleted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few messages a step takes; and all adds up before and afterwards.

    One with a damaged change stays as it is kept, but for what is cleared.
    """
    monkeypatch.setattr(sealing, "STEP", 2)
    file = JournalFile(path)
    with transaction(file.writer):
        turn = Transaction(file.writer, {}, 1_000)
        clear = Clear(room="tea", who=ANN, key="k", authors=[EVE.id], since=0)
        said = [say(), say(who=EVE), say(), say(who=EVE), say()]
        made = [react(seq, who=who) for who in (EVE, BEN) for seq in (1, 3, 5, 5)]
        for write in (*said, *made, Write(clear), react(3, "x", who=EVE)):
            turn.commit(write)
        turn.finish(is_indexed=True)
        file.writer.execute("UPDATE events SET data = '{' WHERE target = 5 AND author = 'b2'")
    steps = 0
    while sealing.step(file.writer, now=SEALED + 1_000, is_indexed=True):
        told = queries.messages(file.writer, "tea", None, 0, 9, MUCH).messages
        steps += 1
        assert [message.reactions for message in told[::2]] == [
            {"🍋": [BEN]},
            {"🍋": [BEN], "x": [EVE]},
            {"🍋": [BEN]},
        ]
        assert list(comparison.wrong_states(file.writer, comparison.Span(1))) == []
    assert steps > 3
    rows = file.writer.execute(
        "SELECT data FROM events WHERE author = 'e5' AND target ORDER BY seq"
    ).fetchall()
    file.close()
    assert [b'"on":false' in data for (data,) in rows] == [True] * 4 + [False]


def test_frames_of_before_do_not_count(tmp_path: Path) -> None:
    """A log begins anew in the same file, over frames with another salt."""
    header = bytearray(LOG_HEADER)
    header[8:12], header[16:24] = PAGE.to_bytes(4, "big"), b"new salt"

    def frame(page: int, salt: bytes) -> bytes:
        head = page.to_bytes(4, "big") + bytes(4) + salt
        return head.ljust(FRAME_HEADER, b"\0") + bytes(PAGE)

    log = tmp_path / "log"
    log.write_bytes(header + frame(3, b"new salt") + frame(9, b"new salt") + frame(5, b"old salt"))
    with log.open("rb") as file:
        assert logged_pages(file.fileno()) == {3, 9}
