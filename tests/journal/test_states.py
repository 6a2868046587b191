"""Rules of changed messages: their present state is kept, and what they cost is bounded."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from tests.journal.drafts import (
    ANN,
    BEN,
    MUCH,
    ROOM,
    delete,
    edit,
    everything,
    fill,
    kept,
    number_of,
    numbers,
    page,
    react,
    say,
)
from tests.journal.old import restore, restore_with
from trio_chat.commands import prune
from trio_chat.config import MOST_CHANGES, MOST_EMOJI
from trio_chat.core.memory_budget import MemoryBudget
from trio_chat.core.room_log import Budgets, RoomLog, Sizes
from trio_chat.journal.journal import Journal
from trio_chat.journal.postgres.journal import PostgresJournal
from trio_chat.journal.search.query import parse
from trio_chat.journal.sqlite import queries, scrubs, states
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import (
    NO_SUCH_MESSAGE,
    TOO_MANY_CHANGES,
    TOO_MANY_REACTIONS,
    Bounds,
    Committed,
    RoomState,
)
from trio_chat.journal.views import DEFAULT_LIMITS
from trio_chat.protocol import events
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.events import Person

EDITS = 10_000
SECRET = "the text to forget"  # noqa: S105 - no password


def steps(database: sqlite3.Connection, read: Callable[[sqlite3.Connection], object]) -> int:
    """Return how many instructions of SQLite's machine a query takes."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    database.set_progress_handler(step, 1)
    read(database)
    database.set_progress_handler(None, 1)
    return count


def content(path: Path) -> bytes:
    return path.read_bytes()


def history(database: sqlite3.Connection) -> object:
    return queries.messages(database, "jam", None, None, 100, MUCH)


