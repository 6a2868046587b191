"""The journal in a file, in good and in bad times. In real time: SQLite runs in threads."""

import contextlib
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
import structlog
import trio

from tests.journal import trouble
from tests.journal.drafts import (
    BEN,
    MUCH,
    ROOM,
    Clock,
    created,
    delete,
    edit,
    everything,
    fill,
    forgetting_act,
    kept,
    nobody_in,
    numbers,
    page,
    react,
    say,
    title,
)
from trio_chat.journal.people import NOBODY, STAMP, PersonRecord, decode, encode
from trio_chat.journal.sqlite import forgetting, people, pruning, unused
from trio_chat.journal.sqlite import journal as sqlite
from trio_chat.journal.sqlite import writer as sqlite_writer
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.forgetting import Forgettable
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import NO_SUCH_MESSAGE, Committed, Duplicate, RoomState, Unavailable

Found = tuple[Sequence[Forgettable], int | None]

SOON = 50  # ms; instead of a second, after which a commit is tried again
LARGE = "x" * 3000


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_writer, "RETRY_MS", SOON)


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Return the writer's clock, which only the test moves."""
    clock = Mock(return_value=1_000.0)
    monkeypatch.setattr(sqlite_writer, "time", Mock(monotonic=clock))
    return clock


def read_people(journal: SqliteJournal) -> dict[str, PersonRecord]:
    return {id: decode(data) for id, data in journal.people.items()}


async def recovered(journal: SqliteJournal) -> list[int]:
    """Resend a message until it is kept, as a client does; return its number."""
    with trio.fail_after(60):
        while True:
            try:
                return numbers(await journal.commit([say(LARGE, cid="resent-until-kept")]))
            except Unavailable as unavailable:
                await trio.sleep(unavailable.retry_ms / 1000)


