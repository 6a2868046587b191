"""Notes of uploads in pieces: what a server has to know to go on with them. All of it blocks.

What has come of an upload is what its file has, unless the machine was started anew since: then
the end of the file may never have come to the disk, and the upload begins anew.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import msgspec

from trio_chat.clock import wall_clock
from trio_chat.files.blobs import Blobs
from trio_chat.journal.sqlite.runs import boot_id


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted of an upload; with ``file_id`` it is complete."""

    boot: str = msgspec.field(default_factory=boot_id)
    person_id: str
    room: str
    name: str
    since: int  # the last message of the room
    length: int  # bytes that are to come
    file_id: str = ""


class Unfinished(NamedTuple):
    """An upload of an earlier run."""

    part: str
    note: Note
    size: int  # bytes that have come
    age: float  # seconds since the last of them


def write(blobs: Blobs, part: str, note: Note) -> None:
    """Note an upload, or that it is complete.

    Raises:
        OSError: it cannot be written.
    """
    blobs.write_note(part, msgspec.json.encode(note))


def unfinished(blobs: Blobs) -> Iterator[Unfinished]:
    """Yield the uploads with which a server can go on; those whose notes are damaged are none."""
    boot, now = boot_id(), wall_clock()
    for part in blobs.noted():
        with suppress(OSError, msgspec.DecodeError):
            note = msgspec.json.decode(blobs.note(part).read_bytes(), type=Note)
            content = (blobs.note(part) if note.file_id else blobs.part(part)).stat()
            size = 0 if note.file_id else content.st_size
            age = max(0.0, now / 1000 - content.st_mtime)
            if boot and note.boot == boot and size <= note.length:
                yield Unfinished(part, note, size, age)
