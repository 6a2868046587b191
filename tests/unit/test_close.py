"""Rules for the ways to end a connection."""

import pytest

from trio_chat.protocol import close as endings
from trio_chat.protocol.close import CloseReason, Violation

NAMED = {name: value for name, value in vars(endings).items() if isinstance(value, CloseReason)}
REASON_LIMIT = 123  # bytes: what a control frame carries behind the code (RFC 6455, 5.5)
SENDABLE = {1000, 1001, 1002, 1003, *range(1007, 1015), *range(4000, 5000)}


@pytest.mark.parametrize("ending", NAMED.values(), ids=NAMED)
def test_an_ending_fits_a_close_frame(ending: CloseReason) -> None:
    """Its code may be sent, its reason is short and says something."""
    assert ending.code in SENDABLE
    assert 0 < len(ending.reason.encode()) <= REASON_LIMIT


def test_endings_can_be_told_apart() -> None:
    """No two of them say the same."""
    assert NAMED
    assert len(set(NAMED.values())) == len(NAMED)


def test_what_a_client_should_come_back_from_invites_it() -> None:
    """4000 to 4499 come back; so do shutdown, restart and crash."""
    assert 4000 <= endings.TOO_SLOW.code < 4500
    assert 4000 <= endings.NO_PONG.code < 4500
    assert {endings.GOING_AWAY.code, endings.RESTARTING.code, endings.CRASHED.code} == {
        1001,
        1012,
        1011,
    }


def test_a_violation_carries_its_ending() -> None:
    """So that whoever catches it knows what to tell the peer."""
    assert Violation(endings.TOO_LONG).ending is endings.TOO_LONG
