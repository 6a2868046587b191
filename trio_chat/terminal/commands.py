"""Orders: carries out what is typed."""
# ruff: noqa: D102 - what the methods of ``Desk`` do is told in ``App``

from typing import Protocol

from trio_chat.remote import Chat
from trio_chat.terminal.emoji import emoji_of
from trio_chat.terminal.sanitize import clean_line, sendable
from trio_chat.terminal.tab import Tab
from trio_chat.terminal.tasks import Job
from trio_chat.terminal.typed import COMMANDS, KEYS, POINTED, Typed, read

OWN = {"edit", "delete"}  # commands about messages of ours


class Desk(Protocol):
    """What there is to give orders to; see ``App``."""

    @property
    def chat(self) -> Chat: ...
    @property
    def tab(self) -> Tab: ...
    @property
    def is_alone(self) -> bool: ...

    def enter(self, name: str) -> None: ...
    def drop(self, tab: Tab) -> None: ...
    def write(self, text: str) -> None: ...
    def attempt(self, job: Job) -> None: ...
    def say(self, text: str, reply: int | None = None) -> bool: ...
    def quit(self) -> None: ...


class Commands:
    """Knows what to do for each command of ``typed.COMMANDS``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._text = ""  # that is obeyed

    def obey(self, text: str) -> None:
        """Carry out what was typed; what the server has to do is done later."""
        self._text = text
        order = read(text)
        if order.name in POINTED:
            self._point(order)
        else:
            getattr(self, f"_{order.name}")(order.rest)

    def _say(self, text: str, reply: int | None = None) -> None:
        """Say something; if that cannot be, it is to be typed no second time."""
        if not self._desk.say(text, reply):
            self._desk.write(self._text)

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

    def _search(self, query: str) -> None:
        tab = self._desk.tab
        what = (sendable(query), None) if query else tab.older
        if what:
            self._desk.attempt(lambda: tab.search(*what))
        else:
            self._missing("search")

    # About one message

    def _point(self, order: Typed) -> None:
        """Do something with a message, or fetch what is to be typed for it into the line."""
        number = self._last(order) if order.number is None else order.number
        is_said = not order.rest and order.number if order.name == "delete" else order.rest
        if number is None:
            whose = "of yours" if order.name in OWN else "of anybody else"
            self._complain(f"there is no message {whose} here")
        elif is_said:
            getattr(self, f"_{order.name}")(number, order.rest)
        else:
            self._fetch(order.name, number)

    def _last(self, order: Typed) -> int | None:
        return self._desk.tab.log.last(is_mine=order.name in OWN)

    def _fetch(self, name: str, number: int) -> None:
        entry = self._desk.tab.log.said(number)
        text = entry.text if entry and name == "edit" else ""
        self._desk.write(f"/{name} #{number} {text}")
        if name == "delete":
            self._desk.tab.note(f"Enter takes message {number} back, for everybody")

    def _reply(self, number: int, text: str) -> None:
        self._say(text, number)

    def _edit(self, number: int, text: str) -> None:
        room = self._desk.tab.room
        self._desk.attempt(lambda: room.edit(number, sendable(text)))

    def _delete(self, number: int, _: str) -> None:
        room = self._desk.tab.room
        self._desk.attempt(lambda: room.delete(number))

    def _react(self, number: int, text: str) -> None:
        """Put an emoji to a message, or take ours away, as a click on it does in the page."""
        tab, emoji = self._desk.tab, emoji_of(text)
        if not emoji:
            self._complain(f"there is no emoji {text}")
            return
        entry, me = tab.log.said(number), self._desk.chat.me.id
        is_on = not entry or me not in entry.reactions.get(clean_line(emoji), ())
        self._desk.attempt(lambda: tab.room.react(number, emoji, on=is_on))

    def _complain(self, text: str) -> None:
        self._desk.tab.note(text, "error")
