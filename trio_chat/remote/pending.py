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
        lasts: Whether it is sent again on the next connection, until it is answered.
        due: Not before this time.
    """

    def __init__(
        self,
        request: requests.Request,
        room: str | None = None,
        *,
        lasts: bool = True,
        due: float = NOW,
    ) -> None:
        self.request = request
        self.room = room
        self.lasts = lasts
        self.due = due
        self.data = b""
        self.has_slot = False
        self.answer: answers.Answer | None = None
        self.error: ChatError | None = None
        self._over = trio.Event()

    @property
    def is_over(self) -> bool:
        """Whether it has been answered, one way or the other."""
        return self._over.is_set()

    def end(self, answer: answers.Answer | None, error: ChatError | None) -> None:
        """Take what became of it."""
        self.answer, self.error = answer, error
        self._over.set()

    async def wait(self, kind: type[A]) -> A:
        """Wait for the answer, across reconnects.

        Raises:
            Refused: it was not granted.
            Ended: the chat is over, or the answer is none to such a request.
        """
        await self._over.wait()
        if self.error:
            raise self.error
        if not isinstance(self.answer, kind):
            raise Ended(1002, "the server gave an answer to another question")
        return self.answer


class PendingRequests:
    """Holds requests until they are answered; on a new connection all are sent again, in order.

    Nothing in here waits but ``ask``, for a place among ``PENDING_LIMIT``, and ``news``.

    Args:
        on_ask: Is called when there is something new to be answered.
    """

    def __init__(self, on_ask: Callable[[], None]) -> None:
        self.frame_limit = FRAME_LIMIT
        self._on_ask = on_ask
        self._pending: dict[int, PendingRequest] = {}
        self._unsent: dict[int, PendingRequest] = {}
        self._ids = count(1)
        self._slots = trio.Semaphore(PENDING_LIMIT)
        self._news = trio.Event()
        self._end: ChatError | None = None

    @property
    def are_pending(self) -> bool:
        """Whether anything waits for its answer."""
        return bool(self._pending)

    async def ask(self, request: requests.Request, kind: type[A], room: str | None = None) -> A:
        """Ask for something and return the answer.

        Cancellation: it is not sent again. If it had been sent already, it may still be done.

        Raises:
            Refused: it was not granted.
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        await self._slots.acquire()
        ask = self._put_or_release(PendingRequest(request, room))
        try:
            return await ask.wait(kind)
        finally:
            self._drop(ask)

    def submit(self, request: requests.Request, room: str) -> PendingRequest:
        """Ask for something, and do not wait.

        Raises:
            trio.WouldBlock: too much is waiting for an answer.
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        self._slots.acquire_nowait()
        return self._put_or_release(PendingRequest(request, room))

    def _put_or_release(self, ask: PendingRequest) -> PendingRequest:
        try:
            self.put(ask)
        except BaseException:
            self._slots.release()
            raise
        ask.has_slot = True
        return ask

    def put(self, ask: PendingRequest) -> int:
        """Take in something to ask for that is not counted, and return its id.

        Raises:
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        if self._end:
            raise self._end
        ask.request.id = number = next(self._ids)
        ask.data = wire.write(ask.request)
        self._pending[number] = self._unsent[number] = ask
        self._news.set()
        self._on_ask()
        return number

    def begin(self) -> None:
        """Begin a connection: what lasts is to be sent again, the rest is over."""
        for ask in [ask for ask in self._pending.values() if not ask.lasts]:
            self._end_one(ask, answers.Ok(), None)
        self._unsent = dict(self._pending)

    def take(self, answer: answers.Answer) -> PendingRequest | None:
        """Take an answer in; return what it answers, if that is known.

        What is refused for the moment only is asked for again, at its time.
        """
        ask = self._pending.get(answer.id) if isinstance(answer.id, int) else None
        if ask is None:
            return None
        if not isinstance(answer, answers.Error):
            self._end_one(ask, answer, None)
        elif answer.retry_ms is None or not ask.lasts:
            self._end_one(ask, answer, Refused(answer.code, answer.text))
        else:
            ask.due = trio.current_time() + answer.retry_ms / 1000
            self._unsent[self._number(ask)] = ask
            self._news.set()
        return ask

    def outgoing(self, is_here: Callable[[str], bool]) -> Iterator[str]:
        """Yield the messages with which to send all that can be sent now.

        Args:
            is_here: Tells whether we are in a room.
        """
        objects: list[bytes] = []
        size = BRACKETS
        for ask in self._ready(is_here):
            if objects and size + len(ask.data) > self.frame_limit:
                yield wire.frame(objects)
                objects, size = [], BRACKETS
            objects.append(ask.data)
            size += len(ask.data) + 1
        if objects:
            yield wire.frame(objects)

    def _ready(self, is_here: Callable[[str], bool]) -> Iterator[PendingRequest]:
        """Yield what can be sent now, and count it as sent."""
        now = trio.current_time()
        for ask in list(self._unsent.values()):
            if ask.due <= now and (ask.room is None or is_here(ask.room)):
                del self._unsent[self._number(ask)]
                if len(ask.data) + BRACKETS > self.frame_limit:
                    self._end_one(ask, None, Refused("too_long", "this is too long to be sent"))
                else:
                    yield ask

    async def news(self) -> None:
        """Wait until there may be something to send."""
        now = trio.current_time()
        later = (ask.due for ask in self._unsent.values() if ask.due > now)
        with trio.move_on_at(min(later, default=NEVER)):
            await self._news.wait()
        self._news = trio.Event()

    def look(self) -> None:
        """Let ``news`` return: something that waited may be sent now."""
        self._news.set()

    def refuse_room(self, room: str, error: ChatError) -> None:
        """End all that waits for a room that we will not be in."""
        for ask in [ask for ask in self._pending.values() if ask.room == room]:
            self._end_one(ask, None, error)

    def close(self, error: ChatError) -> None:
        """End all: the chat is over."""
        self._end = error
        for ask in list(self._pending.values()):
            self._end_one(ask, None, error)

    def _end_one(
        self, ask: PendingRequest, answer: answers.Answer | None, error: ChatError | None
    ) -> None:
        self._drop(ask)
        ask.end(answer, error)

    def _drop(self, ask: PendingRequest) -> None:
        number = self._number(ask)
        self._pending.pop(number, None)
        self._unsent.pop(number, None)
        if ask.has_slot:
            ask.has_slot = False
            self._slots.release()

    @staticmethod
    def _number(ask: PendingRequest) -> int:
        assert isinstance(ask.request.id, int)
        return ask.request.id
