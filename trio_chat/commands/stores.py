"""Databases as the commands see them, in an SQLite file or in PostgreSQL."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.keys import Use
from trio_chat.journal.sqlite.comparison import Head
from trio_chat.journal.types import RoomState
from trio_chat.protocol.events import AnyStoredEvent


class Survey(NamedTuple):
    """A room: its name, the numbers of its first and its last event, if any, and its head."""

    name: str
    first: int | None
    newest: int | None
    head: Head


class Measure(NamedTuple):
    """How many messages and other events a room has, their bytes, and the oldest's time in ms."""

    messages: int
    text: int
    changes: int
    changed: int
    oldest: int | None


class Size(NamedTuple):
    """Bytes that a part of a database takes, and how many there are of what it is made of."""

    kind: str
    name: str
    bytes: int
    how_many: int | None = None


class Adopting(Protocol):
    """A transaction in which events are kept that have their numbers, and times, already."""

    def last(self, name: str) -> int:
        """Return the number of a room's last event; 0 if the room is not there."""
        ...

    def found(self, name: str, last: int, ts: int, topic: str) -> None:
        """Make a room whose events up to a number have been, and are not here."""
        ...

    def adopt(self, events: Sequence[AnyStoredEvent]) -> None:
        """Keep the next events of a room."""
        ...

    def finish(self) -> None:
        """Write down how far rooms have come, how messages stand, and what changes in the index."""
        ...


class Store(Protocol):
    """A database, open for one command."""

    def epoch(self) -> str:
        """Return the name of its numbers; empty if it is damaged there."""
        ...

    def secret(self) -> bytes:
        """Return what people's ids are made with."""
        ...

    def room_id(self, name: str) -> int | None:
        """Return the id of a room here; ``None`` if nothing was ever said there."""
        ...

    def survey(self) -> list[Survey]:
        """Return all rooms by name, but the ledger."""
        ...

    def measure(self, name: str) -> Measure:
        """Return what there is of a room."""
        ...

    def sizes(self) -> Iterator[Size]:
        """Yield what takes space."""
        ...

    def load_state(self, name: str) -> RoomState:
        """Return how far a room has come."""
        ...

    def events(self, room: int | None, first: int) -> Iterator[tuple[int, int, bytes]]:
        """Yield the number, the time and the bytes of a room's events from a number on."""
        ...

    def message_author(self, room: int | None, seq: int) -> tuple[str | None] | None:
        """Return the author of a message; ``None`` if there is no such message."""
        ...

    def pending(self, room: int) -> frozenset[int]:
        """Return the deleted messages of a room of which texts are still there."""
        ...

    def clearings(self, room: int) -> Sequence[Clearing]:
        """Return the clearings of a room that can still be taken back."""
        ...

    def is_there(self, room: int, seq: int, clearings: Sequence[Clearing]) -> bool:
        """Whether a message can be read, and was not deleted, nor cleared."""
        ...

    def find_cid(self, room: int | None, event: AnyStoredEvent) -> Use | None:
        """Return for what the key of an event was used before, if it has one."""
        ...

    def adopting(self, names: Collection[str]) -> AbstractContextManager[Adopting]:
        """Begin a transaction about some rooms, which the block's end commits."""
        ...

    def note_visits(self, visits: Mapping[str, int]) -> None:
        """Keep when rooms were visited, in ms since 1970, by their names."""
        ...
