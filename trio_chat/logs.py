"""Sets up structured logging: lines for people on a terminal, JSON elsewhere."""

import io
import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

from trio_chat.config import Config


def set_up(config: Config) -> None:
    """Configure structlog and the loggers of libraries to write to standard error."""
    level = getattr(logging, config.log_level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(config.log_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Careful(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    # Hypercorn and Quart log failing requests by the standard library.
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


def _renderers(log_format: str) -> list[structlog.typing.Processor]:
    people = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    if people:
        return [
            _escape_event,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=_write_traceback
            ),
        ]
    # Without the local variables of each frame, among which are messages.
    transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(transform),
        structlog.processors.JSONRenderer(),
    ]


def _escape_event(
    _logger: object, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what is logged. structlog does so with the values beside it, and JSON with all."""
    entry["event"] = _escaped(str(entry["event"]))
    return entry


def _write_traceback(file: TextIO, exception: structlog.typing.ExcInfo) -> None:
    text = io.StringIO()
    structlog.dev.plain_traceback(text, exception)
    file.write("\n".join(map(_escaped, text.getvalue().split("\n"))))


def _escaped(text: str) -> str:
    """Return a text that no terminal takes for an order: what a peer sent may be in it."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


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


class _Forward(logging.Handler):
    """Passes log records of libraries to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
