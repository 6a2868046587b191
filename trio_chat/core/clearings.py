"""Clearings: what people have said is cleared in rooms, and it is found out in which."""

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.effects import Turn
from trio_chat.core.ledger import Ledger
from trio_chat.core.pending_writes import SILENT, Pending
from trio_chat.core.registry import SERVER
from trio_chat.core.requested import Requested
from trio_chat.core.targets import Targets
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.storage import NotSought, Seek, Sought
from trio_chat.journal.types import Write
from trio_chat.protocol import acts, answers, events, governing
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError

KEY_BYTES = 8
CLEARINGS = 100  # of a room within a day
ROOMS = 1_000  # that are cleared at once: so many writes in one transaction
SEEKS = 8  # that the journal looks for at a time


GoOn = Callable[[Sequence[str]], None]  # is called with the names of rooms


class _Waiting(NamedTuple):
    """Somebody who wants messages of people cleared, once it is known where these are."""

    asked: Requested
    id: answers.Id
    people: list[Person]
    go_on: GoOn


class Clearings:
    """Clears messages.

    Args:
        turn: Where answers go.
        access: Knows what was done.
        ledger: Keeps what is done.
        arrivals: Tell where people were.
        targets: Tell on whom somebody may act.
    """

    def __init__(
        self,
        turn: Turn,
        access: Access,
        ledger: Ledger,
        arrivals: Arrivals,
        targets: Targets,
    ) -> None:
        self._turn = turn
        self._access = access
        self._ledger = ledger
        self._arrivals = arrivals
        self._targets = targets
        self._waiting: dict[int, _Waiting] = {}  # by the number of the seek
        self._numbers = count()

    def ask(self, asked: Requested, request: governing.Moderate, room: str) -> None:
        """Clear what people have said in a room, or have it looked up in which rooms that is.

        Raises:
            RequestError: one of them may do as much as who asks, or too much is looked up.
        """
        people = self._targets.authors(request.people, room)
        self._targets.spare_moderators(asked, room, people)
        if room:
            self._record(asked, request, people, room, [room])
            return

        def go_on(rooms: Sequence[str]) -> None:
            self._targets.spare_moderators(asked, SERVER, people)  # who may be others by now
            self._record(asked, request, people, SERVER, rooms)

        self.look(asked, request.id, people, request.since, go_on)

    def look(
        self, asked: Requested, id: answers.Id, people: list[Person], since: int, go_on: GoOn
    ) -> None:
        """Have it looked up in which rooms people have written, and tell that.

        Args:
            asked: Who wants to know; it has to be an operator then.
            id: Of their request.
            people: Who.
            since: The time, in ms since 1970.
            go_on: Is called with these rooms, and those in which they are known to have been.

        Raises:
            RequestError: too much is looked up.
        """
        if len(self._waiting) >= SEEKS:
            raise RequestError("busy", "too much is looked for just now", retry_ms=1000)
        number = next(self._numbers)
        self._waiting[number] = _Waiting(asked, id, people, go_on)
        authors = frozenset(person.id for person in people)
        self._turn.effects.seeks.append(Seek(number, authors, since, ROOMS + 1))

    def take(self, outcome: Sought | NotSought) -> None:
        """Take in where people have messages, and go on with that."""
        waiting = self._waiting.pop(outcome.number)
        try:
            self._go_on(waiting, outcome)
        except RequestError as error:
            error.answer.id = waiting.id
            self._turn.reply(waiting.asked.requester, error.answer)

    def _go_on(self, waiting: _Waiting, outcome: Sought | NotSought) -> None:
        """Go on with the rooms in which people have messages.

        Raises:
            RequestError: these cannot be told just now, there are none or too many, or as what is
                done with them does.
        """
        if isinstance(outcome, NotSought):
            reason = "the server cannot look for these messages just now"
            raise RequestError("unavailable", reason, retry_ms=outcome.retry_ms)
        asked, _, people, go_on = waiting
        if not self._targets.is_operator(asked, SERVER):  # any more
            raise RequestError("not_operator", "you are no operator any more")
        # What was said just now may not have been in the journal yet.
        here = self._arrivals.rooms_of([person.id for person in people])
        rooms = sorted(here.union(outcome.rooms))
        if not rooms:
            raise RequestError("not_found", "nothing of what they have said is kept in any room")
        if len(rooms) > ROOMS:
            reason = f"that is in more than {ROOMS} rooms: clear what was said since a later time"
            raise RequestError("too_many_clearings", reason)
        go_on(rooms)

    def _record(
        self,
        asked: Requested,
        request: governing.Moderate,
        people: list[Person],
        about: str,
        rooms: Collection[str],
    ) -> None:
        """Clear what people have said in rooms.

        Raises:
            RequestError: too much was cleared in one of them.
        """
        keys = self.clear(asked, rooms, people, request.since, request.why)
        act = acts.Cleared(
            about=about,
            people=people,
            keys=keys,
            why=request.why,
            operator=self._targets.is_operator(asked, about),
        )
        self._ledger.record(act, asked.person, Pending(asked.requester, asked.state, request.id))

    def clear(
        self,
        asked: Requested,
        rooms: Collection[str],
        people: Iterable[Person],
        since: int,
        why: str,
    ) -> dict[str, str]:
        """Clear what people have said since a time, with the act that is recorded next.

        What they set as topics is read no more in the log, either; if the present topic is theirs,
        the one of before comes in its place.

        Returns:
            The keys, by room.

        Raises:
            RequestError: too much was cleared in one of these rooms within a day.
        """
        self._check(rooms)
        keys = {room: secrets.token_hex(KEY_BYTES) for room in rooms}
        authors = [person.id for person in people]
        for room, key in keys.items():
            event = events.Clear(
                room=room, who=asked.person, key=key, authors=authors, since=0, why=why
            )
            write = Write(event, may_begin=False, since_ts=since, with_topics=True, with_next=True)
            self._ledger.write(write, SILENT)
            topic = events.Topic(room=room, who=asked.person, text="")
            self._ledger.write(Write(topic, takes_topic=key, with_next=True), SILENT)
        return keys

    def restore(self, asked: Requested, keys: Mapping[str, str]) -> None:
        """Take clearings back, by room, with their topics unless there are others by now."""
        for room, key in keys.items():
            # It is to be found out what was taken as long as the clearing is there.
            topic = events.Topic(room=room, who=asked.person, text="")
            self._ledger.write(Write(topic, gives_topic=key, with_next=True), SILENT)
            self._ledger.tell(events.Restore(room=room, who=asked.person, key=key))

    def _check(self, rooms: Collection[str]) -> None:
        """Make sure that more may be cleared: whoever reads a room looks at each of its clearings.

        Raises:
            RequestError: it may not.
        """
        registry, now = self._access.registry, self._access.clock()
        sealed: Counter[str] = Counter()
        for kept in registry.acts:  # which may be very many, so that little is called
            if now - kept.ts < SEALED and isinstance(kept.act, acts.Cleared | acts.Raided):
                sealed.update([*kept.act.keys])
        if any(sealed[room] >= CLEARINGS for room in rooms):
            raise RequestError("too_many_clearings", "too much was cleared here within a day")
