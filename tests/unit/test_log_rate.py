"""Rules of how often one kind of line is logged."""

import pytest
import structlog

from trio_chat.log_rate import COUNT, KIND_LIMIT, Kind, LogRate


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def written(rate: LogRate, event: str, count: int, **values: object) -> int:
    """Log lines; return how many were not left out."""
    done = 0
    for _ in range(count):
        try:
            rate(None, "warning", {"event": event, **values})
        except structlog.DropEvent:
            continue
        done += 1
    return done


def test_lines_of_one_kind_are_limited_in_each_second() -> None:
    """Other kinds have their own limit, and the next second begins anew."""
    clock = Clock()
    rate = LogRate(10, clock)
    assert (written(rate, "a", 100), written(rate, "b", 5)) == (10, 5)
    clock.now = 0.9
    assert (rate.left_out(), written(rate, "a", 1)) == ([], 0)
    clock.now = 1.0
    assert rate.left_out() == [(Kind("warning", "a"), 91)]
    assert (written(rate, "a", 20), rate.left_out()) == (10, [])
    assert rate.left_out(at_end=True) == [(Kind("warning", "a"), 10)]


def test_a_window_that_is_over_does_not_wait_for_its_report() -> None:
    """The lines of the next second are written, and what was left out is reported later."""
    clock = Clock()
    rate = LogRate(10, clock)
    written(rate, "a", 15)
    clock.now = 5.0
    assert written(rate, "a", 15) == 10
    assert rate.left_out() == []
    assert rate.left_out(at_end=True) == [(Kind("warning", "a"), 5 + 5)]


def test_without_a_limit_all_are_written() -> None:
    """And nothing is counted."""
    rate = LogRate(0)
    assert written(rate, "a", 1000) == 1000
    assert rate.left_out(at_end=True) == []


def test_lines_that_tell_how_many_were_left_out_are_always_written() -> None:
    """They are few by themselves."""
    assert written(LogRate(1), "a", 5, **{COUNT: 3}) == 5


def test_a_kind_can_be_named_apart_from_the_event() -> None:
    """For events with a value inside; the name itself is not logged."""
    rate = LogRate(1)
    assert rate(None, "info", {"event": "path /a", "kind": "k"}) == {"event": "path /a"}
    with pytest.raises(structlog.DropEvent):
        rate(None, "info", {"event": "path /b", "kind": "k"})


def test_the_kinds_that_are_counted_are_bounded() -> None:
    """Beyond the bound, all further ones count as one."""
    clock = Clock()
    rate = LogRate(1, clock)
    assert sum(written(rate, f"{number}", 1) for number in range(KIND_LIMIT + 10)) == KIND_LIMIT + 1
    clock.now = 1.0
    assert rate.left_out() == [(Kind("warning", "other lines"), 9)]
