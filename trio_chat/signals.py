"""Signals: how Ctrl-C and SIGTERM stop a running server, SIGUSR1 reloads it, and SIGHUP either."""

import os
import signal
from collections.abc import Awaitable, Callable

import trio

from trio_chat import held_signals
from trio_chat.protocol.close import GOING_AWAY, RESTARTING, CloseReason

# Ctrl-C is a person who stops the server; SIGTERM a supervisor, who is likely to start it again;
# SIGHUP a terminal that was closed, if there is one.
REASONS = {
    signal.SIGINT: GOING_AWAY,
    signal.SIGTERM: RESTARTING,
    signal.SIGHUP: RESTARTING,
}
RELOAD = signal.SIGUSR1


async def obey(
    stop: Callable[[CloseReason], None],
    everything: trio.CancelScope,
    *,
    is_last: bool = False,
    task_status: trio.TaskStatus[None],
) -> None:
    """Stop the server at the first signal, and cancel everything at the second.

    A second SIGHUP does not count, since a terminal that is closed may send two.

    Args:
        stop: Begins the goodbyes.
        everything: Is cancelled.
        is_last: Whether the process ignores these signals behind this, to its end.
        task_status: Is told when they are received.
    """
    numbers = _of_goodbye()
    if is_last:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)  # which is what they come back to
    with trio.open_signal_receiver(*numbers) as received:
        task_status.started()
        stop(REASONS[signal.Signals(await anext(received))])
        while await anext(received) == signal.SIGHUP:
            pass
        everything.cancel(reason="a second signal")


async def obey_reloads(
    reload: Callable[[], Awaitable[None]], *, task_status: trio.TaskStatus[None]
) -> None:
    """Have the settings read again at each signal for that, one after the other, for ever.

    Signals that came before, while the server was starting, are obeyed now.
    """
    with trio.open_signal_receiver(*_of_reload()) as received:
        held_signals.release()  # by now all of them are received
        task_status.started()
        async for _ in received:
            await reload()


def _of_goodbye() -> list[signal.Signals]:
    """Return the signals that stop the server."""
    return [number for number in REASONS if number != signal.SIGHUP or _is_hangup(at_terminal=True)]


def _of_reload() -> list[signal.Signals]:
    """Return the signals at which settings are read again."""
    return [RELOAD, *([signal.SIGHUP] if _is_hangup(at_terminal=False) else [])]


def _is_hangup(*, at_terminal: bool) -> bool:
    """Whether SIGHUP is received, and there is a terminal that may send it when it is closed.

    A SIGHUP that ``nohup`` has ignored stays ignored.
    """
    is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return not is_ignored and _has_terminal() == at_terminal


def _has_terminal() -> bool:
    """Whether the process has a controlling terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
