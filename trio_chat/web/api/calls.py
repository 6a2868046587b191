"""Calls: one request from the HTTP API to the hub, and its answer."""

import msgspec
import trio

from trio_chat.config import Config
from trio_chat.core.inbox import Inbox
from trio_chat.core.messages import ApiAsked, ApiRequest
from trio_chat.delivery.frames import Frame
from trio_chat.net.problems import Problem, of_error
from trio_chat.net.visitor import Visitor
from trio_chat.protocol import answers, governing_answers, requests
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.dialects.base import Dialect

RETRY = {"Retry-After": "1"}  # seconds
UNANSWERED = (
    "the server did not answer in time, and the request may have been carried out or not; "
    "send it again with the same Idempotency-Key"
)

Answer = (
    answers.Ok
    | answers.Welcome
    | answers.Error
    | governing_answers.Created
    | governing_answers.LinkMade
    | governing_answers.LinkList
    | governing_answers.ActList
    | governing_answers.RaidPreview
    | governing_answers.HeldList
    | answers.SessionList
    | answers.MarkList
    | answers.Read
    | answers.Pair
    | answers.MayUpload
)
_decode = msgspec.json.Decoder(Answer).decode


class Caller:
    """The sender of one request. The hub answers it in the v1 dialect.

    Args:
        address: Where the request came from.
    """

    dialect: Dialect = v1

    def __init__(self, address: str) -> None:
        self.address = address
        self._answered = trio.Event()
        self._answer: Answer | None = None

    def deliver(self, frame: Frame) -> bool:
        """Take the only answer."""
        self._answer = _decode(frame.payload or b"")
        self._answered.set()
        return True

    def abort(self, reason: CloseReason) -> None:
        """Do nothing: the call ends by its own deadline."""

    async def answer(self) -> Answer:
        """Wait for the answer and return it."""
        await self._answered.wait()
        assert self._answer
        return self._answer


class Calls:
    """Sends requests of the HTTP API to the hub.

    Args:
        inbox: The hub's.
        config: ``call_timeout``.
    """

    def __init__(self, inbox: Inbox, config: Config) -> None:
        self._inbox = inbox
        self._config = config

    async def ask(
        self,
        credentials: requests.Credentials,
        request: ApiAsked,
        visitor: Visitor,
    ) -> Answer:
        """Have the hub carry out a request. What it writes is committed when this returns.

        Cancellation does not withdraw the request.

        Raises:
            Problem: the hub refused it, or did not answer within ``call_timeout``.
        """
        caller = Caller(visitor.address)
        assert visitor.grant is not None  # it says no hello of its own
        with trio.move_on_after(self._config.call_timeout):
            asked = ApiRequest(caller, credentials, request, visitor.grant, visitor.label)
            await self._inbox.put(asked)
            answer = await caller.answer()
            if isinstance(answer, answers.Error):
                raise of_error(answer)
            return answer
        raise Problem("unavailable", UNANSWERED, headers=RETRY)
