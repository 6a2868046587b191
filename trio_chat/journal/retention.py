"""Retention: deletes what is older, or more, than is to be kept."""

import math
from collections.abc import Awaitable, Callable

import structlog
import trio

from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.journal import Journal
from trio_chat.journal.made_rooms import MadeRooms, find_unused, note_visits
from trio_chat.journal.types import PeopleForgotten, Pruned, RoomsUnused, Unavailable

INTERVAL = 60.0  # seconds between two looks
FORGET_INTERVAL = 3600.0  # seconds between two looks for rooms and people to forget
DAY = 24 * 60 * 60 * 1000  # milliseconds
TRUST = 60 * 60  # seconds; a larger jump of the clock is explained by nothing

log = structlog.get_logger()


class ClockCheck:
    """Tells whether the wall clock can be believed: what is deleted by mistake is gone.

    A clock can be years off until the computer has asked others for the time. So after a jump of
    more than an hour, and at a start more than an hour away from the last sign of the time, the
    wall clock is believed once it has gone on like the monotonic one for an hour.

    Args:
        known: When there was a sign of the time last, in ms since 1970; ``None`` if never.
        now: The wall clock, in ms since 1970.
    """

    def __init__(self, known: int | None, now: int) -> None:
        self._wall, self._monotonic = now, trio.current_time()
        is_far = known is not None and abs(now - known) > TRUST * 1000
        self._believed_at = self._monotonic + (TRUST if is_far else 0)
        if is_far:
            log.warning("deleting by age waits: the clock is not near the last known time")

    def is_right(self, now: int) -> bool:
        """Whether the wall clock, which says this, can be believed."""
        monotonic = trio.current_time()
        jump = (now - self._wall) / 1000 - (monotonic - self._monotonic)
        self._wall, self._monotonic = now, monotonic
        if abs(jump) > TRUST:
            self._believed_at = monotonic + TRUST
            log.warning("deleting by age waits: the clock has jumped", seconds=round(jump))
        return monotonic >= self._believed_at


async def retain(
    journal: Journal,
    emit: Callable[[Pruned | PeopleForgotten | RoomsUnused], Awaitable[None]],
    config: Config,
    is_used: Callable[[str], bool],
    made: MadeRooms,
    clock: Callable[[], int] = wall_clock,
) -> None:
    """Delete what is too old or too much, now and then, for ever, and emit what is gone.

    Without limits it is at work, too: deletions may have left something to do.

    Args:
        journal: Where that is.
        emit: Takes what is gone.
        config: What is to be kept.
        is_used: Tells of a name whether somebody is in its room, which is not forgotten then.
        made: Knows which rooms were made, and when they were used.
        clock: The wall clock, in ms since 1970.
    """

    async def tell(first: dict[str, int]) -> None:
        await emit(Pruned(first))

    check: ClockCheck | None = None
    forget_at = 0.0
    while True:
        try:
            check = check or ClockCheck(await _known_time(journal), clock())
            now = clock()  # all goes by it: the clock may jump while something is deleted
            is_right = check.is_right(now)
            before = oldest_ts(config, now) if is_right else 0
            pruned = await journal.prune(
                config.keep_messages, before, tell, is_clock_right=is_right
            )
            if pruned:
                log.info("retention", rooms=len(pruned))
            await note_visits(journal, made)
            if is_right and trio.current_time() >= forget_at:
                forget_at = trio.current_time() + FORGET_INTERVAL
                if config.forget_rooms_days:
                    await find_unused(journal, emit, made, _unused_since(config, now))
                await _forget(journal, config, now, is_used)
                await _forget_people(journal, config, now, emit)
        except Unavailable:
            log.warning("retention put off")
        if forgotten := made.take_forgotten():
            log.info("made rooms forgotten", rooms=forgotten)
        await trio.sleep(INTERVAL)


def _unused_since(config: Config, now: int) -> int:
    """Return since when a made room has to be unused, in ms since 1970, to be forgotten.

    What moderators have done can be taken back until then.
    """
    return math.floor(now - max(config.forget_rooms_days * DAY, SEALED))


async def _forget(
    journal: Journal, config: Config, now: int, is_used: Callable[[str], bool]
) -> None:
    """Forget the rooms in which nothing is kept, and nothing was said for long enough."""
    if not config.forget_rooms_days:
        return
    forgotten = await journal.forget(math.floor(now - config.forget_rooms_days * DAY), is_used)
    if forgotten:
        log.info("rooms forgotten", rooms=forgotten)


async def _forget_people(
    journal: Journal,
    config: Config,
    now: int,
    emit: Callable[[Pruned | PeopleForgotten], Awaitable[None]],
) -> None:
    """Forget people of whom neither nick nor session is kept any more."""
    if not config.session_days:
        return
    before = math.floor(now - max(config.nick_keep_days, config.session_days) * DAY)
    forgotten = await journal.forget_people(before)
    if forgotten:
        await emit(PeopleForgotten(forgotten, before))
        log.info("people forgotten", people=len(forgotten))


async def _known_time(journal: Journal) -> int | None:
    """Return the last time that is known: when old events were looked for, or the newest one's."""
    known = await journal.last_prune()
    if known is None:
        newest = await journal.rooms(1)
        known = newest[0].ts if newest else None
    return known


def oldest_ts(config: Config, now: int) -> int:
    """Return the time of the oldest event to be kept, in milliseconds since 1970; 0 for all."""
    return math.floor(now - config.keep_days * DAY) if config.keep_days else 0
