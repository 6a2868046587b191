"""Rules of scheduled backups, on virtual time: when one is taken, and which ones go."""

import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import structlog
import trio
from trio.testing import MockClock

from trio_chat.config import Config, ConfigError
from trio_chat.journal import backups
from trio_chat.journal.backups import HOUR, LOOK, RETRY, Backups, check_folder
from trio_chat.live_config import LiveConfig

START = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at folders at once: virtual time does not wait for threads."""

    async def run_sync(call: Callable[..., object], *arguments: object) -> object:
        await trio.lowlevel.checkpoint()
        return call(*arguments)

    monkeypatch.setattr(trio.to_thread, "run_sync", run_sync)


class Taken:
    """Takes backups that are a name alone, as long as nothing is wrong."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.reason: str | None = None
        self.offset = 0.0

    def clock(self) -> float:
        return START + trio.current_time() + self.offset

    async def take(self, database: Path, target: Path) -> str | None:
        assert database == Path("chat.db")
        self.at.append(trio.current_time())
        if not self.reason:
            target.touch()  # noqa: ASYNC240 - nobody waits for it
        return self.reason


@asynccontextmanager
async def backing_up(folder: Path, *, keep: int = 2) -> AsyncIterator[tuple[Taken, Backups]]:
    """Take a backup each hour for the block."""
    taken = Taken()
    config = LiveConfig(
        database="chat.db", backup_every=1.0, backup_folder=folder, backup_keep=keep
    )
    backups = Backups(config, taken.take, taken.clock)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(backups.run)
        yield taken, backups
        nursery.cancel_scope.cancel()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_backups_are_taken_on_time_and_the_oldest_go(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Once the new one is there; what is called otherwise stays, but for parts of ours."""
    others = (
        "chat-20270115T080000Z.db.bak",
        "other-20270115T080000Z.db",
        "chat-99999999T999999Z.db",
    )
    for name in (*others, "chat-20270115T070000Z.db.0123abcd.part"):
        (tmp_path / name).touch()
    async with backing_up(tmp_path) as (taken, ours):
        await trio.sleep(3.5 * HOUR)
    assert taken.at == [0, HOUR, 2 * HOUR, 3 * HOUR]
    assert names(tmp_path) == sorted(
        [*others, "chat-20270115T100000Z.db", "chat-20270115T110000Z.db"]
    )
    assert ours.figures.outcomes == {"kept": 4}
    assert ours.figures.last == START + 3 * HOUR


async def test_a_copy_that_hangs_is_given_up(tmp_path: Path, autojump_clock: MockClock) -> None:
    """As on a file system whose server is gone; it is told, and tried again."""
    begun: list[float] = []

    async def hang(_: Path, __: Path) -> str | None:
        begun.append(trio.current_time())
        await trio.sleep_forever()
        return None

    config = LiveConfig(database="chat.db", backup_every=1.0, backup_folder=tmp_path)
    backups = Backups(config, hang)
    with structlog.testing.capture_logs() as logged, trio.move_on_after(7 * HOUR):
        await backups.run()
    assert begun == [0, 6 * HOUR + 600]
    assert [line["reason"] for line in logged] == ["the copy takes more than 6 hours"]
    assert backups.figures.outcomes == {"failed": 1}


async def test_a_restart_changes_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The next one is due an hour after the last one that is there."""
    (tmp_path / "chat-20270115T073000Z.db").touch()
    async with backing_up(tmp_path) as (taken, ours):
        await trio.sleep(1)
        assert ours.figures.last == START - 0.5 * HOUR
        await trio.sleep(0.75 * HOUR)
    assert taken.at == [0.5 * HOUR]


async def test_a_clock_that_was_set_back_puts_nothing_off(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """And the new backup is not the one that goes."""
    for day in (16, 17):
        (tmp_path / f"chat-202701{day}T080000Z.db").touch()
    async with backing_up(tmp_path) as (taken, _):
        await trio.sleep(1)
    assert taken.at == [0]
    assert names(tmp_path) == ["chat-20270115T080000Z.db", "chat-20270117T080000Z.db"]


async def test_a_failure_is_told_and_nothing_goes_for_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """It is tried again sooner than the next one would be."""
    before = ["chat-20270114T080000Z.db", "chat-20270114T090000Z.db"]
    for name in before:
        (tmp_path / name).touch()
    with structlog.testing.capture_logs() as logged:
        async with backing_up(tmp_path, keep=1) as (taken, ours):
            taken.reason = "the disk is full"
            await trio.sleep(RETRY / 2)
            assert names(tmp_path) == before
            taken.reason = None
            await trio.sleep(RETRY)
    assert taken.at == [0, RETRY]
    assert names(tmp_path) == ["chat-20270115T081000Z.db"]
    assert [(line["log_level"], line["event"]) for line in logged] == [
        ("error", "no backup"),
        ("info", "backed up"),
    ]
    assert logged[0]["reason"] == "the disk is full"
    assert ours.figures.outcomes == {"failed": 1, "kept": 1}


async def test_a_folder_that_is_gone_is_told(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The server goes on; so do backups when it is back."""
    folder = tmp_path / "backups"
    with structlog.testing.capture_logs() as logged:
        async with backing_up(folder) as (taken, ours):
            await trio.sleep(RETRY / 2)
            folder.mkdir()
            await trio.sleep(RETRY)
    assert [line.get("reason") for line in logged] == ["No such file or directory", None]
    assert len(taken.at) == 1
    assert ours.figures.outcomes == {"failed": 1, "kept": 1}


async def test_a_reload_turns_them_on_and_off(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Within a minute."""
    async with backing_up(tmp_path) as (taken, ours):
        await trio.sleep(1)
        vars(ours._config).update(backup_every=0.0)
        await trio.sleep(5 * HOUR)
        assert taken.at == [0]
        vars(ours._config).update(backup_every=2.0)
        await trio.sleep(LOOK)
        assert len(taken.at) == 2


async def test_a_copy_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the server stops, and has given it a moment to clean up."""
    monkeypatch.setattr(backups, "GRACE", 0.0)
    stubborn = ["sh", "-c", "trap '' TERM; echo ready; while true; do sleep 1; done"]
    async with trio.open_nursery() as nursery:
        run = partial(trio.run_process, stubborn, stdout=subprocess.PIPE, check=False)
        process = await nursery.start(partial(run, deliver_cancel=backups._end))
        assert await process.stdout.receive_some() == b"ready\n"
        nursery.cancel_scope.cancel()
    assert process.returncode == -signal.SIGKILL


def test_a_folder_that_cannot_be_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a line that names it."""
    check_folder(Config(backup_folder=tmp_path / "no"))
    check_folder(Config(backup_every=1, backup_folder=tmp_path))
    with pytest.raises(ConfigError, match="no is no folder"):
        check_folder(Config(backup_every=1, backup_folder=tmp_path / "no"))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="cannot be written"):
        check_folder(Config(backup_every=1, backup_folder=tmp_path))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"backup_every": 1.0}, "backup_every needs backup_folder"),
        (
            {"backup_every": 1.0, "backup_folder": Path(), "database": ":memory:"},
            "backup_every needs a database that is a file",
        ),
        (
            {"backup_every": 1.0, "backup_folder": Path(), "database": "postgresql:///chat"},
            "backup_every needs a database that is a file",
        ),
    ],
)
def test_settings_that_lack_something_are_refused(settings: dict[str, object], told: str) -> None:
    """By name."""
    with pytest.raises(ConfigError, match=told):
        Config(**settings)  # type: ignore[arg-type]
