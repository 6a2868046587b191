"""The registry: who may do what in which room, as the acts in the ledger add up."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from trio_chat.core.governed import Governed
from trio_chat.core.latest_acts import LatestActs
from trio_chat.core.links import FOR_EVER, Link, digest_of
from trio_chat.core.sanctions import Sanction
from trio_chat.protocol import acts
from trio_chat.protocol.events import ActKept
from trio_chat.protocol.names import is_private
from trio_chat.protocol.person import Person
from trio_chat.protocol.rights import Right

VISITS_APART = 60 * 60 * 1000  # milliseconds between two visits to a room that are told apart
FORGOTTEN_AT_ONCE = 256  # people and links, with each act: a quarter of a millisecond
SERVER = ""  # what an act is about that holds in all rooms


class Registry:
    """Knows the rooms that have links, rules or sanctions. Others are open to everybody.

    It is all in memory: a room whose link somebody lacks must take as long to refuse as one that
    is not there.
    """

    def __init__(self) -> None:
        self.last = 0  # the number of the last act that is taken in
        self.acts = LatestActs()
        self.undone: set[int] = set()  # numbers of acts that were taken back, of those
        self._rooms: dict[str, Governed] = {}
        self._links: dict[str, Link] = {}  # by the digest of the secret
        self._by_id: dict[str, Link] = {}
        # Of each person, by what the link is about and its id.
        self._came_by: dict[str, dict[str, dict[str, Link]]] = {}
        # Links that have ended, and who came by each and is not forgotten yet.
        self._ended: deque[tuple[Link, Iterator[str]]] = deque()
        self._ending: list[tuple[int, int, Link]] = []  # a heap of those with an end, by that
        self._admitted_to: dict[str, list[str]] = {}  # rooms for two, by the person's id
        self.called: dict[str, Person] = {}  # those who have such rooms, by their id
        self.visits: dict[str, int] = {}  # of made rooms, that were not noted yet; ms since 1970
        self._set_aside: set[str] = set()  # rooms that are being forgotten
        self._takers: dict[type, Any] = {
            acts.RoomMade: self._room_made,
            acts.Admitted: self._admitted,
            acts.LinkMade: self._link_made,
            acts.LinkUsed: self._link_used,
            acts.LinkEnded: self._link_ended,
            acts.Forgotten: self._forgotten,
            acts.RulesSet: self._rules_set,
            acts.Sanctioned: self._sanctioned,
            acts.Lifted: self._lifted,
            acts.Raided: self._raided,
            acts.Undone: self._undone,
        }

    def apply(self, kept: ActKept) -> Link | None:
        """Take in the next act of the ledger; return the link that it ends."""
        self.last = kept.seq
        taker = self._takers.get(type(kept.act))
        # others are only for the list of what was done
        ended: Link | None = taker(kept.act, kept) if taker else None
        if room := self._rooms.get(kept.act.about):
            room.used_at = max(room.used_at, kept.ts)
        self._keep_at_hand(kept)
        self._forget_some()
        return ended

    def _keep_at_hand(self, kept: ActKept) -> None:
        """Have an act at hand; rooms that nobody governs, which anybody makes up, are as one."""
        about = kept.act.about
        gone = self.acts.add(kept, about if about in self._rooms else SERVER)
        if gone is not None:
            self.undone.discard(gone)

    def governed(self, about: str) -> Governed | None:
        """Return what is known of a room; ``None`` if it is like any other."""
        return None if about in self._set_aside else self._rooms.get(about)

    def made(self) -> list[str]:
        """Return the rooms that were made."""
        return [about for about, room in self._rooms.items() if room.is_made]

    def note_visit(self, about: str, now: int) -> None:
        """Take in that somebody is in a room, or asks for something there, in ms since 1970."""
        room = self._rooms[about]
        if room.is_made and now - room.used_at >= VISITS_APART:
            room.used_at = self.visits[about] = now

    def set_aside(self, about: str) -> None:
        """Take a room as not there, while it is found out whether it can be forgotten."""
        self._set_aside.add(about)

    def bring_back(self, about: str) -> None:
        """Take a room as there that was set aside, and was not forgotten."""
        self._set_aside.discard(about)

    def link(self, secret: str) -> Link | None:
        """Return the link with a secret."""
        return self._links.get(digest_of(secret))

    def link_of_id(self, link_id: str) -> Link | None:
        """Return the link with a public id, if it was not revoked."""
        return self._by_id.get(link_id)

    def has_come(self, person_id: str | None, now: int) -> bool:
        """Whether a person has come by a link that is live, to whatever room."""
        rooms = self._came_by.get(person_id or "", {})
        return any(now < link.ends_at for links in rooms.values() for link in links.values())

    def came_by(self, person_id: str, about: str) -> Iterable[Link]:
        """Return the links to a room by which a person has come, and that were not revoked."""
        links = self._came_by.get(person_id, {}).get(about, {}).values()
        return [link for link in links if link.ends_at]

    def is_like_others(self, person_id: str | None) -> bool:
        """Whether somebody has come by no link, while nobody is muted or banned everywhere."""
        server = self._rooms.get(SERVER)
        is_calm = server is None or not (server.muted or server.banned)
        return is_calm and person_id not in self._came_by

    def use(self, link: Link, person: Person) -> None:
        """Take in that a person has come by a link."""
        link.users[person.id] = person
        rooms = self._came_by.setdefault(person.id, {})
        rooms.setdefault(link.made.about, {})[link.made.link] = link

    def has_operator(self, now: int) -> bool:
        """Whether there is a link of an operator."""
        server = self._rooms.get(SERVER)
        return server is not None and any(link.is_live(now) for link in server.links.values())

    def freed(self) -> dict[str, int]:
        """Return when operators have freed nicks last, in ms since 1970, by the person's id."""
        return {
            person.id: kept.ts
            for kept in self.acts
            if isinstance(kept.act, acts.NickFreed)
            for person in kept.act.people
        }

    def raided(self, now: int) -> Mapping[str, int]:
        """Return the rooms in raid mode at a time in ms since 1970, and until when they are."""
        return {
            about: room.rules_until for about, room in self._rooms.items() if room.is_raided(now)
        }

    def private_rooms(self) -> int:
        """Return how many rooms are private."""
        return sum(room.is_private for room in self._rooms.values())

    def _govern(self, about: str) -> Governed:
        return self._rooms.setdefault(about, Governed())

    def _room_made(self, act: acts.RoomMade, kept: ActKept) -> None:
        room = self._govern(act.about)
        room.title, room.is_private, room.is_made = act.title, act.private, True
        room.maker_id = kept.who.id if kept.who else ""

    def _admitted(self, act: acts.Admitted, kept: ActKept) -> None:
        if act.about in self._rooms:  # both have asked for it
            return
        room = self._govern(act.about)
        one, other = act.people
        room.is_private, room.is_made, room.admitted_by = True, True, kept.seq
        room.admitted = {one.id: other.id, other.id: one.id}
        for person in act.people:
            self._admitted_to.setdefault(person.id, []).append(act.about)
            self.called.setdefault(person.id, person)

    def call(self, person: Person) -> None:
        """Take in how somebody is called now, for those with whom they have rooms for two."""
        if person.id in self.called:
            self.called[person.id] = person

    def admitted_to(self, person_id: str) -> Sequence[str]:
        """Return the rooms for two that a person has, the latest last."""
        return self._admitted_to.get(person_id, ())

    def _link_made(self, act: acts.LinkMade, kept: ActKept) -> None:
        link = Link(act, kept.who, kept.ts)
        self._govern(act.about).links[act.link] = link
        self._links[act.digest] = self._by_id[act.link] = link
        if act.until:
            heappush(self._ending, (act.until, kept.seq, link))
        if len(self._ending) > 2 * len(self._by_id):  # most of them were revoked before
            self._ending = [one for one in self._ending if one[2].ends_at]
            heapify(self._ending)

    def next_end(self) -> int | None:
        """Return when the first link may end by itself that was not returned yet, in ms."""
        return self._ending[0][0] if self._ending else None

    def ended(self, now: int) -> list[Link]:
        """Return the links that have ended by themselves until now, each once."""
        over = []
        while self._ending and self._ending[0][0] <= now:
            over.append(heappop(self._ending)[2])
        return [link for link in over if link.ends_at]

    def _link_used(self, act: acts.LinkUsed, kept: ActKept) -> None:
        link = self._by_id.get(act.link)
        if link and kept.who:
            self.use(link, kept.who)

    def _link_ended(self, act: acts.LinkEnded, _: ActKept) -> Link | None:
        link = self._by_id.get(act.link)
        if link:
            self._end(link)
        return link

    def _end(self, link: Link) -> None:
        link.revoke()
        del self._by_id[link.made.link], self._links[link.made.digest]
        del self._govern(link.made.about).links[link.made.link]
        self._ended.append((link, iter(link.users)))

    def _forget_some(self) -> None:
        """Forget that people have come by links that have ended; some of them, as it takes time."""
        for _ in range(FORGOTTEN_AT_ONCE):
            if not self._ended:
                return
            link, people = self._ended[0]
            person_id = next(people, None)
            if person_id is None:
                self._ended.popleft()
            else:
                self._forget(person_id, link)

    def _forgotten(self, act: acts.Forgotten, _: ActKept) -> None:
        room = self._govern(act.about)
        for link in list(room.links.values()):
            self._end(link)
        for person_id in room.admitted:
            self._admitted_to[person_id].remove(act.about)
            if not self._admitted_to[person_id]:
                del self._admitted_to[person_id], self.called[person_id]
        del self._rooms[act.about]
        self.visits.pop(act.about, None)
        self.undone.difference_update(self.acts.forget(act.about))

    def _forget(self, person_id: str, link: Link) -> None:
        """Forget that a person has come by a link."""
        rooms = self._came_by[person_id]
        links = rooms[link.made.about]
        del links[link.made.link]
        if not links:
            del rooms[link.made.about]
        if not rooms:
            del self._came_by[person_id]

    def _rules_set(self, act: acts.RulesSet, kept: ActKept) -> None:
        room = self._govern(act.about)
        if act.until and not room.is_raided(kept.ts):
            room.rules_before = room.rules_at(kept.ts)
        room.rules, room.rules_until = act.rules, act.until or FOR_EVER
        room.rules_by = kept.seq

    def _sanctioned(self, act: acts.Sanctioned, kept: ActKept) -> None:
        room = self._govern(act.about)
        room.forget_sanctions(kept.ts)
        until = act.until or FOR_EVER
        for person in act.people:
            addresses = act.addresses.get(person.id, ())
            by_operator = self.is_by_operator(kept)
            sanction = Sanction(person, until, addresses, act.why, kept.seq, by_operator)
            room.sanctions(act.kind).add(sanction)

    def _lifted(self, act: acts.Lifted, _: ActKept) -> None:
        self._govern(act.about).sanctions(act.kind).lift(act.people)

    def _raided(self, act: acts.Raided, kept: ActKept) -> None:
        self._sanctioned(
            acts.Sanctioned(
                about=act.about,
                kind="ban",
                people=act.people,
                addresses=act.addresses,
                until=act.until,
                why=act.why,
            ),
            kept,
        )
        for about in act.rooms:
            self._begin_raid_mode(about, act, kept)

    def _begin_raid_mode(self, about: str, act: acts.Raided, kept: ActKept) -> None:
        """Set the rules of raid mode; of a raid in all rooms they add to those that are there."""
        rules = act.rules
        if not act.about:
            if is_private(about) and about not in self._rooms:  # it is forgotten by now
                return
            rules = self._govern(about).rules_at(kept.ts).in_raid_mode(rules.newcomers)
        self._rules_set(acts.RulesSet(about=about, rules=rules, until=act.rules_until), kept)

    def _undone(self, act: acts.Undone, _: ActKept) -> None:
        undone = self.act(act.target)
        if undone is None:
            return
        self.undone.add(act.target)
        if isinstance(undone.act, acts.Raided):
            self._govern(undone.act.about).banned.lift(undone.act.people, undone.seq)
            for about in undone.act.rooms:
                if raided := self._rooms.get(about):
                    raided.end_raid_mode(undone.seq)
        elif isinstance(undone.act, acts.Sanctioned):
            room = self._govern(undone.act.about)
            room.sanctions(undone.act.kind).lift(undone.act.people, undone.seq)

    def is_by_operator(self, kept: ActKept) -> bool:
        """Whether an operator did an act that can be taken back.

        Acts of earlier releases do not say so: then it is whoever had come by an operator's link.
        """
        if isinstance(kept.act, acts.Undoable) and kept.act.operator:
            return True
        links = self.came_by(kept.who.id, SERVER) if kept.who else ()
        return any(link.right >= Right.OPERATE for link in links)

    def act(self, number: int) -> ActKept | None:
        """Return the act with a number; ``None`` if it is not among the last ones."""
        return self.acts.get(number)
