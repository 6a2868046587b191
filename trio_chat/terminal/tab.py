"""A tab: one of the rooms that we are in, with its log and the place in it that is in sight."""

import time

from trio_chat.remote import Chat, Happening, Joined, Room
from trio_chat.terminal.log import Kind, Log
from trio_chat.terminal.printing import found_lines
from trio_chat.terminal.render import RenderedLog, View
from trio_chat.terminal.scroll import Scroll

PAGE = 100  # messages of history that are fetched at once
HITS = 10  # of a search that are shown at once


class Tab:
    """Holds what is known of a room.

    Args:
        chat: What the room belongs to.
        room: The room.
    """

    def __init__(self, chat: Chat, room: Room) -> None:
        self.room = room
        self.log = Log()
        self.scroll = Scroll()
        self.unread = 0
        self.older: tuple[str, int] | None = None  # what to look for next: see ``search``
        self._chat = chat
        self._is_new = True
        self._is_loading = False

    @property
    def name(self) -> str:
        """The room's."""
        return self.room.name

    async def handle(self, event: Happening) -> bool:
        """Take in what happens; return whether somebody else has said something.

        It waits for the history of a room that we have come into.

        Raises:
            ChatError: that is refused, or the chat is over.
        """
        if not isinstance(event, Joined):
            return self.log.handle(event, self._chat.me, now())
        self.log.join(event, now())
        if self._is_new or event.reset:
            self._is_new = False
            await self._load(event.last + 1)
        return False

    async def load(self) -> None:
        """Fetch older messages, if there are any and there is room for them.

        Raises:
            ChatError: that is refused, or the chat is over.
        """
        if self._is_loading or self.log.is_full or not self.log.more or not self.log.first:
            return
        self._is_loading = True
        try:
            await self._load(self.log.first)
        finally:
            self._is_loading = False

    async def _load(self, before: int) -> None:
        page = await self.room.history(before=before, limit=PAGE)
        self.log.prepend(page.messages, self._chat.me, more=page.more)

    def note(self, text: str, kind: Kind = "note") -> None:
        """Show something that only concerns us."""
        self.log.note(text, now(), kind)

    async def search(self, query: str, before: int | None = None) -> None:
        """Look for messages, before a number perhaps, and show the latest that are found.

        Raises:
            ChatError: that is refused, or the chat is over.
        """
        found = await self.room.search(query, before=before, limit=HITS)
        self.older = (query, found.hits[-1].seq) if found.more else None
        self.note(found_lines(found, is_first=before is None))

    def up(self, rows: int, view: View) -> bool:
        """Go back; return whether the first row that is here is in sight then."""
        rendered = RenderedLog(self.log.shown, view)
        return self.scroll.up(rendered.entries, rendered.height, rows, view.rows)

    def down(self, rows: int, view: View) -> None:
        """Go on."""
        rendered = RenderedLog(self.log.shown, view)
        self.scroll.down(rendered.entries, rendered.height, rows, view.rows)


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)
