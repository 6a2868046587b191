"""What somebody may do in a room, as links and acts add up."""

from itertools import permutations
from types import ModuleType

import pytest

from tests.unit.work import counted
from trio_chat.auth.grant import Grant
from trio_chat.core import governed, latest_acts, ledger, sanctions
from trio_chat.core.access import OF_ALL, OUTSIDE, Access
from trio_chat.core.governed import Governed, Said
from trio_chat.core.links import Link, new_link
from trio_chat.core.registry import SERVER, Registry
from trio_chat.core.room_links import new_identifier
from trio_chat.protocol import acts, events, requests
from trio_chat.protocol.acts import LEDGER, AnyAct
from trio_chat.protocol.events import ActKept, Person
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules

ANN, BOB, EVE = Person("a", "Ann"), Person("b", "Bob"), Person("e", "Eve")
HERE, THERE = "192.0.2.7", "2001:db8::7"


class Acts:
    """Acts that are kept one after the other, and a clock that somebody sets."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.registry = Registry()
        self.access = Access(self.registry, lambda: self.now)

    def keep(self, *kept: AnyAct, who: Person | None = ANN) -> None:
        for act in kept:
            seq = self.registry.last + 1
            self.registry.apply(ActKept(room=LEDGER, seq=seq, ts=self.now, who=who, act=act))

    def right(self, person: Person | None, room: str = "tea", address: str = HERE) -> Right:
        return self.access.standing(room, person.id if person else None, address).right


def test_a_room_without_acts_is_for_all() -> None:
    """And no private name is, as long as there is no such room."""
    known = Acts()
    assert known.access.standing("tea", ANN.id, HERE) is OF_ALL
    assert known.access.standing(new_identifier(), ANN.id, HERE) is OUTSIDE


def test_a_room_that_is_hidden_is_judged_like_none() -> None:
    """By as much work, so that no answer comes sooner than another."""
    known, room = Acts(), new_identifier()
    known.keep(acts.RoomMade(about=room, title="T", private=True))
    links = [new_link(room, right) for right in (Right.READ, Right.MODERATE)]
    known.keep(*(link.act for link in links))

    def work(name: str) -> int:
        """Return the calls that it takes; the collector may add some of its own to one look."""
        looks = [counted(lambda: known.access.standing(name, EVE.id, HERE)) for _ in range(5)]
        assert all(standing is OUTSIDE for standing, _ in looks)
        return min(calls for _, calls in looks)

    assert work(room) == work(new_identifier())


def test_an_operator_learns_of_no_room_that_is_not_there() -> None:
    """But may act in all that are."""
    known, room = Acts(), new_identifier()
    link = new_link(SERVER, Right.OPERATE)
    known.keep(acts.RoomMade(about=room, title="T", private=True), link.act)
    known.keep(acts.LinkUsed(link=link.act.link), who=ANN)
    assert known.right(ANN, room) is known.right(ANN) is Right.OPERATE
    assert known.right(ANN, new_identifier()) is Right.NONE
    by_token = known.access.standing(room, BOB.id, HERE, grant=Grant("bob", role="operator"))
    assert by_token.right is Right.OPERATE


NAMED, UNNAMED = new_identifier(), new_identifier()
ROOMS = {NAMED: Right.SPEAK, "tea": Right.READ, "jam": Right.MODERATE}


@pytest.mark.parametrize(
    ("grant", "rights"),
    [
        (Grant("bob"), (0, Right.SPEAK, Right.SPEAK, Right.SPEAK, 0)),
        (Grant("bob", rooms={}), (0, 0, 0, 0, 0)),
        (Grant("bob", rooms=ROOMS), (Right.SPEAK, Right.READ, Right.MODERATE, 0, 0)),
        (Grant("bob", rooms={}, role="operator"), 5 * (Right.OPERATE,)),
    ],
)
def test_a_grant_that_names_rooms_is_for_these_alone(
    grant: Grant, rights: tuple[Right, ...]
) -> None:
    """Public or private, and links to others, or to more, give nothing; an operator is in all."""
    known = Acts()
    rooms = (NAMED, "tea", "jam", "pie", UNNAMED)
    for room in (NAMED, UNNAMED):
        known.keep(acts.RoomMade(about=room, title="T", private=True))

    def found(link: Link | None = None) -> tuple[Right, ...]:
        stands = [known.access.standing(room, BOB.id, HERE, link, grant) for room in rooms]
        return tuple(standing.right for standing in stands)

    assert found() == rights
    above = new_link(SERVER, Right.OPERATE)
    known.keep(above.act)
    link = known.registry.link(above.secret)
    is_limited = grant.rooms is not None
    assert found(link) == (rights if is_limited else 5 * (Right.OPERATE,))
    known.keep(acts.LinkUsed(link=above.act.link), who=BOB)
    known.keep(acts.Admitted(about=UNNAMED, people=[ANN, BOB]))
    assert found() == (rights if is_limited else 5 * (Right.OPERATE,))


def test_a_link_ends_with_its_time() -> None:
    """For those who came by it, too, and for whoever shows it."""
    known, room = Acts(), new_identifier()
    link = new_link(room, Right.SPEAK, until=known.now + 10)
    known.keep(acts.RoomMade(about=room, title="T", private=True), link.act)
    known.keep(acts.LinkUsed(about=room, link=link.act.link), who=BOB)
    made = known.registry.link(link.secret)
    assert made
    assert known.access.standing(room, None, HERE, made).right is Right.SPEAK
    assert known.right(BOB, room) is Right.SPEAK
    known.now += 10
    assert known.access.standing(room, None, HERE, made).right is Right.NONE
    assert known.right(BOB, room) is Right.NONE


def test_a_ban_is_for_addresses_too_until_its_time() -> None:
    """A /64 of IPv6 is one; others there who moderate may stay."""
    known = Acts()
    known.keep(
        acts.Sanctioned(
            about="tea",
            kind="ban",
            people=[EVE],
            addresses={EVE.id: ["2001:db8::"]},
            until=known.now + 10,
        )
    )
    assert known.access.standing("tea", EVE.id, HERE).is_banned
    assert known.access.standing("tea", BOB.id, THERE).is_banned
    assert known.right(BOB, address="2001:db8:0:1::7") is Right.SPEAK
    assert known.right(EVE, "jam") is Right.SPEAK
    known.now += 10
    assert known.right(EVE) is known.right(BOB, address=THERE) is Right.SPEAK
    known.keep(acts.Sanctioned(about="tea", kind="mute", people=[BOB]))
    governed = known.registry.governed("tea")
    assert governed is not None
    assert (dict(governed.banned), governed.banned.addresses) == ({}, {})
    assert known.access.standing("tea", BOB.id, HERE).is_muted


def test_sanctions_are_for_moderators_too() -> None:
    """By person, as only somebody may act on them who may do more; operators are above all."""
    known = Acts()
    link, above = new_link("tea", Right.MODERATE), new_link(SERVER, Right.OPERATE)
    known.keep(link.act, above.act, acts.LinkUsed(link=above.act.link))
    for person in (BOB, EVE):
        known.keep(acts.LinkUsed(about="tea", link=link.act.link), who=person)
    for about in ("tea", SERVER):
        for kind, right in (("mute", Right.READ), ("ban", Right.NONE)):
            addresses = {EVE.id: [HERE]} if kind == "ban" else {}
            people = [EVE, ANN]
            known.keep(acts.Sanctioned(about=about, kind=kind, people=people, addresses=addresses))
            assert [known.right(one, "tea") for one in (EVE, BOB, ANN)] == [
                right,
                Right.MODERATE,
                Right.OPERATE,
            ]
            known.keep(acts.Lifted(about=about, kind=kind, people=people))


def test_a_ban_is_lifted_with_its_addresses() -> None:
    """By itself, or as what an act did is undone."""
    known = Acts()
    ban = acts.Sanctioned(about="tea", kind="ban", people=[EVE], addresses={EVE.id: [HERE]})
    for lifted in (
        acts.Lifted(about="tea", kind="ban", people=[EVE]),
        acts.Undone(about="tea", target=3),
    ):
        known.keep(ban)
        assert known.right(BOB) is Right.NONE
        known.keep(lifted)
        assert known.right(BOB) is known.right(EVE) is Right.SPEAK


def ban(*people: Person, seconds: int = 0, addresses: tuple[str, ...] = (HERE,)) -> AnyAct:
    """Return a ban of people, each with the same addresses, for ever or until so long after 0."""
    by_person = {person.id: list(addresses) for person in people}
    return acts.Sanctioned(
        about="tea", kind="ban", people=[*people], addresses=by_person, until=seconds * 1000
    )


def raid(*people: Person, until: int, rules_until: int = 0) -> acts.Raided:
    """Return a raid of people from one address, who are banned until a time."""
    return acts.Raided(
        about="tea",
        people=[*people],
        addresses={person.id: [HERE] for person in people},
        keys={},
        rules=RoomRules(newcomers=900),
        rules_until=rules_until,
        until=until,
    )


def test_an_address_is_banned_as_long_as_somebody_there_is() -> None:
    """Whoever is let in again first."""
    known = Acts()
    known.keep(ban(EVE, seconds=2000), ban(BOB))
    known.keep(acts.Lifted(about="tea", kind="ban", people=[BOB]))
    assert known.access.standing("tea", ANN.id, HERE).is_banned
    assert not known.access.standing("tea", BOB.id, "198.51.100.1").is_banned
    known.now = 2_000_000
    assert known.right(ANN) is Right.SPEAK
    known.keep(ban(EVE), ban(BOB, seconds=3000))
    known.keep(acts.Lifted(about="tea", kind="ban", people=[EVE]))
    assert known.right(ANN) is Right.NONE
    known.now = 3_000_000
    assert known.right(ANN) is Right.SPEAK


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_what_is_taken_back_leaves_what_other_acts_have_set(order: tuple[int, ...]) -> None:
    """A longer ban stays behind a raid, whichever came first, and a raid behind another."""
    known = Acts()
    week = known.now + 1000
    known.keep(ban(EVE), raid(EVE, BOB, until=week), raid(EVE, until=week))
    for count, target in enumerate(order, 1):
        known.keep(acts.Undone(about="tea", target=target))
        assert known.right(EVE) is known.right(ANN, address=HERE)
        assert known.right(EVE) is (Right.SPEAK if count == 3 else Right.NONE)
    known.keep(ban(EVE), raid(EVE, until=week))
    known.now = week
    known.keep(acts.Sanctioned(about="tea", kind="mute", people=[BOB]))  # what is over is forgotten
    known.keep(acts.Undone(about="tea", target=8))
    assert known.right(EVE) is known.right(ANN) is Right.NONE
    known.keep(acts.Lifted(about="tea", kind="ban", people=[EVE, ANN]))
    assert known.right(EVE) is known.right(ANN) is Right.SPEAK


HOUR = 3_600_000
BEFORE, RAIDED = RoomRules(slow=7), RoomRules(newcomers=900)


@pytest.mark.parametrize("order", [(), (2,), (3,), (2, 3), (3, 2)])
def test_after_two_raids_the_rules_are_as_before(order: tuple[int, ...]) -> None:
    """Whichever is undone first, or if their time is over."""
    known = Acts()
    known.keep(acts.RulesSet(about="tea", rules=BEFORE))
    for _ in range(2):
        known.keep(raid(EVE, until=known.now + HOUR, rules_until=known.now + HOUR))
        known.now += 1000
    assert known.access.rules("tea") == RAIDED
    for count, target in enumerate(order, 1):
        known.keep(acts.Undone(about="tea", target=target))
        is_over = 3 in order[:count]
        assert known.access.rules("tea") == (BEFORE if is_over else RAIDED)
    known.now += HOUR
    assert known.access.rules("tea") == BEFORE


def test_a_raid_of_all_rooms_adds_to_the_rules_of_each() -> None:
    """Where they were, until it is taken back; a private room that is forgotten stays so."""
    known, gone = Acts(), new_identifier()
    known.keep(acts.RulesSet(about="tea", rules=BEFORE), acts.RoomMade(about="jam"))
    everywhere = acts.Raided(
        people=[EVE],
        keys={"tea": "k1", "jam": "k2", gone: "k3"},
        rules=RoomRules(newcomers=900),
        rules_until=known.now + HOUR,
        until=known.now + HOUR,
    )
    known.keep(everywhere, acts.Forgotten(about="jam"))
    raided = RoomRules(slow=7, newcomers=900, hold_links=True, no_files=True)
    assert known.access.rules("tea") == raided
    assert known.registry.governed(gone) is None
    assert known.right(EVE, "cake") is Right.NONE
    known.keep(acts.Undone(target=3))
    assert known.access.rules("tea") == BEFORE
    assert known.right(EVE, "cake") is Right.SPEAK
    assert known.registry.governed("jam") is None


def test_an_operators_act_of_an_earlier_release_is_an_operators() -> None:
    """It does not say so; whoever did it had come by an operator's link."""
    known, link = Acts(), new_link(SERVER, Right.OPERATE)
    ban = acts.Sanctioned(about="tea", kind="ban", people=[EVE])
    known.keep(link.act, ban)
    known.keep(ban, who=None)
    known.keep(acts.LinkUsed(link=link.act.link), ban)
    kept = [one for one in known.registry.acts if one.act == ban]
    assert [known.registry.is_by_operator(one) for one in kept] == [True, False, True]


