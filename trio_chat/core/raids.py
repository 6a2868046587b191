"""Raids: undoes a raid, and takes back what moderators have done."""

from itertools import count
from operator import attrgetter
from typing import NamedTuple

import msgspec

from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrivals, network_of
from trio_chat.core.clearings import Clearings
from trio_chat.core.effects import Turn
from trio_chat.core.ledger import Ledger
from trio_chat.core.pending_writes import Pending, answer_of
from trio_chat.core.requested import Requested
from trio_chat.core.rooms import Rooms
from trio_chat.core.targets import Places, Targets
from trio_chat.delivery.recipient import Requester
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.storage import Tallied, Tally
from trio_chat.journal.types import Committed, Duplicate
from trio_chat.protocol import acts, answers, events, governing, governing_answers
from trio_chat.protocol.events import ActKept, Person
from trio_chat.protocol.request_error import RequestError

BAN = 7 * 24 * 60 * 60 * 1000  # milliseconds
RAID_MODE = 60 * 60 * 1000  # milliseconds in which
NEWCOMERS = 15 * 60  # seconds have to go by before a newcomer speaks
PEOPLE = 2_000  # of one raid, at most
TALLIES = 8  # previews whose messages the journal counts at a time


class Raiders(NamedTuple):
    """Whom a raid is about, with their addresses, and how many came whom the server knew before."""

    people: list[Person]
    places: Places
    regulars: int = 0


