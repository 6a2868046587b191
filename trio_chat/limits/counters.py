"""Counters: how often each limit was reached, and by which way in."""

from collections import Counter

import structlog

from trio_chat.limits.addresses import key_of
from trio_chat.log_context import peer_class

LOG_INTERVAL = 10.0  # seconds between two log lines about the same limit

log = structlog.get_logger()


class Counters:
    """Counts by limit and way in, and logs each limit now and then, with the setting to change.

    There are as many counts as limits and ways in.
    """

    def __init__(self) -> None:
        self.reached: Counter[tuple[str, str]] = Counter()
        self._logged_at: dict[str, float] = {}
        self._unlogged: Counter[str] = Counter()

    def count(self, limit: str, way_in: str, address: str, now: float) -> None:
        """Count that a limit was reached.

        Args:
            limit: The name of the setting.
            way_in: ``socket``, ``plain``, ``sse``, ``http``, ``accept``, ``access``
                or ``journal``.
            address: The peer's, of which the log gets what counts as one address.
            now: Trio's time.
        """
        self.reached[limit, way_in] += 1
        self._unlogged[limit] += 1
        if now - self._logged_at.get(limit, float("-inf")) >= LOG_INTERVAL:
            self._logged_at[limit] = now
            log.warning(
                "limit reached",
                times=self._unlogged.pop(limit),
                way_in=way_in,
                address=key_of(address),
                peer=peer_class(address),
                setting="--" + limit.replace("_", "-"),
            )
