"""Whatever strangers send, readers fail only as they say; ``nox -s fuzz`` looks for longer."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from coverage import Coverage

from tests.fuzz.__main__ import corpus, fuzz
from tests.fuzz.targets import TARGETS

EXAMPLES = 2000  # of a target; about half a minute for all


@contextmanager
def uncounted() -> Iterator[None]:
    """Count no branches in the block, where they are counted; that takes half of the time."""
    counting = Coverage.current()
    if counting is None:
        yield
        return
    counting.stop()
    try:
        yield
    finally:
        counting.start()


@pytest.mark.parametrize("name", TARGETS)
def test_what_once_broke_a_rule_does_not_any_more(name: str) -> None:
    """The corpus is kept for ever; good input is good."""
    for data in corpus(name):
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_breaks_no_rule(name: str) -> None:
    """Each run tries other inputs, so what they reach is not counted: the next may not reach it."""
    with uncounted():
        fuzz(name, EXAMPLES)
