"""Retention: deletes what is older, or more, than is to be kept."""

import math
from collections.abc import Awaitable, Callable

import structlog
import trio

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.journal.types import Journal, Pruned, Unavailable

INTERVAL = 60.0  # seconds between two looks
DAY = 24 * 60 * 60 * 1000  # milliseconds

log = structlog.get_logger()


async def retain(
    journal: Journal, emit: Callable[[Pruned], Awaitable[None]], config: Config
) -> None:
    """Delete what is too old or too much, now and then, for ever, and emit what is gone.

    Without limits it is at work, too: deletions may have left something to do.
    """
    while True:
        try:
            pruned = await journal.prune(config.keep_messages, oldest_ts(config))
        except Unavailable:
            log.warning("retention put off")
        else:
            if pruned:
                log.info("retention", rooms=len(pruned))
                await emit(Pruned(pruned))
        await trio.sleep(INTERVAL)


def oldest_ts(config: Config) -> int:
    """Return the time of the oldest event to be kept, in milliseconds since 1970."""
    return math.floor(wall_clock() - config.keep_days * DAY) if config.keep_days else 0
