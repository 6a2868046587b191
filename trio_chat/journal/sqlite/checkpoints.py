"""Checkpoints: copy what the write-ahead log has into the database, beside commits.

SQLite would do it in a commit that finds the log long, with all that are waiting behind that one.
So a thread copies on a connection of its own while commits go on, and only what these have added
meanwhile is copied between two of them: SQLite begins the log anew when all of it is copied.

Releases of SQLite before 3.51.3 lose what is committed at the moment at which a checkpoint begins
that finds all copied already: the commit begins the log anew, and the checkpoint goes by what was
there. So none is begun then, and nobody else in the process copies while ``run`` runs.
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
LONGEST = 2_000  # since a checkpoint, from which on the next one begins without a pause
FEW = 100  # that are left to be copied between two commits: a millisecond, and the disk's
ROUNDS = 3  # in which these are made few
PAUSE = 0.25  # seconds from one checkpoint to the next
LOOK_INTERVAL = 1.0  # seconds after which it is looked for what others than commits have written

Between = Callable[[Callable[[], object]], Awaitable[object]]

log = structlog.get_logger()


class Checkpoints:
    """Copies the log into the database whenever it is long, while ``run`` runs; else commits do.

    Args:
        file: The database.
        between_commits: Runs a call while nothing is being committed.
    """

    def __init__(self, file: JournalFile, between_commits: Between) -> None:
        self._file = file
        self._between_commits = between_commits
        self._beside = file.connect()
        self._thread = Threads(1)
        self._long = LONG
        self._is_long = trio.Event()
        self._is_failing = False
        self._is_closing = False

    def look(self) -> None:
        """See whether the log is long, after a commit. It takes two microseconds."""
        if self._file.guard.uncopied() >= self._long:
            self._is_long.set()

    async def run(self) -> None:
        """Copy whenever the log is long, until it is cancelled."""
        await self._between_commits(self._leave_it_to_us)
        while True:
            await self._until_long(LONG, LOOK_INTERVAL)
            if self._file.guard.uncopied() >= LONG:
                await self._checkpoint()
                await self._until_long(self._file.guard.uncopied() + LONGEST, PAUSE)

    async def _until_long(self, pages: int, seconds: float) -> None:
        """Wait until so many pages of the log are not copied, or for some time."""
        self._long, self._is_long = pages, trio.Event()
        self.look()
        with trio.move_on_after(seconds):
            await self._is_long.wait()

    def _leave_it_to_us(self) -> None:
        self._file.writer.execute("PRAGMA wal_autocheckpoint = 0")

    async def _checkpoint(self) -> None:
        """Copy beside commits until few pages are left, and these between two commits."""
        left = 0
        for _ in range(ROUNDS):
            left = await self._thread.run(lambda: self._copy(self._beside))
            if left <= FEW:
                break
        if left:
            await self._between_commits(lambda: self._copy(self._file.writer))

    def _copy(self, database: sqlite3.Connection) -> int:
        """Copy what nobody needs in the log; return how many pages are not copied by the end.

        0 if it fails: what cannot be copied stays in the log, and is safe there.
        """
        guard = self._file.guard
        try:
            guard.check()
            if guard.uncopied():
                with guard.extending():
                    database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except (sqlite3.Error, OSError, Displaced) as error:
            if not self._is_failing and not self._is_closing:
                log.error("log cannot be copied", reason=self._file.reason(error))
            self._is_failing = True
            return 0
        self._is_failing = False
        return guard.uncopied()

    async def close(self) -> None:
        """Close the connection. What is being copied is given up, and stays in the log.

        It may be called again.
        """
        if not self._is_closing:
            self._is_closing = True
            self._beside.interrupt()
        await self._thread.run(self._beside.close)
