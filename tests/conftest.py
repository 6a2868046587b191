"""Options of the test run, and the server that tests of whole programs talk to."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.chat import NO_RATES, Chat
from tests.postgres import PostgresServer, running
from tests.redis import RedisServer, running_redis

settings.register_profile("patient", deadline=None)  # nothing here asserts how fast something is
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add where the pictures of the page are to be kept, and how long the crash test is."""
    parser.addoption("--screenshots", metavar="DIR", help="keep the pictures of the page here")
    parser.addoption("--crashes", metavar="N", type=int, default=5, help="kill the server N times")
    parser.addoption("--faults", metavar="N", type=int, default=13, help="harm a cluster N times")
    parser.addoption("--seed", metavar="N", type=int, default=0, help="which harm, as once printed")
    parser.addoption("--server", metavar="URL", help="hold this server against the protocol")
    parser.addoption("--people", metavar="N", type=int, default=10, help="who all talk meanwhile")


if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # as under nohup
    # Commands that tests start would ignore it, too; a handler is not passed on.
    signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a server without rates."""
    running = Chat(tmp_path / "chat.db", *NO_RATES)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server that all tests share."""
    yield from running()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server of the test's own, which it may harm."""
    yield from running()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """Return the URL of a place in a PostgreSQL database in which there is nothing."""
    return postgres.new_url()


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """Return a Redis server that all tests share."""
    with running_redis() as server:
        yield server


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """Return a Redis server of the test's own, which it may harm."""
    with running_redis() as server:
        yield server
