"""Blobs: the contents of files on the disk, by their SHA-256. All of it blocks.

A content is written under a name of its own, synced, and then renamed: what has its last name is
whole.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Container, Iterator
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE = 0o600
PARTS = "parts"  # the folder of what is not complete
NOTE = ".note"  # behind the name of one: what is known of it
PREFIX = 2  # hexadecimal digits that name a folder of contents


class Blobs:
    """The folder of files.

    Args:
        folder: Where it is; ``make`` makes it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = folder / PARTS

    def make(self) -> None:
        """Make the folder, unless it is there.

        Raises:
            OSError: it cannot be made.
        """
        self.folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)

    def make_parts(self) -> None:
        """Make the folder of what is not complete, unless it is there.

        Raises:
            OSError: it cannot be made.
        """
        self._parts.mkdir(PRIVATE_FOLDER, exist_ok=True)

    def clear_parts(self, kept: Container[str]) -> None:
        """Forget what was not complete when the last server ended, but for what is kept by name.

        Raises:
            OSError: it cannot be deleted.
        """
        for path in list(self._parts.iterdir()):
            if path.name.partition(".")[0] not in kept:
                path.unlink()

    def part(self, name: str) -> Path:
        """Return where a content is before it is complete."""
        return self._parts / name

    def clean_part(self, name: str) -> Path:
        """Return where a picture is that was cleaned, before it is kept."""
        return self._parts / f"{name}.clean"

    def note(self, name: str) -> Path:
        """Return where it is noted what a content is to be that comes in pieces."""
        return self._parts / f"{name}{NOTE}"

    def write_note(self, name: str, data: bytes) -> None:
        """Note what a content is to be.

        Raises:
            OSError: it cannot be written.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(self.note(name), flags, PRIVATE), "wb") as file:
            file.write(data)

    def noted(self) -> list[str]:
        """Return the names of contents of which there are notes."""
        return [path.name.removesuffix(NOTE) for path in self._parts.glob(f"*{NOTE}")]

    def measure(self, path: Path) -> tuple[str, int]:
        """Return the digest and the size of what is in a file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size

    def write(self, name: str, data: bytes, at: int) -> None:
        """Write more of a content that is not complete, or begin it.

        Raises:
            OSError: it cannot be written; it can be tried again at the same place.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(self.part(name), flags, PRIVATE), "wb") as file:
            file.seek(at)
            file.write(data)

    def drop(self, name: str) -> None:
        """Forget a content that is not complete, if it is there."""
        self.part(name).unlink(missing_ok=True)
        self.clean_part(name).unlink(missing_ok=True)
        self.note(name).unlink(missing_ok=True)

    def keep(self, part: Path, digest: str) -> None:
        """Give a complete content its last name; it survives a power loss from then on.

        Raises:
            OSError: it cannot be kept.
        """
        place = self.place(digest)
        if place.exists():  # the same content is here already, or this one is being kept again
            part.unlink(missing_ok=True)
            return
        place.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
        _sync(part)
        part.rename(place)
        _sync(place.parent)
        _sync(self.folder)

    def place(self, digest: str) -> Path:
        """Return where the content with a digest is."""
        return self.folder / digest[:PREFIX] / digest

    def remove(self, digest: str) -> None:
        """Delete a content, if it is there."""
        self.place(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[str]:
        """Yield the digests of the contents that are there."""
        for folder in self.folder.iterdir():
            if folder.is_dir() and len(folder.name) == PREFIX:
                yield from (path.name for path in folder.iterdir())

    def remove_others(self, is_known: Callable[[str], bool]) -> None:
        """Delete the contents that nothing names."""
        for digest in [digest for digest in self.digests() if not is_known(digest)]:
            self.remove(digest)

    def free_bytes(self) -> int:
        """Return how many bytes are free on the disk."""
        return shutil.disk_usage(self.folder).free


def _sync(path: Path) -> None:
    """Have the disk keep what a file, or a folder, holds."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
