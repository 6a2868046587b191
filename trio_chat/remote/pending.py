"""Requests that wait for their answers, over as many connections as that takes. No I/O."""

from collections.abc import Callable, Iterator
from itertools import count

import trio

from trio_chat.protocol import answers, requests
from trio_chat.remote import wire
from trio_chat.remote.errors import ChatError, Lost, Refused
from trio_chat.remote.pending_request import A, PendingRequest

PENDING_LIMIT = 256  # requests that may wait for their answers at the same time
FRAME_LIMIT = 64 * 1024  # bytes of a frame, until the server tells its own limit
RETRY_LIMIT = 60.0  # seconds; a request that would have to wait longer is refused
OBJECT_LIMIT = 256  # objects in a frame, until the server tells its own limit
BRACKETS = 2  # bytes around the objects of a frame
NEVER = float("inf")


class PendingRequests:
    """Holds requests until they are answered, and makes the frames with which to send them.

    On a new connection all are sent again, in order. At most ``PENDING_LIMIT`` requests with a
    slot are held; besides these there is one join for each room, and one ``typing`` for each room
    that waits to be sent.

    Only ``request``, ``acquire_slot`` and ``wait_for_work`` wait.

    Args:
        on_add: Is called after a request was added.
    """

    def __init__(self, on_add: Callable[[], None]) -> None:
        self.frame_limit = FRAME_LIMIT
        self.object_limit = OBJECT_LIMIT
        self._on_add = on_add
        self._pending: dict[int, PendingRequest] = {}
        self._unsent: dict[int, PendingRequest] = {}
        self._typing: dict[str, None] = {}  # rooms, in order
        self._ids = count(1)
        self._slots = trio.Semaphore(PENDING_LIMIT)
        self._work = trio.Event()
        self._closed_by: ChatError | None = None
        self.slowed_until = -NEVER  # Trio's time until which the server has us wait

    @property
    def are_pending(self) -> bool:
        """Whether any request waits for its answer."""
        return bool(self._pending)

    async def request(
        self,
        request: requests.Request,
        kind: type[A],
        room: str | None = None,
        *,
        is_once: bool = False,
        on_ok: Callable[[], None] = lambda: None,
    ) -> A:
        """Make a request and return the answer; wait for a slot before that.

        ``on_ok`` is as in ``PendingRequest``.

        Cancellation: the request is not sent again. If it had been sent, it may still be done.

        Raises:
            Lost: the connection was lost before the answer to a request that is made once.
            Refused: the server does not grant it.
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        pending = PendingRequest(request, room, is_once=is_once, on_ok=on_ok)
        await self.acquire_slot(pending)
        try:
            self.add(pending)
            return await pending.wait(kind)
        finally:
            self.drop(pending)

    def submit(self, request: requests.Request, room: str) -> PendingRequest:
        """Make a request and do not wait.

        Raises:
            trio.WouldBlock: all slots are taken.
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        pending = PendingRequest(request, room)
        self._slots.acquire_nowait()
        pending.has_slot = True
        try:
            self.add(pending)
        except BaseException:
            self.drop(pending)
            raise
        return pending

    async def acquire_slot(self, pending: PendingRequest) -> None:
        """Wait until a slot is free and give it to a request; ``drop`` releases it."""
        await self._slots.acquire()
        pending.has_slot = True

    def check_open(self) -> None:
        """Make sure that requests can be made.

        Raises:
            ChatError: the chat is over.
        """
        if self._closed_by:
            raise self._closed_by

    def add(self, pending: PendingRequest) -> int:
        """Hold a request until it is answered, and return its id.

        Raises:
            Ended: the chat is over.
            ValueError: it has text that cannot be sent.
        """
        self.check_open()
        number = pending.request.id = next(self._ids)
        pending.data = wire.write(pending.request)
        self._pending[number] = self._unsent[number] = pending
        self._work.set()
        self._on_add()
        return number

    def drop(self, pending: PendingRequest) -> None:
        """Hold a request no longer, with or without an answer, and release its slot."""
        if isinstance(pending.request.id, int):
            self._pending.pop(pending.request.id, None)
            self._unsent.pop(pending.request.id, None)
        if pending.has_slot:
            pending.has_slot = False
            self._slots.release()

    def drop_join(self, number: int | None) -> None:
        """Drop the join with an id, if it is still held: another one takes its place."""
        pending = self._pending.get(number or 0)
        if pending:
            self._finish(pending, answers.Ok(), None)

    def drop_leaves(self, room: str) -> None:
        """Finish all requests to leave a room: it is about to be joined again."""
        for pending in list(self._pending.values()):
            if isinstance(pending.request, requests.Leave) and pending.request.room == room:
                self._finish(pending, answers.Ok(), None)

    def add_typing(self, room: str) -> None:
        """Send that we are typing in a room with the next frame, once.

        It has no id, as it has no answer. It is dropped if the connection is lost before.
        """
        self._typing[room] = None
        self._work.set()

    def start_connection(self) -> None:
        """Prepare for a new connection: mark what is resent as unsent, and finish the rest."""
        self._typing.clear()
        self.slowed_until = -NEVER
        for pending in list(self._pending.values()):
            if not pending.is_resent:
                self._finish(pending, answers.Ok(), None)
            elif pending.is_once and pending.number not in self._unsent:
                self._finish(pending, None, Lost())
        self._unsent = dict(self._pending)

    def handle(self, answer: answers.Answer) -> None:
        """Give an answer to the request that has its id, if that is held.

        A request that is refused with ``retry_ms`` is sent again after that time, unless it is
        longer than ``RETRY_LIMIT``. A join is not: its room makes a new one, with the number that
        it has reached by then.
        """
        pending = self._pending.get(answer.id) if isinstance(answer.id, int) else None
        if pending is None:
            return
        if not isinstance(answer, answers.Error):
            self._finish(pending, answer, None)
        elif answer.retry_ms is None or isinstance(pending.request, requests.Join):
            self._finish(pending, answer, Refused(answer.code, answer.text))
        else:
            self._try_again(pending, answer, answer.retry_ms / 1000)

    def _try_again(self, pending: PendingRequest, error: answers.Error, delay: float) -> None:
        """Send a request again after a delay in seconds, unless that is too long."""
        if delay > RETRY_LIMIT:
            self._finish(pending, error, Refused(error.code, error.text, delay))
            return
        pending.due = trio.current_time() + delay
        if error.code == "busy":
            self.slowed_until = max(self.slowed_until, pending.due)
        self._unsent[pending.number] = pending
        self._work.set()

    def outgoing(self, is_joined: Callable[[str], bool]) -> Iterator[str]:
        """Yield the frames with which to send all that can be sent now.

        Requests may be added and dropped between two frames.

        Args:
            is_joined: Tells whether we are in a room.
        """
        objects: list[bytes] = []
        size = BRACKETS
        for data in self._sendable(is_joined):
            is_full = size + len(data) > self.frame_limit or len(objects) >= self.object_limit
            if objects and is_full:
                yield wire.frame(objects)
                objects, size = [], BRACKETS
            objects.append(data)
            size += len(data) + 1
        if objects:
            yield wire.frame(objects)

    def _sendable(self, is_joined: Callable[[str], bool]) -> Iterator[bytes]:
        """Yield the objects that can be sent now, and mark them as sent."""
        typing, self._typing = self._typing, {}
        yield from (wire.typing(room) for room in typing if is_joined(room))
        now = trio.current_time()
        for number in list(self._unsent):
            pending = self._unsent.get(number)  # unless it was dropped since
            if pending and pending.due <= now and (not pending.room or is_joined(pending.room)):
                del self._unsent[number]
                if len(pending.data) + BRACKETS > self.frame_limit:
                    self._finish(pending, None, Refused("too_long", "this is too long to be sent"))
                else:
                    yield pending.data

    async def wait_for_work(self) -> None:
        """Wait until there may be something to send."""
        now = trio.current_time()
        later = (pending.due for pending in self._unsent.values() if pending.due > now)
        with trio.move_on_at(min(later, default=NEVER)):
            await self._work.wait()
        self._work = trio.Event()

    def wake(self) -> None:
        """Have ``wait_for_work`` return: a request that waited may be sendable now."""
        self._work.set()

    def fail_room(self, room: str, error: ChatError) -> None:
        """Fail all requests that wait for a room that will not be joined."""
        self._typing.pop(room, None)
        for pending in [pending for pending in self._pending.values() if pending.room == room]:
            self._finish(pending, None, error)

    def close(self, error: ChatError) -> None:
        """Fail all requests, also those made later: the chat is over."""
        self._closed_by = error
        for pending in list(self._pending.values()):
            self._finish(pending, None, error)

    def _finish(
        self, pending: PendingRequest, answer: answers.Answer | None, error: ChatError | None
    ) -> None:
        self.drop(pending)
        pending.finish(answer, error)