class TestKeeping:
    """What is in the file is there for the next server."""

    async def test_people(self, path: Path, soon: None) -> None:
        """As they were when they changed last; those who were forgotten are in no table."""
        first = await SqliteJournal.open(path)
        assert first.people == {}
        ann, bob = PersonRecord(nick="Ann", seen=1), PersonRecord(nick="Bob")
        await first.keep_people({"a": encode(ann), "b": encode(bob), "c": None})
        ann.nick, ann.marks, ann.epoch = "Änn", {"tea": 7}, "one"
        ann.see("0" * STAMP, 5, "Firefox")
        ann.end("1" * STAMP)
        await first.keep_people({"a": encode(ann), "b": None})
        await first.close()
        second = await SqliteJournal.open(path)
        assert read_people(second) == {"a": ann}
        with trouble.running(trouble.LOCKER, path):
            with pytest.raises(Unavailable):
                await second.keep_people({"a": None})
            with pytest.raises(Unavailable):
                await second.commit([say()])
            with pytest.raises(Unavailable):  # at once, as for what is said
                await second.keep_people({"a": None})
        await second.close()

    async def test_nicks_that_an_earlier_release_has_kept(self, path: Path, clock: Clock) -> None:
        """They belong to who had them, seen now for all that is known; the old rows are gone."""
        journal = SqliteJournal(file := JournalFile(path), clock)
        file.writer.execute("INSERT INTO meta VALUES ('nick:a', 'Ann'), ('nick:b', 'Bob')")
        await journal.close()
        for _ in range(2):
            journal = SqliteJournal(JournalFile(path), clock)
            assert read_people(journal) == {
                "a": PersonRecord(nick="Ann", seen=1_000_000),
                "b": PersonRecord(nick="Bob", seen=1_000_000),
            }
            await journal.close()
            clock.now += 5

    async def test_a_damaged_record_is_of_nobody(self, path: Path) -> None:
        """The log tells how many; the others are as they were."""
        first = await SqliteJournal.open(path)
        await first.keep_people({"a": encode(PersonRecord(nick="Ann")), "b": b"?"})
        await first.close()
        with structlog.testing.capture_logs() as logged:
            second = await SqliteJournal.open(path)
        assert read_people(second) == {"a": PersonRecord(nick="Ann")}
        assert {
            "event": "what is kept of people is damaged",
            "people": 1,
            "log_level": "error",
        } in logged
        assert await second.forget_people(0) == ["b"]
        await second.close()

    async def test_people_are_forgotten_in_steps(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Those not seen since a time; what holds for people without a record stays."""
        monkeypatch.setattr(people, "STEP", 2)
        records = {str(number): PersonRecord(seen=number % 3) for number in range(7)}
        records[NOBODY] = PersonRecord(floor="1")
        await database.keep_people({id: encode(record) for id, record in records.items()})
        assert await database.forget_people(2) == ["0", "1", "3", "4", "6"]
        assert people.load(database._file.writer, 0).keys() == {NOBODY, "2", "5"}

    async def test_all_of_it_is_there(self, path: Path, clock: Clock) -> None:
        """Name, secret, numbers, topic, cids; and times go on although the clock went back."""
        first = SqliteJournal(JournalFile(path), clock)
        await first.commit([say(cid="kept-for-ever"), title("Tea"), react(1)])
        before = await everything(first)
        await first.close()
        clock.now -= 500
        second = SqliteJournal(JournalFile(path, sync=True), clock)
        assert (second.epoch, second.secret) == (first.epoch, first.secret)
        assert await everything(second) == before
        assert await second.commit([say(cid="kept-for-ever")]) == [Duplicate(1, 1_000_000)]
        [result] = await second.commit([say()])
        assert isinstance(result, Committed)
        assert (result.event.seq, result.event.ts) == (4, 1_000_000)
        await second.close()

    async def test_deleted_text_is_not_in_the_file(self, path: Path) -> None:
        """After a deletion and an orderly end nobody finds the text in the bytes of the file."""
        journal = await SqliteJournal.open(path)
        secret = "what nobody must know"  # noqa: S105 - no password
        await journal.commit([say("keep this")] + [say(secret + LARGE) for _ in range(50)])
        await journal.commit([edit(2, secret)])
        await journal.commit([delete(number) for number in range(2, 52)])
        await journal.close()
        content = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert secret.encode() not in content
        assert b"keep this" in content

    async def test_deleted_text_is_overwritten_wherever_sqlite_was_built(
        self, database: SqliteJournal, request: pytest.FixtureRequest
    ) -> None:
        """SQLite does that by itself on some systems only, so it has to be told."""
        options = {name for (name,) in database._file.writer.execute("PRAGMA compile_options")}
        if "SECURE_DELETE" in options:
            pytest.skip("this SQLite was built to overwrite what is deleted")
        assert database._file.writer.execute("PRAGMA secure_delete").fetchone() != (0,)

    async def test_more_rooms_than_are_at_hand(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A room that the writer has forgotten is found again in the file."""
        monkeypatch.setattr(sqlite_writer, "ROOMS_AT_HAND", 3)
        for number in range(1, 4):
            for room in range(6):
                [result] = await database.commit([say(room=f"room{room}")])
                assert numbers([result]) == [number]

    async def test_retention_goes_in_steps(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However much there is to delete, commits come in between."""
        monkeypatch.setattr(pruning, "STEP", 3)
        await fill(database, 20)
        assert await database.prune(1, 0) == {ROOM: 20}
        assert await kept(database) == [20]
        assert await database.load([ROOM], 5) == [
            RoomState(ROOM, 20, 20, "", await database.after(ROOM, 0, 9, MUCH))
        ]

    async def test_rooms_are_forgotten_page_by_page(
        self, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many there are; a room in which something is said meanwhile stays."""
        monkeypatch.setattr(forgetting, "SCAN", 2)
        database = SqliteJournal(JournalFile(path), clock)
        await database.commit([say(room=f"room{count}") for count in range(5)])
        await database.prune(0, clock.now + 1)
        read = database._readers.read

        async def read_late(call: Callable[[sqlite3.Connection], Found]) -> Found:
            found = await read(call)
            if any(isinstance(room, Forgettable) and room.name == "room4" for room in found[0]):
                await database.commit([say(room="room4")])
            return found

        monkeypatch.setattr(database._readers, "read", read_late)
        await database.forget(clock.now + 1, nobody_in)
        assert [room.name for room in await database.rooms(9)] == ["room4"]
        assert database.counts["rooms_forgotten"] == 4
        await database.close()

    async def test_a_long_room_that_nobody_uses_is_shortened_before_it_is_forgotten(
        self, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A step at a time, so that its forgetting holds up nobody; it is counted, and no other."""
        monkeypatch.setattr(unused, "LEFT", 3)
        monkeypatch.setattr(unused, "STEP", 4)
        database = SqliteJournal(JournalFile(path), clock)
        await database.commit([title(str(number)) for number in range(10)])
        await database.commit([say(room="keys", cid=f"{number:032}") for number in range(10)])
        clock.now += 10
        await database.prune(0, clock.now)
        await database.commit([title(str(number)) for number in range(10)])
        clock.now += 10
        told: list[dict[str, int]] = []

        async def tell(first: dict[str, int]) -> None:
            told.append(first)

        assert await database.unused([ROOM, "keys"], clock.now, tell) == [ROOM, "keys"]
        assert told == [{ROOM: 15}, {ROOM: 19}, {"keys": 11}, {"keys": 11}]
        assert await kept(database) == [19, 20]
        rows = database._file.writer.execute("SELECT count(*) FROM cids").fetchone()
        assert rows == (2,)
        forgotten = [forgetting_act(clock.now, room="keys"), forgetting_act(clock.now)]
        await database.commit([*forgotten, say(room="jam"), forgetting_act(clock.now, room="jam")])
        assert [room.name for room in await database.rooms(9)] == ["jam"]
        rows = database._file.writer.execute("SELECT count(*) FROM cids").fetchone()
        assert rows == (0,)
        assert database.counts["rooms_forgotten"] == 2
        await database.close()

    async def test_rooms_of_an_earlier_release_count_as_visited_when_it_was_replaced(
        self, path: Path, clock: Clock
    ) -> None:
        """Nobody noted visits before; a restart begins nothing anew."""
        database = SqliteJournal(JournalFile(path), clock)
        await database.commit([created()])
        database._file.writer.execute("DELETE FROM meta WHERE key = 'visited:'")
        await database.close()
        clock.now += 10
        await SqliteJournal(JournalFile(path), clock).close()
        clock.now += 10
        database = SqliteJournal(JournalFile(path), clock)
        assert await database.unused([ROOM], clock.now - 10) == []
        assert await database.unused([ROOM], clock.now - 9) == [ROOM]
        await database.close()

    async def test_retention_finds_what_is_due_in_few_reads(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many rooms there are; long ones are not looked at as a whole at once."""
        rooms = [f"room{number}" for number in range(50)]
        for _ in range(3):
            await database.commit([say(room=room) for room in rooms])
        await fill(database, 30)
        reads = 0
        read = database._readers.read

        async def counted(query: Callable[[sqlite3.Connection], object]) -> object:
            nonlocal reads
            reads += 1
            return await read(query)

        monkeypatch.setattr(database._readers, "read", counted)
        assert await database.prune(3, 0) == {ROOM: 28}
        assert reads == 1
        monkeypatch.setattr(pruning, "SCAN", 10)
        left = {**dict.fromkeys(rooms, 4), ROOM: 31}
        firsts: dict[str, int] = {}
        while pruned := await database.prune(0, 2**62):
            firsts |= pruned
        assert firsts == left
        assert reads < 40


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let another program lock the file for the block."""
    with trouble.running(trouble.LOCKER, path):
        yield


@pytest.fixture(params=["full", "limited", "locked"])
def bad_times(request: pytest.FixtureRequest, path: Path, database: SqliteJournal) -> object:
    """Return what makes times bad for the length of a block."""
    writer = database._file.writer
    return {
        "full": partial(trouble.full, writer),
        "limited": partial(trouble.limited, 64 * 1024),
        "locked": partial(locked, path),
    }[request.param]


@pytest.mark.usefixtures("soon")
class TestBadTimes:
    """The disk or a file is full, or another program holds a lock: nothing is kept or lost."""

    async def test_nothing_is_kept_and_it_recovers(
        self, database: SqliteJournal, bad_times: partial[Iterator[None]]
    ) -> None:
        """No part of a commit, and no number; reading goes on; then all is well by itself."""
        await fill(database, 3)
        before = await everything(database)
        with bad_times():  # type: ignore[attr-defined]
            drafts = [say(LARGE, cid="tried-in-vain", room=room) for room in (ROOM, "new") * 20]
            with pytest.raises(Unavailable) as caught:
                await database.commit(drafts)
            assert caught.value.retry_ms == SOON
            assert await everything(database) == before
            assert [room.name for room in await database.rooms(10)] == [ROOM]
            assert await kept(database, "new") == []
        assert await recovered(database) == [4]
        results = await database.commit([say(cid="tried-in-vain", who=BEN), say(room="new")])
        assert numbers(results) == [5, 1]

    async def test_it_is_told_once(
        self, database: SqliteJournal, bad_times: partial[Iterator[None]]
    ) -> None:
        """The log says when it begins and when it is over, however many commits fail."""
        await fill(database, 1)
        with structlog.testing.capture_logs() as logs:
            with bad_times():  # type: ignore[attr-defined]
                for _ in range(3):
                    with pytest.raises(Unavailable):
                        await database.commit([say(LARGE * 30)])
                    await trio.sleep(SOON / 1000)
            await recovered(database)
        assert [entry["event"] for entry in logs] == [
            "journal unavailable",
            "journal available again",
        ]

    async def test_a_limit_of_the_process_is_told(self, database: SqliteJournal) -> None:
        """What SQLite says, an I/O error, would have people look for a broken disk."""
        with (
            structlog.testing.capture_logs() as logs,
            trouble.limited(64 * 1024),
            pytest.raises(Unavailable),
        ):
            await database.commit([say(LARGE * 30)])
        [entry] = logs
        assert entry["reason"] == "File too large (ulimit -f)"

    async def test_after_a_failure_it_waits(
        self, database: SqliteJournal, path: Path, stopped_clock: Mock
    ) -> None:
        """Until it makes sense to try, commits fail at once: no turn of the hub is held up."""
        with locked(path), pytest.raises(Unavailable):
            await database.commit([say()])
        stopped_clock.return_value += SOON / 2000
        with pytest.raises(Unavailable):  # it is not tried, or it would succeed
            await database.commit([say()])

    async def test_retention_is_put_off(self, database: SqliteJournal, path: Path) -> None:
        """It deletes nothing, and does it later."""
        await fill(database, 5)
        with locked(path):
            assert await database.prune(2, 0) == {}
        assert await kept(database) == [1, 2, 3, 4, 5]
        assert await database.prune(2, 0) == {ROOM: 4}

    async def test_what_retention_has_deleted_is_told(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It fails half-way: the hub must know what is gone, or nobody is told of the gap."""
        await fill(database, 5)
        await fill(database, 5, room="jam")
        delete = pruning.delete_in_step

        def fail_later(
            writer: sqlite3.Connection, rooms: deque[pruning.Due], *, is_indexed: bool
        ) -> dict[str, int]:
            if rooms[0].name == "jam":
                raise sqlite3.OperationalError("database is locked")
            return delete(writer, rooms, is_indexed=is_indexed)

        monkeypatch.setattr(pruning, "ROOM_COST", pruning.STEP)
        monkeypatch.setattr("trio_chat.journal.sqlite.upkeep.delete_in_step", fail_later)
        assert await database.prune(2, 0) == {ROOM: 4}
        assert [await kept(database), await kept(database, "jam")] == [[4, 5], [1, 2, 3, 4, 5]]

    async def test_many_rooms_are_pruned_together(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not in a step for each; a step ends within a room that has very much."""
        names = [f"room{number}" for number in range(100)]
        for name in names:
            await fill(database, 2, room=name)
        told: list[dict[str, int]] = []

        async def tell(first: dict[str, int]) -> None:
            told.append(first)

        assert await database.prune(1, 0, tell) == dict.fromkeys(names, 2)
        assert len(told) == len(names) * pruning.ROOM_COST / pruning.STEP
        await fill(database, 10)
        told.clear()
        monkeypatch.setattr(pruning, "STEP", 4)
        await database.prune(1, 0, tell)
        assert told == [{ROOM: 5}, {ROOM: 9}, {ROOM: 10}]

    async def test_a_room_that_another_has_pruned_meanwhile(
        self, database: SqliteJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``trio_chat prune`` may be at work on the same file; nothing more is deleted."""
        await fill(database, 5)
        find_due = pruning.find_due

        def twice(
            reader: sqlite3.Connection, limits: pruning.Limits, after: int = 0
        ) -> pruning.Page:
            page = find_due(reader, limits, after)
            return page._replace(due=[*page.due, *page.due])

        monkeypatch.setattr("trio_chat.journal.sqlite.upkeep.find_due", twice)
        assert await database.prune(2, 0) == {ROOM: 4}
        assert await kept(database) == [4, 5]

    async def test_a_room_that_was_forgotten_meanwhile(
        self, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is deleted of a new one, which may have its id."""
        database = SqliteJournal(JournalFile(path), clock)
        await database.commit([forgetting_act(clock.now + 1, room="none"), title(), title()])
        clock.now += 10
        read = database._readers.read

        async def read_early(call: Callable[[sqlite3.Connection], object]) -> object:
            found = await read(call)
            if isinstance(found, pruning.Page) and found.due:
                await database.commit([forgetting_act(clock.now), say(room="jam")])
            return found

        monkeypatch.setattr(database._readers, "read", read_early)
        assert await database.prune(0, clock.now) == {}
        assert await kept(database, "jam") == [1]
        await database.close()

    async def test_a_disk_that_is_really_full(self, tmp_path: Path) -> None:
        """The same on a small file system that others fill; it goes on when they make room."""
        with trouble.mounted(tmp_path / "mount", "size=2m") as directory:
            journal = await SqliteJournal.open(directory / "chat.db")
            await fill(journal, 3)
            before = await everything(journal)
            filler = directory / "filler"
            trouble.fill_up(filler)
            with pytest.raises(Unavailable):
                await journal.commit([say(LARGE) for _ in range(50)])
            assert await everything(journal) == before
            filler.unlink()
            assert await recovered(journal) == [4]
            await journal.close()


async def test_it_is_unavailable_for_a_second(
    database: SqliteJournal, path: Path, stopped_clock: Mock
) -> None:
    """As long as clients are told to wait, and no longer."""
    with locked(path), pytest.raises(Unavailable) as caught:
        await database.commit([say()])
    assert caught.value.retry_ms == 1000
    stopped_clock.return_value = 1_000.999
    with pytest.raises(Unavailable):
        await database.commit([say()])
    stopped_clock.return_value = 1_001.0
    assert numbers(await database.commit([say()])) == [1]


def shatter(path: Path, mark: bytes) -> None:
    """Overwrite the page with this in it, and the next one, with noise."""
    place = path.read_bytes().index(mark)
    trouble.overwrite(path, place // 4096 * 4096, os.urandom(8192))


class TestDamage:
    """A part of the file that is only read later turns out to be damaged."""

    async def test_the_rest_goes_on(self, path: Path) -> None:
        """What cannot be read is unavailable; what can be read is; new messages are kept."""
        journal = await SqliteJournal.open(path)
        for _ in range(6):
            await journal.commit([say(LARGE) for _ in range(50)])
        await journal.close()
        shatter(path, b'"seq":150,')
        journal = await SqliteJournal.open(path)
        with pytest.raises(Unavailable):
            await journal.after(ROOM, 0, 300, MUCH)
        assert len(await journal.after(ROOM, 0, 5, MUCH)) == 5
        assert len(await journal.after(ROOM, 290, 50, MUCH)) == 10
        assert numbers(await journal.commit([say()])) == [301]
        await journal.close()

    async def test_an_event_that_is_damaged(self, database: SqliteJournal) -> None:
        """SQLite has no checksums: bytes may be wrong where it does not look. The rest goes on."""
        await fill(database, 2)
        database._file.writer.execute("UPDATE events SET data = x'7b22' WHERE seq = 1")
        told = await page(database)
        assert [event.seq for event in told] == [2]
        results = await database.commit([react(1), edit(1), delete(1), react(2)])
        assert results[:3] == [NO_SUCH_MESSAGE] * 3
        assert numbers(results[3:]) == [3]


def write(path: Path, script: str) -> None:
    """Be another program that writes to the file."""
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.executescript(script)


MORE = """
    INSERT INTO events (room, seq, ts, is_message, data)
        SELECT room, seq + 1, ts, 1, data FROM events WHERE seq = 2;
    UPDATE rooms SET last = 3 WHERE name = 'tea';
"""


class TestOthers:
    """Programs such as ``import`` write to the file while the server has it."""

    async def test_numbers_go_on_behind_theirs(self, database: SqliteJournal, path: Path) -> None:
        """What the writer remembered does not count any more."""
        await fill(database, 2)
        write(path, MORE)
        assert numbers(await database.commit([say(), say()])) == [4, 5]
        assert await kept(database) == [1, 2, 3, 4, 5]

    async def test_a_change_is_told_once(self, database: SqliteJournal, path: Path) -> None:
        """Whoever notices it; what the journal has written itself is none."""
        await fill(database, 2)
        await database.prune(1, 0)
        assert not await database.has_changed()
        write(path, MORE)
        assert [await database.has_changed() for _ in range(2)] == [True, False]
        write(path, "UPDATE rooms SET topic = 'x'")
        await database.commit([say()])
        assert [await database.has_changed() for _ in range(2)] == [True, False]

    async def test_it_may_be_impossible_to_tell(self, database: SqliteJournal) -> None:
        """It can be asked again."""
        database._file.writer.close()
        with pytest.raises(Unavailable):
            await database.has_changed()
        database._file.writer = database._file.connect_reader()
        assert not await database.has_changed()


class TestHanging:
    """A disk that does not answer holds up no shutdown."""

    async def test_closing_gives_up_a_commit_that_hangs(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After a while, and says so; whoever waited for the commit can be cancelled."""
        monkeypatch.setattr(sqlite, "CLOSE_TIMEOUT", 0.05)
        journal = await SqliteJournal.open(path)
        may_end, ended = threading.Event(), threading.Event()

        def hang(writes: object) -> None:
            may_end.wait(60)
            ended.set()

        monkeypatch.setattr(journal._writer, "_commit", hang)
        with trio.move_on_after(0.05) as scope:
            await journal.commit([say()])
        assert scope.cancelled_caught
        with structlog.testing.capture_logs() as logs:
            await journal.close()
        assert [entry["event"] for entry in logs] == ["journal cannot be closed"]
        may_end.set()
        await trio.to_thread.run_sync(ended.wait, 60)
        await journal.close()

    async def test_what_the_writer_knew_is_forgotten_after_an_error(self, path: Path) -> None:
        """The file is right, whatever the error was."""
        journal = await SqliteJournal.open(path)
        await journal.commit([say(), say()])
        assert journal._writer._rooms
        journal._file.writer.execute("ALTER TABLE events RENAME TO hidden")
        with pytest.raises(Unavailable):
            await journal.commit([say()])
        assert not journal._writer._rooms
        await journal.close()
