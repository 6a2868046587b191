"""A request and its outcome."""

from collections.abc import Callable
from typing import TypeVar

import trio

from trio_chat.protocol import answers, requests
from trio_chat.remote.errors import ChatError, Ended

NOW = float("-inf")

A = TypeVar("A", bound=answers.Answer)


class PendingRequest:
    """One request and its outcome.

    Args:
        request: Gets its ``id`` from ``PendingRequests``.
        room: The room that must be joined before the request is sent; ``None`` for any time.
        is_resent: Whether it is sent again on the next connection while it has no answer.
            If not, it counts as done when the connection is lost.
        is_once: Whether it fails with ``Lost`` instead, if it had been sent.
        due: The time of Trio's clock before which it is not sent.
        on_ok: Is called when it is done: before what the server says next is taken in, which may
            outrank it. Those who wait for the answer go on later.
    """

    def __init__(
        self,
        request: requests.Request,
        room: str | None = None,
        *,
        is_resent: bool = True,
        is_once: bool = False,
        due: float = NOW,
        on_ok: Callable[[], None] = lambda: None,
    ) -> None:
        self.request = request
        self.room = room
        self.is_resent = is_resent
        self.is_once = is_once
        self.due = due
        self.on_ok = on_ok
        self.data = b""
        self.has_slot = False
        self.answer: answers.Answer | None = None
        self.error: ChatError | None = None
        self._done = trio.Event()

    @property
    def is_done(self) -> bool:
        """Whether there is an answer or an error."""
        return self._done.is_set()

    @property
    def number(self) -> int:
        """The id, which it has once ``PendingRequests`` holds it."""
        assert isinstance(self.request.id, int)
        return self.request.id

    def finish(self, answer: answers.Answer | None, error: ChatError | None) -> None:
        """Store the outcome and wake the tasks that wait for it."""
        self.answer, self.error = answer, error
        if isinstance(answer, answers.Ok):
            self.on_ok()
        self._done.set()

    async def wait(self, kind: type[A]) -> A:
        """Wait for the answer, across reconnects.

        Raises:
            Refused: the server does not grant the request.
            Ended: the chat is over, or the server gave an answer of another kind.
        """
        await self._done.wait()
        if self.error:
            raise self.error
        if not isinstance(self.answer, kind):
            raise Ended(1002, "the server gave an answer to another question")
        return self.answer
