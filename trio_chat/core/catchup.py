"""A catch-up: one connection's way into one room, from the join until it is live."""

from collections.abc import Mapping
from enum import Enum, auto

from trio_chat.core.room import Room
from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol import requests
from trio_chat.protocol.events import Person


class Phase(Enum):
    """How far a catch-up has come."""

    LOADING = auto()  # the room is read from the journal
    QUEUED = auto()  # it waits for its turn in the catch-up queue
    READING = auto()  # the client sends a page from the journal, or waits until its outbox is empty
    LIVE = auto()  # the client gets what happens, as it happens
    OVER = auto()  # the client left, joined again, or is gone


class CatchUp:
    """There is one for each room that a connection is in; joining again begins another one.

    While it lasts, it holds its room open. Nothing is sent for one that is over: whoever sends
    something looks at ``is_over`` before each frame.
    """

    __slots__ = (
        "after",
        "client",
        "epoch",
        "id",
        "is_answered",
        "is_cut",
        "is_replaced",
        "last",
        "looks",
        "members",
        "phase",
        "room",
        "room_name",
    )

    def __init__(self, client: Recipient, room_name: str, join: requests.Join) -> None:
        self.client = client
        self.room_name = room_name
        self.id = join.id
        self.last = join.last  # the last number that the client has, as it says
        self.epoch = join.epoch  # to which that belongs, if it says so
        self.looks = 0  # how often the journal was asked whether it has come as far as the client
        self.after = 0  # the number up to which the client has everything
        self.is_answered = False  # whether ``joined`` was sent, and still is right
        self.is_replaced = False  # whether the client has joined again
        self.members: Mapping[str, Person] | None = None  # as the client was told last
        self.is_cut = False  # whether the list of people that the client was told is cut
        self.phase = Phase.LOADING
        self.room: Room | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing may be sent for it any more."""
        return self.phase is Phase.OVER

    @property
    def wants_page(self) -> bool:
        """Whether the client has to read a page; else it only waits for its outbox."""
        return self.is_answered

    @property
    def until(self) -> int:
        """The room's last number that the chat knows of."""
        return self.room.log.last if self.room else 0

    def enter(self, room: Room) -> None:
        """Take in that the room is loaded; from now on it is held open."""
        self.room = room
        room.hold()

    def end(self, *, is_replaced: bool = False) -> None:
        """End it: the client left the room, joined it again, or is gone."""
        if self.room and not self.is_over:
            self.room.dismiss(self.client)
            self.room.release()
        self.phase = Phase.OVER
        self.is_replaced = is_replaced
        self.members = None
