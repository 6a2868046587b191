"""Rules of grants that end: their connections end with them, by the wall clock."""

import pytest

from tests.unit.members import Listener
from trio_chat.auth.grant import Grant
from trio_chat.config import Config
from trio_chat.core.chat import Chat
from trio_chat.core.effects import Effects
from trio_chat.core.expiry import LOOK_INTERVAL
from trio_chat.core.messages import LetIn, Message, Register, Shutdown, Unregister
from trio_chat.limits.limits import Limits
from trio_chat.protocol.close import EXPIRED, GOING_AWAY
from trio_chat.protocol.dialects import v1

START = 1_000_000.0  # seconds, of the wall clock


class Clock:
    """A chat without a hub, and the two clocks that it sees."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        config = Config(hello_timeout=100_000)
        self.wall = START
        self._chat = Chat(config, "e1", b"secret", Limits(config))
        self._now = 0.0
        monkeypatch.setattr("trio_chat.core.expiry.wall_clock", lambda: int(self.wall * 1000))

    def turn(self, *batch: Message) -> Effects:
        return self._chat.apply(batch, self._now)

    def pass_by(self, seconds: float) -> list[object]:
        """Let time pass; return what ends at its end."""
        self._now += seconds
        self.wall += seconds
        return list(self.turn().closes)

    @property
    def next_turn(self) -> float:
        """In how many seconds there is something to do."""
        return self._chat.wake_at - self._now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def grant(seconds: float) -> Grant:
    """Return a grant that ends so much later."""
    return Grant("token:ann", expires_at=START + seconds)


def test_a_connection_ends_with_its_grant_to_the_moment(clock: Clock) -> None:
    """Whether it came with the grant or got it by its hello; without an end it stays."""
    early, late, free = Listener(v1), Listener(v1), Listener(v1)
    clock.turn(Register(early, None, grant(10)), Register(late), Register(free))
    clock.turn(LetIn(late, grant(70)), LetIn(free, Grant()))
    assert clock.next_turn == 10
    assert clock.pass_by(10) == [(early, EXPIRED)]
    assert clock.pass_by(59.9) == []
    assert clock.pass_by(0.1) == [(late, EXPIRED)]


def test_what_has_ended_already_ends_at_once(clock: Clock) -> None:
    """The check may have been a moment before."""
    ann = Listener(v1)
    assert clock.turn(Register(ann, None, grant(-1))).closes == [(ann, EXPIRED)]


def test_a_clock_that_is_set_counts(clock: Clock) -> None:
    """It is looked at now and then."""
    ann = Listener(v1)
    clock.turn(Register(ann, None, grant(100_000)))
    assert clock.pass_by(LOOK_INTERVAL) == []
    clock.wall += 100_000
    assert clock.pass_by(LOOK_INTERVAL) == [(ann, EXPIRED)]


def test_who_is_gone_is_not_ended(clock: Clock) -> None:
    """Nor let in: the server may have said goodbye meanwhile."""
    ann, ben = Listener(v1), Listener(v1)
    clock.turn(Register(ann, None, grant(10)), Register(ben))
    clock.turn(Unregister(ann))
    assert clock.pass_by(10) == []
    assert (ben, GOING_AWAY) in clock.turn(Shutdown(GOING_AWAY)).closes
    clock.turn(LetIn(ben, grant(20)))
    assert clock.pass_by(20) == []
