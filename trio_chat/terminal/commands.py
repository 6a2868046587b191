"""Carries out what is typed: messages and commands."""

from pathlib import Path

import trio

from trio_chat.protocol.unicode import casefold
from trio_chat.remote import Right
from trio_chat.remote.address import link_to_pair
from trio_chat.terminal.arguments import read_room
from trio_chat.terminal.controls import Controls
from trio_chat.terminal.emoji import emoji_of
from trio_chat.terminal.entry import Entry
from trio_chat.terminal.everywhere import Everywhere
from trio_chat.terminal.files import free_place, split_path
from trio_chat.terminal.moderation import Moderation
from trio_chat.terminal.printing import edit_lines, session_lines
from trio_chat.terminal.sanitize import sanitize_line, sendable
from trio_chat.terminal.tasks import Job
from trio_chat.terminal.typed import (
    COMMANDS,
    FOR_ALL,
    FOR_MODERATORS,
    FOR_OPERATORS,
    KEYS,
    LINK_COMMANDS,
    MESSAGE_COMMANDS,
    NUMBER,
    RULES,
    Typed,
    read,
)

WHO_LIMIT = 100  # names that /who lists; the others are counted
ALL = "all"  # sessions, to /signout
OWN = {"edit", "delete"}  # commands for messages of our own


def _told(job: Job) -> Job:
    """Have what the disk says told as other errors are."""

    async def run() -> None:
        try:
            await job()
        except OSError as error:
            raise ValueError(f"{error.filename}: {error.strerror}") from None

    return run


