"""The Python client under faults: a proxy that cuts, stalls and delays; a server that is killed.

The long form: ``pytest tests/crash --crashes 20 -s``; it tells what happened.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count

import pytest
import trio

from tests.crash.conftest import MakeServer
from tests.crash.process import Server
from tests.crash.proxy import Proxy
from trio_chat.protocol.events import Edit, Message, StoredEvent
from trio_chat.remote import Chat, Joined, Online, Room, State, backoff, connect

ROOM = "tea"
SETTLING = 600  # seconds for all to have heard everything in the end
TALKERS = 3  # that talk at once on each connection
PAUSE = 0.05  # seconds between two messages of one of them, about
LIFE = 200  # pieces of traffic on a connection until it breaks, about
PROGRESS = 40  # events between two crashes, at least
EDITS = 0.1  # of all that is sent


class Person:
    """Talks and listens by one ``Chat``; whatever breaks a promise is an ``AssertionError``."""

    def __init__(self, number: int) -> None:
        self.nick = f"Nick {number}"
        self.queue_limit = 5 if number % 3 == 0 else 1000  # some fall behind again and again
        self.heard: list[StoredEvent] = []
        self.kept: dict[str, int] = {}  # the number of each text
        self.is_talking = True
        self.waiting = 0  # messages without an answer
        self.states: Counter[str] = Counter()
        self.state: State | None = None
        self._texts = count(1)

    @property
    def last(self) -> int:
        """The number of the last event that was heard."""
        return self.heard[-1].seq if self.heard else 0

    def __str__(self) -> str:
        """Tell where they stand, for whoever wonders why it does not go on."""
        since = dict(self.states)
        return f"{self.nick}: {self.last} heard, {self.waiting} waiting, {self.state}, {since}"

    async def live(self, port: int) -> None:
        """Talk and listen until cancelled."""
        url = f"ws://127.0.0.1:{port}"
        async with (
            connect(
                url, nick=self.nick, connect_timeout=SETTLING, queue_limit=self.queue_limit
            ) as chat,
            trio.open_nursery() as nursery,
        ):
            room = chat.room(ROOM, last=0)
            nursery.start_soon(self._listen, room)
            nursery.start_soon(self._watch, chat)
            for _ in range(TALKERS):
                nursery.start_soon(self._talk, room)

    async def _listen(self, room: Room) -> None:
        async for event in room.events():
            if isinstance(event, Joined):
                assert not event.reset, "the server does not know what it told"
                assert event.gap is None, "something is lost"
            elif isinstance(event, StoredEvent):
                assert event.seq == self.last + 1, f"{event.seq} after {self.last}"
                self.heard.append(event)
            if self.queue_limit < 10:
                await trio.sleep(random.uniform(0, 0.002))  # noqa: S311 - no secret

    async def _watch(self, chat: Chat) -> None:
        async for state in chat.states():
            self.state = state
            self.states[type(state).__name__] += 1

    async def _talk(self, room: Room) -> None:
        while self.is_talking:
            await trio.sleep(random.expovariate(1 / PAUSE))
            text = f"{self.nick} says {next(self._texts)}"
            self.waiting += 1
            if self.kept and random.random() < EDITS:  # noqa: S311 - no secret
                seq = await room.edit(max(self.kept.values()), text)
            else:
                seq = await room.send(text)
                self.kept[text] = seq
            self.waiting -= 1
            assert seq


@pytest.mark.timeout(3600)
async def test_each_sees_every_message_once_and_in_order(
    request: pytest.FixtureRequest, make_server: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promises 1 to 4 as a user of the client sees them, whatever happens in between."""
    monkeypatch.setattr(backoff, "FIRST_CEILING", 0.1)  # to spend the time on take_dirty
    monkeypatch.setattr(backoff, "LAST_CEILING", 0.5)
    crashes = request.config.getoption("--crashes")
    people = [Person(number) for number in range(request.config.getoption("--people"))]
    server = make_server("--ping-interval", "5", "--pong-timeout", "4.5")
    begin = time.monotonic()
    proxy = await talk_under_faults(server, people, crashes)
    check(people)
    assert '"level": "error"' not in server.log.read_text(encoding="utf-8")
    print(
        f"{crashes} crashes, {len(people)} people, {time.monotonic() - begin:.0f} s: "
        f"{people[0].last} events, {dict(proxy.fates)}, "
        f"{sum(person.states[Online.__name__] for person in people)} connections"
    )


async def talk_under_faults(server: Server, people: Sequence[Person], crashes: int) -> Proxy:
    """Let all talk while the server is killed and connections break; let all hear the rest."""
    await server.start()
    proxy = Proxy(server.port, life=LIFE)
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(proxy.run)
            for person in people:
                nursery.start_soon(person.live, proxy.port)
            for _ in range(crashes):
                await progress(server, people)
                await server.kill()
                await server.start()
            await progress(server, people)
            for person in people:
                person.is_talking = False
            await until(lambda: settled(people), server, people)
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await server.kill()
    return proxy


async def progress(server: Server, people: Sequence[Person]) -> None:
    """Wait until somebody has heard more, and then for a moment at random."""
    goal = max(person.last for person in people) + PROGRESS
    await until(lambda: max(person.last for person in people) >= goal, server, people)
    await trio.sleep(random.uniform(0, 0.5))  # noqa: S311 - no secret


async def until(is_so: Callable[[], bool], server: Server, people: Sequence[Person]) -> None:
    """Wait until something is so; if it does not come to that, tell who stands where."""
    with trio.move_on_after(SETTLING):
        while not is_so():
            server.check()
            await trio.sleep(0.02)
    assert is_so(), "\n".join(map(str, people))


def settled(people: Sequence[Person]) -> bool:
    """Whether everybody has an answer to everything, and has heard all that anybody has."""
    return not any(one.waiting for one in people) and len({one.last for one in people}) == 1


def check(people: Sequence[Person]) -> None:
    """All have heard the same, and of what was said each once, with the number that was told."""
    heard = [(event.seq, event.ts, event.cid) for event in people[0].heard]
    assert heard
    for person in people:
        assert [(event.seq, event.ts, event.cid) for event in person.heard] == heard
    said = [event for event in people[0].heard if isinstance(event, Message)]
    kept = {text: seq for person in people for text, seq in person.kept.items()}
    assert {event.text: event.seq for event in said} == kept
    assert len(said) == len(kept)
    edits = [event.text for event in people[0].heard if isinstance(event, Edit)]
    assert len(set(edits)) == len(edits)