def test_rules_that_are_set_in_raid_mode_stay_when_it_is_undone() -> None:
    """Somebody has decided on them since."""
    known = Acts()
    known.keep(raid(EVE, until=known.now + HOUR, rules_until=known.now + HOUR))
    known.keep(acts.RulesSet(about="tea", rules=BEFORE), acts.Undone(about="tea", target=1))
    assert known.access.rules("tea") == BEFORE


def test_of_so_many_bans_of_a_person_those_that_end_first_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever is banned again and again fills no memory."""
    monkeypatch.setattr(sanctions, "PER_PERSON", 2)
    known = Acts()
    known.keep(ban(EVE, seconds=3000), ban(EVE, seconds=2000), ban(EVE, seconds=4000))
    known.keep(acts.Undone(about="tea", target=3), acts.Undone(about="tea", target=1))
    assert known.right(EVE, address="198.51.100.1") is Right.SPEAK


def test_what_is_undone_is_as_before() -> None:
    """Mutes and bans; an act that is not known any more changes nothing."""
    known = Acts()
    known.keep(acts.Sanctioned(about="tea", kind="mute", people=[EVE]))
    assert known.right(EVE) is Right.READ
    known.keep(acts.Undone(about="tea", target=1))
    assert known.right(EVE) is Right.SPEAK
    known.keep(acts.Undone(about="tea", target=99), acts.Undone(about="tea", target=2))
    assert known.registry.undone == {1, 2}


def test_whoever_does_very_much_displaces_their_own_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a room of theirs; and reports displace reports, those of made-up rooms each other."""
    monkeypatch.setattr(latest_acts, "ACTS", 20)
    known = Acts()
    ours: list[AnyAct] = [
        acts.Sanctioned(about="tea", kind="ban", people=[EVE]),
        acts.Reported(about="tea", target=1),
        acts.Undone(about="tea", target=1),
    ]
    known.keep(*ours)
    for number in range(100):
        rules = acts.RulesSet(about="theirs", rules=RoomRules())
        known.keep(rules, acts.Reported(about=f"made up {number}", target=1))
    assert [kept.act for kept in known.registry.acts][:3] == ours
    assert len(known.registry.acts) == 20
    assert known.registry.act(1)
    assert known.registry.act(4) is None
    for number in range(100):
        known.keep(acts.Reported(about="tea", target=number))
    assert next(kept.act for kept in known.registry.acts if kept.act.about == "tea") == ours[0]
    known.keep(*[acts.Undone(about="tea", target=1)] * 100)
    assert known.registry.undone == set()


