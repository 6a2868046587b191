"""What has been asked of the server and not answered yet, over as many connections as it takes."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeVar

import trio

from trio_chat.protocol import answers, requests
from trio_chat.remote import wire
from trio_chat.remote.errors import ChatError, Ended, Refused

PENDING_LIMIT = 256  # requests that may wait for their answers at once
FRAME_LIMIT = 64 * 1024  # bytes of a message, until the server tells its own limit
BRACKETS = 2  # bytes around the objects of a message
NOW = float("-inf")
NEVER = float("inf")

A = TypeVar("A", bound=answers.Answer)


class PendingRequest:
    """One request, and what became of it.

    Args:
        request: Gets its ``id`` from ``PendingRequests``.
        room: It is not sent before we are in this room.
        is_resent: Whether it is sent again on the next connection, until it is answered.
        due: Not before this time.
    """

    def __init__(
        self,
        request: requests.Request,
        room: str | None = None,
        *,
        is_resent: bool = True,
        due: float = NOW,
    ) -> None:
        self.request = request
        self.room = room
        self.is_resent = is_resent
        self.due = due
        self.data = b""
        self.has_slot = False
        self.answer: answers.Answer | None = None
        self.error: ChatError | None = None
        self._done = trio.Event()

    @property
    def is_done(self) -> bool:
        """Whether it has been answered, one way or the other."""
        return self._done.is_set()

    def finish(self, answer: answers.Answer | None, error: ChatError | None) -> None:
        """Take what became of it."""
        self.answer, self.error = answer, error
        self._done.set()

    async def wait(self, kind: type[A]) -> A:
        """Wait for the answer, across reconnects.

        Raises:
            Refused: it was not granted.
            Ended: the chat is over, or the answer is none to such a request.
        """
        await self._done.wait()
        if self.error:
            raise self.error
        if not isinstance(self.answer, kind):
            raise Ended(1002, "the server gave an answer to another question")
        return self.answer


class PendingRequests:
    """Holds requests until they are answered; on a new connection all are sent again, in order.

    Only ``request`` and ``wait_for_work`` wait.

    Args:
        on_add: Is called when there is something new to be answered.
    """

    def __init__(self, on_add: Callable[[], None]) -> None:
        self.frame_limit = FRAME_LIMIT
        self._on_add = on_add
        self._pending: dict[int, PendingRequest] = {}
        self._unsent: dict[int, PendingRequest] = {}
        self._ids = count(1)
        self._slots = trio.Semaphore(PENDING_LIMIT)
        self._work = trio.Event()
        self._closed_by: ChatError | None = None

    @property
    def are_pending(self) -> bool:
        """Whether anything waits for its answer."""
        return bool(self._pending)

    async def request(self, request: requests.Request, kind: type[A], room: str | None = None) -> A:
        """Ask for something and return the answer.

        Cancellation: it is not sent again. If it had been sent already, it may still be done.

        Raises:
            Refused: it was not granted.
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        await self._slots.acquire()
        pending = self._add_or_release(PendingRequest(request, room))
        try:
            return await pending.wait(kind)
        finally:
            self._drop(pending)

    def submit(self, request: requests.Request, room: str) -> PendingRequest:
        """Ask for something, and do not wait.

        Raises:
            trio.WouldBlock: too much is waiting for an answer.
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        self._slots.acquire_nowait()
        return self._add_or_release(PendingRequest(request, room))

    def _add_or_release(self, pending: PendingRequest) -> PendingRequest:
        try:
            self.add(pending)
        except BaseException:
            self._slots.release()
            raise
        pending.has_slot = True
        return pending

    def add(self, pending: PendingRequest) -> int:
        """Take in something to pending for that is not counted, and return its id.

        Raises:
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        if self._closed_by:
            raise self._closed_by
        pending.request.id = number = next(self._ids)
        pending.data = wire.write(pending.request)
        self._pending[number] = self._unsent[number] = pending
        self._work.set()
        self._on_add()
        return number

    def begin(self) -> None:
        """Begin a connection: what is_resent is to be sent again, the rest is over."""
        for pending in [pending for pending in self._pending.values() if not pending.is_resent]:
            self._finish(pending, answers.Ok(), None)
        self._unsent = dict(self._pending)

    def take(self, answer: answers.Answer) -> PendingRequest | None:
        """Take an answer in; return what it answers, if that is known.

        What is refused for the moment only is asked for again, at its time.
        """
        pending = self._pending.get(answer.id) if isinstance(answer.id, int) else None
        if pending is None:
            return None
        if not isinstance(answer, answers.Error):
            self._finish(pending, answer, None)
        elif answer.retry_ms is None or not pending.is_resent:
            self._finish(pending, answer, Refused(answer.code, answer.text))
        else:
            pending.due = trio.current_time() + answer.retry_ms / 1000
            self._unsent[self._number(pending)] = pending
            self._work.set()
        return pending

    def outgoing(self, is_joined: Callable[[str], bool]) -> Iterator[str]:
        """Yield the messages with which to send all that can be sent now.

        Args:
            is_joined: Tells whether we are in a room.
        """
        objects: list[bytes] = []
        size = BRACKETS
        for pending in self._ready(is_joined):
            if objects and size + len(pending.data) > self.frame_limit:
                yield wire.frame(objects)
                objects, size = [], BRACKETS
            objects.append(pending.data)
            size += len(pending.data) + 1
        if objects:
            yield wire.frame(objects)

    def _ready(self, is_joined: Callable[[str], bool]) -> Iterator[PendingRequest]:
        """Yield what can be sent now, and count it as sent."""
        now = trio.current_time()
        for pending in list(self._unsent.values()):
            if pending.due <= now and (pending.room is None or is_joined(pending.room)):
                del self._unsent[self._number(pending)]
                if len(pending.data) + BRACKETS > self.frame_limit:
                    self._finish(pending, None, Refused("too_long", "this is too long to be sent"))
                else:
                    yield pending

    async def wait_for_work(self) -> None:
        """Wait until there may be something to send."""
        now = trio.current_time()
        later = (pending.due for pending in self._unsent.values() if pending.due > now)
        with trio.move_on_at(min(later, default=NEVER)):
            await self._work.wait()
        self._work = trio.Event()

    def wake(self) -> None:
        """Let ``wait_for_work`` return: something that waited may be sent now."""
        self._work.set()

    def fail_room(self, room: str, error: ChatError) -> None:
        """End all that waits for a room that we will not be in."""
        for pending in [pending for pending in self._pending.values() if pending.room == room]:
            self._finish(pending, None, error)

    def close(self, error: ChatError) -> None:
        """End all: the chat is over."""
        self._closed_by = error
        for pending in list(self._pending.values()):
            self._finish(pending, None, error)

    def _finish(
        self, pending: PendingRequest, answer: answers.Answer | None, error: ChatError | None
    ) -> None:
        self._drop(pending)
        pending.finish(answer, error)

    def _drop(self, pending: PendingRequest) -> None:
        number = self._number(pending)
        self._pending.pop(number, None)
        self._unsent.pop(number, None)
        if pending.has_slot:
            pending.has_slot = False
            self._slots.release()

    @staticmethod
    def _number(pending: PendingRequest) -> int:
        assert isinstance(pending.request.id, int)
        return pending.request.id
