"""Rules of the command that need no process of their own: exit statuses, and what it runs."""

import importlib
from collections.abc import Awaitable, Callable

import pytest
import trio

from trio_chat.cli import BAD_USAGE, INTERRUPTED, main
from trio_chat.config import Config, ConfigError


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool | BaseException], int]:
    """Return a function that tells the exit status for an outcome of the server."""

    def status(result: bool | BaseException) -> int:
        def run(
            serve: Callable[..., Awaitable[bool]],
            config: Config,
            announce: Callable[[str], None],
        ) -> bool:
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(trio, "run", run)
        return main([])

    monkeypatch.setattr("trio_chat.logs.set_up", lambda config: None)
    return status


def test_a_proper_end_is_a_success(outcome: Callable[[bool | BaseException], int]) -> None:
    """Goodbyes were said, or had their time."""
    assert outcome(True) == 0  # noqa: FBT003


def test_an_end_that_was_cut_short_counts_as_interrupted(
    outcome: Callable[[bool | BaseException], int],
) -> None:
    """Whether by a second signal, or by Ctrl-C before the server listened for it."""
    assert outcome(False) == INTERRUPTED  # noqa: FBT003
    assert outcome(KeyboardInterrupt()) == INTERRUPTED


def test_what_cannot_be_served_is_bad_usage(
    outcome: Callable[[bool | BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """With one line that says why."""
    assert outcome(ConfigError("no such luck")) == BAD_USAGE
    assert capsys.readouterr() == ("", "trio-chat: no such luck\n")


def test_a_crash_is_not_hidden(outcome: Callable[[bool | BaseException], int]) -> None:
    """A bug shows as a traceback."""
    with pytest.raises(ZeroDivisionError):
        outcome(ZeroDivisionError())


def test_importing_the_module_starts_nothing() -> None:
    """Only running it does."""
    assert importlib.import_module("trio_chat.__main__").main is main
