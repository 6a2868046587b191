"""The sweeper of files: notes which messages have them, and has those deleted that none has."""

import structlog
import trio

from trio_chat.config import Config
from trio_chat.files.folder import RETRY_MS
from trio_chat.files.index import Row
from trio_chat.files.keeper import FileKeeper
from trio_chat.files.uploads import Upload, Uploads, Used
from trio_chat.journal.journal import Journal
from trio_chat.journal.types import Place, Unavailable

SWEEP_INTERVAL = 60.0  # seconds
SWEPT = 200  # files that are looked at once, at least
PAGE, PAGE_BYTES = 100, 256 * 1024  # of messages that are looked at for a file

log = structlog.get_logger()


class Sweeper:
    """Looks after the files that were kept.

    Args:
        keeper: Has them.
        journal: Knows which messages have them.
        uploads: Have the files that no message has yet, and tell which message gets one.
        config: ``erase_within``.
    """

    def __init__(
        self, keeper: FileKeeper, journal: Journal, uploads: Uploads, config: Config
    ) -> None:
        self._keeper = keeper
        self._journal = journal
        self._uploads = uploads
        self._config = config
        # Each has a file that was uploaded, which takes longer than to note it; and while nothing
        # can be noted no upload is complete.
        self._to_note, self._notes = trio.open_memory_channel[Used](float("inf"))
        uploads.tell = self._to_note.send_nowait

    async def run(self) -> None:
        """Note which messages have files, and delete those that none has, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._sweep)
            async for used in self._notes:
                await self._note(used)

    async def _sweep(self) -> None:
        """Delete files that no message has any more, some at a time."""
        after = ""
        while True:
            await trio.sleep(SWEEP_INTERVAL)
            await self._keeper.resumables.drop_old()
            if not self._keeper.is_open:
                continue
            try:
                await self._remove_unused()
                after = await self._remove_gone(after)
            except Unavailable:
                log.warning("files cannot be looked at just now")

    async def _remove_unused(self) -> None:
        """Delete uploads whose time is over, unless a message has them after all."""
        old = self._uploads.take_old()
        try:
            while old:
                await self._settle(old[-1])
                old.pop()
        finally:
            for upload in old:  # it could not be told just now
                self._uploads.add(upload)

    async def _settle(self, upload: Upload) -> None:
        """Delete an upload whose time is over, unless a message has it after all."""
        row = await self._keeper.row(upload.file.id)
        used = await self._look_for(row) if row and upload.was_named else None
        if used:
            await self._note(used)
        elif row:
            await self._keeper.remove([row])

    async def _look_for(self, row: Row) -> Used | None:
        """Return the message that has a file, as the journal knows it."""
        after, more = row.since, True
        while more:
            page = await self._journal.messages(
                row.room, before=None, after=after, limit=PAGE, max_bytes=PAGE_BYTES
            )
            for message in page.messages:
                if any(file.id == row.id for file in message.files):
                    return Used(row.room, message.seq, [row.id])
                after = message.seq
            more = page.more
        return None

    async def _remove_gone(self, after: str) -> str:
        """Delete some files whose messages are gone for good.

        Args:
            after: The id behind which to look.

        Returns:
            Where to go on.
        """
        in_time = 2 * self._keeper.figures.count * SWEEP_INTERVAL / self._config.erase_within
        rows = await self._keeper.ask(lambda index: index.after(after, max(SWEPT, int(in_time))))
        for begin in range(0, len(rows), SWEPT):
            some = rows[begin : begin + SWEPT]
            kept = await self._journal.files_of({Place(row.room, row.seq) for row in some})
            gone = [row for row in some if row.id not in kept[Place(row.room, row.seq)]]
            if gone:
                await self._keeper.remove(gone)
        return rows[-1].id if rows else ""

    async def _note(self, used: Used) -> None:
        while True:
            try:
                await self._keeper.ask(lambda index: index.use(used.room, used.seq, used.ids))
            except Unavailable:
                await trio.sleep(RETRY_MS / 1000)
            else:
                return
