"""Sets up structured logging: lines for people on a terminal, JSON for programs elsewhere."""

import logging
import sys

import structlog

from trio_chat.config import Config


def set_up(config: Config) -> None:
    """Configure structlog, and the libraries' own loggers, to write to standard error."""
    level = getattr(logging, config.log_level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(config.log_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Hypercorn and Quart report a failing request by logging; they speak through structlog too.
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


def _renderers(log_format: str) -> list[structlog.typing.Processor]:
    people = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    if people:
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [
        structlog.processors.dict_tracebacks,
        structlog.processors.JSONRenderer(),
    ]


class _Forward(logging.Handler):
    """Hands a library's log record to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
