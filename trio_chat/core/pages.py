"""Pages: how much of a list one answer tells, so that whoever asks can take it."""

import sys
from collections.abc import Iterable
from typing import TypeVar

from trio_chat.protocol import answers

T = TypeVar("T")


def page_of(entries: Iterable[T], byte_limit: int, most: int = sys.maxsize) -> tuple[list[T], bool]:
    """Return the first entries of a list that fit, whole and one at least; and if more follow.

    Args:
        entries: They are made one by one, as far as they are told.
        byte_limit: Of all that are returned, as they are encoded.
        most: Entries.
    """
    told: list[T] = []
    size = 0
    for entry in entries:
        size += len(answers.encode(entry))
        if told and (size > byte_limit or len(told) >= most):
            return told, True
        told.append(entry)
    return told, False
