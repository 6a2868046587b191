"""Counts work: a measure of cost that is the same on every machine."""

import sys
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TypeVar

import trio

T = TypeVar("T")


def counted(call: Callable[[], T]) -> tuple[T, int]:
    """Return what a call returns, and how many calls it makes.

    Those into C and steps of generators are included.
    """
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        return call(), count
    finally:
        sys.setprofile(before)


class _Steps(trio.abc.Instrument):
    """Notes how many calls the longest step of a task makes."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count
        self._before = 0
        self.longest = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._before = self._count()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        self.longest = max(self.longest, self._count() - self._before)


def counted_steps(call: Callable[[], Awaitable[T]]) -> tuple[T, int]:
    """Return what an async call returns, and how many calls its longest step makes.

    Between two steps others have their turn; what is done in threads does not count.
    """
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    steps = _Steps(lambda: count)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        return trio.run(call, instruments=[steps]), steps.longest
    finally:
        sys.setprofile(before)


def calls_of(function: Callable[..., object], *arguments: object) -> int:
    """Return how many calls a call makes."""
    return counted(lambda: function(*arguments))[1]
