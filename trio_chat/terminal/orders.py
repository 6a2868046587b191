"""Orders: carries out what is typed."""

from typing import Protocol

from trio_chat.remote import Chat
from trio_chat.terminal.cleaning import clean_line, sendable
from trio_chat.terminal.tab import Tab
from trio_chat.terminal.tasks import Job
from trio_chat.terminal.typed import COMMANDS, KEYS, Typed


class Desk(Protocol):
    """What there is to give orders to; see ``App``."""

    @property
    def chat(self) -> Chat: ...  # noqa: D102
    @property
    def tab(self) -> Tab: ...  # noqa: D102
    @property
    def is_alone(self) -> bool: ...  # noqa: D102

    def enter(self, name: str) -> None: ...  # noqa: D102
    def drop(self, tab: Tab) -> None: ...  # noqa: D102
    def write(self, text: str) -> None: ...  # noqa: D102
    def attempt(self, job: Job) -> None: ...  # noqa: D102
    def say(self, text: str) -> None: ...  # noqa: D102
    def quit(self) -> None: ...  # noqa: D102


class Orders:
    """Knows what to do for each command of ``typed.COMMANDS``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def obey(self, order: Typed) -> None:
        """Carry out what was typed; what the server has to do is done later."""
        getattr(self, f"_{order.name}")(order.rest)

    def _say(self, text: str) -> None:
        self._desk.say(text)

    def _unknown(self, name: str) -> None:
        self._complain(f"there is no /{name}: /help lists what there is; // begins a message")

    def _missing(self, name: str) -> None:
        self._complain(COMMANDS[name])

    def _help(self, _: str) -> None:
        self._desk.tab.note("\n".join([*COMMANDS.values(), KEYS]))

    def _quit(self, _: str) -> None:
        self._desk.quit()

    def _nick(self, nick: str) -> None:
        self._desk.attempt(lambda: self._desk.chat.rename(nick))

    def _join(self, name: str) -> None:
        try:
            self._desk.enter(name)
        except ValueError as error:
            self._complain(str(error))

    def _leave(self, _: str) -> None:
        tab = self._desk.tab
        if self._desk.is_alone:
            self._complain("this is the only room; /quit ends the chat")
            return
        self._desk.drop(tab)
        self._desk.attempt(tab.room.leave)

    def _who(self, _: str) -> None:
        room = self._desk.tab.room
        names = sorted((clean_line(one.nick) for one in room.members), key=str.casefold)
        guests = f", and {room.guests} without a name" if room.guests else ""
        self._desk.tab.note(f"{len(names)} here: {', '.join(names)}{guests}")

    def _topic(self, text: str) -> None:
        room = self._desk.tab.room
        if text:
            self._desk.attempt(lambda: room.set_topic(sendable(text)))
        else:
            self._desk.tab.note(f"topic: {room.topic or 'none'}")

    def _edit(self, text: str) -> None:
        tab = self._desk.tab
        entry = tab.log.last_of_mine
        if entry is None or entry.seq is None:
            self._complain("there is no message of yours here")
        elif text:
            seq = entry.seq
            self._desk.attempt(lambda: tab.room.edit(seq, sendable(text)))
        else:
            self._desk.write(f"/edit {entry.text}")

    def _complain(self, text: str) -> None:
        self._desk.tab.note(text, "error")
