"""Rules of timers."""

from trio_chat.core.timers import NEVER, Timers, noop


def test_what_is_due_is_called_in_order() -> None:
    """By time, and of the same time in the order in which it was asked for; the rest waits."""
    timers, called = Timers(), list[str]()
    timers.at(3, lambda: called.append("third"))
    timers.at(1, lambda: called.append("first"))
    timers.at(1, lambda: called.append("second"))
    timers.at(4, lambda: called.append("late"))
    timers.at(2, noop)
    timers.fire_due(0.5)
    assert called == []
    timers.fire_due(3)
    assert called == ["first", "second", "third"]
    assert timers.next_due == 4


def test_without_timers_nothing_is_ever_due() -> None:
    """Nothing is called, either."""
    timers = Timers()
    timers.fire_due(10**9)
    assert timers.next_due == NEVER


def test_what_a_timer_asks_for_is_called_when_it_is_due() -> None:
    """At once, if it is due by now."""
    timers, called = Timers(), list[str]()
    timers.at(1, lambda: timers.at(2, lambda: called.append("soon")))
    timers.at(1, lambda: timers.at(9, lambda: called.append("later")))
    timers.fire_due(3)
    assert (called, timers.next_due) == (["soon"], 9)
