"""Raids: undoes a raid, and takes back what moderators have done."""

from collections.abc import Sequence
from itertools import count

import msgspec

from trio_chat.core.access import Access
from trio_chat.core.arrivals import network_of
from trio_chat.core.clearings import Clearings
from trio_chat.core.effects import Turn
from trio_chat.core.ledger import Ledger
from trio_chat.core.pending_writes import SILENT, Pending, answer_of
from trio_chat.core.raiders import Raiders, Search
from trio_chat.core.registry import SERVER
from trio_chat.core.requested import Requested
from trio_chat.core.rooms import Rooms
from trio_chat.core.targets import Targets
from trio_chat.delivery.recipient import Requester
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.storage import Tallied, Tally
from trio_chat.journal.types import Committed, Duplicate, Write
from trio_chat.protocol import acts, answers, events, governing, governing_answers
from trio_chat.protocol.events import ActKept
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.room_rules import NO_RULES, RoomRules

BAN = 7 * 24 * 60 * 60 * 1000  # milliseconds
RAID_MODE = 60 * 60 * 1000  # milliseconds in which
NEWCOMERS = 15 * 60  # seconds have to go by before a newcomer speaks
TALLIES = 8  # previews whose messages the journal counts at a time


class Raids:
    """Undoes raids, and takes back what was done.

    Args:
        turn: Where answers go.
        access: Knows what was done.
        ledger: Keeps what is done.
        rooms: Those that are open.
        search: Finds who came since when.
        targets: Tell on whom somebody may act.
        clearings: Clear what people have said.
    """

    def __init__(
        self,
        turn: Turn,
        access: Access,
        ledger: Ledger,
        rooms: Rooms,
        search: Search,
        targets: Targets,
        clearings: Clearings,
    ) -> None:
        self._turn = turn
        self._access = access
        self._ledger = ledger
        self._rooms = rooms
        self._search = search
        self._targets = targets
        self._clearings = clearings
        # Previews whose messages are being counted, with who has asked for them, by number.
        self._previews: dict[int, tuple[Requester, governing_answers.RaidPreview, Tally]] = {}
        self._numbers = count()

    def undo(self, asked: Requested, request: governing.Raid, room: str) -> None:
        """Undo a raid, or tell what that would do.

        Of one in all rooms it is looked up first in which they were.

        Raises:
            RequestError: there is nobody to act on, or too many.
        """
        raiders = self._search.find(asked, request, room)
        if not raiders.people and not request.preview:
            raise RequestError("not_found", "nobody has come since then")
        if room != SERVER or not raiders.people:
            self._go_on(asked, request, raiders, [room])
            return

        def go_on(rooms: Sequence[str]) -> None:
            self._go_on(asked, request, raiders, rooms)

        self._clearings.look(asked, request.id, raiders.people, request.since, go_on)

    def _go_on(
        self,
        asked: Requested,
        request: governing.Raid,
        raiders: Raiders,
        rooms: Sequence[str],
    ) -> None:
        """Undo a raid in rooms, or tell what that would do.

        Raises:
            RequestError: too much is counted, or was cleared.
        """
        if request.preview:
            self._preview(asked, request, raiders, rooms)
        elif request.room:
            [room] = rooms
            self._undo_in(asked, request, raiders, room)
        else:
            self._undo_in_all(asked, request, raiders, rooms)

    def _undo_in(
        self, asked: Requested, request: governing.Raid, raiders: Raiders, room: str
    ) -> None:
        """Undo a raid in a room."""
        people = raiders.people
        act = self._act(asked, request, raiders, [room], self._access.rules(room))
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
            pending_with(asked, request.id, raiders.places.shared),
        )

    def _undo_in_all(
        self,
        asked: Requested,
        request: governing.Raid,
        raiders: Raiders,
        rooms: Sequence[str],
    ) -> None:
        """Undo a raid in all rooms: these are those in which they were."""
        act = self._act(asked, request, raiders, rooms, NO_RULES)
        self._ledger.record(
            act, asked.person, pending_with(asked, request.id, raiders.places.shared)
        )
        for room in rooms:
            rules = self._access.rules(room).in_raid_mode(NEWCOMERS)
            self._tell_room(events.Rules(room=room, who=asked.person, rules=rules))

    def _tell_room(self, event: events.Rules) -> None:
        """Tell a room which rules hold, if anything was said there yet."""
        self._ledger.write(Write(event, may_begin=False), SILENT)

    def _act(
        self,
        asked: Requested,
        request: governing.Raid,
        raiders: Raiders,
        rooms: Sequence[str],
        rules: RoomRules,
    ) -> acts.Raided:
        """Clear what raiders have said in rooms, and return what else is done, to be recorded next.

        Raises:
            RequestError: too much was cleared in one of these rooms within a day.
        """
        now = self._access.clock()
        about = rooms[0] if request.room else SERVER
        return acts.Raided(
            about=about,
            people=raiders.people,
            addresses=raiders.places.addresses,
            shared=raiders.places.shared,
            keys=self._clearings.clear(asked, rooms, raiders.people, request.since, request.why),
            rules=rules.in_raid_mode(NEWCOMERS),
            rules_until=now + RAID_MODE,
            until=now + BAN,
            why=request.why,
            operator=self._targets.is_operator(asked, about),
        )

    def _preview(
        self,
        asked: Requested,
        request: governing.Raid,
        raiders: Raiders,
        rooms: Sequence[str],
    ) -> None:
        people, places, regulars = raiders
        networks = sorted({network_of(one) for found in places.addresses.values() for one in found})
        answer = governing_answers.RaidPreview(
            id=request.id,
            room=rooms[0] if request.room else SERVER,
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
        if not request.room:
            answer.rooms = len(rooms)
        if len(self._previews) >= TALLIES:
            raise RequestError("busy", "too much is counted just now", retry_ms=1000)
        number = next(self._numbers)
        tally = Tally(number, rooms, raiders.ids, request.since)
        self._previews[number] = asked.requester, answer, tally
        self._turn.effects.seeks.append(tally)

    def tell(self, tallied: Tallied) -> None:
        """Tell what the undoing of a raid would be, as the messages are counted now.

        If they cannot be, those at hand are told.
        """
        requester, answer, (_, rooms, authors, since) = self._previews.pop(tallied.number)
        answer.messages = tallied.messages or 0
        if tallied.messages is None:
            at_hand = [room for name in rooms if (room := self._rooms.get(name))]
            answer.messages = sum(room.log.count_messages(authors, since) for room in at_hand)
        self._turn.reply(requester, answer)

    def calm(self, room: str) -> None:
        """Tell a room who has come while it was in raid mode, unless it still is; or was muted."""
        governed, open_room = self._access.registry.governed(room), self._rooms.get(room)
        if open_room and governed and not governed.is_raided(self._access.clock()):
            open_room.roster.announce(lambda id: self._access.standing(room, id, "").is_muted)

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
            raise RequestError("too_late", "that was taken back already, or is more than a day ago")
        if isinstance(kept.act, acts.Cleared | acts.Raided) and not is_late:
            self._clearings.restore(asked, kept.act.keys)
        self._ledger.record(
            acts.Undone(about=room, target=kept.seq),
            asked.person,
            Pending(asked.requester, asked.state, request.id),
        )
        if kept.act.about and not isinstance(kept.act, acts.Cleared):
            self._tell_lifted(asked, kept)
        if isinstance(kept.act, acts.Raided):
            self._tell_rules(asked, kept.act, kept.seq)

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

    def _tell_rules(self, asked: Requested, act: acts.Raided, number: int) -> None:
        """Tell rooms which rules hold again, if a raid that is taken back has set those of now."""
        for room in act.rooms:
            governed = self._access.registry.governed(room)
            if governed and governed.rules_by == number:
                rules = governed.rules_before
                self._tell_room(events.Rules(room=room, who=asked.person, rules=rules))


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
