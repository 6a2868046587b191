"""Counts work: a measure of cost that is the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

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


def calls_of(function: Callable[..., object], *arguments: object) -> int:
    """Return how many calls a call makes."""
    return counted(lambda: function(*arguments))[1]
