"""Signals: what Ctrl-C and SIGTERM mean for a running server."""

import signal
from collections.abc import Callable

import trio

from trio_chat.protocol.close import GOING_AWAY, RESTARTING, CloseReason

# Ctrl-C is a person who stops the server; SIGTERM a supervisor, who is likely to start it again.
REASONS = {signal.SIGINT: GOING_AWAY, signal.SIGTERM: RESTARTING}


async def obey(
    stop: Callable[[CloseReason], None],
    everything: trio.CancelScope,
    *,
    task_status: trio.TaskStatus[None],
) -> None:
    """Stop the server at the first signal, and cancel everything at the second."""
    with trio.open_signal_receiver(*REASONS) as received:
        task_status.started()
        stop(REASONS[signal.Signals(await anext(received))])
        await anext(received)
        everything.cancel(reason="a second signal")
