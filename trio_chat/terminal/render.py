"""Draws the entries of a log in a number of columns, and has the colours."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from zlib import crc32

import urwid

from trio_chat.protocol.unicode import boundary
from trio_chat.remote import Person
from trio_chat.terminal import moments
from trio_chat.terminal.entry import Entry
from trio_chat.terminal.prose import drawn
from trio_chat.terminal.sanitize import sanitize_line
from trio_chat.terminal.wording import name

# Name, 16 colours, no colours (NO_COLOR), 256 colours: readable on light and dark backgrounds.
PALETTE = [
    ("bar", "black", "light gray", "standout", "h252", "h238"),
    ("lost", "white", "dark red", "standout", "h231", "h124"),
    ("new", "black", "brown", "standout", "h16", "h172"),
    ("message", "default", "", "default", "", ""),
    ("dim", "dark gray", "", "default", "h245", ""),
    ("bad", "light red", "", "bold", "h167", ""),
    ("number", "black", "brown", "standout", "h16", "h172"),
    ("code", "dark cyan", "", "default", "h37", ""),
    ("link", "default,underline", "", "underline", "default,underline", ""),
    ("mine", "default,bold", "", "bold", "default,bold", ""),
    ("nick 0", "dark red", "", "bold", "h167", ""),
    ("nick 1", "dark green", "", "bold", "h71", ""),
    ("nick 2", "brown", "", "bold", "h172", ""),
    ("nick 3", "light blue", "", "bold", "h68", ""),
    ("nick 4", "dark magenta", "", "bold", "h133", ""),
    ("nick 5", "dark cyan", "", "bold", "h37", ""),
]
NICKS = 6  # colours for nicks
TIME_WIDTH = 5  # columns, also for a number that is not longer
NICK_WIDTH = 12
SMALL_NICK_WIDTH = 8  # in fewer columns than WIDE
WIDE = 72
LINE = " │ "  # between nicks and texts
NARROW = 50  # columns; in fewer there is no column for times and nicks
STATES = {"": "message", "sending": "dim", "failed": "bad"}
ACTION = "/me "  # begins a message that says what somebody does


class View(NamedTuple):
    """The size of the part of the screen for a log, and how it is drawn.

    ``is_numbered``: message numbers are shown; ``is_away``: there is no connection just now.
    """

    cols: int
    rows: int
    is_numbered: bool = False
    is_away: bool = False


Markup = list[str | tuple[str, str]]


def entry_canvas(entry: Entry, before: Entry | None, view: View) -> urwid.CompositeCanvas:
    """Draw an entry, with the date above it if the entry before has another one."""
    cols = view.cols
    day = _time(entry).date()
    canvas = (_wide if cols >= NARROW else _narrow)(entry, view, _number(entry, view))
    if before and _time(before).date() == day:
        return urwid.CompositeCanvas(canvas)
    line = urwid.Text(("dim", f"── {day:%A}, {day.day} {day:%B %Y} ──"), align="center")
    return urwid.CanvasCombine([(line.render((cols,)), None, False), (canvas, None, False)])


def _time(entry: Entry) -> datetime:
    return moments.local(entry.ts)


def _number(entry: Entry, view: View) -> str:
    is_shown = view.is_numbered and entry.seq is not None and not entry.deleted
    return f"#{entry.seq}" if is_shown else ""


def _wide(entry: Entry, view: View, number: str) -> urwid.Canvas:
    cols = view.cols
    nick_width = NICK_WIDTH if cols >= WIDE else SMALL_NICK_WIDTH
    mark = number or f"{_time(entry):%H:%M}"
    blanks = " " * (TIME_WIDTH - len(mark))
    who = fit(_author(entry), nick_width)
    body = urwid.Text(_body(entry, is_away=view.is_away))
    margin = len(blanks + mark) + 1 + nick_width + len(LINE)
    below = "\n" + LINE.rjust(margin)
    left: Markup = [
        blanks,
        ("number" if number else "dim", mark),
        " " * (1 + nick_width - width(who)),
        (_colour(entry), who),
        ("dim", LINE + below * (body.rows((cols - margin,)) - 1)),
    ]
    return urwid.Columns([(margin, urwid.Text(left)), body]).render((cols,))


def _narrow(entry: Entry, view: View, number: str) -> urwid.Canvas:
    who = _author(entry)
    left: Markup = [("number", number), " "] if number else []
    left += [(_colour(entry), who), " "] if who else []
    return urwid.Text([*left, *_body(entry, is_away=view.is_away)]).render((view.cols,))


def _author(entry: Entry) -> str:
    if entry.kind != "message":
        return ""
    return "*" if entry.text.startswith(ACTION) else name(entry.who)


def _body(entry: Entry, *, is_away: bool) -> Markup:
    """Return the text with its quote and marks."""
    if entry.deleted:
        return [("dim", f"deleted: {entry.why}" if entry.why else "deleted")]
    if entry.kind != "message":
        return [("bad" if entry.kind == "error" else "dim", entry.text)]
    text = entry.shown
    body: Markup = [("dim", f"↪ {sanitize_line(entry.quote)}\n")] if entry.quote else []
    if text.startswith(ACTION):
        body.append((_colour(entry), name(entry.who)))
        text = text.removeprefix(ACTION[:-1])
    body += drawn(text, STATES[entry.state]) or [""]
    return body + [("dim", f" {mark}") for mark in _marks(entry, is_away=is_away)]


def _marks(entry: Entry, *, is_away: bool) -> list[str]:
    marks = ["(edited)"] if entry.edited else []
    if entry.state == "sending":
        marks.append("… will be sent" if is_away else "… sending")
    found = ((emoji, len(people)) for emoji, people in entry.reactions.items() if people)
    return marks + [f"{emoji} {count}" for emoji, count in islice(found, 10)]


def _colour(entry: Entry) -> str:
    return "mine" if entry.is_mine else nick_colour(entry.who)


def nick_colour(who: Person | None) -> str:
    """Return the name of a person's colour, which is always the same."""
    return f"nick {crc32(who.id.encode()) % NICKS}" if who else "dim"


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return urwid.calc_width(text, 0, len(text))


def fit(text: str, cols: int) -> str:
    """Return a text, cut between two characters to a number of columns."""
    if width(text) <= cols:
        return text
    if cols <= 0:
        return ""
    end, _ = urwid.calc_text_pos(text, 0, len(text), cols - 1)
    return f"{text[: boundary(text, end)]}…"


class RenderedLog:
    """The entries of a log, drawn when they are needed."""

    def __init__(self, entries: Sequence[Entry], view: View) -> None:
        self.entries = entries
        self._view = view
        self._canvases: dict[int, urwid.CompositeCanvas] = {}

    def canvas(self, index: int) -> urwid.CompositeCanvas:
        """Draw the entry with an index."""
        if index not in self._canvases:
            before = self.entries[index - 1] if index else None
            self._canvases[index] = entry_canvas(self.entries[index], before, self._view)
        return self._canvases[index]

    def height(self, index: int) -> int:
        """Return how many rows the entry with an index takes."""
        return self.canvas(index).rows()
