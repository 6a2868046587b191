"""Scheduled backups: has the database copied now and then, and the oldest copies deleted."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
import trio

import trio_chat
from trio_chat.config import Config, ConfigError
from trio_chat.measures import BackupFigures

LOOK = 60.0  # seconds between two looks whether one is due
RETRY = 600.0  # seconds after one that failed
HOUR = 3600.0  # seconds
LONGEST = 6 * HOUR  # seconds that a copy may take: 400 GB
LEAST = 1.0  # seconds between two, whatever the setting says
GRACE = 2.0  # seconds in which a copy under way cleans up when the server stops
STAMP = "%Y%m%dT%H%M%SZ"

log = structlog.get_logger()

Copy = Callable[[Path, Path], Awaitable[str | None]]  # database, copy; returns why it failed


async def copy(database: Path, target: Path, files: Path | None = None) -> str | None:
    """Run the command ``backup``, which takes no time of the event loop, nor of this interpreter.

    Cancellation: the copy under way is given up.

    Returns:
        Why it failed; ``None`` if the copy is there, and sound.
    """
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TRIO_CHAT_")
    }
    home = str(Path(trio_chat.__file__).parents[1])
    paths = [home, *filter(None, [environment.get("PYTHONPATH")])]
    arguments = ["backup", "--gently", "--database", str(database), str(target)]
    arguments += ["--files", str(files)] if files else []
    done = await trio.run_process(
        [sys.executable, "-P", "-m", "trio_chat", *arguments],
        stdin=b"",
        capture_stdout=True,
        capture_stderr=True,
        check=False,
        env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
        deliver_cancel=_end,
    )
    return _reason(done) if done.returncode else None


def _reason(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Return the last line that the command wrote."""
    said = done.stderr.decode("utf-8", "replace").strip() or f"status {done.returncode}"
    return said.splitlines()[-1].removeprefix("trio-chat: ")


async def _end(process: trio.Process) -> None:
    process.terminate()
    await trio.sleep(GRACE)
    process.kill()


class Backups:
    """The backups of one server, as its settings are at the time.

    Args:
        config: ``database``, ``backup_every``, ``backup_folder`` and ``backup_keep``.
        take: Copies the database; by default the command does, with the files.
        clock: The wall clock, in seconds since 1970.
    """

    def __init__(
        self, config: Config, take: Copy | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._config = config
        self._take = take or partial(copy, files=config.files)
        self._clock = clock
        self._retry_at = float("-inf")
        self.figures = BackupFigures()

    async def run(self) -> None:
        """Take backups when they are due, for ever."""
        while True:
            folder = self._config.backup_folder
            wait = LOOK
            if self._config.backup_every and folder:
                wait = min(LOOK, await self._look(folder))
            await trio.sleep(wait)

    async def _look(self, folder: Path) -> float:
        """Take a backup if one is due; return in how many seconds the next one is."""
        every, now = max(self._config.backup_every * HOUR, LEAST), self._clock()
        put_off = self._retry_at - trio.current_time()
        if put_off > 0:
            return put_off
        try:
            there = await trio.to_thread.run_sync(found, folder, self._stem)
            # Those from the future are of a clock that was set back since.
            last = max((time_ for time_ in there.values() if time_ <= now), default=0.0)
            self.figures.last = max(self.figures.last, last)
            if last + every > now:
                return last + every - now
            await self._back_up(folder, now)
        except OSError as error:
            self._fail(folder, error.strerror or str(error))
        return every

    @property
    def _stem(self) -> str:
        return Path(self._config.database).stem

    async def _back_up(self, folder: Path, now: float) -> None:
        """Take a backup, and delete those that are too many once it is there.

        Raises:
            OSError: the folder cannot be read or written.
        """
        began = trio.current_time()
        name = f"{self._stem}-{datetime.fromtimestamp(now, UTC).strftime(STAMP)}.db"
        reason: str | None = f"the copy takes more than {LONGEST / HOUR:.0f} hours"
        with trio.move_on_after(LONGEST):
            reason = await self._take(Path(self._config.database), folder / name)
        if reason:
            self._fail(folder, reason)
            return
        figures = self.figures
        figures.outcomes["kept"] += 1
        figures.last, figures.seconds = now, trio.current_time() - began
        keep = self._config.backup_keep
        gone = await trio.to_thread.run_sync(prune, folder, self._stem, keep, name)
        log.info("backed up", file=str(folder / name), seconds=round(figures.seconds), deleted=gone)

    def _fail(self, folder: Path, reason: str) -> None:
        self._retry_at = trio.current_time() + RETRY
        self.figures.outcomes["failed"] += 1
        log.error("no backup", folder=str(folder), reason=reason)


def check_folder(config: Config) -> None:
    """See at the start that backups can be taken.

    Raises:
        ConfigError: there is no such folder, or nothing can be written there.
    """
    folder = config.backup_folder
    if not config.backup_every or folder is None:
        return
    if not folder.is_dir():
        raise ConfigError(f"backup_folder {folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"backup_folder {folder} cannot be written")


def found(folder: Path, stem: str) -> dict[str, float]:
    """Return the names of our backups in a folder, each with its time in seconds since 1970.

    Raises:
        OSError: the folder cannot be read.
    """
    stamped = re.compile(rf"{re.escape(stem)}-(\d{{8}}T\d{{6}}Z)\.db")
    times: dict[str, float] = {}
    for match in filter(None, (stamped.fullmatch(path.name) for path in folder.iterdir())):
        with suppress(ValueError):  # no time of any day
            times[match[0]] = datetime.strptime(f"{match[1]}+0000", f"{STAMP}%z").timestamp()
    return times


def prune(folder: Path, stem: str, keep: int, new: str) -> int:
    """Delete all but the latest backups, and what is left of those that were cut short.

    Args:
        folder: Where they are.
        stem: How their names begin.
        keep: How many stay.
        new: The name of the one that was just taken, which is the latest whatever the clock says.

    Returns:
        How many backups were deleted.

    Raises:
        OSError: they cannot be.
    """
    part = re.compile(rf"{re.escape(stem)}-\d{{8}}T\d{{6}}Z\.db\.[0-9a-f]{{8}}\.part")
    for path in folder.iterdir():
        if part.fullmatch(path.name):
            path.unlink(missing_ok=True)
    others = sorted(found(folder, stem).keys() - {new}, reverse=True)
    for name in others[keep - 1 :]:
        (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / f"{name}.files", ignore_errors=True)
    return len(others[keep - 1 :])
