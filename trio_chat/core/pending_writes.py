"""Pending writes: what the journal has been asked to keep, and who waits for the answer."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from trio_chat.core.connection_state import ConnectionState
from trio_chat.delivery.recipient import Requester
from trio_chat.journal.types import HELD, Committed, Duplicate, Rejected, Result
from trio_chat.protocol import answers
from trio_chat.protocol.request_error import RequestError

WRITES_EACH = 16  # of one connection that may be unanswered; then its next requests wait
WRITES = 128  # of all connections, beyond the first of each: a commit of them takes some ms
WRITES_OF_ALL = 1024  # with those of HTTP requests, which are refused beyond
UNAVAILABLE = "the server cannot store messages just now"


class Pending(NamedTuple):
    """A write that the journal has, and who is to hear what became of it; ``None`` for nobody.

    ``answer`` returns what they are told once it is kept, or was before, ``None`` if that comes
    later; without it they are told its number. ``hold`` is called if it needs approval; it returns
    what they are told then. ``over`` is called whatever became of it, before anything follows.
    """

    requester: Requester | None
    state: ConnectionState | None  # of a connection
    id: answers.Id
    answer: Callable[[Committed | Duplicate], answers.Answer | None] | None = None
    hold: Callable[[], Rejected] | None = None
    over: Callable[[], None] | None = None


class Settled(NamedTuple):
    """What became of a write: who is told what, and the event if it is kept now."""

    requester: Requester | None
    answer: answers.Answer | None
    committed: Committed | None


SILENT = Pending(None, None, None)  # of which nobody is told


class PendingWrites:
    """A queue: the journal tells what became of writes in the order in which it got them."""

    def __init__(self) -> None:
        self._queue: deque[Pending] = deque()

    def __len__(self) -> int:
        """Return how many writes are unanswered."""
        return len(self._queue)

    def has_room(self, state: ConnectionState) -> bool:
        """Whether a connection may ask for one more write now.

        One that has none under way always may, so a flood of others costs it one commit at most.
        """
        return not state.writes or (state.writes < WRITES_EACH and len(self) < WRITES)

    def check_room(self) -> None:
        """Make sure that somebody without a connection may ask for one more write now.

        Raises:
            RequestError: too many wait.
        """
        if len(self) >= WRITES_OF_ALL:
            raise RequestError("busy", "too much waits to be stored", retry_ms=1000)

    def add(self, pending: Pending) -> None:
        """Take in that the journal gets one more write."""
        if pending.state:
            pending.state.writes += 1
        self._queue.append(pending)

    def settle(self, results: Sequence[Result]) -> Iterator[Settled]:
        """Yield what became of each write."""
        for told in results:
            pending = self._pop()
            result = pending.hold() if told is HELD and pending.hold else told
            if pending.answer and not isinstance(result, Rejected):
                answer = pending.answer(result)
            else:
                answer = answer_of(pending.id, result)
            committed = result if isinstance(result, Committed) else None
            yield Settled(pending.requester, answer, committed)

    def fail(self, count: int, retry_ms: int) -> Iterator[tuple[Requester, answers.Answer]]:
        """Yield for each of the next writes who asked for it, and that nothing was kept."""
        for _ in range(count):
            pending = self._pop()
            error = answers.Error(
                id=pending.id, code="unavailable", text=UNAVAILABLE, retry_ms=retry_ms
            )
            if pending.requester:
                yield pending.requester, error

    def _pop(self) -> Pending:
        pending = self._queue.popleft()
        if pending.state:
            pending.state.writes -= 1
        if pending.over:
            pending.over()
        return pending


def answer_of(id: answers.Id, result: Result) -> answers.Answer:
    """Return what somebody is told of what became of a write."""
    match result:
        case Committed(event):
            return answers.Ok(id=id, seq=event.seq, ts=event.ts)
        case Duplicate(seq, ts):
            return answers.Ok(id=id, seq=seq, ts=ts, dup=True)
        case _:
            return answers.Error(id=id, code=result.code, text=result.text)