class TestOldFiles:
    """Earlier releases kept changes without limit, and replayed them for every reader."""

    def test_a_message_that_was_edited_often_is_read_like_any_other(self, path: Path) -> None:
        """However many edits there are, history reads the message and its state."""
        restore_with(path, [edit(1, f"text {number}") for number in range(EDITS)])
        file = JournalFile(path)
        often = queries.messages(file.writer, "jam", None, None, 100, MUCH).messages
        assert [(message.text, message.edited) for message in often] == [
            (f"text {EDITS - 1}", True)
        ]
        cost = steps(file.writer, history)
        file.close()
        path.unlink()
        restore_with(path, [edit(1, "text")])
        file = JournalFile(path)
        assert cost < 1.5 * steps(file.writer, history)  # SQLite may plan each its own way
        file.close()

    def test_each_change_is_looked_at_once(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A migration takes as long as there are changes, and logs how far it is."""
        count = 0

        def counted(data: bytes) -> object:
            nonlocal count
            count += 1
            return events.decode(data)

        monkeypatch.setattr(states, "decode", counted)
        monkeypatch.setattr(states, "TELL_INTERVAL", -1)
        restore_with(path, [edit(1) for _ in range(3000)])
        with structlog.testing.capture_logs() as logged:
            JournalFile(path).close()
        assert count == 3000 + 3  # those of the other room
        assert [entry["events"] for entry in logged if "adding" in entry["event"]] == [
            0,
            1000,
            2000,
            3000,
        ]

    @pytest.mark.parametrize("bounds", [(None, None), (None, 0)], ids=["latest", "after"])
    def test_a_state_of_what_is_not_there_hides_no_other(
        self, path: Path, bounds: tuple[int | None, int | None]
    ) -> None:
        """A file may be damaged; a deleted message stays deleted all the same."""
        restore_with(path, [edit(1, "one"), say("second"), edit(3, "two")])
        file = JournalFile(path)
        file.writer.execute("INSERT INTO states VALUES (2, 2, 1, x'7b7d')")  # of the first edit
        told = queries.messages(file.writer, "jam", *bounds, 100, MUCH).messages
        assert [(message.text, message.edited) for message in told] == [
            ("one", True),
            ("two", True),
        ]
        file.close()

    async def test_many_reactions_are_cut(self, path: Path) -> None:
        """As many as any limit allows are there; others are neither shown nor in the way."""
        people = [Person(f"p{number}", "P") for number in range(20_000)]
        many = [react(1, f"e{number % 2000}", who=who) for number, who in enumerate(people)]
        restore_with(path, many)
        journal = await SqliteJournal.open(path)
        [message] = await page(journal, "jam")
        assert list(message.reactions) == [f"e{number}" for number in range(MOST_EMOJI)]
        assert sum(len(who) for who in message.reactions.values()) == MOST_CHANGES
        assert await journal.commit([react(1, room="jam")]) == [TOO_MANY_CHANGES]
        assert len(await kept(journal, "jam")) == len(many) + 1
        await journal.close()

    async def test_what_changed_nothing_that_is_there_has_no_state(self, path: Path) -> None:
        """As retention has deleted the message, or the event is damaged."""
        restore_with(path, [edit(77), react(1), edit(1, "changed")])
        with sqlite3.connect(path) as database:
            database.execute("UPDATE events SET data = x'7b' WHERE room = 2 AND seq = 3")
        database.close()
        file = JournalFile(path)
        rows = file.writer.execute("SELECT seq, changes FROM states WHERE room = 2").fetchall()
        assert rows == [(1, 1)]
        file.close()


class TestLimits:
    """What a message can be changed to, and how often, has a limit; it can always be deleted."""

    async def test_of_different_emoji(self, journal: Journal) -> None:
        """One that is there already can be put by others; one that is taken away makes room."""
        await fill(journal, 1)
        emoji = [f"e{number}" for number in range(DEFAULT_LIMITS.emoji)]
        await journal.commit([react(1, name) for name in emoji])
        results = await journal.commit([react(1, "new"), react(1, emoji[0], who=ANN)])
        assert results[0] == TOO_MANY_REACTIONS
        assert number_of(results[1]) == len(emoji) + 2
        results = await journal.commit(
            [react(1, "new", on=False), react(1, emoji[1], on=False), react(1, "new")]
        )
        assert len(numbers(results)) == 3
        [message] = await page(journal)
        assert list(message.reactions) == [emoji[0], *emoji[2:], "new"]
        assert message.reactions[emoji[0]] == [BEN, ANN]

    async def test_of_changes(self, journal: Journal) -> None:
        """By whomever they are, in one commit or in several; a message beside it does not count."""
        await fill(journal, 2)
        limit = DEFAULT_LIMITS.changes
        await journal.commit([edit(1) for _ in range(limit - 1)])
        results = await journal.commit([react(1), edit(1), react(1), react(2)])
        assert results[1:3] == [TOO_MANY_CHANGES] * 2
        assert numbers([results[0], results[3]]) == [limit + 2, limit + 3]
        assert numbers(await journal.commit([delete(1)])) == [limit + 4]

    async def test_a_refused_change_leaves_no_state(self, database: SqliteJournal) -> None:
        """Neither does one that somebody else asks for."""
        await fill(database, 1)
        await database.commit([edit(1, who=BEN), *[react(2) for _ in range(3)]])
        assert database._file.writer.execute("SELECT * FROM states").fetchall() == []

    async def test_retention_takes_states_along(self, journal: Journal) -> None:
        """What is gone has none."""
        await fill(journal, 3)
        await journal.commit([edit(1), edit(3)])
        await journal.prune(0, 2**62)
        if isinstance(journal, PostgresJournal):
            assert journal._database.link.all("SELECT * FROM states") == []
        elif isinstance(journal, SqliteJournal):
            assert journal._file.writer.execute("SELECT * FROM states").fetchall() == []
        else:
            assert journal._rooms[ROOM].changes == {}  # type: ignore[attr-defined]


class TestDeletion:
    """A message of an old file can have more edits than are rewritten in one transaction."""

    @pytest.fixture
    def old(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Return a file with a message that was edited often."""
        monkeypatch.setattr(scrubs, "STEP", 10)
        restore_with(path, [edit(1, f"{SECRET} {number}") for number in range(35)])
        return path

    async def test_the_latest_edits_are_rewritten_at_once(self, old: Path) -> None:
        """As they may be at hand; the result says that there are others."""
        journal = await SqliteJournal.open(old)
        [result] = await journal.commit([delete(1, room="jam")])
        assert isinstance(result, Committed)
        assert [seq for seq, _ in result.rewritten] == [1, *range(28, 37)]
        assert result.is_partial
        assert await journal.commit([edit(1, room="jam")]) == [NO_SUCH_MESSAGE]
        await journal.close()

    async def test_nothing_tells_the_texts_meanwhile(self, old: Path) -> None:
        """Not history, search, what is replayed or at hand; other texts are told."""
        journal = await SqliteJournal.open(old)
        await journal.commit([say("harmless", room="jam"), edit(37, "harmless, too", room="jam")])
        await journal.commit([delete(1, room="jam")])
        for _ in range(2):
            told = await everything(journal, "jam")
            assert SECRET.encode() not in told
            assert b"harmless, too" in told
            found = await journal.search("jam", parse("forget"), Bounds(), 10, MUCH)
            assert found.messages == []
            await journal.close()
            journal = await SqliteJournal.open(old)
        assert SECRET.encode() in content(old)
        await journal.close()

    def test_what_is_at_hand_goes_with_it(self) -> None:
        """A room that has edits in memory that were not rewritten reads them from the journal."""
        secret = b'{"t": "edit", "text": "secret"}'
        budgets = Budgets(MemoryBudget(1000), MemoryBudget(1000))
        log = RoomLog(RoomState("jam", 1, 1, "", [(1, secret)]), Sizes(9, 10**6, 10**6), budgets)
        gone = delete(1, room="jam").event
        gone.seq = 2
        log.take(Committed(gone, b"{}", is_partial=True))
        assert log.missed(0, v1) is None
        assert log.missed(1, v1)

    async def test_housekeeping_takes_them_out_of_the_file(self, old: Path) -> None:
        """In steps, by whichever server runs then; commits come in between."""
        journal = await SqliteJournal.open(old)
        await journal.commit([delete(1, room="jam")])
        await journal.close()
        journal = await SqliteJournal.open(old)
        await journal.prune(0, 0)
        assert len(await kept(journal, "jam")) == 37
        assert journal._file.writer.execute("SELECT * FROM scrubs").fetchall() == []
        await journal.close()
        assert SECRET.encode() not in content(old)

    async def test_the_command_prune_takes_them_out_of_the_file(self, old: Path) -> None:
        """All that is left, though nothing is too old."""
        journal = await SqliteJournal.open(old)
        await journal.commit([delete(1, room="jam")])
        await journal.close()
        assert prune.main(["--database", str(old), "--keep-messages", "1000"]) == 0
        assert SECRET.encode() not in content(old)

    def test_a_file_of_an_older_release_has_none(self, path: Path) -> None:
        """Commands may read one while a server of that release has it."""
        restore(2, path)
        with closing(sqlite3.connect(path)) as database:
            assert scrubs.pending(database, 1) == frozenset()
