"""What the log tells once is told again later, and makes room for others."""

from trio_chat.net.told import TOLD_FOR, TOLD_LIMIT, Told


class Clock:
    """One that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_a_stranger_keeps_others_out_of_the_log_for_an_hour_only() -> None:
    """Then what is told is forgotten, and new names are told."""
    clock = Clock()
    told = Told(clock)
    assert all(told.is_new(f"made-up-{number}") for number in range(TOLD_LIMIT))
    assert not told.is_new("true.example")
    clock.now = TOLD_FOR - 1
    assert not told.is_new("true.example")
    clock.now = TOLD_FOR
    assert told.is_new("true.example")
    assert not told.is_new("true.example")


def test_what_was_told_is_told_again_after_an_hour() -> None:
    """So that it is in a log that begins anew each day; seeing it meanwhile does not put it off."""
    clock = Clock()
    told = Told(clock)
    assert told.is_new("one.example")
    clock.now = TOLD_FOR / 2
    assert told.is_new("other.example")
    assert not told.is_new("one.example")
    clock.now = TOLD_FOR
    assert told.is_new("one.example")
    assert not told.is_new("other.example")
