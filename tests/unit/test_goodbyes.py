"""Rules of the goodbyes at the end, when many are to be told."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from trio_chat.config import Config
from trio_chat.core.effects import Turn
from trio_chat.core.goodbyes import AT_ONCE, PAUSE, Goodbyes
from trio_chat.protocol.close import GOING_AWAY, RESTARTING, TOO_SLOW, CloseReason
from trio_chat.protocol.dialects import v1


class End:
    """The end of a server with so many clients."""

    def __init__(self, count: int, **settings: Any) -> None:  # noqa: ANN401 - of any setting
        self.closes: list[tuple[object, CloseReason]] = []
        self.waits: list[tuple[float, Callable[[], None]]] = []
        turn = cast("Turn", SimpleNamespace(effects=SimpleNamespace(closes=self.closes)))

        def delay(seconds: float, call: Callable[[], None]) -> None:
            self.waits.append((seconds, call))

        self.goodbyes = Goodbyes(turn, Config(**settings), delay)
        self.clients = cast("Any", [str(number) for number in range(count)])

    def pauses(self) -> list[float]:
        """Return in how many seconds each may come back."""
        told = [msgspec.json.decode(v1.bye(reason)) for _, reason in self.closes]
        return [one["retry_ms"] / 1000 for one in told]

    def go_on(self) -> float:
        [(seconds, call)] = self.waits
        self.waits.clear()
        call()
        return seconds


def test_a_few_come_back_at_once_one_after_the_other() -> None:
    """Nobody waits longer than that takes."""
    end = End(3)
    end.goodbyes.begin(RESTARTING, end.clients)
    assert end.closes == [(client, RESTARTING) for client in end.clients]
    assert end.pauses() == [1.0, 1.002, 1.004]
    assert end.waits == []


def test_many_are_told_in_batches_and_come_back_over_the_window() -> None:
    """So neither the end nor the start has to serve all in one moment."""
    count = 10_000
    end = End(count, return_window=5.0)
    end.goodbyes.begin(RESTARTING, end.clients)
    assert len(end.closes) == AT_ONCE
    turns = 1
    while end.waits:
        assert end.go_on() == PAUSE
        turns += 1
    assert [client for client, _ in end.closes] == end.clients
    assert turns == -(-count // AT_ONCE)
    pauses = end.pauses()
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (1.0, 5.999)


def test_batches_are_as_large_as_the_drain_time_asks() -> None:
    """All are told before it is over; with none all at once."""
    for seconds, turns in ((0.1, 10), (0.0, 1)):
        end = End(10_000, drain_timeout=seconds)
        end.goodbyes.begin(GOING_AWAY, end.clients)
        count = 1
        while end.waits:
            end.go_on()
            count += 1
        assert count <= turns


def test_who_has_gone_is_not_told() -> None:
    """There is nobody any more."""
    end = End(AT_ONCE + 2)
    end.goodbyes.begin(GOING_AWAY, end.clients)
    end.goodbyes.forget(end.clients[-1])
    end.go_on()
    assert len(end.closes) == AT_ONCE + 1


def test_nobody_needs_no_goodbye() -> None:
    """And nothing is waited for."""
    end = End(0)
    end.goodbyes.begin(GOING_AWAY, end.clients)
    assert (end.closes, end.waits) == ([], [])


def test_other_ends_have_no_wait_of_their_own() -> None:
    """Only who comes back is told when."""
    assert "retry_ms" not in msgspec.json.decode(v1.bye(TOO_SLOW))
    assert msgspec.json.decode(v1.bye(GOING_AWAY))["retry_ms"] == 5000
