"""Signals of operators that come while the server starts wait until it can obey them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

HELD = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


@contextmanager
def holding() -> Iterator[None]:
    """Hold signals back for the block, or until ``release``; without a receiver they do nothing.

    By default each of them ends the process. One that is ignored, as under ``nohup``, stays so.
    """
    for number in HELD:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def release() -> None:
    """Let those come that were held back, and all later ones."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
