"""Rules of overload: newcomers are refused in need, and not in and out with each moment."""

import trio
from trio.testing import MockClock

from trio_chat.limits.overload import INTERVAL, LOOKS, Overload


async def test_a_stall_is_remembered_for_some_looks(autojump_clock: MockClock) -> None:
    """Stalls come and go; between two of them newcomers do not come in."""
    overload = Overload(lag_limit=3)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(overload.watch)
        await trio.sleep(1)
        assert overload.reason is None
        autojump_clock.jump(3)
        await trio.sleep(INTERVAL)
        assert overload.reason == "lag"
        await trio.sleep((LOOKS - 2) * INTERVAL)
        assert overload.reason == "lag"
        await trio.sleep(3 * INTERVAL)
        assert overload.reason is None
        nursery.cancel_scope.cancel()


async def test_what_is_used_up_is_told_by_its_gauge(autojump_clock: MockClock) -> None:
    """Newcomers are refused from nine tenths on, and come in again below six."""
    overload, shares = Overload(lag_limit=3), [0.0]
    overload.gauges["outboxes"] = lambda: shares[-1]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(overload.watch)
        seen = []
        for share in (0.8, 0.95, 0.7, 0.5, 0.8):
            shares.append(share)
            await trio.sleep(2 * INTERVAL)
            seen.append(overload.reason)
        assert seen == [None, "outboxes", "outboxes", None, None]
        nursery.cancel_scope.cancel()
