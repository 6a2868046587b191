"""What several integration tests need from pytest."""

import io
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import structlog

from tests.integration.running import Running, running
from trio_chat import logs
from trio_chat.config import Config


@pytest.fixture
def log_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[io.StringIO], None]]:
    """Log as the command does when its standard error is some file, warnings and above."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def set_up(stderr: io.StringIO) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stderr)
            logs.set_up(Config(log_format="json", log_level="warning"))

    yield set_up
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def log(log_to: Callable[[io.StringIO], None]) -> io.StringIO:
    """Return what is logged."""
    stderr = io.StringIO()
    log_to(stderr)
    return stderr


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a server on a file, where whoever goes is gone soon."""
    async with running(
        database=str(tmp_path / "chat.db"), presence_grace=0.2, nick_keep_days=0
    ) as server:
        yield server
