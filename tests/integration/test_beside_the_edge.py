"""Whoever fills something up to its limit, and over it, costs others no more than usual.

Nothing is timed. What counts are the calls that the server makes while 20 others send something and
wait for its acknowledgement, beside and without whoever is at the edge.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, NamedTuple

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import Running, serving
from tests.integration.test_same_work import IDLE, ServersWork

OTHERS = 20
ROUNDS = 3  # a timer or the collector adds its own calls to one, not to all

FRAME = 250  # requests of one frame

Step = Callable[[], Awaitable[object]]


class Edge(NamedTuple):
    """What fills something but for its last place, what takes that, and what is refused then."""

    fill: Sequence[Object]
    last: Step
    over: Step
    answers: tuple[object, object]  # of the last that fits, and of one more


class Somebody(NamedTuple):
    """Who fills it."""

    server: Running
    stack: AsyncExitStack
    ann: Chatter

    def asking(self, **request: object) -> Step:
        """Return what asks for something, and returns the code of the error or the type."""

        async def ask() -> object:
            answer = await self.ann.ask(**request)
            return answer.get("code", answer["t"])

        return ask


async def reactions(by: Somebody) -> Edge:
    seq = await by.ann.send("tea", "hello")
    react: Object = {"t": "react", "room": "tea", "seq": seq}
    faces = [react | {"emoji": chr(0x1F600 + number)} for number in range(51)]
    return Edge(
        faces[:49], by.asking(**faces[49]), by.asking(**faces[50]), ("ok", "too_many_reactions")
    )


async def changes(by: Somebody) -> Edge:
    seq = await by.ann.send("tea", "hello")
    edit: Object = {"t": "edit", "room": "tea", "seq": seq, "text": "hi"}
    return Edge([edit] * 999, by.asking(**edit), by.asking(**edit), ("ok", "too_many_changes"))


async def members(by: Somebody) -> Edge:
    for room, count in (("first", 29), ("second", 30)):
        for number in range(count):
            await by.stack.enter_async_context(chatting(by.server, f"{room} {number}", room))

    def joining(room: str) -> Step:
        async def join() -> object:
            answer = await by.ann.ask(t="join", room=room)
            return len(answer["members"]), answer.get("population")

        return join

    return Edge([], joining("first"), joining("second"), ((30, None), (30, 31)))


async def topic(by: Somebody) -> Edge:
    long: Object = {"t": "topic", "room": "tea"}
    return Edge(
        [],
        by.asking(**long, text="x" * 250),
        by.asking(**long, text="x" * 251),
        ("ok", "too_long"),
    )


async def rooms(by: Somebody) -> Edge:
    joins: list[Object] = [{"t": "join", "room": f"room{number}"} for number in range(128)]
    return Edge(  # Ann is in one already
        joins[:126], by.asking(**joins[126]), by.asking(**joins[127]), ("joined", "too_many_rooms")
    )


async def look_ups(by: Somebody) -> Edge:
    def looking(count: int) -> Step:
        async def look_up() -> object:
            wishes: list[Object] = [{"t": "history", "room": "tea", "id": n} for n in range(count)]
            await by.ann.say(*wishes)
            told = [await by.ann.until("history", "error") for _ in wishes]
            return sum(one.get("code") == "busy" for one in told)

        return look_up

    return Edge([], looking(4), looking(5), (0, 1))


async def page(by: Somebody) -> Edge:
    send: Object = {"t": "send", "room": "tea", "text": "x"}
    history: Object = {"t": "history", "room": "tea"}

    async def one_more() -> object:
        await by.ann.send("tea", "x")
        answer = await by.ann.ask(**history, limit=101)
        return len(answer["messages"]), answer["more"]

    async def whole() -> object:
        await by.ann.send("tea", "x")
        answer = await by.ann.ask(**history, limit=100)
        return len(answer["messages"]), answer["more"]

    return Edge([send] * 99, whole, one_more, ((100, False), (100, True)))


async def links(by: Somebody) -> Edge:
    room = (await by.ann.ask(t="create", name="Tea", private=True))["room"]  # with three links
    link: Object = {"t": "link", "room": room, "right": "read"}
    return Edge([link] * 96, by.asking(**link), by.asking(**link), ("link_made", "too_many_links"))


async def private_rooms(by: Somebody) -> Edge:
    create: Object = {"t": "create", "name": "Tea", "private": True}
    return Edge(
        [create] * 29, by.asking(**create), by.asking(**create), ("created_room", "too_many_rooms")
    )


async def names(by: Somebody) -> Edge:
    async def visit(nick: str) -> object:
        async with chatting(by.server, nick) as somebody:
            return somebody.welcome["t"]

    for number in range(29):
        await visit(f"guest {number}")
    return Edge([], lambda: visit("last"), lambda: visit("over"), ("welcome", "welcome"))


EDGES: dict[Callable[[Somebody], Awaitable[Edge]], dict[str, Any]] = {
    reactions: {"reactions_per_message": 50},
    changes: {"changes_per_message": 1000},
    members: {"members_listed": 30},
    topic: {"topic_limit": 250},
    rooms: {"rooms_per_connection": 128},
    look_ups: {"look_ups": 4},
    page: {"history_page": 100},
    links: {"links_per_room": 100},
    private_rooms: {"private_rooms": 30},
    names: {"names_kept": 30, "presence_grace": 0},
}


async def send_all(others: Sequence[Chatter]) -> None:
    """Let each of the others send, all at once, and wait for all acknowledgements."""
    for number, one in enumerate(others):
        await one.say({"t": "send", "id": 1, "room": f"of{number}", "text": "hello"})
    for one in others:
        assert (await one.until("ok", "error"))["t"] == "ok"


async def work(others: Sequence[Chatter], step: Step | None = None) -> tuple[int, object]:
    """Return how many calls the server makes while the others send and somebody takes a step."""
    await wait_all_tasks_blocked(IDLE)
    instrument, answer = ServersWork(), None
    trio.lowlevel.add_instrument(instrument)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send_all, others)
            if step:
                answer = await step()
        await wait_all_tasks_blocked(IDLE)
    finally:
        trio.lowlevel.remove_instrument(instrument)
    return instrument.calls, answer


async def fill(ann: Chatter, asked: Sequence[Object]) -> None:
    """Ask for all that, a frame of it at a time; all of it is granted."""
    for first in range(0, len(asked), FRAME):
        frame = asked[first : first + FRAME]
        await ann.say(*({**one, "id": number} for number, one in enumerate(frame)))
        left = len(frame)
        while left:
            told = await ann.next()
            assert told["t"] != "error", told
            left -= "id" in told


@pytest.mark.parametrize("edge_of", EDGES, ids=lambda edge_of: edge_of.__name__)
async def test_others_are_acknowledged_as_usual_while_somebody_is_at_an_edge(
    edge_of: Callable[[Somebody], Awaitable[Edge]],
) -> None:
    """When its last place is taken, and when one more is refused, with at most twice the work.

    While it is filled, no request takes more than twice the work of an acknowledgement.
    """
    async with (
        serving(**EDGES[edge_of]) as server,
        chatting(server, "Ann", "tea") as ann,
        AsyncExitStack() as stack,
    ):
        others = [
            await stack.enter_async_context(chatting(server, f"of {number}", f"of{number}"))
            for number in range(OTHERS)
        ]
        edge = await edge_of(Somebody(server, stack, ann))
        usual = min([(await work(others))[0] for _ in range(ROUNDS)])
        beside_fill, _ = await work(others, partial(fill, ann, edge.fill))
        at_last, answer = await work(others, edge.last)
        over, refusal = await work(others, edge.over)
        assert (answer, refusal) == edge.answers
        assert beside_fill <= 2 * usual * (1 + len(edge.fill) / OTHERS)
        assert at_last <= 2 * usual
        assert over <= 2 * usual
