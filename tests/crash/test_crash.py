"""The server is killed at random moments while many people talk, and nothing is lost or doubled.

The long form: ``pytest tests/crash --crashes 30 --people 50 -s``; it tells what happened.
"""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise

import psycopg
import pytest
import trio

from tests.crash.conftest import MakeServer
from tests.crash.person import ROOM, Person
from tests.crash.process import Server
from trio_chat.protocol.events import AnyStoredEvent, decode

RATE = 200  # messages per second, of all together
SETTLING = 600  # seconds for all to have heard everything in the end


@pytest.mark.timeout(3600)
async def test_nothing_is_lost_or_doubled(
    request: pytest.FixtureRequest, make_server: MakeServer
) -> None:
    """Promises 1 to 4, for clients that keep to the protocol, against ``kill -9``."""
    crashes = request.config.getoption("--crashes")
    people = request.config.getoption("--people")
    server = make_server()
    crowd = [Person(f"Nick {number}", pause=people / RATE) for number in range(people)]
    begin = time.monotonic()
    await talk_while_it_crashes(server, crowd, crashes)
    assert '"level": "error"' not in server.log.read_text(encoding="utf-8")
    kept = stored(server)
    check_the_order(crowd, kept)
    check_what_was_said(crowd, kept)
    print(
        f"{crashes} crashes, {people} people, {time.monotonic() - begin:.0f} s: {len(kept)} events,"
        f" {sum(person.connections for person in crowd)} connections,"
        f" {sum(person.resends for person in crowd)} resends, of which"
        f" {sum(person.duplicates for person in crowd)} had been committed"
    )


async def talk_while_it_crashes(server: Server, crowd: Sequence[Person], crashes: int) -> None:
    """Let all talk, and the server crash; then let all hear the rest, and kill it for good."""
    await server.start()
    try:
        async with trio.open_nursery() as nursery:
            for person in crowd:
                nursery.start_soon(person.live, server.port)
            await server.live(crashes)
            for person in crowd:
                person.is_talking = False
            with trio.move_on_after(SETTLING):
                while not settled(crowd):
                    await trio.sleep(0.05)
            server.check()
            assert settled(crowd), [(one.nick, one.last, one.pending, one.state) for one in crowd]
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await server.kill()


def settled(crowd: Sequence[Person]) -> bool:
    """Whether everybody has an answer to everything, and has heard all that anybody has."""
    return not any(person.pending for person in crowd) and len({one.last for one in crowd}) == 1


def stored(server: Server) -> list[AnyStoredEvent]:
    """Return what is kept."""
    query = "SELECT data FROM events JOIN rooms ON room = id WHERE name = {} ORDER BY seq"
    if server.url:
        with psycopg.connect(server.url) as connection:
            rows: list[tuple[bytes]] = connection.execute(query.format("%s"), (ROOM,)).fetchall()
    else:
        with closing(sqlite3.connect(server.database)) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = file.execute(query.format("?"), (ROOM,)).fetchall()
    events = [decode(data) for (data,) in rows]
    assert None not in events
    return [event for event in events if event]


def check_the_order(crowd: Sequence[Person], kept: Sequence[AnyStoredEvent]) -> None:
    """All have heard the same, which is what is in the file, numbered without a gap."""
    assert [event.seq for event in kept] == list(range(1, len(kept) + 1))
    assert all(one.ts <= other.ts for one, other in pairwise(kept))
    expected = [(event.seq, event.ts, event.cid) for event in kept]
    for person in crowd:
        heard = [(told["seq"], told["ts"], told.get("cid")) for told in person.events]
        assert heard == expected


def check_what_was_said(crowd: Sequence[Person], kept: Sequence[AnyStoredEvent]) -> None:
    """All that was acknowledged is there once, under its number, and nothing besides."""
    said = {cid: seq for person in crowd for cid, seq in person.acknowledged.items()}
    assert said == {event.cid: event.seq for event in kept}
    assert len(said) == len(kept)
