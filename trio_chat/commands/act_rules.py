"""The rules that the acts of a room keep, whichever way they come: those of the socket.

What a request may hold is asked of the modules that check requests. What an act may refer to are
links and acts of the same room before it.
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from trio_chat.commands.rule_checks import (
    BadEvent,
    check_person,
    check_request,
    check_times,
    check_title,
)
from trio_chat.core.arrivals import NAMELESS, place_of
from trio_chat.core.links import PEOPLE_BY_LINK
from trio_chat.core.raiders import PEOPLE
from trio_chat.core.registry import Registry
from trio_chat.protocol import acts, governing
from trio_chat.protocol.events import ActKept, Person
from trio_chat.protocol.names import is_private
from trio_chat.protocol.request_base import LAST_TIME
from trio_chat.protocol.room_rules import RoomRules

PAIR = 2  # people in a room for two
ACTS = 100_000  # of a room, in a file
SANCTIONED = 50_000  # people who are muted or banned in a room of a file
LINK = re.compile("[0-9a-f]{12}")
DIGEST = re.compile("[0-9a-f]{64}")


class Limits(Protocol):
    """The limits that acts are checked by; a ``Config`` has them."""

    @property
    def nick_limit(self) -> int:
        """Characters of a nick at most."""
        ...

    @property
    def links_per_room(self) -> int:
        """Links to one room at most."""
        ...


class ActRules:
    """Checks the acts of one room, in order, and adds them up in ``registry``.

    Args:
        room: The room's name.
        limits: How long nicks may be, and how many links there may be.
    """

    def __init__(self, room: str, limits: Limits) -> None:
        self.registry = Registry()
        self._room = room
        self._limits = limits
        self._names: set[str] = set()  # of links: their ids, and the digests of their secrets
        self._undoable: set[int] = set()  # numbers of acts
        self._pair: frozenset[str] = frozenset()  # whose room for two it is, by their ids
        self._checks: dict[type, Any] = {
            acts.RoomMade: self._check_made,
            acts.Admitted: self._check_admitted,
            acts.LinkMade: self._check_link,
            acts.LinkUsed: self._check_used,
            acts.LinkEnded: self._check_ended,
            acts.RulesSet: self._check_rules_set,
            acts.Sanctioned: self._check_sanctioned,
            acts.Lifted: self._check_lifted,
            acts.Removed: self._check_removed,
            acts.Cleared: self._check_cleared,
            acts.Raided: self._check_raided,
            acts.Undone: self._check_undone,
            acts.Reviewed: self._check_reviewed,
            acts.Deleted: self._check_deleted,
            acts.Reported: self._check_report,
        }

    def take(self, kept: ActKept) -> None:
        """Take the next act, which has its number.

        Raises:
            BadEvent: it breaks a rule.
        """
        self._check(kept)
        self.registry.apply(kept)
        governed = self.registry.governed(self._room)
        if governed and len(governed.links) > self._limits.links_per_room:
            raise BadEvent("there are more links to the room than --links-per-room")
        if governed and len(governed.banned) + len(governed.muted) > SANCTIONED:
            raise BadEvent(f"more than {SANCTIONED} people are muted or banned")
        if isinstance(kept.act, acts.Undoable):
            self._undoable.add(kept.seq)

    def _check(self, kept: ActKept) -> None:
        if kept.seq > ACTS:
            raise BadEvent(f"a room has at most {ACTS} acts")
        if not 0 <= kept.ts <= LAST_TIME:
            raise BadEvent("its time cannot be")
        if kept.cid is not None:
            raise BadEvent("an act has no cid")
        check_person(kept.who, self._limits.nick_limit)
        check = self._checks.get(type(kept.act))
        if check is None or kept.act.about != self._room:
            raise BadEvent("the act is not about this room")
        check(kept.act, kept)

    def _check_made(self, act: acts.RoomMade, _: ActKept) -> None:
        if self._pair:
            raise BadEvent("the room is for two people")
        check_title(self._room, act.title, private=act.private)

    def _check_admitted(self, act: acts.Admitted, kept: ActKept) -> None:
        ids = frozenset(person.id for person in act.people)
        self._check_people(act.people, PAIR)
        if not is_private(self._room) or len(ids) != PAIR:
            raise BadEvent("a room for two is private, and for two people")
        if kept.seq > 1 and ids != self._pair:
            raise BadEvent("a room is made for two before anything else, or not at all")
        self._pair = ids

    def _check_link(self, act: acts.LinkMade, _: ActKept) -> None:
        check_request(
            t="link",
            room=self._room,
            right=act.right,
            label=act.label,
            until=act.until,
            uses=act.uses,
        )
        if not LINK.fullmatch(act.link) or not DIGEST.fullmatch(act.digest):
            raise BadEvent("the id, or the digest, of its link cannot be")
        if {act.link, act.digest} & self._names:
            raise BadEvent(f"the link {act.link} comes twice")
        self._names |= {act.link, act.digest}

    def _check_used(self, act: acts.LinkUsed, kept: ActKept) -> None:
        if kept.who is None:
            raise BadEvent("somebody comes by a link")
        self._check_known(act.link)
        link = self.registry.link_of_id(act.link)
        if link and len(link.users) >= max(link.made.uses, PEOPLE_BY_LINK):
            raise BadEvent("more people came by a link than may")

    def _check_ended(self, act: acts.LinkEnded, _: ActKept) -> None:
        self._check_known(act.link)

    def _check_known(self, link: str) -> None:
        if not LINK.fullmatch(link) or link not in self._names:
            raise BadEvent("its link is none of this room before it")

    def _check_rules_set(self, act: acts.RulesSet, _: ActKept) -> None:
        self._check_rules(act.rules)
        check_times(act.until)

    def _check_rules(self, rules: RoomRules) -> None:
        check_request(t="rules", room=self._room, **msgspec.structs.asdict(rules))

    def _check_sanctioned(self, act: acts.Sanctioned, _: ActKept) -> None:
        self._check_moderated(f"un{act.kind}", act.people, act.why)
        check_times(act.until)
        _check_addresses(act.people, act.addresses)

    def _check_lifted(self, act: acts.Lifted, _: ActKept) -> None:
        self._check_moderated(f"un{act.kind}", act.people)

    def _check_removed(self, act: acts.Removed, _: ActKept) -> None:
        self._check_moderated("kick", act.people, act.why)

    def _check_cleared(self, act: acts.Cleared, _: ActKept) -> None:
        self._check_moderated("clear", act.people, act.why)
        _check_keys(act.keys)

    def _check_moderated(self, kind: str, people: Sequence[Person], why: str = "") -> None:
        ids = [person.id for person in people]
        self._check_people(people, governing.PEOPLE_LIMIT, has_words=kind == "clear")
        check_request(t="moderate", room=self._room, act=kind, people=ids, why=why)

    def _check_raided(self, act: acts.Raided, _: ActKept) -> None:
        self._check_people(act.people, PEOPLE, has_words=True)
        check_request(t="raid", room=self._room, since=0, why=act.why)
        _check_keys(act.keys)
        self._check_rules(act.rules)
        check_times(act.until, act.rules_until)
        _check_addresses(act.people, act.addresses)

    def _check_undone(self, act: acts.Undone, _: ActKept) -> None:
        if act.target not in self._undoable:
            raise BadEvent(f"it undoes number {act.target}, which is nothing that can be undone")

    def _check_reviewed(self, act: acts.Reviewed, _: ActKept) -> None:
        self._check_people(act.people, 1, has_words=True)
        check_request(t="review", room=self._room, held=1, act=act.kind, why=act.why)
        if act.kind == "approve":
            self._check_number(act.target)
        elif act.target:
            raise BadEvent("what was rejected has no number")

    def _check_deleted(self, act: acts.Deleted, _: ActKept) -> None:
        self._check_people(act.people, 1, has_words=True)
        check_request(t="report", room=self._room, seq=act.target, why=act.why)

    def _check_number(self, target: int) -> None:
        check_request(t="report", room=self._room, seq=target, why="")

    def _check_report(self, act: acts.Reported, _: ActKept) -> None:
        check_request(t="report", room=self._room, seq=act.target, why=act.why)

    def _check_people(
        self, people: Sequence[Person], limit: int, *, has_words: bool = False
    ) -> None:
        """Refuse people who cannot be; what was said without a name can be acted on, too."""
        if not 1 <= len(people) <= limit or len({one.id for one in people}) != len(people):
            raise BadEvent(f"an act is on 1 to {limit} people, each once")
        for person in people:
            if not (has_words and person == NAMELESS):
                check_person(person, self._limits.nick_limit)


def _check_keys(keys: dict[str, str]) -> None:
    """Refuse keys of clearings: what was cleared elsewhere is not here to be taken back."""
    if keys:
        raise BadEvent("what was cleared is not in a file, so there is no key")


def _check_addresses(people: Sequence[Person], addresses: dict[str, list[str]]) -> None:
    """Refuse addresses that no server bans, such as those of this machine.

    Raises:
        BadEvent: one is such, or not of these people.
    """
    if not addresses.keys() <= {person.id for person in people}:
        raise BadEvent("its addresses are of other people")
    for address in [one for found in addresses.values() for one in found]:
        if not _is_place(address):
            raise BadEvent("one of its addresses cannot be banned")


def _is_place(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return place_of(address) == address
