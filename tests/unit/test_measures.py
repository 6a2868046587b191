"""Rules of what is counted and timed."""

import gc

from trio_chat.measures import Delays, Histogram, Traffic
from trio_chat.process import GcPauses
from trio_chat.protocol import close
from trio_chat.protocol.close import NAMES, CloseReason, name_of


def test_a_histogram_counts_each_value_once() -> None:
    """In the class of the first bound that is not below it; what is beyond all has its own."""
    seen = Histogram((1, 10))
    for value in (0, 1, 2, 10, 11):
        seen.observe(value)
    seen.observe(5, times=3)
    assert seen.counts == [2, 5, 1]
    assert seen.total == 39


def test_delays_are_those_of_what_ends_in_order() -> None:
    """However what ends is split and joined; more than was begun ends nothing."""
    delays = Delays()
    delays.begin(0.0, 3)
    delays.begin(5.0, 2)
    delays.end(10.0, 2)
    delays.end(12.0, 2)
    assert (delays.seconds.total, sum(delays.seconds.counts)) == (10 + 10 + 12 + 7, 4)
    delays.end(13.0, 9)
    assert (delays.seconds.total, sum(delays.seconds.counts)) == (39 + 8, 5)


def test_a_frame_to_many_counts_for_each() -> None:
    """With its bytes."""
    traffic = Traffic()
    traffic.send(100, 10)
    traffic.send(7)
    assert (traffic.sent_frames, traffic.sent_bytes) == (11, 1007)


def test_each_reason_to_close_has_a_name() -> None:
    """So figures can tell them apart, and there are no others."""
    reasons = [one for one in vars(close).values() if isinstance(one, CloseReason)]
    assert len(NAMES) == len(reasons)
    assert name_of(CloseReason(4002, "reading too slowly")) == "too_slow"
    assert name_of(CloseReason(1009, "words of a library: 77 bytes")) == "too_long"
    assert name_of(CloseReason(4321, "as never said")) == "other"


def test_pauses_of_the_collector_are_seen_while_it_is_watched() -> None:
    """And no longer."""
    pauses = GcPauses()
    with pauses.watched():
        gc.collect(2)
    gc.collect(2)
    assert sum(pauses.seconds["2"].counts) >= 1
    seen = [list(one.counts) for one in pauses.seconds.values()]
    gc.collect(2)
    assert [one.counts for one in pauses.seconds.values()] == seen
