"""A model of who is where: whatever people do, no client's list ever has one nick twice."""

import random
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import House, Listener, Somebody, asks, decode, house
from trio_chat.config import Config
from trio_chat.core import roster
from trio_chat.core.messages import Register
from trio_chat.protocol.dialects import v1

NICKS = [f"nick{number}" for number in range(6)]
STEPS = 120


class Observer:
    """Somebody in the room who does nothing but keep the list, frame by frame."""

    def __init__(self, member: Listener, limit: int) -> None:
        self.member = member
        self.people: dict[str, str] = {}
        self.count: int | None = None
        self._limit = limit

    def read(self) -> None:
        """Take in what has come; each frame must leave a list without a nick twice."""
        for payload in self.member.got:
            for told in decode(payload):
                self._take(told)
            assert len(set(self.people.values())) == len(self.people), (self.people, payload)
            assert len(self.people) <= self._limit + 1
        self.member.got.clear()

    def _take(self, told: dict[str, Any]) -> None:
        match told["t"]:
            case "joined":
                self.people = {one["id"]: one["nick"] for one in told["members"]}
                self.count = told.get("population")
            case "population":
                self.count = told["count"]
            case "presence" if told["state"] == "joined":
                self.people[told["who"]["id"]] = told["who"]["nick"]
            case "presence":
                self.people.pop(told["who"]["id"], None)
            case "nick" if told["who"]["id"] in self.people:
                self.people[told["who"]["id"]] = told["who"]["nick"]


async def observe(home: House, number: int, limit: int) -> Observer:
    """Let an observer come into the room."""
    member = Listener(v1)
    observer = Observer(member, limit)
    hello = {"t": "hello", "nick": f"observer{number}", "rooms": [{"room": "tea"}]}
    await home.turn(Register(member), asks(member, hello))
    return observer


async def step(home: House, chance: random.Random, people: list[Somebody]) -> None:
    """Let something happen."""
    match chance.randrange(6):
        case 0 | 1:
            somebody = await home.person(chance.choice(NICKS), "tea")
            if somebody.session:
                people.append(somebody)
        case 2 if people:
            await people.pop(chance.randrange(len(people))).leave()
        case 3 if people:
            await chance.choice(people).ask({"t": "nick", "nick": chance.choice(NICKS)})
        case 4 if people:
            t = chance.choice(["leave", "join"])
            await chance.choice(people).ask({"t": t, "room": "tea"})
        case _:
            await trio.sleep(chance.choice([0.05, 0.3, 1.0, 3.0]))


@pytest.mark.parametrize("seed", range(24))
async def test_no_list_has_a_nick_twice(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """In crowds and in small rooms, with lists that are cut, and while clients catch up."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    monkeypatch.setattr(roster, "CROWD", chance.choice([1, 4, 100]))
    limit = chance.choice([2, 5, 100])
    config = Config(presence_grace=chance.choice([0, 1]), members_listed=limit)
    async with house(config=config) as home:
        people: list[Somebody] = []
        observers = [await observe(home, number, limit) for number in range(3)]
        for _ in range(STEPS):
            await step(home, chance, people)
            observers[0].member.room_for = chance.choice([0, 300, 1_000_000])
            for observer in observers:
                observer.read()
        observers[0].member.room_for = 1_000_000
        await trio.sleep(20)
        last = await observe(home, 9, limit)
        await trio.sleep(1)
        last.read()
        for observer in observers:
            observer.read()
            assert observer.people == last.people
            assert last.count is None or observer.count == last.count
