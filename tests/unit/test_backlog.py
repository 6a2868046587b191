"""Rules of the backlog: each turn takes a fair share, and the order of each connection is kept."""

from collections import defaultdict

import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.members import Listener
from trio_chat.core.backlog import NEWCOMERS, REQUESTS, REQUESTS_EACH, Backlog
from trio_chat.core.messages import AnyAsked, Asked
from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol import requests


class Queue:
    """A backlog, and what its requests cost."""

    def __init__(self) -> None:
        self.backlog = Backlog(self._price, self._must_wait, self._delay)
        self.blocked: set[object] = set()  # ids of requests that must wait
        self.delays: dict[object, float] = {}  # in seconds, by id
        self.now = 0.0
        self.prices: dict[object, int] = {}  # by id, if it is not 1

    def _price(self, client: Recipient, request: AnyAsked) -> int:
        return self.prices.get(request.id, 1)

    def _must_wait(self, client: Recipient, request: AnyAsked) -> bool:
        return request.id in self.blocked

    def _delay(self, asked: Asked, now: float) -> float:
        return self.delays.get(asked.requests[0].id, 0.0)

    def add(self, client: Recipient, *ids: int) -> Asked:
        asked = Asked(client, [requests.Rooms(id=id) for id in ids])
        self.backlog.add(asked, self.now)
        return asked

    def come(self, client: Recipient) -> Asked:
        """Have somebody say hello, with a request behind it that has the id 1."""
        asked = Asked(client, [requests.Hello(nick="Ann", id=0), requests.Rooms(id=1)])
        self.backlog.add(asked, self.now)
        return asked

    def turn(self) -> dict[Recipient, list[object]]:
        """Take what is taken in a turn."""
        taken: dict[Recipient, list[object]] = defaultdict(list)
        for client, request in self.backlog.take(self.now):
            taken[client].append(request.id)
        return taken


def test_a_turn_takes_what_waits() -> None:
    """In the order in which it came."""
    queue, ann, bob = Queue(), Listener(), Listener()
    queue.add(ann, 1, 2)
    queue.add(bob, 3)
    queue.add(ann, 4)
    assert queue.turn() == {ann: [1, 2, 4], bob: [3]}
    assert (len(queue.backlog), queue.backlog.has_more) == (0, False)


def test_who_asks_for_much_waits_behind_those_who_ask_for_little() -> None:
    """A turn takes so many of each; the rest comes in the next ones."""
    queue, greedy, modest = Queue(), Listener(), Listener()
    queue.add(greedy, *range(2 * REQUESTS_EACH + 1))
    queue.add(modest, 1)
    first = queue.turn()
    assert (len(first[greedy]), first[modest]) == (REQUESTS_EACH, [1])
    assert queue.backlog.has_more
    assert len(queue.turn()[greedy]) == REQUESTS_EACH
    assert queue.turn() == {greedy: [2 * REQUESTS_EACH]}
    assert not queue.backlog.has_more


def test_a_turn_takes_so_many_of_all() -> None:
    """Those who had nothing of it are the first in the next one."""
    queue = Queue()
    crowd = [Listener() for _ in range(REQUESTS + 3)]
    for client in crowd:
        queue.add(client, 1)
    assert list(queue.turn()) == crowd[:REQUESTS]
    assert queue.backlog.has_more
    assert list(queue.turn()) == crowd[REQUESTS:]


