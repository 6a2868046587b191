"""Rules of the process: the collector of each Python looks at little at a time."""

import gc

import pytest

from trio_chat.process import collector_thresholds

MADE = 3_000_000  # objects, in which all that is old is looked at once


@pytest.mark.parametrize("present", [(700, 10, 10), (2000, 10, 10)])
def test_generations_are_looked_at_as_seldom_as_they_are_old(
    present: tuple[int, int, int],
) -> None:
    """All that is old is looked at once in so many objects.

    The middle one is looked at instead of the young one when there were more looks at that than
    its number.
    """
    young, middle, old = collector_thresholds(present)
    assert young * (middle + 2) * old == MADE


def test_an_incremental_collector_looks_at_a_small_part() -> None:
    """A tenth of all that is old, divided by its second number."""
    young, share, _ = collector_thresholds((2000, 10, 0))
    assert young * 10 * share == MADE


def test_this_python_takes_what_it_is_told() -> None:
    """Whichever collector it has."""
    before = gc.get_threshold()
    try:
        gc.set_threshold(*collector_thresholds(before))
        assert gc.get_threshold() == collector_thresholds(before)
    finally:
        gc.set_threshold(*before)
