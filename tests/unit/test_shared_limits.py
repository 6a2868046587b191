"""Rules of limits that hold at all nodes together."""

from collections.abc import Mapping

import pytest
import trio
from trio.testing import MockClock

from trio_chat.config import Config
from trio_chat.limits import shared
from trio_chat.limits.attempts import Attempts
from trio_chat.limits.limits import Limits
from trio_chat.limits.shared import ADDRESSES, LAPSE, PEOPLE, SharedLimits
from trio_chat.net.admission import Admission
from trio_chat.net.head import HttpError
from trio_chat.rates import Rate

HERE = "192.0.2.1"
CONFIG = Config(
    new_room_rate=Rate(1, 4), password_rate=Rate(1, 2), connections_per_address=3, max_connections=9
)


def node(config: Config = CONFIG) -> tuple[Limits, SharedLimits]:
    limits = Limits(config, is_shared=True)
    assert limits.shared
    return limits, limits.shared


async def test_what_is_taken_at_one_is_missing_at_the_other(autojump_clock: MockClock) -> None:
    """From slow buckets of people and addresses; what others tell is not told on."""
    (one, told), (other, heard) = node(), node()
    now = trio.current_time()
    for name in ("new_room_rate", "http_rate"):
        one.addresses.of(HERE, now).bucket(name).take(now, 3)
    one.people.of("ann", now).bucket("topic_rate").take(now)
    one.new_quota().bucket("topic_rate").take(now)
    counts = told.tell()
    assert counts == (
        {},
        [(ADDRESSES, HERE, "new_room_rate", 3.0), (PEOPLE, "ann", "topic_rate", 1)],
    )
    heard.hear(b"one", counts)
    bucket = other.addresses.of(HERE, now).bucket("new_room_rate")
    assert bucket.delay(now) == 0
    assert bucket.delay(now, 2) == pytest.approx(1)
    heard.hear(
        b"one", ({}, [(ADDRESSES, HERE, "http_rate", 9.0), (ADDRESSES, HERE, "no_rate", 9.0)])
    )
    heard.hear(b"one", ({}, [(ADDRESSES, HERE, "new_room_rate", 1000.0)]))
    assert bucket.delay(now) == pytest.approx(5)  # as much again as it has, at most
    assert heard.tell() == told.tell() == ({}, [])
    assert not other.people.of("ann", now).is_full(now)


async def test_an_attempt_that_was_right_is_not_told() -> None:
    """It was taken, and given back."""
    limits, told = node()
    attempts = Attempts(limits)
    attempts.begin(HERE)
    attempts.forgive(HERE)
    attempts.begin("192.0.2.2")
    assert told.tell()[1] == [(ADDRESSES, "192.0.2.2", "password_rate", 1.0)]


async def test_so_much_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of buckets the emptiest first, of addresses those with most connections."""
    for name, value in (("TAKEN", 1), ("WAITING", 2), ("CONNECTIONS", 1), ("TELLING", 1)):
        monkeypatch.setattr(shared, name, value)
    limits, told = node()
    now = trio.current_time()
    for key, cost in ((HERE, 1), ("192.0.2.2", 2), ("192.0.2.3", 3)):
        limits.addresses.of(key, now).bucket("new_room_rate").take(now, cost)
    told.connections = {"a": 3, "b": 5, "c": 2}
    assert told.tell() == ({"b": 5}, [(ADDRESSES, "192.0.2.2", "new_room_rate", 2)])
    assert told.tell()[1] == [(ADDRESSES, HERE, "new_room_rate", 1)]


async def test_connections_to_all_nodes_count(autojump_clock: MockClock) -> None:
    """Until a node tells nothing any more; files are served whatever an address has elsewhere."""
    limits, heard = node()
    admission = Admission(CONFIG, limits)
    admission.ask(admission.enter(HERE), HERE)
    assert heard.tell() == ({HERE: 1}, [])
    waiting = admission.enter(HERE)
    elsewhere: Mapping[str, int] = {HERE: 2}
    heard.hear(b"one", (elsewhere, []))
    with pytest.raises(HttpError):
        admission.ask(waiting, HERE)
    assert admission.refusal(HERE) is None
    heard.hear(b"one", ({}, [(ADDRESSES, HERE, "new_room_rate", 1.0)]))
    with pytest.raises(HttpError):
        admission.ask(waiting, HERE)
    await trio.sleep(LAPSE + 1)
    admission.ask(waiting, HERE)
