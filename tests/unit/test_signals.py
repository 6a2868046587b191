"""Rules of the signals that end a server."""

import os
import signal

import pytest
import trio

from trio_chat import signals
from trio_chat.protocol.close import RESTARTING, CloseReason

NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.mark.parametrize("is_last", [False, True])
async def test_a_worker_obeys_no_signal_behind_its_goodbyes(*, is_last: bool) -> None:
    """What it closes then is closed as a whole, however often it is told to end."""
    before = [signal.getsignal(number) for number in NUMBERS]
    told: list[CloseReason] = []
    try:
        async with trio.open_nursery() as nursery:

            async def obey(task_status: trio.TaskStatus[None]) -> None:
                stop, everything = told.append, trio.CancelScope()
                await signals.obey(stop, everything, is_last=is_last, task_status=task_status)

            await nursery.start(obey)
            os.kill(os.getpid(), signal.SIGTERM)
            while not told:
                await trio.sleep(0.001)
            nursery.cancel_scope.cancel()
        assert told == [RESTARTING]
        ignored = signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        assert ignored == is_last
        if ignored:
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for number, handler in zip(NUMBERS, before, strict=True):
            signal.signal(number, handler)