def test_nothing_is_left_of_a_room_that_is_forgotten() -> None:
    """Of its links, acts and people, but for what they have elsewhere."""
    known, room, pair, other = Acts(), new_identifier(), new_identifier(), new_identifier()
    link = new_link(room, Right.SPEAK)
    known.keep(acts.RoomMade(about=room, title="T", private=True), link.act)
    known.keep(acts.LinkUsed(about=room, link=link.act.link), who=BOB)
    known.keep(acts.Sanctioned(about=room, kind="mute", people=[EVE]))
    known.keep(acts.Undone(about=room, target=known.registry.last))
    known.keep(acts.Reported(about=room, target=1))
    known.keep(acts.Admitted(about=pair, people=[ANN, BOB]))
    known.keep(acts.Admitted(about=other, people=[ANN, EVE]))
    registry = known.registry
    assert registry.made() == [room, pair, other]
    known.keep(acts.Forgotten(about=room), acts.Forgotten(about=pair), who=None)
    assert registry.made() == [other]
    assert registry.private_rooms() == 1
    assert registry.governed(room) is None
    assert registry.link(link.secret) is None
    assert not registry.has_come(BOB.id, known.now)
    assert [*registry.admitted_to(ANN.id)] == [other]
    assert registry.admitted_to(BOB.id) == ()
    assert registry.called.keys() == {ANN.id, EVE.id}
    kinds = [type(kept.act) for kept in registry.acts]
    assert kinds == [acts.Admitted, acts.Forgotten, acts.Forgotten]
    assert registry.undone == set()
    known.keep(acts.Admitted(about=pair, people=[ANN, BOB]))
    assert known.right(BOB, pair) is Right.SPEAK


