"""Raids: what people have said is cleared, and a raid undone; both can be taken back."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrivals, network_of
from trio_chat.core.effects import Turn
from trio_chat.core.ledger import Ledger
from trio_chat.core.pending_writes import SILENT, Pending
from trio_chat.core.requested import Requested
from trio_chat.core.rooms import Rooms
from trio_chat.core.targets import Targets
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.types import Write
from trio_chat.protocol import acts, events, governing, governing_answers
from trio_chat.protocol.events import ActKept, Person
from trio_chat.protocol.request_error import RequestError

KEY_BYTES = 8
BAN = 7 * 24 * 60 * 60 * 1000  # milliseconds
RAID_MODE = 60 * 60 * 1000  # milliseconds in which
NEWCOMERS = 15 * 60  # seconds have to go by before a newcomer speaks
CLEARINGS = 100  # of a room within a day
PEOPLE = 2_000  # of one raid, at most


class Raids:
    """Clears messages, undoes raids, and takes both back.

    Args:
        turn: Where answers go.
        access: Knows what was done.
        ledger: Keeps what is done.
        rooms: Those that are open.
        arrivals: Tell who came since when.
        targets: Tell on whom somebody may act.
    """

    def __init__(
        self,
        turn: Turn,
        access: Access,
        ledger: Ledger,
        rooms: Rooms,
        arrivals: Arrivals,
        targets: Targets,
    ) -> None:
        self._turn = turn
        self._access = access
        self._ledger = ledger
        self._rooms = rooms
        self._arrivals = arrivals
        self._targets = targets

    def clear(self, asked: Requested, request: governing.Moderate, room: str) -> None:
        """Clear what people have said in a room, or where they were since the server was started.

        Raises:
            RequestError: one of them may do as much as who asks, or nobody knows where they were.
        """
        people = self._targets.authors(request.people, room)
        self._targets.spare_moderators(asked, room, people)
        rooms = [room] if room else self._rooms_of(people)
        keys = self._clear(asked, rooms, people, request.since, request.why)
        act = acts.Cleared(about=room, people=people, keys=keys, why=request.why)
        self._ledger.record(act, asked.person, Pending(asked.requester, asked.state, request.id))

    def _rooms_of(self, people: Iterable[Person]) -> list[str]:
        """Return where people were since the server was started.

        Raises:
            RequestError: it is not known of one of them: nothing would be cleared.
        """
        found: set[str] = set()
        for person in people:
            rooms = self._arrivals.rooms_of(person.id)
            if not rooms:
                who = person.nick or "somebody without a name"
                reason = f"nobody knows any more where {who} was: clear what they said room by room"
                raise RequestError("not_found", reason)
            found |= rooms
        return sorted(found)

    def _clear(
        self,
        asked: Requested,
        rooms: Iterable[str],
        people: Sequence[Person],
        since: int,
        why: str,
    ) -> dict[str, str]:
        """Clear what people have said since a time; return the keys, by room.

        Raises:
            RequestError: too much was cleared in one of these rooms within a day.
        """
        keys = {room: secrets.token_hex(KEY_BYTES) for room in rooms}
        self._check_clearings(keys)
        for room, key in keys.items():
            authors = [person.id for person in people]
            event = events.Clear(
                room=room, who=asked.person, key=key, authors=authors, since=0, why=why
            )
            self._ledger.write(Write(event, since_ts=since), SILENT)
        return keys

    def _check_clearings(self, rooms: Collection[str]) -> None:
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

    def undo(self, asked: Requested, request: governing.Raid, room: str) -> None:
        """Undo a raid, or tell what that would do.

        Raises:
            RequestError: there is nobody to act on, or too many.
        """
        people, addresses = self._raiders(asked, request, room)
        if request.preview:
            self._preview(asked, request, room, people, addresses)
            return
        if not people:
            raise RequestError("not_found", "nobody has come since then")
        now = self._access.clock()
        keys = self._clear(asked, [room], people, request.since, request.why)
        rules = self._access.rules(room)
        act = acts.Raided(
            about=room,
            people=people,
            addresses=addresses,
            keys=keys,
            rules=rules.in_raid_mode(NEWCOMERS),
            rules_until=now + RAID_MODE,
            until=now + BAN,
            why=request.why,
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
            Pending(asked.requester, asked.state, request.id),
        )

    def _raiders(
        self, asked: Requested, request: governing.Raid, room: str
    ) -> tuple[list[Person], dict[str, list[str]]]:
        """Return whom a request is about, but for moderators, and their addresses there, by id.

        Raises:
            RequestError: there are too many, or one of them is not known.
        """
        wanted, since = set(request.people), request.since
        found = [
            one
            for one in self._arrivals.of_room(room)
            if (
                # somebody without a name may have written from elsewhere long ago
                one.person.id in wanted and (one.person.id or one.last_at >= since)
                if wanted
                else one.first_at >= since
            )
        ]
        if len(found) > PEOPLE:  # before each of them is looked at closely
            raise RequestError("too_many_people", f"that would be more than {PEOPLE} people")
        came = {one.person.id: one.person for one in found}
        people = self._targets.authors(request.people, room) if wanted else came.values()
        spared = {one.id for one in self._targets.spared(asked, room, people)}
        people = [one for one in people if one.id not in spared]
        addresses: dict[str, list[str]] = {}
        acted_on = {person.id for person in people}
        for one in found:
            if one.address and one.person.id in acted_on:
                addresses.setdefault(one.person.id, []).append(one.address)
        return people, addresses

    def _preview(
        self,
        asked: Requested,
        request: governing.Raid,
        room: str,
        people: list[Person],
        addresses: Mapping[str, Sequence[str]],
    ) -> None:
        open_room = self._rooms.get(room)
        authors = {person.id for person in people}
        networks = sorted({network_of(one) for found in addresses.values() for one in found})
        answer = governing_answers.RaidPreview(
            id=request.id,
            room=room,
            count=len(people),
            people=people[: governing_answers.PREVIEWED],
            addresses=networks[: governing_answers.PREVIEWED],
            messages=open_room.log.count_messages(authors, request.since) if open_room else 0,
        )
        self._turn.reply(asked.requester, answer)

    def calm(self, room: str) -> None:
        """Tell a room who has come while it was in raid mode, unless it still is."""
        governed, open_room = self._access.registry.governed(room), self._rooms.get(room)
        if open_room and governed and not governed.is_raided(self._access.clock()):
            open_room.announce()

    def take_back(self, asked: Requested, request: governing.Undo, room: str) -> None:
        """Take back what an act did.

        Raises:
            RequestError: there is no such act, or it is too late.
        """
        kept = self._access.registry.act(request.act)
        if kept is None or (room and kept.act.about != room):
            raise RequestError("not_found", "there is no such act")
        if not isinstance(kept.act, acts.Cleared | acts.Raided | acts.Sanctioned):
            raise RequestError("bad_request", "that cannot be taken back")
        is_late = self._access.clock() - kept.ts >= SEALED or _is_gone(kept.act)
        if is_late or kept.seq in self._access.registry.undone:
            raise RequestError("too_late", "that was taken back already, or is a day ago")
        if isinstance(kept.act, acts.Cleared | acts.Raided):
            for name, key in kept.act.keys.items():
                self._ledger.tell(events.Restore(room=name, who=asked.person, key=key))
        self._ledger.record(
            acts.Undone(about=room, target=kept.seq),
            asked.person,
            Pending(asked.requester, asked.state, request.id),
        )
        if kept.act.about and not isinstance(kept.act, acts.Cleared):
            self._tell_lifted(asked, kept.act)
            self._tell_rules(asked, kept)

    def _tell_lifted(self, asked: Requested, act: acts.Raided | acts.Sanctioned) -> None:
        """Tell a room that what an act has set on people is lifted."""
        kind = act.kind if isinstance(act, acts.Sanctioned) else "ban"
        told = events.Moderated(
            room=act.about,
            who=asked.person,
            act=f"un{kind}",
            people=act.people[: governing_answers.PEOPLE_LISTED],
            count=len(act.people),
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


def _is_gone(act: acts.AnyAct) -> bool:
    """Whether what an act has cleared is here no more, as it was imported without it."""
    return isinstance(act, acts.Cleared) and not act.keys
