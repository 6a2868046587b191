"""Scrolling: computes which part of a log is visible, which stays when more comes. Pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from trio_chat.terminal.entry import Entry

Height = Callable[[int], int]  # rows of the entry with an index, 1 or more


class Part(NamedTuple):
    """A visible entry: its index, how many of its rows are above the window, and how many in it."""

    at: int
    skip: int
    rows: int


class Scroll:
    """The position in a log: the last visible entry, and how many of its rows are below the window.

    Without a position the end is visible, and stays visible.
    """

    def __init__(self) -> None:
        self._anchor: Entry | None = None
        self._below = 0

    @property
    def is_back(self) -> bool:
        """Whether the end is not visible."""
        return self._anchor is not None

    def to_end(self) -> None:
        """Show the end."""
        self._anchor = None

    def up(self, entries: Sequence[Entry], height: Height, count: int, window: int) -> bool:
        """Go back by some rows; return whether the first row is visible then."""
        index, below = self._position(entries, height, window)
        below += count
        while index > 0 and below >= height(index):
            below -= height(index)
            index -= 1
        self._set(entries, index, below)
        top = _first_page(entries, height, window)
        return self._position(entries, height, window) == (top.at, top.skip)

    def down(self, entries: Sequence[Entry], height: Height, count: int, window: int) -> None:
        """Go on by some rows, at most to the end."""
        index, below = self._position(entries, height, window)
        below -= count
        while below < 0 and index < len(entries) - 1:
            index += 1
            below += height(index)
        self._set(entries, index, max(below, 0))

    def parts(self, entries: Sequence[Entry], height: Height, window: int) -> list[Part]:
        """Return the visible parts, from top to bottom."""
        parts: list[Part] = []
        index, below = self._position(entries, height, window)
        self._set(entries, index, below)
        while index >= 0 and window > 0:
            rows = min(height(index) - below, window)
            parts.insert(0, Part(index, height(index) - below - rows, rows))
            window -= rows
            index, below = index - 1, 0
        return parts

    def _position(self, entries: Sequence[Entry], height: Height, window: int) -> tuple[int, int]:
        """Return the index of the last visible entry, and how many of its rows are below."""
        if self._anchor is None:
            return len(entries) - 1, 0
        top = _first_page(entries, height, window)
        try:
            index = entries.index(self._anchor)
        except ValueError:  # it was dropped
            return top.at, top.skip
        below = min(self._below, height(index) - 1)
        if (index, -below) < (top.at, -top.skip):  # it is above the first page, or the window grew
            return top.at, top.skip
        return index, below

    def _set(self, entries: Sequence[Entry], index: int, below: int) -> None:
        is_end = not entries or (index == len(entries) - 1 and not below)
        self._anchor = None if is_end else entries[index]
        self._below = below


def _first_page(entries: Sequence[Entry], height: Height, window: int) -> Part:
    """Return the last visible entry of the first page; ``skip`` are its rows below."""
    for index in range(len(entries)):
        if height(index) >= window:
            return Part(index, height(index) - window, window)
        window -= height(index)
    return Part(len(entries) - 1, 0, 0)
