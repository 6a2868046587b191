"""A tab: a room that we are in, with its log and the scroll position."""

import time
from typing import NamedTuple

import trio

from trio_chat.remote import Chat, Happening, Joined, Person, Restore, Room, Sent
from trio_chat.terminal.entry import Kind
from trio_chat.terminal.log import Log
from trio_chat.terminal.printing import found_lines
from trio_chat.terminal.render import RenderedLog, View, fit
from trio_chat.terminal.sanitize import sanitize_line
from trio_chat.terminal.scroll import Scroll
from trio_chat.terminal.tasks import Job

PAGE = 100  # messages of a page of history at most
PAGES_OF_CLEARED = 20  # that are fetched one after the other, as there is nothing to show in them
NAME_WIDTH = 20  # columns of the title of a private room, among the others
HITS = 10  # of a search that are shown at once


class Raid(NamedTuple):
    """A raid since a time in ms since 1970, of these people or of all who came until another.

    Those who are ``left_out`` are none of them. ``place`` is what commands begin with there: those
    for all rooms otherwise.
    """

    since: int
    people: tuple[Person, ...]
    until: int
    shown_at: float  # by Trio's clock
    place: str
    left_out: tuple[Person, ...] = ()


class Tab:
    """Holds the state of a room on the screen.

    Args:
        chat: The chat of the room.
        room: The room.
    """

    def __init__(self, chat: Chat, room: Room) -> None:
        self.room = room
        self.log = Log()
        self.scroll = Scroll()
        self.unread = 0
        self.older: tuple[str, int] | None = (
            None  # the query and number with which to continue a search
        )
        self.raid: Raid | None = None  # that was shown last, and may be undone
        self.sent: dict[str, Sent] = {}  # our messages whose outcome is not known, by their cid
        self._last_change = trio.Event()  # when it is done
        self._last_change.set()
        self._chat = chat
        self._is_new = True
        self._is_loading = False

    @property
    def name(self) -> str:
        """The room's name, or what it is called if it is private."""
        return fit(sanitize_line(self.room.title), NAME_WIDTH) or self.room.name

    async def handle(self, event: Happening) -> bool:
        """Handle an event; return whether it is a message of somebody else.

        At the first ``Joined``, and after a reset, wait for the history.

        Raises:
            ChatError: the history is refused, or the chat is over.
        """
        if isinstance(event, Restore):
            await self._reload()
        if not isinstance(event, Joined):
            return self.log.handle(event, self._chat.me, now())
        self.log.join(event, now())
        if self._is_new or event.reset:
            self._is_new = False
            await self._load(event.last + 1)
        return False

    async def load(self) -> None:
        """Fetch a page of older messages, if there are any and the log is not full.

        Raises:
            ChatError: the request is refused, or the chat is over.
        """
        if self._is_loading or self.log.is_full or not self.log.more or not self.log.first:
            return
        self._is_loading = True
        try:
            await self._load(self.log.first)
        finally:
            self._is_loading = False

    async def _load(self, before: int) -> None:
        for _ in range(PAGES_OF_CLEARED):
            page = await self.room.history(before=before, limit=PAGE)
            self.log.prepend(page.messages, self._chat.me, more=page.more)
            is_shown = any(not said.cleared for said in page.messages)
            if is_shown or not (page.more and page.messages):
                return
            before = page.messages[0].seq

    async def _reload(self) -> None:
        """Fetch the messages of the log again: some that were cleared are there again."""
        after, more = (self.log.first or 1) - 1, True
        while more:
            page = await self.room.history(after=after, limit=PAGE)
            self.log.restore(page.messages, self._chat.me)
            more = page.more and bool(page.messages)
            after = page.messages[-1].seq if more else after

    def note(self, text: str, kind: Kind = "note") -> None:
        """Show a note for the user."""
        self.log.note(text, now(), kind)

    async def search(self, query: str, before: int | None = None) -> None:
        """Search for messages, optionally before a number, and show the latest hits.

        Raises:
            ChatError: the request is refused, or the chat is over.
        """
        found = await self.room.search(query, before=before, limit=HITS)
        self.older = (query, found.hits[-1].seq) if found.more else None
        self.note(found_lines(found, is_first=before is None))

    def in_order(self, change: Job) -> Job:
        """Return a job that does a change of a message once the ones before it are done.

        Tasks that begin at the same moment run in any order.
        """
        before, done = self._last_change, trio.Event()
        self._last_change = done

        async def run() -> None:
            await before.wait()
            try:
                await change()
            finally:
                done.set()

        return run

    def up(self, rows: int, view: View) -> bool:
        """Scroll back; return whether the first row of the log is visible then."""
        rendered = RenderedLog(self.log.shown, view)
        return self.scroll.up(rendered.entries, rendered.height, rows, view.rows)

    def down(self, rows: int, view: View) -> None:
        """Scroll forward."""
        rendered = RenderedLog(self.log.shown, view)
        self.scroll.down(rendered.entries, rendered.height, rows, view.rows)


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)
