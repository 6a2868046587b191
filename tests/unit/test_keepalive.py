"""Rules of keepalive, by itself; how a client follows it is tested with the client."""

from trio_chat.client.keepalive import LATE, NEVER, Due, Keepalive
from trio_chat.config import Config

CONFIG = Config(ping_interval=25, pong_timeout=10)


def make(*, only_writes: bool = False, config: Config = CONFIG, spread: float = 0.5) -> Keepalive:
    return Keepalive(config, 100, only_writes=only_writes, spread=lambda: spread)


def test_the_first_ping_falls_within_the_first_interval() -> None:
    """So that clients that came together are not pinged together."""
    assert [make(spread=spread).due for spread in (0.0, 0.5, 1.0)] == [100, 112.5, 125]


def test_without_an_interval_nothing_is_ever_due() -> None:
    """0 sends no pings."""
    assert make(config=Config(ping_interval=0)).due == NEVER


def test_a_ping_is_followed_by_a_look_for_its_answer() -> None:
    """After the pong timeout; the next ping comes an interval after the one before."""
    keepalive = make()
    assert (keepalive.next(112.5), keepalive.due) == (Due.PING, 122.5)
    keepalive.hear()
    assert (keepalive.next(122.6), keepalive.due) == (Due.NOTHING, 137.5)
    assert keepalive.next(137.5) is Due.PING


def test_a_peer_that_shows_no_life_is_given_up() -> None:
    """What it sent before the ping does not count."""
    keepalive = make()
    keepalive.hear()
    assert keepalive.next(112.5) is Due.PING
    assert keepalive.next(122.5) is Due.GIVE_UP


def test_who_looks_too_late_gives_nobody_up() -> None:
    """After a pause of the whole machine the answers of all are still to be read."""
    keepalive = make()
    assert keepalive.next(112.5) is Due.PING
    assert (keepalive.next(122.5 + LATE + 1), keepalive.due) == (Due.NOTHING, 137.5)
    assert keepalive.next(137.5) is Due.PING
    assert keepalive.next(147.5 + LATE) is Due.GIVE_UP


def test_the_silence_of_a_peer_that_is_not_read_means_nothing() -> None:
    """It is our fault."""
    keepalive = make()
    assert keepalive.next(112.5) is Due.PING
    keepalive.is_paused = True
    assert keepalive.next(122.5) is Due.NOTHING
    keepalive.is_paused = False
    assert keepalive.next(137.5) is Due.PING
    assert keepalive.next(147.5) is Due.GIVE_UP


def test_a_peer_that_never_answers_is_pinged_all_the_same() -> None:
    """A write that fails shows that it is gone."""
    keepalive = make(only_writes=True)
    for _ in range(3):
        assert keepalive.next(keepalive.due) is Due.PING
        assert keepalive.next(keepalive.due) is Due.NOTHING
