"""Moderation: what moderators do with people and rules, and what they are told."""

from collections.abc import Sequence
from typing import Any

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.approval import Approval
from trio_chat.core.arrivals import NAMELESS
from trio_chat.core.audit import Audit
from trio_chat.core.clearings import Clearings
from trio_chat.core.effects import Turn
from trio_chat.core.judge import Judge
from trio_chat.core.ledger import Ledger
from trio_chat.core.links import FOR_EVER, Link
from trio_chat.core.pairs import Pairs
from trio_chat.core.pending_writes import SILENT, Pending
from trio_chat.core.people import People
from trio_chat.core.raids import Raids, pending_with
from trio_chat.core.registry import SERVER
from trio_chat.core.removals import Removals
from trio_chat.core.requested import Requested
from trio_chat.core.room_links import RoomLinks
from trio_chat.core.rooms import Delay, proper_name
from trio_chat.core.targets import NOWHERE, Targets
from trio_chat.journal.keys import author_of
from trio_chat.protocol import acts, events, governing, governing_answers
from trio_chat.protocol.events import ActKept, Person
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.room_rules import RoomRules

ENDS_LOOK = 30_000  # milliseconds between two looks at links that end by themselves, at most
IN_ALL_ROOMS = {
    governing.Moderate,
    governing.Raid,
    governing.Undo,
    governing.Audit,
    governing.FreeNick,
}
LIFTING = {"unmute": "mute", "unban": "ban"}


