"""Rules for the ways to end a connection."""

import pytest

from trio_chat.protocol import close
from trio_chat.protocol.close import CloseReason, Violation

NAMED = {name: value for name, value in vars(close).items() if isinstance(value, CloseReason)}
REASON_LIMIT = 123  # bytes: what a control frame carries behind the code (RFC 6455, 5.5)
SENDABLE = {1000, 1001, 1002, 1003, *range(1007, 1015), *range(4000, 5000)}


@pytest.mark.parametrize("reason", NAMED.values(), ids=NAMED)
def test_a_reason_fits_a_close_frame(reason: CloseReason) -> None:
    """Its code may be sent, its reason is short and says something."""
    assert reason.code in SENDABLE
    assert 0 < len(reason.reason.encode()) <= REASON_LIMIT


def test_endings_can_be_told_apart() -> None:
    """No two of them say the same."""
    assert NAMED
    assert len(set(NAMED.values())) == len(NAMED)


def test_what_a_client_should_come_back_from_invites_it() -> None:
    """4000 to 4499 come back; so do shutdown, restart and crash."""
    assert 4000 <= close.TOO_SLOW.code < 4500
    assert 4000 <= close.NO_PONG.code < 4500
    assert {close.GOING_AWAY.code, close.RESTARTING.code, close.CRASHED.code} == {
        1001,
        1012,
        1011,
    }


def test_a_violation_carries_its_ending() -> None:
    """So that whoever catches it knows what to tell the peer."""
    assert Violation(close.TOO_LONG).reason is close.TOO_LONG
