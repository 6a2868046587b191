"""The servers that cases are played against: one for all, and one for large messages."""

import sys
from collections.abc import Iterator

import pytest

from .server import echo_server
from .sizes import LARGE_LIMIT, LIMIT

COMMAND = (sys.executable, "-m", "tests.conformance.echo", "--port", "0", "--frame-limit")


@pytest.fixture(scope="session")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an echo server; its address."""
    with echo_server([*COMMAND, str(LIMIT)], tmp_path_factory.mktemp("echo") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def large_echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an echo server that takes large messages; its address."""
    with echo_server([*COMMAND, str(LARGE_LIMIT)], tmp_path_factory.mktemp("echo") / "log") as url:
        yield url