def test_nobody_inside_waits_behind_those_who_come_in() -> None:
    """However many; they get their share, and what those inside leave."""
    queue, ann = Queue(), Listener()
    queue.prices = {0: 8}
    crowd = [Listener() for _ in range(100)]
    for client in crowd:
        queue.come(client)
    queue.add(ann, 1)
    assert list(queue.turn()) == [ann, *crowd[:7]]  # who count as nine each
    assert queue.backlog.has_more
    queue.add(ann, *range(REQUESTS_EACH))
    inside = [Listener() for _ in range(REQUESTS)]
    for client in inside:
        queue.add(client, 1)
    taken = list(queue.turn())
    assert len([one for one in taken if one in inside or one is ann]) < len(inside)
    assert [one for one in taken if one in crowd] == crowd[7 : 7 + NEWCOMERS // 8]
    while queue.backlog.has_more:
        queue.turn()
    assert len(queue.backlog) == 0


def test_a_request_counts_by_its_price() -> None:
    """What is as much work as many is taken as many; nothing is what costs nothing."""
    queue, ann, bob = Queue(), Listener(), Listener()
    queue.prices = {1: REQUESTS_EACH, 5: 0}
    queue.add(ann, 1, 2)
    queue.add(bob, *[5] * (2 * REQUESTS_EACH))
    taken = queue.turn()
    assert taken[ann] == [1]
    assert len(taken[bob]) == 2 * REQUESTS_EACH
    assert queue.turn() == {ann: [2]}


def test_a_request_that_must_wait_holds_up_those_behind_it() -> None:
    """Of the same connection; a turn is not taken for it alone, until something has happened."""
    queue, ann, bob = Queue(), Listener(), Listener()
    queue.blocked = {2}
    queue.add(ann, 1, 2, 3)
    queue.add(bob, 4)
    assert queue.turn() == {ann: [1], bob: [4]}
    assert not queue.backlog.has_more
    queue.blocked = set()
    queue.backlog.look_again()
    assert queue.backlog.has_more
    assert queue.turn() == {ann: [2, 3]}
    queue.backlog.look_again()
    assert not queue.backlog.has_more


def test_nothing_is_not_a_request() -> None:
    """A frame may hold none."""
    queue = Queue()
    queue.add(Listener())
    assert len(queue.backlog) == 0


async def test_a_client_hears_when_its_last_request_is_taken() -> None:
    """Also if it asks so late; until then it is not read."""
    queue, ann = Queue(), Listener()
    queue.blocked = {2}
    asked = queue.add(ann, 1, 2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(asked.done)
        nursery.start_soon(asked.done)
        await trio.testing.wait_all_tasks_blocked()
        queue.turn()
        await trio.testing.wait_all_tasks_blocked()
        assert len(nursery.child_tasks) == 2
        queue.blocked = set()
        queue.turn()
    await asked.done()


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3 * REQUESTS_EACH)), max_size=20),
)
def test_all_is_taken_in_the_order_of_each(asked: list[tuple[int, int]]) -> None:
    """Whoever asks for however much, one piece after the other; nobody takes a turn alone."""
    queue, clients = Queue(), [Listener() for _ in range(4)]
    expected: dict[Recipient, list[object]] = defaultdict(list)
    waiting: dict[int, list[list[int]]] = defaultdict(list)
    for number, count in asked:
        ids = [len(expected[clients[number]]) + offset for offset in range(count)]
        expected[clients[number]] += ids
        waiting[number].append(ids)
    taken: dict[Recipient, list[object]] = defaultdict(list)
    turns = 0
    current: dict[int, Asked] = {}
    while any(waiting.values()) or any(piece.requests for piece in current.values()):
        for number, client in enumerate(clients):
            if waiting[number] and not (number in current and current[number].requests):
                current[number] = queue.add(client, *waiting[number].pop(0))
        some = queue.turn()
        assert sum(map(len, some.values())) <= REQUESTS
        assert all(len(ids) <= REQUESTS_EACH for ids in some.values())
        for asker, taken_now in some.items():
            taken[asker] += taken_now
        turns += 1
        assert turns < 1000
    assert taken == expected


def test_who_had_to_wait_comes_first_in_the_next_turn() -> None:
    """Otherwise those before it could take what it waits for again and again."""
    queue, early, late = Queue(), Listener(), Listener()
    queue.add(early, *range(1, 2 * REQUESTS_EACH))
    queue.add(late, 1000)
    queue.blocked.add(1000)
    assert list(queue.turn()) == [early]
    queue.blocked.clear()
    assert list(queue.turn()) == [late, early]
