"""Folders of files' contents beside an export, in which each is called by the file's id."""

from pathlib import Path

from trio_chat.commands.file_folders import link
from trio_chat.config import Config, ConfigError
from trio_chat.counting import counted
from trio_chat.errors import Failed
from trio_chat.files.blobs import PRIVATE_FOLDER, Blobs
from trio_chat.files.index import NAME, Index, Row
from trio_chat.files.place import folder_of
from trio_chat.journal.stored import ids_of
from trio_chat.protocol.events import AnyStoredEvent, File, Message


def folder_for(config: Config, other: Path | None) -> Path | None:
    """Return the folder of the database's files, which is needed if there is another one.

    Raises:
        ConfigError: there is none.
    """
    folder = folder_of(config)
    if other and folder is None:
        raise ConfigError("--with-files needs --files, the folder of this database's files")
    return folder


class FilesOut:
    """Writes the contents of messages' files into a folder, each called by its id.

    Args:
        source: The folder of the database's files, if it has any.
        target: Where they are to be; ``None`` for nowhere.

    Raises:
        Failed: they cannot be written.
    """

    def __init__(self, source: Path | None, target: Path | None) -> None:
        self._target = target
        self._blobs = Blobs(source or Path())
        self._index: Index | None = None
        self._count = self._missing = 0
        if target and source:
            try:
                target.mkdir(PRIVATE_FOLDER, exist_ok=True)
                self._index = Index(source) if (source / NAME).exists() else None
            except OSError as error:
                raise Failed(f"cannot write {target}: {error.strerror}") from None

    def take(self, event: AnyStoredEvent) -> None:
        """Write the contents of an event's files, as far as they are there.

        Raises:
            Failed: they cannot be written.
        """
        if self._target is None:
            return
        for file_id in ids_of(event):
            row = self._index.find(file_id) if self._index else None
            if row and self._write(row, self._target / file_id):
                self._count += 1
            else:
                self._missing += 1

    def _write(self, row: Row, target: Path) -> bool:
        try:
            return link(self._blobs.place(row.digest), target)
        except OSError as error:
            raise Failed(f"cannot write {target}: {error.strerror}") from None

    def told(self) -> str:
        """Return how many files were written, and how many are not there any more."""
        return _told(self._count, self._missing, "are not there any more")

    def close(self) -> None:
        """Let go of what is open."""
        if self._index:
            self._index.close()


class FilesIn:
    """Takes in the contents of messages' files from a folder where each is called by its id.

    Args:
        source: The folder; ``None`` for none.
        target: The folder of the database's files, if it may have any.

    Raises:
        ConfigError: there is no such folder.
    """

    def __init__(self, source: Path | None, target: Path | None) -> None:
        if source and not source.is_dir():
            raise ConfigError(f"there is no folder {source}")
        self._source = source
        self._blobs = Blobs(target or Path())
        self._index: Index | None = None
        self._is_named = self._is_there = False  # any file
        self._taken = self._missing = 0

    def look(self, event: AnyStoredEvent) -> None:
        """See whether the files of an event are there, before any is taken in."""
        if self._source:
            for file_id in ids_of(event):
                self._is_named = True
                self._is_there = self._is_there or (self._source / file_id).exists()

    def check(self) -> None:
        """See that the folder has one of the files that were looked for, if any was.

        Raises:
            ConfigError: it has none.
        """
        if self._is_named and not self._is_there:
            raise ConfigError(f"{self._source} has none of the files that messages have")

    def take(self, message: Message) -> None:
        """Take in the contents of a message's files, as far as they are there, and not here.

        Raises:
            Failed: they cannot be kept.
        """
        if self._source is None:
            return
        for file in message.files:
            content = self._source / file.id
            try:
                self._take(message, file, content)
            except OSError as error:
                raise Failed(f"cannot keep {content}: {error.strerror}") from None

    def _take(self, message: Message, file: File, content: Path) -> None:
        if self._index is None:
            self._blobs.make()
            self._index = Index(self._blobs.folder)
        row = self._index.find(file.id)
        if row and self._blobs.place(row.digest).exists():
            return
        if not content.exists():
            self._missing += 1
            return
        self._index.remove([file.id])  # its content was lost, if it is there
        self._keep(self._index, message, file, content)
        self._taken += 1

    def _keep(self, index: Index, message: Message, file: File, content: Path) -> None:
        self._blobs.make_parts()
        part = self._blobs.part(f"{file.id}.import")
        part.unlink(missing_ok=True)
        link(content, part)
        digest, size = self._blobs.measure(part)
        self._blobs.keep(part, digest)
        index.add(
            Row(
                *(file.id, digest, file.name, file.type, size, file.width, file.height),
                *(message.who.id if message.who else "", message.room, message.ts),
                *(message.seq, message.seq),
            )
        )

    def told(self) -> str:
        """Return how many files were taken in, and how many are neither there nor here."""
        return _told(self._taken, self._missing, f"are not in {self._source}")

    def close(self) -> None:
        """Let go of what is open."""
        if self._index:
            self._index.close()


def _told(count: int, missing: int, why: str) -> str:
    told = counted(count, "file", "files")
    return f"{told}; {missing:,} {why}" if missing else told
