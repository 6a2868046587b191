"""Rules of the logs: who gets which form, and what libraries say."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from trio_chat import logs
from trio_chat.config import Config


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


SetUp = Callable[[io.StringIO, Config], None]


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUp]:
    """Return a function that sets logging up on a file; afterwards all is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def set_up_on(stderr: io.StringIO, config: Config) -> None:
        monkeypatch.setattr(sys, "stderr", stderr)
        logs.set_up(config)

    yield set_up_on
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def entries(stderr: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("stderr", "log_format", "is_json", "has_colours"),
    [
        (Terminal, "auto", False, True),
        (io.StringIO, "auto", True, False),
        (Terminal, "json", True, False),
        (io.StringIO, "console", False, False),
        (Terminal, "console", False, True),
    ],
)
def test_people_get_lines_and_programs_get_json(
    stderr: type[io.StringIO], log_format: str, is_json: bool, has_colours: bool, set_up: SetUp
) -> None:
    """A terminal means people, unless they say what they want."""
    file = stderr()
    set_up(file, Config(log_format=log_format))
    structlog.get_logger().info("said", who="me")
    text = file.getvalue()
    assert text.count("\n") == 1
    assert "said" in text
    assert text.startswith("{") == is_json
    assert ("\x1b" in text) == has_colours


def test_an_entry_has_its_level_and_its_time_in_utc(set_up: SetUp) -> None:
    """So that logs of several machines can be put together."""
    file = io.StringIO()
    set_up(file, Config())
    structlog.get_logger().warning("said", count=1)
    [entry] = entries(file)
    assert (entry["event"], entry["level"], entry["count"]) == ("said", "warning", 1)
    assert entry["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("log_level", "expected"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_what_is_below_the_level_is_not_logged(
    log_level: str, expected: list[str], set_up: SetUp
) -> None:
    """Debug is the most, error the least."""
    file = io.StringIO()
    set_up(file, Config(log_level=log_level))
    for level in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), level)(level)
    assert [entry["event"] for entry in entries(file)] == expected


def crash(why: str = "a bug") -> None:
    raise ZeroDivisionError(why)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_comes_with_its_traceback(log_format: str, set_up: SetUp) -> None:
    """In either form."""
    file = io.StringIO()
    set_up(file, Config(log_format=log_format))
    try:
        crash()
    except ZeroDivisionError:
        structlog.get_logger().exception("crashed")
    text = file.getvalue()
    assert "ZeroDivisionError" in text
    assert "in crash" in text or '"name": "crash"' in text


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_a_peer_sent_gives_a_terminal_no_orders(log_format: str, set_up: SetUp) -> None:
    """Controls and bidi overrides are escaped, in what is said, in values and in tracebacks."""
    file = io.StringIO()
    set_up(file, Config(log_format=log_format))
    evil = "a\x1b[31m\x9b\x07b\nc\u202e"
    structlog.get_logger().warning(evil, name=evil)
    assert file.getvalue().count("\n") == 1
    try:
        crash(evil)
    except ZeroDivisionError:
        logging.getLogger("some.library").exception("crashed at %s", evil)
    text = file.getvalue()
    assert not set(text) & set("\x1b\x9b\x07\u202e")
    assert "31m" in text


def test_libraries_speak_through_the_same_log(set_up: SetUp) -> None:
    """With their name and their traceback, from warnings on, their arguments filled in."""
    file = io.StringIO()
    set_up(file, Config(log_level="debug"))
    library = logging.getLogger("some.library")
    library.info("not said")
    library.warning("%d percent", 99)
    try:
        crash()
    except ZeroDivisionError:
        library.exception("crashed")
    first, second = entries(file)
    assert (first["event"], first["level"]) == ("99 percent", "warning")
    assert (second["event"], second["logger"]) == ("crashed", "some.library")
    assert "ZeroDivisionError" in json.dumps(second["exception"])


def test_setting_up_again_replaces_what_was(set_up: SetUp) -> None:
    """Nothing is logged twice."""
    old, new = io.StringIO(), io.StringIO()
    set_up(old, Config())
    set_up(new, Config())
    logging.getLogger("some.library").error("said")
    assert (old.getvalue(), len(entries(new))) == ("", 1)
