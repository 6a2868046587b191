"""Server-Sent Events: the objects of ``trio-chat.v1``, each as an event of its own."""

from collections.abc import Sequence

import msgspec

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.dialects import v1


class _Typed(msgspec.Struct):
    """As much of an event as its name takes."""

    t: str


_typed = msgspec.json.Decoder(_Typed)


class Sse:
    """What followers are told. What is kept has an id, ``EPOCH.SEQ``, at which they can go on.

    Args:
        epoch: What the numbers belong to.
    """

    needs_hello = False
    knows_numbers = True
    only_listens = True

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch

    def read(
        self,
        message: str | bytes,  # noqa: ARG002 - there is none
        limits: requests.Limits,  # noqa: ARG002 - nor anything to limit
    ) -> list[requests.AnyRequest | requests.InvalidRequest]:
        """Return nothing: a follower cannot ask."""
        return []

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Return the events, one below the other."""
        return b"".join(payloads)

    def wrap(self, payload: bytes) -> bytes:
        """Return the events as they are."""
        return payload

    def tell(self, event: events.Event, data: bytes | None) -> bytes | None:
        """Return an event; only one that is kept has an id."""
        told = data or events.encode(event)
        return (
            self.recall(event.seq, told) if isinstance(event, events.StoredEvent) else _event(told)
        )

    def recall(self, seq: int, data: bytes) -> bytes:
        """Return an event that is kept."""
        return b"id: %b\n%b" % (self._id(seq), _event(data))

    def answer(self, answer: answers.Answer) -> bytes | None:
        """Return where the follower is, with the id of what they have; nothing else is answered.

        The ``id`` of their request is the number that they came with.
        """
        if not isinstance(answer, answers.Joined):
            return None
        has = answer.id if isinstance(answer.id, int) and not answer.reset else answer.last
        return self.recall(has, answers.encode(answer))

    def bye(self, ending: CloseReason) -> bytes:
        """Return the last words before the end of the stream."""
        return _event(v1.bye(ending))

    def _id(self, seq: int) -> bytes:
        return f"{self._epoch}.{seq}".encode()


def _event(data: bytes) -> bytes:
    """Return an event named as its object is; JSON has no line ends of its own."""
    return b"event: %b\ndata: %b\n\n" % (_typed.decode(data).t.encode(), data)
