"""Outcomes: what the journal has to tell the chat, each given to whom it concerns."""

from trio_chat.core.parts import Parts
from trio_chat.journal.arrivals import MARK
from trio_chat.journal.storage import (
    Change,
    Loaded,
    NotLoaded,
    NotSought,
    NotStored,
    Outcome,
    PeopleKept,
    PeopleNotKept,
    Sought,
    Stored,
    Tallied,
)
from trio_chat.journal.types import Moved, PeopleForgotten, Pruned, RoomsUnused
from trio_chat.protocol.acts import LEDGER


class Outcomes:
    """Takes in what became of what the journal was asked for, and what has changed there.

    Args:
        parts: Of the chat.
    """

    def __init__(self, parts: Parts) -> None:
        world = parts.world
        self._rooms = world.rooms
        self._people = world.people
        self._arrivals = world.arrivals
        self._ledger = parts.rights.ledger
        self._joins = parts.entrances.joins
        self._devices = parts.entrances.devices
        self._moderation = parts.moderation
        self._settling = parts.settling
        self._following = parts.following
        self._term_change = parts.term_change
        self._unused_rooms = parts.unused_rooms
        self.written = 0  # the number of the last changes of people that the journal has taken

    def take(self, outcome: Outcome) -> None:
        """Take in what the journal tells; what became of writes is settled later in the turn."""
        match outcome:
            case Stored() | NotStored():
                self._settling.add(outcome)
            case Loaded(states):
                rooms = [one for one in states if one.name != LEDGER]
                self._joins.take_loaded(rooms)
                if len(rooms) < len(states):
                    self._ledger.loaded()
                self._following.follow_acts(states)
            case NotLoaded(names, retry_ms):
                names_left = [name for name in names if name != LEDGER]
                self._joins.take_not_loaded(NotLoaded(names_left, retry_ms))
                if len(names_left) < len(names):
                    self._ledger.not_loaded(retry_ms)
            case Tallied():
                self._moderation.raids.tell(outcome)
            case Sought() | NotSought():
                self._moderation.clearings.take(outcome)
            case PeopleKept(number):
                self.written = number
                self._devices.kept(number)
            case PeopleNotKept(number, retry_ms):
                self.written = number
                self._devices.not_kept(number, retry_ms)
            case _:
                self._take_change(outcome)

    def _take_change(self, change: Change) -> None:
        """Take in what retention or others have changed in the journal, or are to change."""
        match change:
            case PeopleForgotten(ids, before):
                for id in ids:
                    if id.startswith(MARK):
                        self._arrivals.drop(id)
                    else:
                        self._people.records.drop(id, before)
            case RoomsUnused(names, since):
                self._unused_rooms.forget(names, since)
            case Moved():
                self._settling.settle_all()  # nothing of the term before may come later
                self._settling.late.fail()
                self._term_change.take(change)
            case Pruned(first_left):
                self._rooms.forget(first_left)
            case _:
                self._following.take(change)
