"""Rules of grants that end: their connections end with them, by the wall clock."""

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import Listener, house
from trio_chat.auth.grant import Grant
from trio_chat.config import Config
from trio_chat.core.expiry import LOOK_INTERVAL
from trio_chat.core.messages import AccessChanged, LetIn, Register, Shutdown, Unregister
from trio_chat.protocol.close import EXPIRED, GOING_AWAY
from trio_chat.protocol.dialects import v1

START = 1_000_000.0  # seconds, of the wall clock
CONFIG = Config(hello_timeout=100_000)


class Wall:
    """The wall clock, which goes with Trio's unless it is set."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def read(self) -> int:
        return int((START + trio.current_time() + self.ahead) * 1000)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("trio_chat.core.expiry.wall_clock", wall.read)
    return wall


def grant(seconds: float) -> Grant:
    """Return a grant that ends so much later."""
    return Grant("token:ann", expires_at=START + seconds)


async def test_a_connection_ends_with_its_grant_to_the_moment(
    wall: Wall, autojump_clock: MockClock
) -> None:
    """Whether it came with the grant or got it by its hello; without an end it stays."""
    async with house(config=CONFIG) as home:
        early, late, free = Listener(v1), Listener(v1), Listener(v1)
        await home.turn(Register(early, None, grant(10)), Register(late), Register(free))
        await home.turn(LetIn(late, grant(70)), LetIn(free, Grant()))
        for time, ended in ((9.9, 0), (10.1, 1), (69.9, 1), (70.1, 2)):
            await trio.sleep_until(time)
            ends = [early.ends, late.ends, free.ends]
            assert ends == [[EXPIRED]] * ended + [[]] * (3 - ended)


async def test_what_has_ended_already_ends_at_once(wall: Wall, autojump_clock: MockClock) -> None:
    """The check may have been a moment before."""
    async with house(config=CONFIG) as home:
        ann = Listener(v1)
        await home.turn(Register(ann, None, grant(-1)))
        assert ann.ends == [EXPIRED]


async def test_a_clock_that_is_set_counts(wall: Wall, autojump_clock: MockClock) -> None:
    """It is looked at now and then."""
    async with house(config=CONFIG) as home:
        ann = Listener(v1)
        await home.turn(Register(ann, None, grant(90_000)))
        await trio.sleep(LOOK_INTERVAL + 1)
        assert ann.ends == []
        wall.ahead = 90_000
        await trio.sleep(LOOK_INTERVAL)
        assert ann.ends == [EXPIRED]


async def test_who_is_gone_is_not_ended(wall: Wall, autojump_clock: MockClock) -> None:
    """Nor let in: the server may have said goodbye meanwhile."""
    async with house(config=CONFIG) as home:
        ann, ben = Listener(v1), Listener(v1)
        await home.turn(Register(ann, None, grant(10)), Register(ben))
        await home.turn(Unregister(ann), Shutdown(GOING_AWAY))
        await home.turn(LetIn(ben, grant(20)))
        await trio.sleep(LOOK_INTERVAL)
        assert (ann.ends, ben.ends) == (["closed"], [GOING_AWAY])


async def test_when_access_changes_those_go_who_would_not_be_let_in() -> None:
    """Whoever is not let in yet stays: that is decided by what they show."""
    async with house(config=CONFIG) as home:
        known, early, gone = Listener(v1), Listener(v1), Listener(v1)
        await home.turn(Register(known, None, Grant("a")), Register(early, None, None))
        await home.turn(Register(gone, None, None), LetIn(gone, Grant("b")))
        await home.turn(AccessChanged(lambda grant: grant.subject == "a"))
        assert [known.ends, early.ends, gone.ends] == [[], [], [EXPIRED]]
