"""Moderation: what moderators do with people and rules, and what they are told."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Turn
from trio_chat.core.judge import Judge
from trio_chat.core.ledger import Ledger
from trio_chat.core.pending_writes import SILENT, Pending
from trio_chat.core.people import People
from trio_chat.core.registry import SERVER
from trio_chat.core.requested import Requested
from trio_chat.core.room_links import RoomLinks
from trio_chat.core.rooms import proper_name
from trio_chat.delivery.recipient import Requester
from trio_chat.protocol import acts, answers, events, governing
from trio_chat.protocol.close import REMOVED
from trio_chat.protocol.events import ActKept, Person
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules

ACTS_LISTED = 100  # in one answer
PEOPLE_TOLD = 20  # of those whom an act is about, in the event that tells of it
LIFTING = {"unmute": "mute", "unban": "ban"}


class Moderation:
    """Carries out what moderators ask for, and ends connections that may not stay.

    Args:
        turn: Where answers and closes go.
        connections: Those that are registered.
        room_limit: Characters of a room's name.
        access: Knows what people may do.
        judge: Tells who may ask for what.
        ledger: Keeps what is done.
        links: Make rooms and links.
        people: Tell how somebody is called.
        arrivals: Tell from where somebody came.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        connections: Mapping[Requester, ConnectionState],
        room_limit: int,
        *,
        access: Access,
        judge: Judge,
        ledger: Ledger,
        links: RoomLinks,
        people: People,
        arrivals: Arrivals,
    ) -> None:
        self._turn = turn
        self._connections = connections
        self._room_limit = room_limit
        self._access = access
        self._judge = judge
        self._ledger = ledger
        self._links = links
        self._people = people
        self._arrivals = arrivals
        self._doers: dict[type, Any] = {
            governing.MakeLink: links.make,
            governing.EndLink: links.end,
            governing.Links: links.tell,
            governing.SetRules: self._set_rules,
            governing.Moderate: self._moderate,
            governing.Report: self._report,
            governing.Audit: self._tell_acts,
        }

    def carry_out(self, asked: Requested, request: governing.AnyGoverning) -> None:
        """Do what somebody asks for, or begin to.

        Raises:
            RequestError: they may not, or it cannot be.
        """
        if isinstance(request, governing.Create):
            self._judge.check(asked.asker, request, SERVER, self._turn.now)
            self._links.create(asked, request)
            return
        room = proper_name(request.room, self._room_limit) if request.room else SERVER
        is_joined = asked.state is not None and room in asked.state.rooms
        link = asked.state.links.get(room) if asked.state else asked.link
        self._judge.check(
            asked.asker, request, room, self._turn.now, is_joined=is_joined, link=link
        )
        self._doers[type(request)](asked, request, room)

    # What moderators do

    def _set_rules(self, asked: Requested, request: governing.SetRules, room: str) -> None:
        rules = RoomRules(
            slow=request.slow,
            closed=request.closed,
            newcomers=request.newcomers,
            members=request.members,
        )
        self._ledger.record(acts.RulesSet(about=room, rules=rules), asked.person)
        self._ledger.tell(
            events.Rules(room=room, who=asked.person, rules=rules),
            Pending(asked.requester, asked.state, request.id),
        )

    def _moderate(self, asked: Requested, request: governing.Moderate, room: str) -> None:
        people = [self._named(person_id) for person_id in dict.fromkeys(request.people)]
        self._spare_moderators(asked, room, people)
        until = self._access.clock() + 1000 * request.seconds if request.seconds else 0
        act = self._act(request, room, people, until)
        self._ledger.record(act, asked.person, _pending(asked, request, is_last=not room))
        if room:
            told = events.Moderated(
                room=room,
                who=asked.person,
                act=request.act,
                people=people[:PEOPLE_TOLD],
                count=len(people),
                until=until,
                why=request.why,
            )
            self._ledger.tell(told, _pending(asked, request, is_last=True))

    def _act(
        self, request: governing.Moderate, room: str, people: list[Person], until: int
    ) -> acts.AnyAct:
        if request.act in LIFTING:
            return acts.Lifted(about=room, kind=LIFTING[request.act], people=people)
        if request.act == "kick":
            return acts.Removed(about=room, people=people, why=request.why)
        addresses = {}
        if request.act == "ban":
            addresses = {person.id: self._addresses_of(person.id) for person in people}
        return acts.Sanctioned(
            about=room,
            kind=request.act,
            people=people,
            addresses={id: found for id, found in addresses.items() if found},
            until=until,
            why=request.why,
        )

    def _named(self, person_id: str) -> Person:
        """Return a person as they are called now, or were when they came last.

        Raises:
            RequestError: nobody is known by this id.
        """
        known = self._people.now(person_id)
        if known:
            return known
        for arrival in self._arrivals.of(person_id).values():
            return arrival.person
        raise RequestError("not_found", f"nobody has the id {person_id!r}")

    def _addresses_of(self, person_id: str) -> list[str]:
        """Return from where a person came, but for this machine's own addresses."""
        found = (arrival.address for arrival in self._arrivals.of(person_id).values())
        return sorted({address for address in found if address})

    def _spare_moderators(self, asked: Requested, room: str, people: Iterable[Person]) -> None:
        """Make sure that nobody acts on those who may as much as they.

        Raises:
            RequestError: one of these people is a moderator, or an operator.
        """
        by = self._access.standing(room, asked.person.id, asked.asker.address, asked.link).right
        for person in people:
            right = self._access.standing(room, person.id, "").right
            if right >= Right.MODERATE and right >= by:
                raise RequestError("not_moderator", f"{person.nick} may do as much here as you")

    # What they are told

    def _report(self, asked: Requested, request: governing.Report, room: str) -> None:
        act = acts.Reported(about=room, target=request.seq, why=request.why)
        self._ledger.record(act, asked.person, Pending(asked.requester, asked.state, request.id))

    def _tell_acts(self, asked: Requested, request: governing.Audit, room: str) -> None:
        before = request.before if request.before is not None else 2**62
        found = [
            kept
            for kept in reversed(self._access.registry.acts)
            if kept.seq < before and (not room or kept.act.about == room)
        ]
        limit = min(request.limit, ACTS_LISTED)
        told = [_told(kept) for kept in found[:limit]]
        answer = answers.ActList(id=request.id, room=room, acts=told, more=len(found) > limit)
        self._turn.reply(asked.requester, answer)

    # What follows

    def take(self, kept: ActKept) -> None:
        """Take in that an act is kept: those who may not stay have to go."""
        act = kept.act
        if isinstance(act, acts.Removed):
            gone = {person.id for person in act.people}
            self._end(state for state in self._inside(act.about) if state.person_id in gone)
        elif isinstance(act, acts.LinkEnded | acts.Sanctioned):
            self.recheck(act.about)

    def recheck(self, room: str) -> None:
        """End the connections in a room, or in any, that may not be there any more."""
        self._end(state for state in self._inside(room) if not self._may_stay(state, room))

    def _inside(self, room: str) -> list[ConnectionState]:
        states = self._connections.values()
        return [state for state in states if not room or room in state.rooms]

    def _may_stay(self, state: ConnectionState, room: str) -> bool:
        rooms = [room] if room else state.rooms
        address = state.client.address
        return all(
            self._access.standing(name, state.person_id, address, state.links.get(name)).right
            for name in rooms
        )

    def _end(self, states: Iterable[ConnectionState]) -> None:
        for state in states:
            self._turn.effects.closes.append((state.client, REMOVED))


def _told(kept: ActKept) -> answers.ActInfo:
    act = kept.act
    if isinstance(act, acts.LinkMade):
        act = msgspec.structs.replace(act, digest="")  # as if it were a secret
    return answers.ActInfo(kept.seq, kept.ts, kept.who, act)


def _pending(asked: Requested, request: governing.Moderate, *, is_last: bool) -> Pending:
    """Return who is told of one of the writes of a request: the last one answers it."""
    return Pending(asked.requester, asked.state, request.id) if is_last else SILENT
