"""Times of events: those of the wall clock, which may jump."""

SETBACK = 60_000  # milliseconds; a clock that is set back by no more counts as standing still


def next_ts(last: int, now: int) -> int:
    """Return the time of an event that follows one at the time ``last``, in ms since 1970.

    Times do not decrease when the clock is corrected by a little. When it was far ahead, as before
    a computer has asked others for the time, they must not stay there.
    """
    return now if now < last - SETBACK else max(last, now)
