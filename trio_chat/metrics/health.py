"""Health: whether the hub takes turns, and whether messages are kept and delivered."""

from collections.abc import Callable

import structlog
import trio

from trio_chat.core.inbox import Inbox
from trio_chat.core.messages import Nudge, Prove

TURN_TIMEOUT = 5.0  # seconds in which the hub has to take a turn, or it counts as stuck
PROOF_TIMEOUT = 2.0  # seconds in which the canary has to be heard
AGAIN = 1.0  # seconds for which an answer holds, so that probes cost no more, however many come

STUCK = "the hub takes no turns"
LATE = "messages are not delivered in time"
STARTING = "it starts"
DRAINING = "it stops"

log = structlog.get_logger()

Hear = Callable[[str | None], None]  # takes what is wrong, ``None`` if nothing is


class Check:
    """Asks the hub something, once at a time; whoever asks meanwhile hears the same.

    Args:
        ask: Asks; what it gets is called with the answer, or never.
        timeout: Seconds in which the answer has to be there.
        late: What is wrong if it is not.
    """

    def __init__(self, ask: Callable[[Hear], None], timeout: float, late: str) -> None:
        self._ask = ask
        self._timeout = timeout
        self._late = late
        self._waiting: trio.Event | None = None  # while there is no answer
        self._asked_at = float("-inf")
        self._fault: str | None = None

    async def fault(self) -> str | None:
        """Return what is wrong, within the timeout; ``None`` if nothing is."""
        if self._waiting is None:
            if trio.current_time() < self._asked_at + AGAIN:
                return self._fault
            self._waiting, self._asked_at = trio.Event(), trio.current_time()
            self._ask(self._hear)
        with trio.move_on_after(self._timeout):
            await self._waiting.wait()
            return self._fault
        return self._late

    def _hear(self, fault: str | None) -> None:
        assert self._waiting is not None  # an answer comes once
        self._fault = fault
        self._waiting.set()
        self._waiting = None


class Health:
    """The health of one server.

    ``closed`` says why it takes nobody in, whatever else is right.

    Args:
        inbox: Of the hub.
        overload: Returns why newcomers are refused, if they are.
    """

    def __init__(self, inbox: Inbox, overload: Callable[[], str | None]) -> None:
        self.closed: str | None = STARTING
        self.fault: str | None = STARTING  # as of the last look, for figures
        self._overload = overload
        self._turn = Check(lambda hear: inbox.post(Nudge(lambda: hear(None))), TURN_TIMEOUT, STUCK)
        self._proof = Check(lambda hear: inbox.post(Prove(hear)), PROOF_TIMEOUT, LATE)

    async def alive(self) -> str | None:
        """Return why the server has to be started again; ``None`` if it has not."""
        return await self._turn.fault()

    async def ready(self) -> str | None:
        """Return why nobody should be led here now; ``None`` if all is right."""
        reason = self._overload()
        fault = self.closed or (f"overloaded: {reason}" if reason else await self._proof.fault())
        if fault and fault != self.fault:
            log.warning("not ready", reason=fault)
        elif self.fault and not fault:
            log.info("ready")
        self.fault = fault
        return fault