def test_acts_about_links_that_are_not_there_change_nothing() -> None:
    """As in a ledger of which some acts are damaged."""
    known = Acts()
    known.keep(acts.LinkUsed(about="tea", link="x"), acts.LinkEnded(about="tea", link="x"))
    assert known.right(ANN) is Right.SPEAK


def test_a_damaged_act_changes_nothing() -> None:
    """Those behind it count."""
    known = Acts()
    ledger.take(known.registry, 1, b"{")
    known.keep(acts.Sanctioned(about="tea", kind="mute", people=[EVE]))
    assert known.registry.last == 2
    assert known.right(EVE) is Right.READ


def test_those_who_spoke_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room in slow mode remembers the last ones."""
    monkeypatch.setattr(governed, "LAST_SAID", 2)
    room = Governed()
    for now, key in enumerate(("a", "b", "a", "c")):
        room.note_said(key, now, requests.Topic, None)
    assert room.said == {"a": Said(2), "c": Said(3)}


@pytest.mark.parametrize("kinds", [requests, events])
def test_a_message_is_mended_once(kinds: ModuleType) -> None:
    """Its first edit makes nobody wait longer; any further one does, and so does a topic."""
    room, message = Governed(), getattr(kinds, "Message", requests.Send)
    noted = []
    for now, kind in enumerate((kinds.Edit, message, kinds.Edit, kinds.Edit, kinds.Topic)):
        room.note_said("a", now, kind, None)
        noted.append(room.said["a"])
    assert noted == [Said(0), Said(1, may_mend=True), Said(1), Said(3), Said(4)]


def test_what_is_sent_again_does_not_wait() -> None:
    """It was counted already; anything else does."""
    room = Governed()
    for now in (1, 2):
        room.note_said("a", now, requests.Topic, "first")
    assert room.said_before("a", "first") == Said()
    assert room.said_before("a", "other") == room.said_before("a", None) == Said(1, cid="first")


def test_a_right_lasts_as_long_as_one_of_the_links_that_give_it() -> None:
    """Whichever is revoked first."""
    known = Acts()
    links = [new_link(about, Right.MODERATE) for about in ("tea", "tea", "jam")]
    for link in links:
        known.keep(link.act)
        used = acts.LinkUsed(about=link.act.about, link=link.act.link)
        known.keep(used, who=BOB)
    for link, rights in zip(
        links,
        (
            (Right.MODERATE, Right.MODERATE),
            (Right.SPEAK, Right.MODERATE),
            (Right.SPEAK, Right.SPEAK),
        ),
        strict=True,
    ):
        known.keep(acts.LinkEnded(about=link.act.about, link=link.act.link))
        assert (known.right(BOB, "tea"), known.right(BOB, "jam")) == rights
    assert known.registry.is_like_others(BOB.id)
