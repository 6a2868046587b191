"""No endpoint does more or less for a private room than for none at all, counted in calls."""

import collections
import contextlib
import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import FrameType

import hypercorn
import outcome
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, chatting
from tests.integration.running import Running, serving
from tests.integration.test_links import join, make_private
from trio_chat.core.room_links import new_identifier
from trio_chat.limits.overload import Overload
from trio_chat.server import Server

LOOKS = 3  # at each room; a timer or the collector adds its own calls to one, not to all
MOST_LOOKS = 100
IDLE = 0.02  # seconds without a step after which a request is over; scheduling, not a measure

# Left out: how tasks wait, which depends on the order in which Trio runs them, drawn by lot, and
# on which of two ends of a connection Hypercorn notices first. None of it knows of rooms.
WAITING = (
    *(str(Path(str(package.__file__)).parent) for package in (trio, outcome, hypercorn)),
    *(str(module.__file__) for module in (contextlib, collections)),
    "<",  # code that is generated, for Trio's classes, or frozen into the interpreter
)
RESUMED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
BY_THE_CLOCK = f"{Overload.__module__}.{Overload.watch.__qualname__}"  # as often as time goes by

Endpoint = Callable[[str], Awaitable[object]]


class ServersWork(trio.abc.Instrument):
    """Counts the calls, into C too, that the tasks of a server make on the loop's thread.

    A coroutine counts once, however often it waits.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._begun: set[FrameType] = set()
        self._before = sys.getprofile()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if _is_of_server(task):
            self._before = sys.getprofile()
            sys.setprofile(self._note)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if _is_of_server(task):
            sys.setprofile(self._before)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event not in ("call", "c_call") or code.co_filename.startswith(WAITING):
            return
        if event == "call" and code.co_flags & RESUMED:
            if frame in self._begun:
                return
            self._begun.add(frame)
        self.calls += 1


def _is_of_server(task: trio.lowlevel.Task | None) -> bool:
    """Tell whether a task is that of ``Server.run``, or somewhere below it."""
    if task and task.name == BY_THE_CLOCK:
        return False
    while task and task.name != f"{Server.__module__}.{Server.run.__qualname__}":
        task = task.parent_nursery.parent_task if task.parent_nursery else None
    return task is not None


async def work(endpoint: Endpoint, room: str) -> tuple[object, int]:
    """Return what an endpoint answers about a room, and how many calls the server makes for it."""
    await wait_all_tasks_blocked(IDLE)
    instrument = ServersWork()
    trio.lowlevel.add_instrument(instrument)
    try:
        answer = await endpoint(room)
        await wait_all_tasks_blocked(IDLE)
    finally:
        trio.lowlevel.remove_instrument(instrument)
    return answer, instrument.calls


async def assert_same(endpoint: Endpoint, room: str) -> None:
    """Ask an endpoint about a room and about identifiers that nobody was given, in turn.

    What else the server does meanwhile adds calls to a look, so the least of all looks counts. On a
    busy machine that may take more of them; a true difference is in each.
    """
    answers: set[str] = set()
    least = [float("inf")] * 2
    for look in range(1, MOST_LOOKS + 1):
        for place, asked in enumerate((room, new_identifier())):
            answer, calls = await work(endpoint, asked)
            answers.add(repr(answer))
            least[place] = min(least[place], calls)
        if look >= LOOKS and least[0] == least[1]:
            break
    assert len(answers) == 1, answers
    real, none = least
    assert none > 0
    assert real == none


class Private:
    """A private room with people in it, and secrets of it that open nothing."""

    def __init__(self, server: Running, eve: Chatter, room: str, secrets: dict[str, str]) -> None:
        self.server = server
        self.eve = eve
        self.room = room
        self.secrets = secrets
        self.bearer = bearer(eve.session)

    def by_socket(self, **request: object) -> Endpoint:
        async def endpoint(room: str) -> object:
            await self.eve.say({"id": "same", "room": room, **request})
            answer = await self.eve.next()
            return {key: value for key, value in answer.items() if value != room}

        return endpoint

    def by_http(self, method: str, path: str, body: str | None = None, **headers: str) -> Endpoint:
        async def endpoint(room: str) -> object:
            answer = await ask(self.server, method, f"/rooms/{room}/{path}", body, **headers)
            return answer.status, answer.body

        return endpoint


@pytest.fixture
async def private() -> AsyncIterator[Private]:
    """Run a server with a private room, and somebody outside of it."""
    async with (
        serving(nick_keep_days=0) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
        chatting(server, "Eve") as eve,
    ):
        room, links = await make_private(ann)
        await join(ann, room)
        await ann.send(room, "secret words")
        used_up = (await ann.ask(t="link", room=room, right="read", uses=1))["link"]
        ended = (await ann.ask(t="link", room=room, right="read"))["link"]
        await join(bob, room, used_up["secret"])
        await ann.ask(t="unlink", room=room, link=ended["link"])
        wrong = links["read"][::-1]
        secrets = {"wrong": wrong, "used_up": used_up["secret"], "ended": ended["secret"]}
        yield Private(server, eve, room, secrets)


ASKED: dict[str, dict[str, object]] = {
    "join": {"t": "join"},
    "history": {"t": "history"},
    "search": {"t": "search", "query": "secret"},
    "send": {"t": "send", "text": "let me in"},
    "leave": {"t": "leave"},
    "links": {"t": "links"},
    "rules": {"t": "rules", "closed": True},
    "audit": {"t": "audit"},
}


@pytest.mark.parametrize("request_of", ASKED)
async def test_a_request_for_a_private_room_is_as_much_work_as_for_none(
    private: Private, request_of: str
) -> None:
    """On the socket, without a link."""
    await assert_same(private.by_socket(**ASKED[request_of]), private.room)


@pytest.mark.parametrize("secret", ["wrong", "used_up", "ended"])
async def test_a_secret_that_opens_nothing_is_as_much_work_as_for_no_room(
    private: Private, secret: str
) -> None:
    """On the socket and over HTTP, whatever is wrong with it."""
    shown = private.secrets[secret]
    await assert_same(private.by_socket(t="join", link=shown), private.room)
    await assert_same(private.by_http("GET", "messages", room_link=shown), private.room)


@pytest.mark.parametrize("shows_session", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "messages", None),
        ("GET", "messages?limit=100", None),
        ("GET", "search?q=secret", None),
        ("GET", "events", None),
        ("POST", "messages", "x"),
        ("GET", "links", None),
    ],
)
async def test_a_call_about_a_private_room_is_as_much_work_as_about_none(
    private: Private, method: str, path: str, body: str | None, shows_session: bool
) -> None:
    """Over HTTP and as an event stream, with a session and without one."""
    shown = {"authorization": private.bearer} if shows_session else {}
    await assert_same(private.by_http(method, path, body, **shown), private.room)
