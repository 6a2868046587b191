"""Searches and pages have the same answers whatever the journal is, in many messages as in few."""

import random
from pathlib import Path

import pytest

from tests.journal.conftest import make
from tests.journal.drafts import ANN, BEN, MUCH, ROOM, Clock, delete, edit, say
from trio_chat.journal.journal import Journal
from trio_chat.journal.postgres import search, words
from trio_chat.journal.search.query import parse
from trio_chat.journal.types import Bounds, Write
from trio_chat.protocol.events import Person

WORDS = ("tea", "teapot", "green", "Grün", "緑茶", "☕", "te", "a", "a" * 300, "lemon's", "x")
QUERIES = (
    *("tea", "te*", "gr*", '"green tea"', '"tea te"*', "緑", "☕", "a", "a*", "lemon", "tea green"),
    *("a" * 300, "a" * 299 + "*", '"tea tea"', "none", "x te*"),
)
CLOCK_LIKE = Person("c3", "Ann")  # called as another one
PEOPLE = (ANN, BEN, CLOCK_LIKE, None)


def drafts(dice: random.Random, count: int) -> list[Write]:
    """Return what some people say, edit and delete, at random."""
    said: list[tuple[int, Person]] = []
    found = []
    for seq in range(1, count + 1):
        text = " ".join(dice.choices(WORDS, k=dice.randint(1, 6)))
        action = dice.random() if said else 1.0
        if action < 0.1:
            target, who = said.pop(dice.randrange(len(said)))
            found.append(delete(target, who=who))
        elif action < 0.3:
            target, who = dice.choice(said)
            found.append(edit(target, text, who=who))
        else:
            who_or_nobody = dice.choice(PEOPLE)
            found.append(say(text, who=who_or_nobody))
            if who_or_nobody:
                said.append((seq, who_or_nobody))
    return found


def bounds(dice: random.Random, begin: int, end: int, count: int) -> Bounds:
    """Return some bounds, or none."""
    since, until = sorted((dice.randint(begin, end), dice.randint(begin, end)))
    return Bounds(
        dice.choice((None, None, "ann", "b2", "Eve")),
        dice.choice((None, since)),
        dice.choice((None, until)),
        dice.choice((None, dice.randint(1, count))),
    )


@pytest.mark.parametrize("is_orderly", [True, False])
async def test_random_searches(
    path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, *, is_orderly: bool
) -> None:
    """Phrases, beginnings and long words, by author, time and number, over many blocks of numbers.

    Also when the clock was set back in between.
    """
    monkeypatch.setattr(words, "BLOCK_BITS", 3)
    monkeypatch.setattr(search, "FEW", 4)
    dice = random.Random(7)  # noqa: S311 - no secret
    clock, count = Clock(), 400
    clock.now = 1_700_000_000_000
    places: dict[str, Path | str] = {"memory": path, "sqlite": path, "postgres": postgres_url}
    journals: list[Journal] = [make(kind, place, clock) for kind, place in places.items()]
    times = [clock.now]
    for write in drafts(dice, count):
        clock.now += 1000 if is_orderly or dice.random() < 0.9 else -100_000
        times.append(clock.now)
        results = {str(type((await one.commit([write]))[0])) for one in journals}
        assert len(results) == 1
    for _ in range(300):
        query, limit = parse(dice.choice(QUERIES)), dice.choice((1, 3, 20, 500))
        within = bounds(dice, min(times), max(times), count)
        found = [await one.search(ROOM, query, within, limit, MUCH) for one in journals]
        seen = [([one.seq for one in page.messages], page.more) for page in found]
        assert seen[0] == seen[1] == seen[2], (query, within, limit)
        assert found[0] == found[1] == found[2]
    for one in journals:
        await one.close()