class Moderation:
    """Carries out what moderators ask for, and has connections ended that may not stay.

    Args:
        turn: Where answers go.
        config: ``room_limit``.
        access: Knows what people may do.
        judge: Tells who may ask for what.
        ledger: Keeps what is done.
        links: Make rooms and links.
        targets: Tell on whom somebody may act.
        clearings: Clear messages.
        raids: Undo raids.
        approval: Sends what is held, or drops it.
        audit: Tells what was done.
        people: Have the nicks.
        pairs: Make rooms for two.
        removals: End connections that may not stay.
        delay: Has something called so many seconds later.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        turn: Turn,
        config: Config,
        *,
        access: Access,
        judge: Judge,
        ledger: Ledger,
        links: RoomLinks,
        targets: Targets,
        clearings: Clearings,
        raids: Raids,
        approval: Approval,
        audit: Audit,
        people: People,
        pairs: Pairs,
        removals: Removals,
        delay: Delay,
    ) -> None:
        self._turn = turn
        self._config = config
        self._access = access
        self._judge = judge
        self._ledger = ledger
        self._links = links
        self._targets = targets
        self.clearings = clearings
        self.raids = raids
        self._approval = approval
        self._people = people
        self._pairs = pairs
        self._delay = delay
        self.removals = removals
        self._look_at = FOR_EVER  # when links are looked at next, in ms since 1970
        self._doers: dict[type, Any] = {
            governing.MakeLink: links.make,
            governing.EndLink: links.end,
            governing.Links: links.tell,
            governing.SetRules: self._set_rules,
            governing.Moderate: self._moderate,
            governing.Report: self._report,
            governing.Audit: audit.tell,
            governing.Held: approval.tell,
            governing.Review: approval.review,
            governing.Raid: raids.undo,
            governing.Undo: raids.take_back,
            governing.FreeNick: self._free_nick,
        }

    def carry_out(self, asked: Requested, request: governing.AnyGoverning) -> None:
        """Do what somebody asks for, or begin to.

        Raises:
            RequestError: they may not, or it cannot be.
            Unclaimed: it is not clear yet whether a nick is used at other nodes; nothing is begun.
        """
        if isinstance(request, governing.Create):
            self._judge.check(asked.asker, request, SERVER, self._turn.now)
            maker = self._links if request.other is None else self._pairs
            maker.create(asked, request)
            return
        named = getattr(request, "room", SERVER)
        room = proper_name(named, self._config.room_limit) if named else SERVER
        is_joined = asked.state is not None and room in asked.state.rooms
        link = asked.state.links.get(room) if asked.state else asked.link
        self._judge.check(
            asked.asker, request, room, self._turn.now, is_joined=is_joined, link=link
        )
        if room == SERVER and type(request) not in IN_ALL_ROOMS:  # a link would open all of them
            raise RequestError("bad_room", "say in which room; this is not for all of them")
        self._doers[type(request)](asked, request, room)

    # What moderators do

    def _set_rules(self, asked: Requested, request: governing.SetRules, room: str) -> None:
        rules = RoomRules(
            slow=request.slow,
            closed=request.closed,
            newcomers=request.newcomers,
            members=request.members,
            hold_links=request.hold_links,
            no_files=request.no_files,
        )
        self._ledger.record(acts.RulesSet(about=room, rules=rules), asked.person)
        self._ledger.tell(
            events.Rules(room=room, who=asked.person, rules=rules),
            Pending(asked.requester, asked.state, request.id),
        )

    def _moderate(self, asked: Requested, request: governing.Moderate, room: str) -> None:
        if request.act == "clear":
            self.clearings.ask(asked, request, room)
            return
        people = self._targets.named(request.people, room)
        self._targets.spare_moderators(asked, room, people)
        until = self._access.clock() + 1000 * request.seconds if request.seconds else 0
        act = self._act(asked, request, room, people, until)
        if request.act in LIFTING:  # but what holds on the whole server
            people = self._access.freed(people, room, LIFTING[request.act])
        is_told = bool(room and people)
        pending = pending_with(asked, request.id, _shared(act))
        self._ledger.record(act, asked.person, SILENT if is_told else pending)
        if is_told:
            told = events.Moderated(
                room=room,
                who=asked.person,
                act=request.act,
                people=people[: governing_answers.PEOPLE_LISTED],
                count=len(people),
                until=until,
                why=request.why,
            )
            self._ledger.tell(told, pending)

    def _act(
        self,
        asked: Requested,
        request: governing.Moderate,
        room: str,
        people: list[Person],
        until: int,
    ) -> acts.AnyAct:
        if request.act in LIFTING:
            kind = LIFTING[request.act]
            self._targets.check_lifting(asked, room, people, kind)
            return acts.Lifted(about=room, kind=kind, people=people)
        if request.act == "kick":
            return acts.Removed(about=room, people=people, why=request.why)
        self._targets.check_room(room)
        is_ban = request.act == "ban"
        places = self._targets.addresses(people, room) if is_ban else NOWHERE
        return acts.Sanctioned(
            about=room,
            kind=request.act,
            people=people,
            addresses=places.addresses,
            shared=places.shared,
            until=until,
            why=request.why,
            operator=self._targets.is_operator(asked, room),
        )

    def _free_nick(self, asked: Requested, request: governing.FreeNick, _: str) -> None:
        holder = self._people.nicks.holder(request.nick)
        person = self._people.now(holder) if holder else None
        if person is None:
            raise RequestError("not_found", "nobody has this nick")
        if self._people.is_here(person.id):
            raise RequestError("nick_taken", f"{person.nick} is here, or was just now")
        self._people.nicks.check_unused(request.nick)
        pending = Pending(asked.requester, asked.state, request.id)
        self._ledger.record(acts.NickFreed(people=[person]), asked.person, pending)

    # What they are told

    def _report(self, asked: Requested, request: governing.Report, room: str) -> None:
        act = acts.Reported(about=room, target=request.seq, why=request.why)
        self._ledger.record(act, asked.person, Pending(asked.requester, asked.state, request.id))

    def note_deletion(self, event: events.Delete, rewritten: Sequence[tuple[int, bytes]]) -> None:
        """Keep that a moderator has deleted a message of somebody else; there is no way back.

        Args:
            event: The deletion, which is kept.
            rewritten: The events that have changed with it, encoded; the message is among them.
        """
        found = [events.decode(data) for seq, data in rewritten if seq == event.target]
        authors = [one.who or NAMELESS for one in found if isinstance(one, events.Message)]
        people = [author for author in authors if author.id != author_of(event)]
        if people:
            act = acts.Deleted(about=event.room, people=people, target=event.target, why=event.why)
            self._ledger.record(act, event.who)

    # What follows

    def keep(self, kept: ActKept) -> None:
        """Take in an act that is kept, here or by another node, in the order of all."""
        for each, ended in self._ledger.take(kept):
            self.take(each, ended)

    def take(self, kept: ActKept, ended: Link | None = None) -> None:
        """Take in that an act is kept, perhaps with the end of a link: some may have to go."""
        act = kept.act
        if isinstance(act, acts.Removed):
            gone = {person.id for person in act.people}
            self.removals.remove(gone, act.about)
        elif isinstance(act, acts.Admitted):
            self._pairs.invite(kept, act)
        elif isinstance(act, acts.LinkEnded | acts.Sanctioned | acts.Raided):
            self.removals.recheck(act.about, [ended] if ended else [])
        if isinstance(act, acts.Sanctioned | acts.Raided | acts.Cleared):
            self._approval.drop_of(act.people, act.about)
        if isinstance(act, acts.NickFreed):
            for person in act.people:
                self._people.free(person.id)
        if isinstance(act, acts.RulesSet | acts.Undone | acts.Lifted):
            self._calm(act)
        if isinstance(act, acts.Raided):
            for room in act.rooms:
                self._await_end_of_raid_mode(room, act.rules_until)
        self.await_ends_of_links()

    def _calm(self, act: acts.AnyAct) -> None:
        """Tell rooms who has come quietly, where an act may have changed that."""
        undone = self._access.registry.act(act.target) if isinstance(act, acts.Undone) else None
        raid = undone.act if undone and isinstance(undone.act, acts.Raided) else None
        for room in raid.rooms if raid else [act.about]:
            self.raids.calm(room)

    def await_ends_of_links(self) -> None:
        """Have those end who came by links, when these end by themselves.

        There is a look at the wall clock at least every ``ENDS_LOOK``, as it may be set.
        """
        now, first = self._access.clock(), self._access.registry.next_end()
        if first is None:
            return
        look_at = min(max(first, now), now + ENDS_LOOK)
        if look_at < self._look_at:
            self._look_at = look_at
            self._delay((look_at - now) / 1000, lambda: self._end_links(look_at))

    def _end_links(self, look_at: int) -> None:
        if look_at != self._look_at:  # there was one that ended before
            return
        self._look_at = FOR_EVER
        for link in self._access.registry.ended(self._access.clock()):
            self.removals.recheck(link.made.about, [link])
        self.await_ends_of_links()

    def resume(self) -> None:
        """Take in that the acts of before a restart are known: raid mode may still end."""
        for room, until in self._access.registry.raided(self._access.clock()).items():
            self._await_end_of_raid_mode(room, until)
        self.await_ends_of_links()

    def _await_end_of_raid_mode(self, room: str, until: int) -> None:
        left = (until - self._access.clock()) / 1000
        self._delay(left, lambda: self._end_raid_mode(room, until))

    def _end_raid_mode(self, room: str, until: int) -> None:
        """Tell a room that its rules of before hold again, unless others were set meanwhile."""
        self.raids.calm(room)
        governed = self._access.registry.governed(room)
        if governed and governed.rules_until == until:  # it may be forgotten by now
            # Each node does so; it is kept once.
            told = events.Rules(room=room, rules=governed.rules_before, cid=f"calm-{until}")
            self._ledger.tell(told)


def _shared(act: acts.AnyAct) -> int:
    """Return how many addresses an act has not banned, as others come from them."""
    return act.shared if isinstance(act, acts.Sanctioned) else 0
