"""Rules of a memory budget."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.core.memory_budget import MemoryBudget, Shed


class Keepers:
    """Some who keep bytes, and give them up when they are told to."""

    def __init__(self, count: int, limit: int) -> None:
        self.budget = MemoryBudget(limit)
        self.sizes = [0] * count
        self.given_up: list[int] = []
        self._sheds: list[Shed] = [partial(self._shed, number) for number in range(count)]

    def keep(self, number: int, size: int) -> None:
        self.sizes[number] = size
        self.budget.keep(self._sheds[number], size)

    def _shed(self, number: int) -> None:
        self.sizes[number] = 0
        self.given_up.append(number)


def test_who_used_theirs_longest_ago_gives_them_up() -> None:
    """Using it again counts; no more is given up than is needed."""
    some = Keepers(3, limit=10)
    some.keep(0, 4)
    some.keep(1, 4)
    some.keep(0, 4)
    some.keep(2, 5)
    assert some.given_up == [1]
    assert some.budget.total == 9


def test_it_tells_which_share_is_in_use() -> None:
    """Of nothing, nothing."""
    some = Keepers(1, limit=10)
    some.keep(0, 4)
    assert some.budget.used == 0.4
    assert MemoryBudget(0).used == 0


def test_what_is_larger_than_all_is_not_kept() -> None:
    """Nor does anything else remain then."""
    some = Keepers(2, limit=10)
    some.keep(0, 3)
    some.keep(1, 11)
    assert some.given_up == [0, 1]
    assert some.budget.total == 0


@pytest.mark.parametrize("size", [0, 2])
def test_another_size_takes_the_place_of_the_one_before(size: int) -> None:
    """Nothing is counted twice; 0 is forgotten."""
    some = Keepers(1, limit=10)
    some.keep(0, 9)
    some.keep(0, size)
    assert some.budget.total == size


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12))))
def test_the_total_is_what_is_kept_and_within_the_limit(kept: list[tuple[int, int]]) -> None:
    """Whoever keeps whatever in whatever order."""
    some = Keepers(5, limit=20)
    for number, size in kept:
        some.keep(number, size)
        assert some.budget.total == sum(some.sizes) <= 20
