"""Signals: how Ctrl-C, SIGTERM and SIGHUP stop a running server."""

import signal
from collections.abc import Callable

import trio

from trio_chat.protocol.close import GOING_AWAY, RESTARTING, CloseReason

# Ctrl-C is a person who stops the server; SIGTERM a supervisor, who is likely to start it again;
# SIGHUP a terminal that was closed, or a supervisor as well.
REASONS = {
    signal.SIGINT: GOING_AWAY,
    signal.SIGTERM: RESTARTING,
    signal.SIGHUP: RESTARTING,
}


async def obey(
    stop: Callable[[CloseReason], None],
    everything: trio.CancelScope,
    *,
    task_status: trio.TaskStatus[None],
) -> None:
    """Stop the server at the first signal, and cancel everything at the second.

    A second SIGHUP does not count, since a terminal that is closed may send two.
    """
    with trio.open_signal_receiver(*_expected()) as received:
        task_status.started()
        stop(REASONS[signal.Signals(await anext(received))])
        while await anext(received) == signal.SIGHUP:
            pass
        everything.cancel(reason="a second signal")


def _expected() -> list[signal.Signals]:
    """Return the signals to receive: a SIGHUP that ``nohup`` has ignored stays ignored."""
    is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in REASONS if number != signal.SIGHUP or not is_ignored]
