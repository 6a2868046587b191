"""Rules of the logs: who gets which form, and what libraries say."""

import io
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from trio_chat import logs
from trio_chat.config import Config
from trio_chat.logs import VALUE_LIMIT


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


# C0, DEL, C1, line and paragraph separators, and what turns the direction of a text
CONTROLS = "".join(
    chr(code)
    for first, last in ((0, 9), (11, 31), (127, 159), (0x2028, 0x202E), (0x2066, 0x2069))
    for code in range(first, last + 1)
)
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
    stderr: type[io.StringIO],
    log_format: str,
    is_json: bool,
    has_colours: bool,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal means people, unless they say what they want."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = stderr()
    set_up(file, Config(log_format=log_format))
    structlog.get_logger().info("said", who="me")
    text = file.getvalue()
    assert text.count("\n") == 1
    assert "said" in text
    assert text.startswith("{") == is_json
    assert ("\x1b" in text) == has_colours


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(
    name: str, value: str, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or whose terminal has none."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    file = Terminal()
    set_up(file, Config())
    structlog.get_logger().info("said", who="me")
    assert "said" in file.getvalue()
    assert "\x1b" not in file.getvalue()


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
    evil = f"a\x1b[31m{CONTROLS}c"
    structlog.get_logger().warning(evil, name=evil)
    structlog.get_logger().warning("a value without blanks", name="a\x1b[31m", **{evil: [evil]})
    assert file.getvalue().count("\n") == 2
    try:
        crash(evil)
    except ZeroDivisionError:
        logging.getLogger("some.library").exception("crashed at %s", evil)
    text = file.getvalue()
    assert not set(text) & set(CONTROLS)
    assert "31m" in text


def test_no_text_in_a_traceback_looks_like_an_entry(set_up: SetUp) -> None:
    """Every line of it is indented."""
    file = io.StringIO()
    set_up(file, Config(log_format="console"))
    try:
        crash("x\n2026-01-01T00:00:00Z [info] all is well")
    except ZeroDivisionError:
        structlog.get_logger().exception("crashed")
    first, *others = file.getvalue().rstrip("\n").split("\n")
    assert "crashed" in first
    assert all(line.startswith("    ") for line in others if line.strip())


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_is_logged_is_cut(log_format: str, set_up: SetUp) -> None:
    """A few bytes from a peer cost no pages of log."""
    file = io.StringIO()
    set_up(file, Config(log_format=log_format))
    structlog.get_logger().warning("x" * 10_000, name="y" * 10_000, count=1)
    assert 2 * VALUE_LIMIT < len(file.getvalue()) < 2 * VALUE_LIMIT + 200


def test_odd_records_of_libraries_harm_nobody(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Levels of their own are rounded down; arguments that do not fit are reported."""
    file = io.StringIO()
    set_up(file, Config())
    reported = []
    monkeypatch.setattr(logging.Handler, "handleError", lambda _, record: reported.append(record))
    library = logging.getLogger("some.library")
    library.log(35, "between")
    library.log(99, "beyond")
    library.error("%d", "none")
    assert [entry["level"] for entry in entries(file)] == ["warning", "critical"]
    assert len(reported) == 1


def logged(
    work: Callable[[], object], monkeypatch: pytest.MonkeyPatch, log_rate: int = 10
) -> list[dict[str, Any]]:
    """Return what is logged while some work is done, as the server logs."""
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with logs.writing(Config(log_rate=log_rate)):
        work()
    assert sys.stderr is file
    return entries(file)


@pytest.fixture
def restored(set_up: SetUp) -> None:
    """Have all as it was afterwards."""


@pytest.mark.usefixtures("restored")
def test_lines_of_one_kind_are_limited_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is counted in one line, at the end at the latest."""

    def work() -> None:
        for number in range(100):
            structlog.get_logger().warning("refused", number=number)
        structlog.get_logger().info("other")

    told = logged(work, monkeypatch)
    assert [entry["event"] for entry in told] == [
        *["refused"] * 10, "other", "refused: 90 more like this"
    ]  # fmt: skip
    assert (told[-1]["level"], told[-1]["left_out"]) == ("warning", 90)


@pytest.mark.usefixtures("restored")
def test_what_python_writes_to_standard_error_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings, exceptions that nobody can catch, and anything else; line by line."""

    class Bad:
        def __del__(self) -> None:
            raise ZeroDivisionError("in a finaliser")

    def work() -> None:
        print("one\x1b\n\ntwo", file=sys.stderr, end="")
        print(" more", file=sys.stderr)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("a warning", stacklevel=1)
        Bad()
        thread = threading.Thread(target=crash)
        thread.start()
        thread.join()

    told = logged(work, monkeypatch)
    assert [entry["event"] for entry in told[:2]] == ["one\x1b", "two more"]
    assert "a warning" in told[2]["event"]
    assert [entry["event"] for entry in told[3:]] == ["uncaught exception"] * 2
    assert all("ZeroDivisionError" in json.dumps(entry["exception"]) for entry in told[3:])


@pytest.mark.usefixtures("restored")
def test_dropped_lines_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as standard error takes lines again."""
    reader, writer = os.pipe()
    lines: list[dict[str, Any]] = []
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with logs.writing(Config(log_lines=10, log_rate=0, log_timeout=10)):
            for number in range(2000):
                structlog.get_logger().warning("refused", number=number, why="x" * 900)
            thread = threading.Thread(target=drain, args=(reader, lines))
            thread.start()
    thread.join()
    os.close(reader)
    dropped = sum(entry.get("left_out", 0) for entry in lines)
    assert dropped > 0
    assert dropped + sum(entry["event"] == "refused" for entry in lines) == 2000


def drain(reader: int, lines: list[dict[str, Any]]) -> None:
    """Read all that comes through a pipe."""
    with os.fdopen(reader, closefd=False) as file:
        lines += map(json.loads, file)


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


def test_a_running_log_takes_other_settings(monkeypatch: pytest.MonkeyPatch, set_up: SetUp) -> None:
    """The level and the rate from the next line on, the queue and its time, too."""
    output = io.StringIO()
    set_up(output, Config())
    monkeypatch.setattr(sys, "stderr", output)
    log = structlog.get_logger()
    with logs.writing(Config(log_format="json")) as logging_:
        log.debug("not shown")
        logging_.reconfigure(Config(log_format="json", log_level="debug", log_rate=1))
        log.debug("shown")
        log.debug("shown")
        rare = Config(log_format="json", log_level="debug", log_rate=1)
        logging_.reconfigure(replace(rare, log_lines=50, log_timeout=7))
        assert (logging_._writer.limit, logging_._writer.close_timeout) == (50, 7)
    events = [json.loads(line)["event"] for line in output.getvalue().splitlines()]
    assert events == ["shown", "shown: 1 more like this"]
