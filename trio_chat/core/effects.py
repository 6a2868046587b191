"""A turn: what the chat has decided about some requests, for the hub to carry out."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from trio_chat.core.room import Room
from trio_chat.delivery.recipient import Recipient, Requester
from trio_chat.protocol import answers, events


@dataclass(eq=False, slots=True)
class ConnectionState:
    """What is known of a connection."""

    member: Recipient
    person_id: str | None = None
    rooms: dict[str, Room] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)  # which time each room was joined
    unanswered: int = 0  # joins that wait in the returns
    typed_at: float = float("-inf")  # when typing was shown last


class Draft(NamedTuple):
    """An event that waits for its number, and who is to hear of it."""

    asker: Requester
    id: answers.Id
    event: events.AnyStoredEvent


@dataclass
class Turn:
    """What has been decided, and not been carried out yet."""

    told: dict[Requester, list[answers.Answer]] = field(default_factory=lambda: defaultdict(list))
    drafts: list[Draft] = field(default_factory=list)


class Timer(NamedTuple):
    """Something to do at a time of Trio's clock."""

    at: float
    do: Callable[[], None]


def wake() -> None:
    """Do nothing: the turn that begins with this alarm is what is wanted."""
