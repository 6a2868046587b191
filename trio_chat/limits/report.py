"""The report: which limits were reached and how far budgets are used, logged on demand."""

import signal
from collections.abc import Callable, Mapping

import structlog
import trio

from trio_chat.limits.limits import Limits

Gauge = Callable[[], float]

log = structlog.get_logger()


async def report(
    limits: Limits, gauges: Mapping[str, Gauge], *, task_status: trio.TaskStatus[None]
) -> None:
    """Log two lines at each SIGUSR2, until cancelled.

    Args:
        limits: Count how often each was reached, by the way in.
        gauges: Each tells which share of a budget is in use.
        task_status: Is told when the signal is waited for.
    """
    with trio.open_signal_receiver(signal.SIGUSR2) as received:
        task_status.started()
        while True:
            await anext(received)
            used = {name: f"{gauge():.1%}" for name, gauge in gauges.items()}
            log.info("budgets in use", budgets=used)
            counts = limits.counters.reached.items()
            reached = {f"{limit} {way_in}": times for (limit, way_in), times in counts}
            log.info("limits reached since the start", limits=reached)