class Commands:
    """Has a method for each command of ``typed.COMMANDS``."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._text = ""  # that was typed

    def run(self, text: str) -> None:
        """Carry out what was typed; requests to the server run in tasks of their own."""
        self._text = text
        command = read(text)
        if command.name in MESSAGE_COMMANDS:
            self._about_message(command)
        elif command.name == "everywhere":
            Everywhere(self._controls).run(command.name, command.rest)
        elif command.name in LINK_COMMANDS:
            Moderation(self._controls).run(command.name, command.rest)
        else:
            getattr(self, f"_{command.name}")(command.rest)

    def _say(self, text: str, reply: int | None = None) -> None:
        """Send a message; if that fails, put the text back into the input line."""
        if not self._controls.say(text, reply):
            self._controls.write(self._text)

    def _unknown(self, name: str) -> None:
        self._error(f"there is no /{name}: /help lists what there is; // begins a message")

    def _missing(self, name: str) -> None:
        self._error(COMMANDS[name])

    def _help(self, _: str) -> None:
        """List the commands that we may use in this room."""
        lines = [*FOR_ALL.values(), KEYS]
        if self._controls.tab.room.right >= Right.MODERATE:
            lines += ["For moderators:", *FOR_MODERATORS.values(), RULES]
        if self._controls.tab.room.right >= Right.OPERATE:
            lines += ["For operators:", *FOR_OPERATORS.values()]
        self._controls.tab.note("\n".join(lines))

    def _quit(self, _: str) -> None:
        self._controls.quit()

    def _nick(self, nick: str) -> None:
        self._controls.run_request(lambda: self._controls.chat.rename(nick))

    def _pair(self, _: str) -> None:
        """Show how another device comes as us."""
        tab = self._controls.tab

        async def run() -> None:
            code = sanitize_line((await self._controls.chat.pair()).code)
            link = link_to_pair(self._controls.server, code)
            tab.note(f"good once, for 10 minutes: open {link} there, or use --pair {code}")

        self._controls.run_request(run)

    def _sessions(self, _: str) -> None:
        tab = self._controls.tab

        async def run() -> None:
            tab.note(session_lines(await self._controls.chat.sessions()))

        self._controls.run_request(run)

    def _signout(self, session: str) -> None:
        """End a session, or all: with all of them the chat ends, and nobody needs our nick."""
        tab, chat = self._controls.tab, self._controls.chat

        async def run() -> None:
            if session == ALL:
                await chat.sign_out(forget=True)
            else:
                await chat.sign_out(session)
                tab.note(f"the session {sanitize_line(session)} is ended")

        self._controls.run_request(run)

    def _free(self, nick: str) -> None:
        tab = self._controls.tab

        async def run() -> None:
            await self._controls.chat.free_nick(sendable(nick))
            tab.note(f"{sanitize_line(nick)} is free")

        self._controls.run_request(run)

    def _join(self, name: str) -> None:
        try:
            self._controls.enter(*read_room(name, self._controls.server))
        except ValueError as error:
            self._error(str(error))

    def _leave(self, _: str) -> None:
        tab = self._controls.tab
        if self._controls.is_alone:
            self._error("this is the only room; /quit ends the chat")
            return
        self._controls.close_tab(tab)
        self._controls.run_request(tab.room.leave)

    def _who(self, _: str) -> None:
        room = self._controls.tab.room
        names = sorted((sanitize_line(one.nick) for one in room.members), key=casefold)
        shown = names[:WHO_LIMIT]
        others = (
            f", and {room.population - len(shown):,} more" if room.population > len(shown) else ""
        )
        guests = f", and {room.guests} without a name" if room.guests else ""
        self._controls.tab.note(f"{room.population:,} here: {', '.join(shown)}{others}{guests}")

    def _topic(self, text: str) -> None:
        room = self._controls.tab.room
        if text:
            self._controls.run_request(lambda: room.set_topic(sendable(text)))
        else:
            self._controls.tab.note(f"topic: {room.topic or 'none'}")

    def _send(self, typed: str) -> None:
        """Send a file with a text behind its name."""
        tab = self._controls.tab

        async def run() -> None:
            path, text = await trio.to_thread.run_sync(split_path, typed)
            tab.note(f"sending {sanitize_line(path.name)}")
            await tab.room.send_file(path, sendable(text))

        self._controls.run_request(_told(run))

    def _save(self, typed: str) -> None:
        """Save the files of a message, each under its name."""
        tab = self._controls.tab
        number, _, folder = typed.lstrip("#").partition(" ")
        entry = tab.log.message(int(number)) if NUMBER.fullmatch(f"#{number}") else None
        if entry is None or not entry.files:
            self._error(f"there are no files with {sanitize_line(number)} here")
            return
        files, place = list(entry.files), Path(folder.strip() or ".").expanduser()

        async def run() -> None:
            for file in files:
                path = await trio.to_thread.run_sync(free_place, place, file.name)
                await self._controls.chat.download(file, path)
                tab.note(f"saved {sanitize_line(str(path))}")

        self._controls.run_request(_told(run))

    def _edits(self, typed: str) -> None:
        """Show what a message said before it was edited."""
        tab, number = self._controls.tab, typed.removeprefix("#")

        async def run() -> None:
            tab.note(edit_lines(await tab.room.edits(int(number))))

        if NUMBER.fullmatch(f"#{number}"):
            self._controls.run_request(run)
        else:
            self._missing("edits")

    def _search(self, query: str) -> None:
        tab = self._controls.tab
        what = (sendable(query), None) if query else tab.older
        if what:
            self._controls.run_request(lambda: tab.search(*what))
        else:
            self._missing("search")

    # Commands for one message

    def _about_message(self, command: Typed) -> None:
        """Run a command for a message, or put what is missing of it into the input line."""
        pending = self._controls.tab.log.last_pending()
        if pending and command.number is None and command.name in OWN:
            self._about_pending(command, *pending)
            return
        number = self._last(command) if command.number is None else command.number
        is_said = bool(command.rest)
        if command.name == "delete":  # with a reason, of what somebody else has said
            is_asked = bool(command.rest) and self._is_mine(number)
            is_said = command.number is not None and not is_asked
        if number is None:
            whose = "of yours" if command.name in OWN else "of anybody else"
            self._error(f"there is no message {whose} here")
        elif is_said:
            getattr(self, f"_{command.name}")(number, command.rest)
        else:
            self._prefill(command.name, number)

    def _about_pending(self, command: Typed, cid: str, entry: Entry) -> None:
        """Run a command for our last message, whose number the server has not told yet."""
        tab = self._controls.tab
        sent = tab.sent[cid]

        async def edit() -> None:
            await tab.room.edit(await sent.kept(), sendable(command.rest))

        async def ask() -> None:
            number = await sent.kept()
            if self._controls.tab is tab and not self._controls.line:
                self._prefill("delete", number)

        if command.name == "delete":
            self._controls.run_request(ask)
        elif command.rest:
            self._controls.run_request(tab.in_order(edit))
        else:
            self._controls.write(f"/edit {entry.text}")

    def _last(self, command: Typed) -> int | None:
        return self._controls.tab.log.last(is_mine=command.name in OWN)

    def _prefill(self, name: str, number: int) -> None:
        entry = self._controls.tab.log.message(number)
        text = entry.text if entry and name == "edit" else ""
        self._controls.write(f"/{name} #{number} {text}")
        if name == "delete":
            self._controls.tab.note(f"Enter takes message {number} back, for everybody")

    def _reply(self, number: int, text: str) -> None:
        self._say(text, number)

    def _edit(self, number: int, text: str) -> None:
        tab = self._controls.tab
        edit = tab.in_order(lambda: tab.room.edit(number, sendable(text)))
        self._controls.run_request(edit)

    def _delete(self, number: int, why: str) -> None:
        tab = self._controls.tab
        self._controls.run_request(tab.in_order(lambda: tab.room.delete(number, sendable(why))))

    def _is_mine(self, number: int | None) -> bool:
        entry = self._controls.tab.log.message(number) if number else None
        return entry is not None and entry.is_mine

    def _react(self, number: int, text: str) -> None:
        """Add an emoji to a message, or remove ours, as a click on it does in the page."""
        tab, emoji = self._controls.tab, emoji_of(text)
        if not emoji:
            self._error(f"there is no emoji {text}")
            return
        entry, me = tab.log.message(number), self._controls.chat.me.id
        is_on = not entry or me not in entry.reactions.get(sanitize_line(emoji), ())
        react = tab.in_order(lambda: tab.room.react(number, emoji, on=is_on))
        self._controls.run_request(react)

    def _error(self, text: str) -> None:
        self._controls.tab.note(text, "error")
