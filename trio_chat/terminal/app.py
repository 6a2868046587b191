"""The full-screen chat: the tasks that read rooms, handle keys and draw."""

import trio
import urwid

from trio_chat.counting import counted
from trio_chat.errors import Failed
from trio_chat.remote import (
    Chat,
    ChatError,
    Online,
    Refused,
    Sent,
    Waiting,
)
from trio_chat.terminal.bars import bottom_bar, top_bar
from trio_chat.terminal.call import NO_OPERATOR, Call
from trio_chat.terminal.commands import Commands
from trio_chat.terminal.composer import Composer
from trio_chat.terminal.frame import frame, view_of
from trio_chat.terminal.render import View
from trio_chat.terminal.sanitize import sanitize_line, sendable
from trio_chat.terminal.screen import Screen, Size
from trio_chat.terminal.tab import Tab, now
from trio_chat.terminal.tasks import Job, TaskGroup

QUIT_TIMEOUT = 2.0  # seconds that /quit waits for the last messages
ROOM_KEYS = {"ctrl n": 1, "ctrl p": -1}


class App:
    """One chat on one screen.

    Args:
        call: The server and the first room.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._screen = Screen(self._draw, self._on_key)
        self._composer = Composer(self._nicks)
        self._tabs: list[Tab] = []
        self._changed = trio.Event()  # when the outcome of a message is known
        self._is_warned = False  # whether we said what would be lost, since we are offline
        self._tab: Tab
        self._chat: Chat
        self._tasks: TaskGroup

    async def run(self) -> int:
        """Chat until the user quits; return the exit status.

        Raises:
            Failed: the server cannot be reached, or refuses us or the only room; or messages
                may not have been sent.
        """
        async with self._call.connected(wait=False) as chat, TaskGroup() as tasks:
            self._chat, self._tasks = chat, tasks
            self.enter(self._call.room, self._call.link)
            tasks.start(self._screen.run)
            tasks.start(self._watch)
            tasks.start(self._greet)
            tasks.start(self._count_down)
        if self._unsent:
            raise Failed(f"{self._unsent} of your messages may not have been sent")
        return 0

    @property
    def _unsent(self) -> int:
        return sum(tab.log.unsent for tab in self._tabs)

    # What commands.py uses

    @property
    def chat(self) -> Chat:
        """The chat."""
        return self._chat

    @property
    def tab(self) -> Tab:
        """The tab that is shown."""
        return self._tab

    @property
    def is_alone(self) -> bool:
        """Whether there is only one tab."""
        return len(self._tabs) == 1

    @property
    def server(self) -> str:
        """The address of the server."""
        return self._call.url

    def enter(self, name: str, link: str | None = None) -> None:
        """Join a room if we are not in it, by a link if there is one, and show its tab.

        Raises:
            ValueError: the name is not valid.
        """
        self._show_tab(self._open(name, link))

    def _open(self, name: str, link: str | None = None) -> Tab:
        """Join a room if we are not in it; return its tab.

        Raises:
            ValueError: the name is not valid.
        """
        room = self._chat.room(name, link=link)
        tab = next((tab for tab in self._tabs if tab.room is room), None)
        if tab is None:
            tab = Tab(self._chat, room)
            self._tabs.append(tab)
            self._tasks.start(lambda: self._read(tab))
        return tab

    def close_tab(self, tab: Tab) -> None:
        """Close a tab, and show the one before it."""
        at = self._tabs.index(tab)
        self._tabs.remove(tab)
        if tab is self._tab:
            self._show_tab(self._tabs[max(at - 1, 0)])

    @property
    def line(self) -> str:
        """The text of the input line."""
        return self._composer.text

    def write(self, text: str) -> None:
        """Set the text of the input line."""
        self._composer.write(text)

    def run_request(self, job: Job) -> None:
        """Run a request in a task; show in the present tab if it is refused."""
        tab = self._tab

        async def run() -> None:
            try:
                await job()
            except (ChatError, ValueError) as error:
                tab.note(str(error), "error")
            self._screen.refresh()

        self._tasks.start(run)

    def say(self, text: str, reply: int | None = None) -> bool:
        """Send a message to the present room; it is shown at once.

        Return whether it could be submitted; if not, the reason is shown.
        """
        tab = self._tab
        try:
            sent = tab.room.submit(sendable(text), reply=reply)
        except (ChatError, trio.WouldBlock) as error:
            why = str(error) or "too much waits to be sent"
            tab.note(f"not sent: {why}", "error")
            return False
        tab.sent[sent.cid] = sent
        tab.log.send(sent.cid, sent.text, self._chat.me, now(), reply)
        tab.scroll.to_end()
        self._tasks.start(lambda: self._follow(tab, sent))
        return True

    def quit(self) -> None:
        """End the chat as soon as all messages are acknowledged, after ``QUIT_TIMEOUT`` at most.

        Without a connection, what waits to be sent would be lost: then only a second one ends it.
        """
        if self._unsent and not self._is_online and not self._is_warned:
            self._is_warned = True
            what = counted(self._unsent, "message waits", "messages wait")
            self._tab.note(f"{what} to be sent, and would be lost: /quit again ends all the same")
            return
        self._tasks.start(self._leave)

    # Tasks

    async def _leave(self) -> None:
        with trio.move_on_after(QUIT_TIMEOUT):
            while self._unsent and self._is_online:
                await self._changed.wait()
        self._tasks.stop()

    async def _read(self, tab: Tab) -> None:
        """Handle the events of a room until we leave it."""
        try:
            async for event in tab.room.events():
                if await tab.handle(event) and (tab is not self._tab or tab.scroll.is_back):
                    tab.unread += 1
                self._screen.refresh()
        except Refused as error:
            if self.is_alone:
                raise Failed(sanitize_line(str(error))) from None
            self.close_tab(tab)
            self._tab.note(f"{tab.name}: {error}", "error")
            self._screen.refresh()

    async def _follow(self, tab: Tab, sent: Sent) -> None:
        """Wait for the outcome of a message of ours, and show it."""
        try:
            number = await sent.kept()
        except ChatError as error:
            tab.log.mark_failed(sent.cid, str(error))
        else:
            tab.log.mark_kept(sent.cid, number)
        del tab.sent[sent.cid]
        self._changed.set()
        self._changed = trio.Event()
        self._screen.refresh()

    async def _watch(self) -> None:
        """Draw again when the state of the connection changes."""
        async for _ in self._chat.states():
            self._is_warned = self._is_warned and not self._is_online
            self._screen.refresh()

    async def _greet(self) -> None:
        """Tell what the welcome tells, and of what comes after it."""
        await self._chat.online()
        if self._call.in_vain(self._chat):
            self._tab.note(NO_OPERATOR, "error")
            self._screen.refresh()
        await self._watch_private_rooms()

    async def _watch_private_rooms(self) -> None:
        """Tell of private rooms for two; one in which somebody writes to us opens by itself."""
        known = {one.room: sanitize_line(one.title) for one in self._chat.private_rooms}
        if known:
            who = ", ".join(known.values())
            self._tab.note(f"private rooms with {who}: /msg NICK shows one")
        async for one in self._chat.watch_private_rooms():
            if one.room not in known:
                self._open(one.room)
                self._tab.note(f"{sanitize_line(one.title)} writes to you privately: Ctrl-N")
            self._screen.refresh()

    async def _count_down(self) -> None:
        """Draw the countdown to the next connection, and whether the server slows us down."""
        was_slowed = False
        while True:
            await trio.sleep(1)
            if isinstance(self._chat.state, Waiting) or was_slowed or self._chat.is_slowed:
                self._screen.refresh()
            was_slowed = self._chat.is_slowed

    # Keys

    def _on_key(self, key: str) -> None:
        if key in ROOM_KEYS:
            at = self._tabs.index(self._tab) + ROOM_KEYS[key]
            self._show_tab(self._tabs[at % len(self._tabs)])
        elif key in ("page up", "page down"):
            self._scroll(key)
        elif not self._composer.text and key in ("end", "ctrl d"):
            self.quit() if key == "ctrl d" else self._show_tab(self._tab)
        else:
            text = self._composer.press(key, self._screen.size[0])
            if text is not None:
                Commands(self).run(text)

    def _show_tab(self, tab: Tab) -> None:
        """Show a tab, scrolled to its end."""
        self._tab = tab
        tab.scroll.to_end()
        tab.unread = 0

    def _scroll(self, key: str) -> None:
        tab, view = self._tab, self._view
        rows = max(view.rows - 1, 1)
        if key == "page up":
            if tab.up(rows, view):
                self.run_request(tab.load)
        else:
            tab.down(rows, view)
            if not tab.scroll.is_back:
                tab.unread = 0

    def _nicks(self) -> list[str]:
        me = self._chat.me.id
        return [sanitize_line(one.nick) for one in self._tab.room.members if one.id != me]

    # Drawing

    def _draw(self, size: Size) -> urwid.Canvas:
        tab = self._tab
        bottom = bottom_bar(self._chat, self._tabs, tab)
        is_away = not self._is_online
        return frame(
            size, top_bar(tab.room), tab.log, tab.scroll, bottom, self._composer, is_away=is_away
        )

    @property
    def _view(self) -> View:
        return view_of(self._screen.size, self._composer, is_away=not self._is_online)

    @property
    def _is_online(self) -> bool:
        return isinstance(self._chat.state, Online)
