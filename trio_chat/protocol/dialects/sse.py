"""Server-Sent Events: the objects of ``trio-chat.v1``, each as an event of its own."""

from collections.abc import Callable, Sequence

import msgspec

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.request_texts import Limits


class _Typed(msgspec.Struct):
    """The part of an object that names the event."""

    t: str


_typed = msgspec.json.Decoder(_Typed)


class Sse:
    """The dialect of followers. A stored event has the id ``EPOCH.SEQ``, to resume from.

    Args:
        epoch: Returns the one that the numbers belong to.
    """

    needs_hello = False
    knows_numbers = True
    only_listens = True

    def __init__(self, epoch: Callable[[], str]) -> None:
        self._epoch = epoch

    def read(
        self,
        message: str | bytes,  # noqa: ARG002 - there is none
        limits: Limits,  # noqa: ARG002 - nor anything to limit
    ) -> list[requests.Understood]:
        """Return nothing: a follower sends no requests."""
        return []

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Return the events, one below the other."""
        return b"".join(payloads)

    def wrap(self, payload: bytes) -> bytes:
        """Return the events as they are."""
        return payload

    def tell(self, event: events.Event, data: bytes | None) -> bytes | None:
        """Return an event, with an id if it is stored."""
        encoded = data or events.encode(event)
        if isinstance(event, events.StoredEvent):
            return self.recall(event.seq, encoded)
        return _event(encoded)

    def recall(self, seq: int, data: bytes) -> bytes:
        """Return a stored event."""
        return b"id: %b\n%b" % (self._id(seq), _event(data))

    def answer(self, answer: answers.Answer) -> bytes | None:
        """Return a ``joined``, with the id to resume from; other answers are left out.

        The ``id`` of the join request is the number that the follower has.
        """
        if not isinstance(answer, answers.Joined):
            return None
        has = answer.id if isinstance(answer.id, int) and not answer.reset else answer.last
        return self.recall(has, answers.encode(answer))

    def bye(self, reason: CloseReason) -> bytes:
        """Return the ``bye`` before the end of the stream."""
        return _event(v1.bye(reason))

    def _id(self, seq: int) -> bytes:
        return f"{self._epoch()}.{seq}".encode()


def _event(data: bytes) -> bytes:
    """Return an event named after its object, whose JSON has no line ends."""
    return b"event: %b\ndata: %b\n\n" % (_typed.decode(data).t.encode(), data)
