"""Overload: newcomers are refused while the server has too much to do for those who are there."""

from collections import deque
from collections.abc import Callable

import structlog
import trio

from trio_chat.measures import Histogram

INTERVAL = 0.25  # seconds between two looks
LOOKS = 8  # of which the worst lag counts, as stalls come and go
REFUSED_FROM = 0.9  # of what is possible; from there on newcomers are refused
ADMITTED_AGAIN = 0.6  # below that of everything they come in again, so that it does not flap

# The settings behind the reasons for which newcomers are refused.
SETTINGS = {"lag": "lag_limit", "outboxes": "all_outbox_bytes"}

log = structlog.get_logger()


class Overload:
    """Watches how far what there is of time and memory is used up.

    Each gauge tells which share of its limit is in use.

    Args:
        lag_limit: Seconds by which Trio's loop may be late.
    """

    def __init__(self, lag_limit: float) -> None:
        self.lag_limit = lag_limit
        self._lags: deque[float] = deque(maxlen=LOOKS)
        self.gauges: dict[str, Callable[[], float]] = {}
        self.shares: dict[str, float] = {}  # at the last look
        self.lag = Histogram()  # seconds, of all looks
        self.reason: str | None = None  # why newcomers are refused, if they are

    async def watch(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            before = trio.current_time()
            await trio.sleep(INTERVAL)
            lag = trio.current_time() - before - INTERVAL
            self.shares = {name: gauge() for name, gauge in self.gauges.items()}
            self._lags.append(lag)
            self.lag.observe(lag)
            self.shares["lag"] = max(self._lags) / self.lag_limit
            self._judge()

    def _judge(self) -> None:
        worst = max(self.shares, key=lambda name: self.shares[name])
        if self.reason is None and self.shares[worst] >= REFUSED_FROM:
            self.reason = worst
            log.warning("overloaded: newcomers are refused", reason=worst)
        elif self.reason is not None and self.shares[worst] < ADMITTED_AGAIN:
            log.info("newcomers come in again")
            self.reason = None
