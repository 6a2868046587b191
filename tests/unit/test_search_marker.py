"""Rules of the marker: how much time the hits of all searches get."""

from trio_chat.journal.search.marker import AT_ONCE, REST, SHARE, Marker
from trio_chat.journal.search.query import parse
from trio_chat.journal.search.snippets import BUDGET
from trio_chat.protocol.answers import MessageView

MESSAGE = MessageView(seq=1, ts=1, text="green tea", who=None, edited=False)
TEA = parse("tea")


class Clock:
    """A clock that goes on by a step whenever it is read."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def marked(marker: Marker, count: int = 200) -> int:
    """Return how many of so many hits of a search have marks."""
    return sum(bool(hit.marks) for hit in marker.make([MESSAGE] * count, TEA))


def test_short_messages_are_all_marked() -> None:
    """As the time that they take is nothing."""
    assert marked(Marker(Clock())) == 200


def test_a_search_gets_less_the_more_the_others_have_had() -> None:
    """A search after a pause takes its whole budget, and others behind it a part of the rest."""
    marker = Marker(Clock(step=BUDGET / 20))
    counts = [marked(marker) for _ in range(8)]
    assert counts[0] in (18, 19)
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


def test_all_searches_together_have_a_share_of_the_time() -> None:
    """However many there are, and be each hit a long one; after a rest there is time again."""
    clock = Clock(step=BUDGET / 4)
    marker = Marker(clock)
    used = 0.0
    while clock.now < 100:
        begun = clock.now
        if marked(marker, 4):
            used += clock.now - begun
    assert used <= 100 * SHARE + AT_ONCE + BUDGET
    assert marked(marker) == 0
    clock.now += REST
    assert marked(marker) > 0
