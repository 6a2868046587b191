"""The heartbeat: one task that looks after each connection whenever something is due there."""

import math
from typing import Protocol

import trio

STEP = 1 / 16  # seconds; by so much at most it comes late
AT_ONCE = 32  # connections that are looked after before other tasks run: a millisecond


class Beating(Protocol):
    """A connection that is looked after."""

    def beat(self, now: float) -> None:
        """Do what is due; must not raise, and may ask for another time."""
        ...


class Heartbeat:
    """The connections, by the moment at which something is due; ``run`` runs while there are any.

    A timer of its own would cost each connection a cancel scope for its whole life, and two
    exceptions a ping: with 19,000 connections a tenth of a core.
    """

    def __init__(self) -> None:
        self._slots: dict[int, set[Beating]] = {}  # by the steps until then
        self._first = math.inf  # of them, for which ``run`` sleeps
        self._sleep = trio.CancelScope()

    def add(self, connection: Beating, due: float) -> None:
        """Have a connection looked after at a time of Trio's clock, which may be infinite."""
        if due < math.inf:
            slot = _slot(due)
            self._slots.setdefault(slot, set()).add(connection)
            if slot < self._first:
                self._first = slot
                self._sleep.deadline = slot * STEP

    def remove(self, connection: Beating, due: float) -> None:
        """Forget a connection and that time, if they are there."""
        if due < math.inf and (connections := self._slots.get(_slot(due))):
            connections.discard(connection)
            if not connections:
                del self._slots[_slot(due)]

    async def run(self) -> None:
        """Look after connections until it is cancelled."""
        while True:
            self._first = min(self._slots, default=math.inf)
            with trio.CancelScope(deadline=self._first * STEP) as self._sleep:
                await trio.sleep_forever()
            await self._beat()

    async def _beat(self) -> None:
        """Look after all whose time has come, some at once."""
        count, now = 0, trio.current_time()
        for slot in sorted(slot for slot in self._slots if slot * STEP <= now):
            while connections := self._slots.get(slot):
                connections.pop().beat(trio.current_time())
                count += 1
                if count % AT_ONCE == 0:
                    await trio.lowlevel.checkpoint()
            self._slots.pop(slot, None)


def _slot(due: float) -> int:
    return math.ceil(due / STEP)
