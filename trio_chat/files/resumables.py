"""Resumable uploads: files that come in pieces, by several requests."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import trio

from trio_chat.config import Config
from trio_chat.files.incoming import Incoming
from trio_chat.files.upload_notes import Note, Unfinished
from trio_chat.journal.types import Unavailable
from trio_chat.protocol.events import File

EACH = 20  # of one person
OF_ADDRESS = 60
IN_ALL = 500


@dataclass
class Resumable:
    """An upload of a length that is told before; once all has come it has its file.

    ``until`` is when it is given up, in Trio's time, if nothing more comes; ``lock`` is held by
    the request that brings a piece, and ``piece`` ends that.
    """

    incoming: Incoming
    length: int
    until: float
    file: File | None = None
    lock: trio.Lock = field(default_factory=trio.Lock)
    piece: trio.CancelScope = field(default_factory=trio.CancelScope)


class Resumables:
    """The resumable uploads that are under way, or were complete a while ago.

    Args:
        drop: Gives up an upload.
        note: Keeps a note of one over a restart, by its part.
        config: ``upload_timeout``.
    """

    def __init__(
        self,
        drop: Callable[[Incoming], Awaitable[None]],
        note: Callable[[str, Note], Awaitable[None]],
        config: Config,
    ) -> None:
        self._drop = drop
        self._note = note
        self._config = config
        self._uploads: dict[str, Resumable] = {}
        # People and addresses of those that are about to begin.
        self._beginning: Counter[tuple[str, str]] = Counter()

    def has_room(self, person_id: str, address: str) -> bool:
        """Whether somebody at an address may begin one more; what is complete takes no place."""
        coming = [one.incoming for one in self._uploads.values() if one.file is None]
        places = [(one.person_id, one.address) for one in coming] + [*self._beginning.elements()]
        own = sum(person == person_id for person, _ in places)
        beside = sum(other == address for _, other in places) if address else 0
        return own < EACH and beside < OF_ADDRESS and len(places) < IN_ALL

    @contextmanager
    def beginning(self, person_id: str, address: str) -> Iterator[None]:
        """Have a place for an upload that begins in the block."""
        self._beginning[person_id, address] += 1
        try:
            yield
        finally:
            self._beginning -= Counter([(person_id, address)])

    async def begin(self, incoming: Incoming, length: int) -> Resumable:
        """Take in an upload that begins.

        Raises:
            Unavailable: it cannot be noted just now; it is given up.
        """
        found = self._uploads[incoming.part] = Resumable(incoming, length, 0.0)
        self.touch(found)
        try:
            await self._note(incoming.part, _note_of(found))
        except Unavailable:
            await self.end(found)
            raise
        return found

    async def complete(self, upload: Resumable, file: File) -> None:
        """Take in that all has come of an upload; the first of many that are so is forgotten."""
        others = [one for one in self._uploads.values() if one.file and not one.lock.locked()]
        upload.file = file
        self.touch(upload)
        with suppress(Unavailable):  # then it cannot be asked for any more after a restart
            await self._note(upload.incoming.part, _note_of(upload))
        if len(others) >= IN_ALL:
            await self.end(others[0])

    def restore(self, one: Unfinished, file: File | None) -> Resumable:
        """Take in an upload of an earlier run, which is complete if there is a file."""
        note = one.note
        incoming = Incoming(
            one.part, note.person_id, note.room, note.name, note.since, size=one.size
        )
        until = trio.current_time() + self._config.upload_timeout - one.age
        found = self._uploads[one.part] = Resumable(incoming, note.length, until, file)
        return found

    def sizes(self, person_id: str) -> int:
        """Return how many bytes have come of the uploads of somebody."""
        return sum(
            one.incoming.size
            for one in self._uploads.values()
            if one.incoming.person_id == person_id
        )

    def find(self, part: str, room: str) -> Resumable | None:
        """Return an upload for a room, unless it is given up."""
        found = self._uploads.get(part)
        return found if found and found.incoming.room == room else None

    def touch(self, upload: Resumable) -> None:
        """Take in that something has come."""
        upload.until = trio.current_time() + self._config.upload_timeout

    async def end(self, upload: Resumable) -> None:
        """Forget an upload, and what has come of it if it is not complete.

        A request that brings a piece ends first.
        """
        self._uploads.pop(upload.incoming.part, None)
        upload.piece.cancel(reason="the upload was given up")
        async with upload.lock:
            await self._drop(upload.incoming)

    async def drop_old(self) -> None:
        """Give up those of which nothing has come for long."""
        now = trio.current_time()
        for one in list(self._uploads.values()):
            if one.until <= now and not one.lock.locked():
                await self.end(one)


def _note_of(upload: Resumable) -> Note:
    """Return what is noted of an upload."""
    incoming = upload.incoming
    return Note(
        person_id=incoming.person_id,
        room=incoming.room,
        name=incoming.name,
        since=incoming.since,
        length=upload.length,
        file_id=upload.file.id if upload.file else "",
    )
