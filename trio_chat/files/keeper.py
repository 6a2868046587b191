"""The keeper of files: has them written, finds them, and removes them."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog
import trio

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.files.contents import Contents
from trio_chat.files.folder import RETRY_MS, FileFolder
from trio_chat.files.incoming import Incoming
from trio_chat.files.index import Index, Row, file_of
from trio_chat.files.kinds import OTHER
from trio_chat.files.names import proper_name
from trio_chat.files.opening import Opened
from trio_chat.files.resumables import Resumables
from trio_chat.files.upload_notes import Note, write
from trio_chat.files.uploads import Upload, Uploads
from trio_chat.journal.journal import Journal
from trio_chat.journal.types import Unavailable
from trio_chat.measures import FileFigures
from trio_chat.protocol.events import File

ID_BYTES = 16  # random; 32 characters

T = TypeVar("T")

log = structlog.get_logger()


class Full(Exception):
    """There is no place for more files."""


class Found(NamedTuple):
    """A file that may be read, and where its content is."""

    file: File
    path: Path


class FileKeeper:
    """Keeps the files of messages in a folder, which no other server may have.

    It is made with the first file, or at the start if the settings name it.

    Args:
        config: ``files``, ``max_files``, ``keep_free`` and ``unused_file_timeout``.
        journal: Knows which messages there are.
        uploads: Gets the files that no message has yet.
    """

    def __init__(self, config: Config, journal: Journal, uploads: Uploads) -> None:
        self._config = config
        self._journal = journal
        self._uploads = uploads
        self._folder = FileFolder(config, journal.secret, self._take_in)
        self._blobs = self._folder.blobs
        self._order = trio.Lock()  # of what adds contents and what deletes them
        self._writers = trio.CapacityLimiter(4)  # threads that write contents
        self._contents = Contents(config, self._run)
        self.figures = FileFigures()
        self.resumables = Resumables(self.drop, self._note, config)

    @property
    def is_open(self) -> bool:
        """Whether any file was kept, as far as this server knows."""
        return self._folder.is_open

    @property
    def is_on(self) -> bool:
        """Whether anybody may send files."""
        return self._blobs is not None and self._config.file_limit > 0

    async def open(self) -> None:
        """Keep others out of the folder that is named, and open what is there from before.

        Raises:
            JournalError: it cannot be used, or another server has it; the message says why.
        """
        await self._folder.open()

    def warn(self) -> None:
        """Log if pictures cannot be shown."""
        if self.is_on:
            self._contents.warn()

    def _take_in(self, found: Opened) -> None:
        """Take in what is there from before."""
        self.figures.count, self.figures.size = found.totals
        for row in found.unused:
            self._uploads.add(self._as_upload(row))
        for one, file in found.unfinished:
            self.resumables.restore(one, file)
            self.figures.coming += one.size

    def _as_upload(self, row: Row) -> Upload:
        """Return a file of before the start that no message has, unless the journal knows one."""
        age = max(0.0, (wall_clock() - row.ts) / 1000)
        until = trio.current_time() + self._config.unused_file_timeout - age
        return Upload(file_of(row), row.owner, row.room, until, was_named=True)

    def close(self) -> None:
        """Let go of what is open."""
        self._folder.close()

    async def ask(self, look: Callable[[Index], T]) -> T:
        """Look something up in the index, or change it.

        Raises:
            Unavailable: that is not possible just now.
        """
        return await self._folder.ask(look)

    # Uploads

    def refusal(self, person_id: str) -> str | None:
        """Return why somebody may not upload one more file now, if so."""
        return self._uploads.refusal(person_id)

    async def begin(self, person_id: str, room: str, name: str, address: str) -> Incoming:
        """Return a new upload.

        Args:
            person_id: Who sends it.
            room: For which room.
            name: What it is called.
            address: By which its sender is counted, too; empty for none.

        Raises:
            Full: there is no place for it.
            Unavailable: it cannot be written just now.
        """
        self._check_space(1)
        await self._folder.ensure_open()
        assert self._blobs
        if await self._run(self._blobs.free_bytes) < self._config.keep_free:
            raise Full
        since = await self._last_of(room)
        part = secrets.token_hex(ID_BYTES)
        await self._run(self._blobs.write, part, b"", 0)
        return Incoming(part, person_id, room, name, since, address)

    async def _last_of(self, room: str) -> int:
        """Return the number of the last message of a room."""
        page = await self._journal.messages(room, before=None, after=None, limit=1, max_bytes=1)
        return page.messages[-1].seq if page.messages else 0

    async def write(self, incoming: Incoming, data: bytes) -> None:
        """Write more of an upload.

        Raises:
            Full: there is no place for it.
            Unavailable: it cannot be written just now.
        """
        self._check_space(len(data))
        await self._run(self._write, incoming, data)
        incoming.size += len(data)  # not before: it may be cancelled until the thread begins
        self.figures.coming += len(data)

    def _write(self, incoming: Incoming, data: bytes) -> None:
        assert self._blobs
        incoming.catch_up(self._blobs.part(incoming.part))
        self._blobs.write(incoming.part, data, incoming.size)
        incoming.take(data)

    async def _note(self, part: str, note: Note) -> None:
        """Keep a note of an upload over a restart.

        Raises:
            Unavailable: it cannot be written just now.
        """
        assert self._blobs
        await self._run(write, self._blobs, part, note)

    def _check_space(self, size: int) -> None:
        assert self._blobs
        most = self._config.max_files
        if most and self.figures.size + self.figures.coming + size > most:
            raise Full

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        try:
            return await trio.to_thread.run_sync(work, *args, limiter=self._writers)
        except OSError as error:
            log.error("a file cannot be written", reason=error.strerror)
            raise Unavailable(RETRY_MS) from None

    async def drop(self, incoming: Incoming) -> None:
        """Give up an upload."""
        assert self._blobs
        self.figures.coming -= incoming.size
        incoming.size = 0
        await trio.to_thread.run_sync(self._blobs.drop, incoming.part)

    async def complete(self, incoming: Incoming, pay: Callable[[int], None]) -> File:
        """Keep an upload, which no message has yet.

        Args:
            incoming: All of it has come.
            pay: Gets the bytes by which a picture has grown; what it raises ends this.

        Raises:
            BadPicture: it is a picture that is damaged, or too large.
            Full: there is no place for it.
            Unavailable: it cannot be kept just now.
        """
        assert self._blobs
        path, digest, size, kind, width, height = await self._contents.of(incoming, self._blobs)
        if size > incoming.size:
            self._check_space(size - incoming.size)
            pay(size - incoming.size)
        name, media_type = proper_name(incoming.name, kind), kind.type if kind else OTHER
        file = File(secrets.token_hex(ID_BYTES), name, media_type, size, width, height)
        row = Row(
            *(file.id, digest, file.name, file.type, file.size, file.width, file.height),
            *(incoming.person_id, incoming.room, wall_clock(), incoming.since),
        )
        async with self._order:
            with trio.CancelScope(shield=True):  # a moment: what is kept has to be known
                is_new = not await self.ask(lambda index: index.is_known(digest))
                await self._run(self._blobs.keep, path, digest)
                await self._add(row)
                self.figures.size += file.size if is_new else 0
                await self.drop(incoming)
        return file

    async def _add(self, row: Row) -> None:
        """Take a file into the index, and let a message have it for a while.

        Raises:
            Unavailable: it cannot be written just now.
        """
        await self.ask(lambda index: index.add(row))
        self.figures.count += 1
        until = trio.current_time() + self._config.unused_file_timeout
        self._uploads.add(Upload(file_of(row), row.owner, row.room, until))

    async def copy(
        self, file_id: str, person_id: str, room: str, pay: Callable[[int], None]
    ) -> File | None:
        """Keep a file once more, which no message has yet; its content is there once.

        Args:
            file_id: Of which file; ``None`` is returned if it cannot be read.
            person_id: Who sends it.
            room: For which room.
            pay: Gets its size before; what it raises ends this.

        Raises:
            Full: there is no place for more files.
            Unavailable: it cannot be kept just now.
        """
        self._check_space(1)
        since = await self._last_of(room)
        async with self._order:  # in which no content is deleted
            row = await self._readable(file_id)
            if row is None:
                return None
            pay(row.size)
            copy = row._replace(
                id=secrets.token_hex(ID_BYTES),
                owner=person_id,
                room=room,
                ts=wall_clock(),
                since=since,
                seq=0,
            )
            with trio.CancelScope(shield=True):  # what is kept has to be known
                await self._add(copy)
        return file_of(copy)

    async def spent(self, person_id: str, seconds: float) -> list[tuple[float, int]]:
        """Return what somebody has uploaded lately: how many seconds ago, and the bytes.

        Of files that are gone by now nothing is known.

        Raises:
            Unavailable: it cannot be told just now.
        """
        if not self._folder.is_there():
            return []
        now = wall_clock()
        since = now - int(1000 * seconds)
        kept = await self.ask(lambda index: index.sizes_of(person_id, since))
        coming = self.resumables.sizes(person_id)
        return [*((max(0.0, (now - ts) / 1000), size) for ts, size in kept), (0.0, coming)]

    # Reading

    async def find(self, file_id: str) -> Found | None:
        """Return a file that may be read: no message has it yet, or one that can be read.

        Raises:
            Unavailable: it cannot be told just now.
        """
        row = await self._readable(file_id)
        if row is None:
            return None
        assert self._blobs
        return Found(file_of(row), self._blobs.place(row.digest))

    async def _readable(self, file_id: str) -> Row | None:
        row = await self.row(file_id) if self._folder.is_there() else None
        return None if row and row.seq and not await self._is_shown(row) else row

    async def row(self, file_id: str) -> Row | None:
        """Return what is noted of a file, whoever may read it; ``None`` if there is none.

        Raises:
            Unavailable: it cannot be told just now.
        """
        return await self.ask(lambda index: index.find(file_id))

    async def _is_shown(self, row: Row) -> bool:
        """Whether the message of a file can be read, and has it."""
        page = await self._journal.messages(
            row.room, before=None, after=row.seq - 1, limit=1, max_bytes=1
        )
        return any(
            message.seq == row.seq and any(file.id == row.id for file in message.files)
            for message in page.messages
        )

    # Upkeep

    async def remove(self, rows: Sequence[Row]) -> None:
        """Delete files, and contents that no other one has.

        Raises:
            Unavailable: that is not possible just now.
        """
        assert self._blobs
        async with self._order:
            digests = await self.ask(lambda index: index.remove(row.id for row in rows))
            for digest in digests:
                await self._run(self._blobs.remove, digest)
            self.figures.count, self.figures.size = await self.ask(lambda index: index.totals())
