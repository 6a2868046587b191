"""The folder of files: keeps other servers out, and opens its index, which is asked in a thread."""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from typing import TypeVar

import structlog
import trio

from trio_chat.config import Config
from trio_chat.files.blobs import Blobs
from trio_chat.files.index import NAME, Index
from trio_chat.files.opening import Opened, opened, telling
from trio_chat.files.place import folder_of, lock_out_others
from trio_chat.journal.types import JournalError, Unavailable

RETRY_MS = 1000

T = TypeVar("T")

log = structlog.get_logger()


class FileFolder:
    """A folder with an index, made with the first file, or at the start if the settings name it.

    Args:
        config: ``files`` and ``upload_timeout``.
        secret: Of the journal to which the files have to belong.
        on_open: Gets what is there, once.
    """

    def __init__(self, config: Config, secret: bytes, on_open: Callable[[Opened], None]) -> None:
        self._config = config
        self._mark = hashlib.blake2b(secret, digest_size=16).hexdigest()
        self._on_open = on_open
        folder = folder_of(config)
        self.blobs = Blobs(folder) if folder else None
        self._index: Index | None = None
        self._lock: int | None = None  # descriptor that keeps other servers out
        self._one = trio.CapacityLimiter(1)  # thread that looks at the index
        self._opening = trio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether any file was kept, as far as this server knows."""
        return self._index is not None

    def is_there(self) -> bool:
        """Whether any file was kept; a command may have done it meanwhile."""
        if self.is_open or self.blobs is None:
            return self.is_open
        return (self.blobs.folder / NAME).exists()

    async def open(self) -> None:
        """Keep others out of the folder that is named, and open what is there from before.

        Raises:
            JournalError: it cannot be used, or another server has it; the message says why.
        """
        try:
            if self._config.files is not None:
                await trio.to_thread.run_sync(self._hold)
            if self.is_there():
                await self._ensure_open()
        except JournalError:
            self.close()
            raise

    async def _ensure_open(self) -> Index:
        async with self._opening:
            if self._index is None:
                found = await trio.to_thread.run_sync(self._open)
                self._index = found.index
                self._on_open(found)
            return self._index

    def _open(self) -> Opened:
        assert self.blobs
        self._hold()
        with telling(self.blobs.folder):
            return opened(self.blobs, self._mark, self._config.upload_timeout)

    def _hold(self) -> None:
        """Make the folder, and keep other servers out of it as long as this one lives."""
        assert self.blobs
        if self._lock is None:
            with telling(self.blobs.folder):
                self.blobs.make()
                self._lock = lock_out_others(self.blobs.folder)

    def close(self) -> None:
        """Let go of what is open."""
        if self._index:
            self._index.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def ensure_open(self) -> Index:
        """Return the index, and open it if that was not done yet.

        Raises:
            Unavailable: that is not possible just now.
        """
        try:
            return await self._ensure_open()
        except JournalError as error:
            log.error("no files can be kept", reason=str(error))
            raise Unavailable(RETRY_MS) from None

    async def ask(self, look: Callable[[Index], T]) -> T:
        """Look something up in the index, or change it, in a thread.

        Raises:
            Unavailable: that is not possible just now.
        """
        index = await self.ensure_open()
        try:
            return await trio.to_thread.run_sync(look, index, limiter=self._one)
        except sqlite3.Error as error:
            log.error("the index of files cannot be used", reason=str(error))
            raise Unavailable(RETRY_MS) from None
