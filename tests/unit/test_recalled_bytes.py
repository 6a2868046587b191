"""Rules of what somebody has uploaded before the server was started."""

from typing import cast

import trio
from trio.testing import MockClock

from trio_chat.config import Config
from trio_chat.files.keeper import FileKeeper
from trio_chat.limits.limits import Limits
from trio_chat.rates import Rate
from trio_chat.web.api.calls import Calls
from trio_chat.web.api.uploads import Uploading


class Keeper:
    """Has a file of six bytes of everybody, which it finds in a second."""

    def __init__(self) -> None:
        self.asked = 0

    async def spent(self, person_id: str, seconds: float) -> list[tuple[float, int]]:
        self.asked += 1
        await trio.sleep(1)
        return [(0.0, 6)]


async def test_two_requests_at_once_count_it_once(autojump_clock: MockClock) -> None:
    """Both look it up, as neither knows of the other; the one that is told later leaves it."""
    config = Config(file_byte_rate=Rate(0.0001, 10))
    keeper, limits = Keeper(), Limits(config)
    uploading = Uploading(cast("Calls", None), cast("FileKeeper", keeper), limits, config)
    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(uploading._recall, "ann")
    now = trio.current_time()
    bucket = limits.people.of("ann", now).bucket("file_byte_rate")
    assert keeper.asked == 2
    assert bucket.delay(now, 4) == 0
    assert bucket.delay(now, 5) > 0
