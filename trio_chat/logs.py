"""Sets up structured logging: lines for people on a terminal, JSON elsewhere."""

import io
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from typing import Any, Protocol, TextIO, cast

import structlog

from trio_chat.config import Config
from trio_chat.log_context import add_subject, details
from trio_chat.log_rate import COUNT, LogRate
from trio_chat.standard_streams import LineWriter, escaped

VALUE_LIMIT = 1000  # characters of an event or of a value beside it; the rest is cut off
LEVELS = 10  # levels of the standard library are multiples of it; those between are rounded
INDENT = "    "  # of a traceback's lines, so that no text in it looks like an entry of its own

log = structlog.get_logger()


class Output(Protocol):
    """Where lines are written; ``write`` neither waits nor fails."""

    def write(self, text: str) -> object:
        """Write a line, which includes its end."""
        ...

    def flush(self) -> object:
        """Have it written."""
        ...


class Logging:
    """The log of a running server, whose settings can change, but for ``log_format``.

    Args:
        writer: Writes the lines.
        rate: Leaves out lines of which there are too many.
    """

    def __init__(self, writer: LineWriter, rate: LogRate) -> None:
        self._writer = writer
        self._rate = rate

    def reconfigure(self, config: Config) -> None:
        """Log by these settings from now on."""
        self._writer.limit = config.log_lines
        self._writer.close_timeout = config.log_timeout
        self._rate.limit = config.log_rate
        set_up(config, self._writer, self._rate)


@contextmanager
def writing(config: Config) -> Iterator[Logging]:
    """Log to standard error for the block, from a thread of its own.

    Nothing in the block waits for standard error: what Python itself would write there, such as
    warnings, goes through the log, too. At the end what waits is written, for ``log_timeout``.
    """
    rate = LogRate(config.log_rate)

    def remark(dropped: int) -> None:
        if dropped:
            log.warning("log lines dropped, as standard error was not read", left_out=dropped)
        _tell_left_out(rate)

    with LineWriter(sys.stderr, config.log_lines, config.log_timeout, remark) as writer:
        set_up(config, writer, rate)
        with redirect_stderr(cast("TextIO", _Forwarding())), _hooks():
            try:
                yield Logging(writer, rate)
            finally:
                _tell_left_out(rate, at_end=True)


@contextmanager
def _hooks() -> Iterator[None]:
    """Log the warnings of Python, and exceptions that nobody can catch, for the block."""
    unraisable, excepthook = sys.unraisablehook, threading.excepthook
    sys.unraisablehook = threading.excepthook = _log_uncaught
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        sys.unraisablehook, threading.excepthook = unraisable, excepthook


def _log_uncaught(failure: Any) -> None:  # noqa: ANN401 - the argument of either hook
    log.error("uncaught exception", exc_info=failure.exc_value)


def set_up(config: Config, output: Output | None = None, rate: LogRate | None = None) -> None:
    """Configure structlog and the loggers of libraries.

    Args:
        config: ``log_level`` and ``log_format``.
        output: Where to write; standard error as it is if it is left out.
        rate: Leaves out lines of which there are too many.
    """
    level = getattr(logging, config.log_level.upper())
    details.wanted = level <= logging.DEBUG
    structlog.configure(
        processors=[
            rate or LogRate(0),
            add_subject,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(config.log_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", output or _Careful(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    # Hypercorn and Quart log failing requests by the standard library.
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


def _tell_left_out(rate: LogRate, *, at_end: bool = False) -> None:
    for kind, count in rate.left_out(at_end=at_end):
        getattr(log, kind.level)(f"{kind.event}: {count} more like this", **{COUNT: count})


def _renderers(log_format: str) -> list[structlog.typing.Processor]:
    is_terminal = sys.stderr.isatty()
    has_colors = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    people = log_format == "console" or (log_format == "auto" and is_terminal)
    if people:
        return [
            _escape,
            structlog.dev.ConsoleRenderer(colors=has_colors, exception_formatter=_write_traceback),
        ]
    # Without the local variables of each frame, among which are messages.
    transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(transform),
        _cut,
        structlog.processors.JSONRenderer(),
        _escape_delete,
    ]


def _escape(
    _logger: object, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what is logged and the values beside it, but no traceback."""
    return {
        escaped(name): value if name == "exc_info" else _shown(value)
        for name, value in entry.items()
    }


def _shown(value: object) -> object:
    """Return a value whose text no terminal takes for a command."""
    if isinstance(value, bool | int | float | None):
        return value
    return escaped(str(value)[:VALUE_LIMIT])


def _cut(
    _logger: object, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Cut texts that are too long, but no traceback."""
    return {
        name: value[:VALUE_LIMIT] if isinstance(value, str) else value
        for name, value in entry.items()
    }


def _escape_delete(_logger: object, _method: str, line: Any) -> str:  # noqa: ANN401 - a processor
    """Escape the one control character that JSON lets through."""
    return str(line).replace("\x7f", "\\u007f")


def _write_traceback(file: TextIO, exception: structlog.typing.ExcInfo) -> None:
    text = io.StringIO()
    structlog.dev.plain_traceback(text, exception)
    file.write("\n".join(INDENT + escaped(line) for line in text.getvalue().split("\n")))


class _Careful:
    """Writes to a stream and ignores failures: the server goes on without its log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Forwarding(io.TextIOBase):
    """Standard error for Python itself: each line becomes an entry of the log."""

    def __init__(self) -> None:
        self._begun = ""  # a line that has no end yet

    def write(self, text: str) -> int:
        *lines, begun = (self._begun + text).split("\n")
        self._begun = begun[-VALUE_LIMIT:]
        for line in filter(str.strip, lines):
            log.error(line, logger="python", kind="python")
        return len(text)


class _Forward(logging.Handler):
    """Passes log records of libraries to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._log(record)
        except Exception:  # noqa: BLE001 - arguments that do not fit are no reason to fail
            self.handleError(record)

    def _log(self, record: logging.LogRecord) -> None:
        log.log(
            min(record.levelno // LEVELS * LEVELS, logging.CRITICAL),
            record.getMessage(),
            logger=record.name,
            exc_info=record.exc_info,
            kind=f"{record.name}:{record.lineno}",  # the message may hold what a peer sent
        )
