"""The fan-out: how one frame is written to many, by the ring where that can be, else by a loop."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from trio_chat.config import ConfigError
from trio_chat.delivery.batch import FanOut, Loop
from trio_chat.delivery.ring import NoRing, open_ring

log = structlog.get_logger()


@contextmanager
def open_fan_out(choice: str) -> Iterator[FanOut]:
    """Have a way to write to many for the block.

    Args:
        choice: ``ring``, ``loop``, or ``auto``, which is the ring if it can be had; if not, the log
            tells why at the level ``debug``.

    Raises:
        ConfigError: the ring is asked for, and cannot be had.
    """
    if choice == "loop":
        yield Loop
        return
    try:
        ring = open_ring()
    except NoRing as error:
        if choice == "ring":
            raise ConfigError(f"fan_out 'ring' cannot be had here: {error}") from None
        log.debug("no ring", reason=str(error))
        yield Loop
        return
    with ring:
        yield ring.batch
