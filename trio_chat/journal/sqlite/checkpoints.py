"""Checkpoints: copy what the write-ahead log has into the database, beside commits.

SQLite would do it in a commit that finds the log long, with all that are waiting behind that one.
So a thread copies on a connection of its own while commits go on, and only what these have added
meanwhile is copied between two of them: SQLite begins the log anew when all of it is copied.
"""

import sqlite3
from collections.abc import Awaitable, Callable

import structlog
import trio

from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.guard import Displaced
from trio_chat.journal.threads import Threads

# Pages of 4 KiB. The longer the log, the fewer are copied: those that change often, once.
LONG = 1_000  # in the log, from which on they are copied
FEW = 100  # that are left to be copied between two commits: a millisecond, and the disk's
ROUNDS = 3  # in which these are made few
TOO_LONG = 10_000  # in the log, from which on each commit copies, if it was not done beside
PAUSE = 0.25  # seconds, at least, from one checkpoint to the next

Between = Callable[[Callable[[], object]], Awaitable[object]]

log = structlog.get_logger()


class Checkpoints:
    """Copies the log into the database whenever it is long, while ``run`` runs.

    Args:
        file: The database.
        between_commits: Runs a call while nothing is being committed.
    """

    def __init__(self, file: JournalFile, between_commits: Between) -> None:
        self._file = file
        self._between_commits = between_commits
        self._beside = file.connect()
        self._thread = Threads(1)
        self._is_long = trio.Event()
        self._is_failing = False
        file.writer.execute(f"PRAGMA wal_autocheckpoint = {TOO_LONG}")

    def look(self) -> None:
        """See whether the log is long, after a commit. It takes two microseconds."""
        if self._file.guard.logged() >= LONG:
            self._is_long.set()

    async def run(self) -> None:
        """Copy whenever the log is long, until it is cancelled."""
        while True:
            await self._is_long.wait()
            if await self._copy_beside():
                await self._between_commits(lambda: self._copy(self._file.writer))
            await trio.sleep(PAUSE)
            self._is_long = trio.Event()

    async def _copy_beside(self) -> bool:
        """Copy beside commits until few pages are left; return whether that can be done."""
        left: int | None = None
        for _ in range(ROUNDS):
            left = await self._thread.run(lambda: self._copy(self._beside))
            if left is None or left <= FEW:
                break
        return left is not None

    def _copy(self, database: sqlite3.Connection) -> int | None:
        """Copy what nobody needs in the log; return how many pages are not copied by the end.

        ``None`` if it fails: what cannot be copied stays in the log, and is safe there.
        """
        guard = self._file.guard
        try:
            guard.check()
            with guard.extending():
                row = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except (sqlite3.Error, OSError, Displaced) as error:
            if not self._is_failing:
                log.error("log cannot be copied", reason=self._file.reason(error))
            self._is_failing = True
            return None
        self._is_failing = False
        copied: int = row[2]
        return guard.logged() - copied

    async def close(self) -> None:
        """Close the connection, when what is being copied is copied."""
        await self._thread.run(self._beside.close)
