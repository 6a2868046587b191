"""What a worker and its parent tell each other: lines of JSON by a pair of sockets."""

from collections.abc import MutableMapping
from typing import Literal

import msgspec
import trio

from trio_chat import log_context
from trio_chat.metrics.sums import Family
from trio_chat.net.handover import HandedPlace

VARIABLE = "TRIO_WORKER"  # of the environment of a worker: its post
LONGEST = 4_000_000  # bytes of a line; the figures of a worker take about 60,000
READ_SIZE = 65_536  # bytes

What = Literal["alive", "ready", "figures", "hurry"]


class Post(msgspec.Struct):
    """What a worker has to know: its ``number``, the descriptor of the link, where it listens."""

    number: int
    link: int
    places: list[HandedPlace]


def take_post(environment: MutableMapping[str, str]) -> Post | None:
    """Return what a parent has handed over; ``None`` if this process is no worker.

    Once taken, nothing tells of it.
    """
    told = environment.pop(VARIABLE, "")
    if not told:
        return None
    post = msgspec.json.decode(told, type=Post)
    log_context.details.worker = post.number
    return post


class Up(msgspec.Struct, tag="up"):
    """A worker serves: the addresses, and at the first start an operator's link."""

    addresses: list[str]
    operator_link: str | None


class Reloaded(msgspec.Struct, tag="reloaded"):
    """A worker has read the settings again, and has ``refused`` them for a reason, or has not."""

    refused: str | None


class Ask(msgspec.Struct, tag="ask"):
    """The parent asks a worker something, or has it cut goodbyes short, which is not answered."""

    id: int
    what: What


class Told(msgspec.Struct, tag="told"):
    """The answer: what is wrong, ``None`` if nothing is, or figures."""

    id: int
    fault: str | None = None
    figures: list[Family] = []


OF_WORKER: msgspec.json.Decoder[Up | Reloaded | Told] = msgspec.json.Decoder(Up | Reloaded | Told)
OF_PARENT: msgspec.json.Decoder[Ask] = msgspec.json.Decoder(Ask)


def line(message: Up | Reloaded | Ask | Told) -> bytes:
    """Return a message as it is sent."""
    return msgspec.json.encode(message) + b"\n"


class Lines:
    """Reads lines, of ``LONGEST`` bytes at most.

    Args:
        stream: Where they come from.
    """

    def __init__(self, stream: trio.abc.ReceiveStream) -> None:
        self._stream = stream
        self._read = bytearray()

    async def next(self) -> bytes | None:
        """Return the next line; ``None`` when the other end is gone, or sends what is no line."""
        begin = 0
        while (end := self._read.find(b"\n", begin)) < 0:
            begin = len(self._read)
            if begin > LONGEST:
                return None
            try:
                data = await self._stream.receive_some(READ_SIZE)
            except trio.BrokenResourceError:
                return None
            if not data:
                return None
            self._read += data
        found = bytes(self._read[:end])
        del self._read[: end + 1]
        return found
