"""What a case is: bytes to send, in pieces, and the frames that must come back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from tests.frames import BINARY, CONTINUATION, PING, PONG, TEXT, Seen, masked

OPEN = None  # how a case ends if the connection must still be good


@dataclass(frozen=True)
class Maybe:
    """A frame that may come back, or not: the server may have seen a later fault first."""

    frame: Seen


Step = bytes | Seen | Maybe


@dataclass(frozen=True)
class Case:
    """One exchange, behind a handshake.

    Attributes:
        id: a name for reports.
        steps: bytes are sent, a write each; ``Seen`` must come back next, before more is sent.
        close: the code with which the server closes behind the last step; 1005 for a close without
            a code. ``OPEN`` for a connection that stays: a close of ours is then answered.
        piece: bytes of a write at most; 0 for a write a step.
        settles: whether the server gets time to read each piece by itself.
    """

    id: str
    steps: tuple[Step, ...]
    close: int | None = OPEN
    piece: int = 0
    settles: bool = False


def case(id: str, *steps: Step, close: int | None = OPEN, piece: int = 0) -> Case:
    """Return a case; see ``Case``."""
    return Case(id, steps, close, piece)


def section(name: str, cases: Iterable[Case]) -> list[Case]:
    """Return the cases with the section's name before their own."""
    return [replace(one, id=f"{name}-{one.id}") for one in cases]


def in_pieces(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield each case three times: in as few writes as it can be, in its own, and in bytes."""
    for one in cases:
        yield replace(one, id=f"{one.id}-at-once", steps=tuple(_joined(one.steps)))
        yield replace(one, id=f"{one.id}-in-steps", settles=True)
        yield replace(one, id=f"{one.id}-in-bytes", piece=1)


def _joined(steps: tuple[Step, ...]) -> Iterator[Step]:
    for is_bytes, some in groupby(steps, lambda step: isinstance(step, bytes)):
        if is_bytes:
            yield b"".join(step for step in some if isinstance(step, bytes))
        else:
            yield from some


def text(payload: bytes = b"", *, fin: bool = True) -> bytes:
    """Return a text frame of a client."""
    return masked(TEXT, payload, fin=fin)


def binary(payload: bytes = b"", *, fin: bool = True) -> bytes:
    """Return a binary frame of a client."""
    return masked(BINARY, payload, fin=fin)


def more(payload: bytes = b"", *, fin: bool = False) -> bytes:
    """Return a continuation frame of a client."""
    return masked(CONTINUATION, payload, fin=fin)


def last(payload: bytes = b"") -> bytes:
    """Return the last continuation frame of a message."""
    return more(payload, fin=True)


def ping(payload: bytes = b"") -> bytes:
    """Return a ping of a client."""
    return masked(PING, payload)


def pong(payload: bytes = b"") -> bytes:
    """Return a pong of a client."""
    return masked(PONG, payload)


def got_text(payload: bytes = b"") -> Seen:
    """Return the echo of a text."""
    return Seen(TEXT, payload)


def got_binary(payload: bytes = b"") -> Seen:
    """Return the echo of a binary message."""
    return Seen(BINARY, payload)


def got_pong(payload: bytes = b"") -> Seen:
    """Return the answer to a ping."""
    return Seen(PONG, payload)


def fragments(opcode: int, payload: bytes, size: int) -> list[bytes]:
    """Return a message in frames of at most ``size`` bytes."""
    parts = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    return [
        masked(CONTINUATION if index else opcode, part, fin=index == len(parts) - 1)
        for index, part in enumerate(parts)
    ]
