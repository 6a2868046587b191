"""What several integration tests need from pytest."""

import gc
import io
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from trio_chat import logs
from trio_chat.config import Config


@pytest.fixture
def collected() -> Iterator[None]:
    """Collect garbage at the end of the test, so that its warnings are its own."""
    yield
    gc.collect()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Log as the command does when its standard error is no terminal, warnings and above."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stderr = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        logs.set_up(Config(log_format="json", log_level="warning"))
    yield stderr
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
