"""Hints: what a node tells others of what it has committed, as it goes over a bus.

A hint is signed with the secret of the database: whoever may send something over the bus, but not
write to the database, must not be able to speak for others.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import msgspec

from trio_chat.journal.types import Arrived, Committed, Counts
from trio_chat.protocol.events import Person
from trio_chat.protocol.events import decode as decode_event

LIMIT = 7900  # bytes of a hint; PostgreSQL takes less than 8,000
HINTS = 4  # that are sent at once with events; of more the others read
ROOMS = 1000  # that are named; of more all are to be looked at
COUNTED = 40  # buckets of which a hint tells what was taken from them
TYPING = 16  # people who type that are told of at once, each with a room and a nick
SIGNATURE = 16  # bytes, in hexadecimal digits twice as many
NODE = 16  # digits of a node's id in front of a hint
HEAD = 2 * SIGNATURE + NODE
AROUND = 9  # bytes around an event in a hint, at most
OVERHEAD = HEAD + 64  # bytes of a hint, besides events and rooms


Counted = tuple[dict[str, int], list[tuple[int, str, str, float]]]


class Hint(msgspec.Struct, array_like=True):
    """What a node tells: the events that fit, and how far other rooms have come.

    ``number`` counts the hints of a node, so that it shows if one is lost. ``is_all`` tells that
    more was committed than is told, ``has_moves`` that who is in its rooms has changed, ``typing``
    who types there, ``counted`` what it counts. An event comes with whether others have changed
    with it.

    Numbers below 0 are those of canaries, counted down: they go by a line that is to be proven, and
    ``hears`` has the nodes whose canaries have come by that.
    """

    number: int
    rooms: dict[str, int]
    events: list[tuple[bool, msgspec.Raw]]
    is_all: bool = False
    has_moves: bool = False
    typing: list[tuple[str, Person]] = []
    counted: Counted | None = None
    hears: list[str] = []


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Hint).decode


class Outgoing:
    """What a node has not told yet, within a bound: beyond it, only which rooms are concerned."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._packs: list[list[tuple[bool, msgspec.Raw]]] = []  # events, by hint
        self._left = 0  # bytes in the last of these
        self._rooms: dict[str, int] = {}
        self._is_all = False
        self.has_moves = False
        self._typing: list[tuple[str, Person]] = []
        self._counted: list[Counted] = []

    def __bool__(self) -> bool:
        """Return whether there is something to tell."""
        is_more = self._is_all or self.has_moves or self._typing
        return bool(self._packs or self._rooms or is_more)

    def add(self, committed: Committed) -> None:
        """Take in what is committed."""
        size = len(committed.data) + AROUND
        if size > LIMIT - OVERHEAD or (size > self._left and len(self._packs) == HINTS):
            self._name(committed)
            return
        if size > self._left:
            self._packs.append([])
            self._left = LIMIT - OVERHEAD
        self._left -= size
        is_partial = committed.is_partial or bool(committed.rewritten)
        self._packs[-1].append((is_partial, msgspec.Raw(committed.data)))

    def add_typing(self, typing: Sequence[tuple[str, Person]]) -> None:
        """Take in who types; of too many some are not told, as it comes again."""
        self._typing += typing[: TYPING - len(self._typing)]

    def miss(self) -> None:
        """Take in that something was not told, nobody knows what."""
        self._is_all = True

    def _name(self, committed: Committed) -> None:
        """Tell of an event only that it is there."""
        room, seq = committed.event.room, committed.event.seq
        if len(self._rooms) < ROOMS:
            self._rooms[room] = max(seq, self._rooms.get(room, 0))
        else:
            self._is_all = True

    def add_counts(self, counts: Counts) -> None:
        """Take in what is counted."""
        connections, taken = counts
        self._counted.append((dict(connections), []))
        for first in range(0, len(taken), COUNTED):
            self._counted.append(({}, [*taken[first : first + COUNTED]]))

    def take(self, number: int) -> list[Hint]:
        """Return what is to be told, in hints with numbers from this one on."""
        told = [Hint(0, {}, pack) for pack in self._packs]
        told += [Hint(0, rooms, []) for rooms in _split(self._rooms)]
        told += [Hint(0, {}, [], counted=counted) for counted in self._counted]
        if self._is_all or self.has_moves or self._typing or not told:
            told.append(Hint(0, {}, [], self._is_all, self.has_moves, self._typing))
        for place, hint in enumerate(told):
            hint.number = number + place
        self._clear()
        return told


def _split(rooms: Mapping[str, int]) -> Iterable[dict[str, int]]:
    """Yield rooms, as many in each part as fit into a hint."""
    part: dict[str, int] = {}
    left = LIMIT - OVERHEAD
    for name, last in rooms.items():
        size = len(_encode({name: last}))
        if size > left:
            yield part
            part, left = {}, LIMIT - OVERHEAD
        left -= size
        part[name] = last
    if part:
        yield part


class Codec:
    """Writes and reads hints.

    Args:
        secret: Of the database.
        node: The id of this node, in hexadecimal digits.
    """

    def __init__(self, secret: bytes, node: str) -> None:
        self._key = blake2b(secret, digest_size=32, person=b"hints of nodes").digest()
        self.node = node[:NODE].encode()

    def encode(self, hint: Hint, channel: bytes = b"") -> bytes:
        """Return a hint as it is sent.

        Args:
            hint: What is told.
            channel: Where alone it counts; empty for that of the database, which lets in no others.
        """
        signed = self.node + _encode(hint)
        return self._sign(signed, channel) + signed

    def is_own(self, data: bytes) -> bool:
        """Whether this node has sent a hint, as far as can be seen without reading it."""
        return data[2 * SIGNATURE : HEAD] == self.node

    def decode(self, data: bytes, channel: bytes = b"") -> tuple[bytes, Hint] | None:
        """Return whose hint it is, and what it tells; ``None`` if no node has sent it there."""
        signed = data[2 * SIGNATURE :]
        if not hmac.compare_digest(data[: 2 * SIGNATURE], self._sign(signed, channel)):
            return None
        return signed[:NODE], _decode(signed[NODE:])

    def _sign(self, signed: bytes, channel: bytes = b"") -> bytes:
        digest = blake2b(channel + signed, key=self._key, digest_size=SIGNATURE)
        return digest.hexdigest().encode()


def arrived(hint: Hint) -> Arrived:
    """Return what a hint tells; an event that is not understood is left out, and so is read."""
    events = []
    for is_partial, raw in hint.events:
        data = bytes(raw)
        event = decode_event(data)
        if event:
            events.append(Committed(event, data, is_partial=is_partial))
    return Arrived(events, hint.rooms, hint.typing)