class Raids:
    """Undoes raids, and takes back what was done.

    Args:
        turn: Where answers go.
        access: Knows what was done.
        ledger: Keeps what is done.
        rooms: Those that are open.
        arrivals: Tell who came since when.
        targets: Tell on whom somebody may act.
        clearings: Clear what people have said.
    """

    def __init__(
        self,
        turn: Turn,
        access: Access,
        ledger: Ledger,
        rooms: Rooms,
        arrivals: Arrivals,
        targets: Targets,
        clearings: Clearings,
    ) -> None:
        self._turn = turn
        self._access = access
        self._ledger = ledger
        self._rooms = rooms
        self._arrivals = arrivals
        self._targets = targets
        self._clearings = clearings
        # Previews whose messages are being counted, with who has asked for them, by number.
        self._previews: dict[int, tuple[Requester, governing_answers.RaidPreview, Tally]] = {}
        self._numbers = count()

    def undo(self, asked: Requested, request: governing.Raid, room: str) -> None:
        """Undo a raid, or tell what that would do.

        Raises:
            RequestError: there is nobody to act on, or too many.
        """
        raiders = self._raiders(asked, request, room)
        if request.preview:
            self._preview(asked, request, room, raiders)
            return
        people, places, _ = raiders
        if not people:
            raise RequestError("not_found", "nobody has come since then")
        now = self._access.clock()
        keys = self._clearings.clear(asked, [room], people, request.since, request.why)
        rules = self._access.rules(room)
        act = acts.Raided(
            about=room,
            people=people,
            addresses=places.addresses,
            shared=places.shared,
            keys=keys,
            rules=rules.in_raid_mode(NEWCOMERS),
            rules_until=now + RAID_MODE,
            until=now + BAN,
            why=request.why,
            operator=self._targets.is_operator(asked, room),
        )
        self._ledger.record(act, asked.person)
        told = events.Moderated(
            room=room,
            who=asked.person,
            act="ban",
            people=people[: governing_answers.PEOPLE_LISTED],
            count=len(people),
            until=act.until,
            why=request.why,
        )
        self._ledger.tell(told)
        self._ledger.tell(
            events.Rules(room=room, who=asked.person, rules=act.rules),
            pending_with(asked, request.id, places.shared),
        )

    def _raiders(self, asked: Requested, request: governing.Raid, room: str) -> Raiders:
        """Return whom a request is about, but for moderators, and their addresses there, by id.

        Of a crowd those are left out whom the server has met before, if that is not wanted.

        Raises:
            RequestError: there are too many, or one of them is not known.
        """
        wanted, since = set(request.people), request.since
        until = request.until or self._access.clock()
        found = [
            one
            for one in self._arrivals.of_room(room)
            if (
                # somebody without a name may have written from elsewhere long ago
                one.person.id in wanted and (one.person.id or one.last_at >= since)
                if wanted
                else since <= one.first_at <= until
            )
        ]
        if len(found) > PEOPLE:  # before each of them is looked at closely
            raise RequestError("too_many_people", f"that would be more than {PEOPLE} people")
        found.sort(key=attrgetter("first_at"))  # regulars are seen first, if too many are meant
        regulars: set[str] = set()
        if not (wanted or request.regulars):
            regulars = self._targets.met_before({one.person.id for one in found}, since)
        left_out = regulars.union(request.left_out)
        came = {one.person.id: one.person for one in found}
        people = self._targets.authors(request.people, room) if wanted else came.values()
        people = [one for one in people if one.id not in left_out]
        spared = {one.id for one in self._targets.spared(asked, room, people, is_crowd=not wanted)}
        people = [one for one in people if one.id not in spared]
        addresses: dict[str, list[str]] = {}
        acted_on = {person.id for person in people}
        for one in found:
            if one.address and one.person.id in acted_on:
                addresses.setdefault(one.person.id, []).append(one.address)
        theirs = {one.address for one in found if one.person.id in left_out}
        places = self._targets.without_houses(addresses, room, theirs)
        return Raiders(people, places, len(regulars))

    def _preview(
        self,
        asked: Requested,
        request: governing.Raid,
        room: str,
        raiders: Raiders,
    ) -> None:
        people, places, regulars = raiders
        authors = frozenset(person.id for person in people)
        networks = sorted({network_of(one) for found in places.addresses.values() for one in found})
        answer = governing_answers.RaidPreview(
            id=request.id,
            room=room,
            until=request.until or self._access.clock(),
            count=len(people),
            people=[
                governing_answers.Came(one.id, one.nick, first=self._targets.met_at(one))
                for one in people[: governing_answers.PREVIEWED]
            ],
            addresses=networks[: governing_answers.PREVIEWED],
            messages=0,
            shared=places.shared,
            regulars=regulars,
        )
        if not people:
            self._turn.reply(asked.requester, answer)
            return
        if len(self._previews) >= TALLIES:
            raise RequestError("busy", "too much is counted just now", retry_ms=1000)
        number = next(self._numbers)
        tally = Tally(number, room, authors, request.since)
        self._previews[number] = asked.requester, answer, tally
        self._turn.effects.seeks.append(tally)

    def tell(self, tallied: Tallied) -> None:
        """Tell what the undoing of a raid would be, as the messages are counted now.

        If they cannot be, those at hand are told.
        """
        requester, answer, (_, room, authors, since) = self._previews.pop(tallied.number)
        messages, open_room = tallied.messages, self._rooms.get(room)
        if messages is None and open_room:
            messages = open_room.log.count_messages(authors, since)
        answer.messages = messages or 0
        self._turn.reply(requester, answer)

    def calm(self, room: str) -> None:
        """Tell a room who has come while it was in raid mode, unless it still is; or was muted."""
        governed, open_room = self._access.registry.governed(room), self._rooms.get(room)
        if open_room and governed and not governed.is_raided(self._access.clock()):
            open_room.announce(lambda id: self._access.standing(room, id, "").is_muted)

    def take_back(self, asked: Requested, request: governing.Undo, room: str) -> None:
        """Take back what an act did: for a day all of it, and afterwards a ban or mute that holds.

        Raises:
            RequestError: there is no such act, or it is too late.
        """
        kept = self._access.registry.act(request.act)
        if kept is None or (room and kept.act.about != room):
            raise RequestError("not_found", "there is no such act")
        if not isinstance(kept.act, acts.Undoable):
            raise RequestError("bad_request", "that cannot be taken back")
        is_above = self._access.registry.is_by_operator(kept)
        if is_above and not self._targets.is_operator(asked, room):
            raise RequestError("not_operator", "an operator did that; only one takes it back")
        now = self._access.clock()
        is_late = now - kept.ts >= SEALED or _is_gone(kept.act)
        if (is_late and not _holds(kept.act, now)) or kept.seq in self._access.registry.undone:
            raise RequestError("too_late", "that was taken back already, or is a day ago")
        if isinstance(kept.act, acts.Cleared | acts.Raided) and not is_late:
            self._clearings.restore(asked, kept.act.keys)
        self._ledger.record(
            acts.Undone(about=room, target=kept.seq),
            asked.person,
            Pending(asked.requester, asked.state, request.id),
        )
        if kept.act.about and not isinstance(kept.act, acts.Cleared):
            self._tell_lifted(asked, kept)
            self._tell_rules(asked, kept)

    def _tell_lifted(self, asked: Requested, kept: ActKept) -> None:
        """Tell a room of whom nothing holds any more that an act has set."""
        act = kept.act
        assert isinstance(act, acts.Raided | acts.Sanctioned)
        kind = act.kind if isinstance(act, acts.Sanctioned) else "ban"
        freed = self._access.freed(act.people, act.about, kind, besides=kept.seq)
        if freed:
            told = events.Moderated(
                room=act.about,
                who=asked.person,
                act=f"un{kind}",
                people=freed[: governing_answers.PEOPLE_LISTED],
                count=len(freed),
            )
            self._ledger.tell(told)

    def _tell_rules(self, asked: Requested, kept: ActKept) -> None:
        """Tell a room which rules hold again, if a raid that is taken back has set those of now."""
        room = kept.act.about
        governed = self._access.registry.governed(room)
        assert governed  # by this act, if by nothing else
        if isinstance(kept.act, acts.Raided) and governed.rules_by == kept.seq:
            rules = governed.rules_before
            self._ledger.tell(events.Rules(room=room, who=asked.person, rules=rules))


def pending_with(asked: Requested, id: answers.Id, shared: int) -> Pending:
    """Return who is told that something was done, and how many addresses are not banned by it."""

    def told(result: Committed | Duplicate) -> answers.Answer:
        answer = answer_of(id, result)
        return msgspec.structs.replace(answer, shared=shared) if shared else answer

    return Pending(asked.requester, asked.state, id, told)


def _is_gone(act: acts.AnyAct) -> bool:
    """Whether what an act has cleared is here no more, as it was imported without it."""
    return isinstance(act, acts.Cleared) and not act.keys


def _holds(act: acts.AnyAct, now: int) -> bool:
    """Whether an act keeps somebody out or silent."""
    if isinstance(act, acts.Sanctioned):
        return not act.until or act.until > now
    return isinstance(act, acts.Raided) and act.until > now
