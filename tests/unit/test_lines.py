"""Rules of two lines: by which hints go, and that each is taken in once, whichever way it comes."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from trio_chat.journal import hearing
from trio_chat.journal.hearing import BUS, NOTIFY, PROOF, Hearing
from trio_chat.journal.hints import HINTS, LIMIT, Codec, Hint
from trio_chat.journal.telling import Ends, NoLine, Telling
from trio_chat.journal.types import Arrived, Committed
from trio_chat.measures import BusFigures
from trio_chat.protocol.events import Message, encode

SECRET = b"secret"


class Second:
    """A second line, of which the test says whether it is up."""

    is_up = True

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ends: Ends | None = None

    def send(self, hints: Sequence[bytes]) -> None:
        self.sent += hints

    async def run(self, ends: Ends) -> None:
        self.ends = ends


class Node:
    """A node, as far as it tells and hears."""

    def __init__(self, digit: str = "1") -> None:
        self.codec = Codec(SECRET, digit * 32)
        self.figures = BusFigures()
        self.misses = 0
        self.heard: list[Arrived] = []
        self.counts: list[object] = []
        self.hearing = Hearing(self.codec, self.figures, self.miss)
        self.hearing.emit = self.heard.append
        self.hearing.hear_counts = lambda *told: self.counts.append(told)
        self.telling = Telling(self.codec, self.figures, self.hearing)
        self.second = self.telling.second = Second()
        self.notified: list[bytes] = []

    def miss(self) -> None:
        self.misses += 1

    async def notify(self, hints: Sequence[bytes]) -> None:
        assert len(hints) <= HINTS
        self.notified += hints

    async def tell(self, seq: int, others: int = 1, *, is_beat: bool = False) -> None:
        event = Message(room="tea", seq=seq, ts=1, text="x" * (LIMIT // 2))
        self.telling.outgoing.add(Committed(event, encode(event)))
        await self.telling.tell(self.notify, others, is_beat=is_beat)

    def lines(self) -> tuple[list[int], list[int]]:
        """Return the numbers that went by either line since this was asked."""
        first, second = ([hint(x).number for x in way] for way in (self.notified, self.second.sent))
        self.notified.clear()
        self.second.sent.clear()
        return first, second

    @property
    def seqs(self) -> list[int]:
        return [committed.event.seq for arrived in self.heard for committed in arrived.events]


def hint(data: bytes) -> Hint:
    read = Codec(SECRET, "").decode(data)
    assert read
    return read[1]


def canaries(one: Node, *others: Node) -> None:
    """Let each hear the canaries of all by the second line, twice: so they know that they do."""
    for _ in range(2):
        for node in (one, *others):
            data = node.codec.encode(node.hearing.canary())
            for other in (one, *others):
                if other is not node:
                    other.hearing.take(data, BUS)


async def test_the_second_line_is_used_while_all_hear_it(autojump_clock: MockClock) -> None:
    """Not while another node does not hear us there, or has not said so lately."""
    one, other, third = Node("1"), Node("2"), Node("3")
    await one.tell(1)
    assert one.lines() == ([1], [])
    canaries(one, other)
    await one.tell(2)
    assert one.lines() == ([], [2, 3])  # with one more that lets all look
    await one.tell(3)
    assert one.lines() == ([], [4])
    await one.tell(4, others=2)
    assert one.lines() == ([5, 6], [])
    canaries(one, other, third)
    await one.tell(5, others=2)
    assert one.lines() == ([], [7, 8])
    one.second.is_up = False
    await one.tell(6, others=2)
    assert one.lines() == ([9, 10], [])
    one.second.is_up = True
    await trio.sleep(PROOF)
    await one.tell(7, others=2)
    assert one.lines() == ([11], [])
    assert one.figures.sent == {NOTIFY: 6, BUS: 5}
    assert not one.figures.is_bus_used


async def test_a_canary_that_is_told_again_proves_nothing(autojump_clock: MockClock) -> None:
    """Whoever may speak at Redis cannot make somebody be there who is not."""
    one, other = Node("1"), Node("2")
    canaries(one, other)
    data = other.codec.encode(other.hearing.canary())
    one.hearing.take(data, BUS)
    await trio.sleep(PROOF)
    one.hearing.take(data, BUS)
    assert one.hearing.hearers == 0


async def test_who_hears_us_no_more_says_so(autojump_clock: MockClock) -> None:
    """In its next canary, some time after ours have failed to come."""
    one, other = Node("1"), Node("2")
    canaries(one, other)
    assert (one.hearing.hearers, other.hearing.hearers) == (1, 1)
    await trio.sleep(PROOF)
    one.hearing.take(other.codec.encode(other.hearing.canary()), BUS)
    assert one.hearing.hearers == 0


async def test_beats_go_by_both_lines() -> None:
    """So numbers have no gap on the second one, and what is counted is told once."""
    one, other = Node("1"), Node("2")
    canaries(one, other)
    for seq in (1, 2, 3):
        if seq == 2:
            one.telling.outgoing.add_counts(({"address": 7}, []))
        await one.tell(seq, is_beat=seq == 2)
    assert [hint(data).number for data in one.notified] == [3, 4]
    for data in one.second.sent:
        other.hearing.take(data, BUS)
    assert other.misses == 1  # as the line was another one before
    for data in one.notified:
        other.hearing.take(data, NOTIFY)
    assert (other.misses, other.seqs, len(other.counts)) == (1, [1, 2, 3], 1)
    assert other.figures.heard == {BUS: 5, NOTIFY: 2}


async def test_what_overtakes_lets_us_look() -> None:
    """What is overtaken does nothing when it comes: it is in the tables by then."""
    one, other = Node("1"), Node("2")
    for seq in (1, 2, 3):
        await one.tell(seq)
    first, second, third = one.notified
    for data in (first, third, second, third):
        other.hearing.take(data, NOTIFY)
    assert (other.misses, other.seqs) == (1, [1, 3])
    await one.tell(4)
    other.hearing.take(one.notified[-1], BUS)
    assert (other.misses, other.seqs) == (1, [1, 3, 4])


async def test_what_waited_in_a_term_that_is_over_is_not_told() -> None:
    """Others look what there is."""
    one = Node()
    event = Message(room="tea", seq=1, ts=1, text="of the term before")
    one.telling.outgoing.add(Committed(event, encode(event)))
    one.telling.forget()
    await one.telling.tell(one.notify, 1, is_beat=False)
    [told] = one.notified
    assert hint(told) == Hint(1, {}, [], is_all=True)


async def test_what_a_second_line_leads_to() -> None:
    """Canaries go out, others' hints come in, and one's own are known, while the term lasts."""
    one, other = Node("1"), Node("2")
    is_over = False
    await other.tell(1)
    await one.telling.run_second("tea", lambda: is_over, one.miss)
    ends = one.second.ends
    assert ends
    assert ends.hear(ends.canary())
    assert not ends.hear(other.notified[0])
    assert one.seqs == []  # what was told elsewhere, or in another term, does not count here
    here = b"tea"
    assert not ends.hear(other.codec.encode(hint(other.notified[0]), here))
    assert one.seqs == [1]
    first, second = (other.codec.encode(other.hearing.canary(), here) for _ in range(2))
    for data in (second, first):
        ends.hear(data)
    assert one.hearing._counted == {other.codec.node: -2}
    is_over = True
    assert not ends.hear(ends.canary())


def test_no_more_nodes_are_counted_on_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one heard longest ago goes."""
    monkeypatch.setattr(hearing, "NODES", 2)
    found: dict[bytes, float] = {}
    for node in (b"1", b"2", b"1", b"3"):
        hearing._put(found, node, 0.0)
    assert [*found] == [b"1", b"3"]


async def test_where_there_is_no_second_line() -> None:
    """Nothing goes by it, nor comes."""
    line = NoLine()
    line.send([b"x"])
    assert not line.is_up
    with trio.move_on_after(0):
        await line.run(Ends("tea", bytes, bool, lambda: None))
