"""What moderators type, and the words in which others are told what they have done."""

import re
from typing import cast

import pytest
import trio
from trio.testing import MockClock

from tests.unit.servers import ANN as ANN_OBJECT
from tests.unit.servers import Calls, Object, Peer, visiting
from tests.unit.test_terminal_history import Desk
from trio_chat.protocol.governing_answers import Came
from trio_chat.remote import (
    ActInfo,
    Chat,
    Clear,
    Created,
    EditList,
    HeldInfo,
    HeldList,
    LinkInfo,
    Message,
    MessageView,
    Moderated,
    Person,
    RaidPreview,
    Restore,
    Room,
    RoomRules,
    SessionInfo,
    Version,
    acts,
)
from trio_chat.terminal import moments
from trio_chat.terminal.arguments import (
    VALUES,
    LinkOptions,
    Target,
    read_link_options,
    read_number,
    read_room,
    read_rules,
    read_target,
    read_time,
)
from trio_chat.terminal.log import LIMIT, Log
from trio_chat.terminal.moderation import PAGES, Moderation
from trio_chat.terminal.printing import (
    act_lines,
    edit_lines,
    held_lines,
    link_lines,
    raid_lines,
    session_lines,
)
from trio_chat.terminal.tasks import Job
from trio_chat.terminal.wording import RAID_SHARED, act_in_words, duration, names

ANN, BEN = Person(**ANN_OBJECT), Person("b", "Ben")
CROWD = [Person(f"{number}", f"P{number}") for number in range(5)]
HOUR = 3_600_000  # milliseconds


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400), ("10", 0), ("m", 0), ("10 m", 0)],
)
def test_times_have_a_unit(word: str, seconds: int) -> None:
    """A number alone says nothing."""
    assert read_time(word) == seconds


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Ben", Target("Ben", 0, "")),
        ("@Ben Lee", Target("Ben Lee", 0, "")),
        ("Ben Lee 10m too  loud", Target("Ben Lee", 600, "too loud")),
        ("10m 1h", Target("10m", 3600, "")),
    ],
)
def test_who_is_meant_and_for_how_long(text: str, target: Target) -> None:
    """What is behind a time is the reason."""
    assert read_target(text) == target


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", LinkOptions(0, 0, "")),
        ("for  Ben", LinkOptions(0, 0, "for  Ben")),
        ("2h", LinkOptions(7200, 0, "")),
        ("x30", LinkOptions(0, 30, "")),
        ("2h  x30  class 10m", LinkOptions(7200, 30, "class 10m")),
        ("x30 2h", LinkOptions(7200, 30, "")),
        ("x2 1d class 7b", LinkOptions(86400, 2, "class 7b")),
        ("class 0m x0", LinkOptions(0, 0, "class 0m x0")),
    ],
)
def test_a_link_has_an_end_uses_and_a_label(text: str, options: LinkOptions) -> None:
    """Time and uses in any order, each if it is there; the label begins with another word."""
    assert read_link_options(text) == options


@pytest.mark.parametrize(
    "text",
    [
        "0m",
        "x0",
        "x1234567",
        "-1d",
        "x-1",
        "10min",
        "2H",
        "X2",
        "30",
        "2h 0m",
        "x2 x0 Ben",
        "x2 x3",
        "1d 2h",
    ],
)
def test_a_link_is_not_made_without_the_bound_that_was_meant(text: str) -> None:
    """What begins like a time or uses but is none, or comes again, is no label."""
    with pytest.raises(ValueError, match=r"a time such as 10m, 2h or 1d, and x1 to x999999"):
        read_link_options(text)


def test_numbers_may_have_a_mark() -> None:
    """As messages have on the screen."""
    assert read_number("#5 rude words") == (5, "rude words")
    assert read_number("5") == (5, "")
    assert read_number("five") == (0, "five")


def test_rules_change_one_by_one() -> None:
    """Those that are not named stay as they are."""
    rules = read_rules("closed slow 10s", RoomRules(members=9))
    assert rules == RoomRules(closed=True, slow=10, members=9)
    assert read_rules("Open slow 0 newcomers 15m", rules) == RoomRules(newcomers=900, members=9)
    assert read_rules("none members 3", rules) == RoomRules(members=3)
    for switch, is_on in (("on", True), ("off", False), ("ON", True), ("0", False)):
        held = read_rules(f"hold_links {switch}", RoomRules(slow=1, hold_links=not is_on))
        assert held == RoomRules(slow=1, hold_links=is_on)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("slow", "slow needs a time such as 10s or 15m, or 0"),
        ("slow 10", "slow needs a time such as 10s or 15m, or 0, not 10"),
        ("newcomers soon", "newcomers needs a time such as 10s or 15m, or 0, not soon"),
        ("members 3m", "members needs a number of people, or 0, not 3m"),
        ("hold_links", "hold_links needs on or off"),
        ("no_files 5m", "no_files needs on or off, not 5m"),
        ("quiet 5m", f"there is no rule quiet: closed, open, none, {', '.join(VALUES)}"),
    ],
)
def test_what_a_rule_needs_is_told(wrong: str, told: str) -> None:
    """And which rules there are, if there is none of that name."""
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read_rules(wrong, RoomRules())


def test_rooms_are_named_with_a_secret_or_a_link() -> None:
    """Of this server."""
    server = "http://localhost:8080/"
    assert read_room("tea", server) == ("tea", None)
    assert read_room("tea#s3cret", server) == ("tea", "s3cret")
    assert read_room(f"{server}r/~x#s3cret", "ws://localhost:8080/ws") == ("~x", "s3cret")


def test_people_are_named_and_counted() -> None:
    """A few by name."""
    assert names([BEN, Person("x", "")]) == "Ben, somebody"
    assert names(CROWD) == "P0, P1, P2, 2 more"
    assert names(CROWD, 3000) == "P0, P1, P2, 2,997 more"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(90, "90 s"), (120, "2 min"), (7200, "2 h"), (604800, "7 d"), (0, "0 d")]
)
def test_times_are_told_in_their_largest_unit(seconds: int, shown: str) -> None:
    """Without a fraction."""
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("act", "shown"),
    [
        (acts.RoomMade(), "made the room"),
        (acts.LinkMade(link="l1", right="read", digest=""), "made the link l1 to read"),
        (
            acts.LinkMade(link="l1", right="read", digest="", label="for \x1bBen"),
            "made the link l1 to read (for ␛Ben)",
        ),
        (acts.Admitted(people=[ANN, BEN]), "wrote to Ben"),
        (acts.LinkUsed(link="l1"), "came by the link l1"),
        (acts.LinkEnded(link="l1"), "revoked the link l1"),
        (acts.RulesSet(rules=RoomRules()), "set the rules: none"),
        (acts.Undone(target=7), "took back act 7"),
        (acts.Reported(target=7), "reported message 7"),
        (acts.Lifted(kind="ban", people=[BEN]), "lets in again: Ben"),
        (acts.Sanctioned(kind="ban", people=[BEN]), "banned Ben"),
        (
            acts.Sanctioned(kind="ban", people=[BEN], shared=1),
            "banned Ben (but not an address that others come from)",
        ),
        (
            acts.Sanctioned(kind="mute", people=[BEN], until=3 * HOUR, why="loud"),
            "muted Ben for 2 h: loud",
        ),
        (acts.Removed(people=[BEN], why="loud"), "removed Ben: loud"),
        (acts.NickFreed(people=[BEN]), "freed the nick of Ben"),
        (acts.Reviewed(kind="approve", people=[BEN], target=7), "approved message 7 of Ben"),
        (acts.Reviewed(kind="reject", people=[BEN]), "rejected what Ben wrote"),
        (acts.Deleted(people=[BEN], target=7), "deleted message 7 of Ben"),
        (acts.Cleared(people=[BEN], keys={}), "cleared the messages of Ben"),
        (
            acts.Raided(people=CROWD, keys={}, rules=RoomRules(), rules_until=0),
            "undid a raid of P0, P1, P2, 2 more",
        ),
    ],
)
def test_acts_are_told_in_words(act: acts.AnyAct, shown: str) -> None:
    """With who has done it."""
    assert act_in_words(ActInfo(3, HOUR, ANN, act)) == f"Ann {shown}"


def test_a_room_that_was_forgotten_is_told_as_nobody_s_act() -> None:
    """As the server has done it."""
    act = acts.Forgotten(about="tea\x1b")
    told = act_in_words(ActInfo(3, HOUR, None, act))
    assert told == "the server forgot tea␛, which nobody used"


def test_people_of_an_act_who_are_not_listed_are_counted() -> None:
    """As a raid may be of thousands."""
    raid = acts.Raided(people=CROWD, keys={}, rules=RoomRules(), rules_until=0)
    shown = act_in_words(ActInfo(3, HOUR, ANN, raid, count=2000))
    assert shown == "Ann undid a raid of P0, P1, P2, 1,997 more"


def test_acts_are_listed_the_latest_last() -> None:
    """With how to get older ones."""
    some = [ActInfo(seq, HOUR, ANN, acts.RoomMade()) for seq in (5, 4)]
    older, first, second = act_lines(some, more=True).splitlines()
    assert older == "/audit 4 shows older ones"
    assert (first[:2], second[:2]) == ("4 ", "5 ")
    assert act_lines([], more=False) == "nothing was done or reported here"


def test_acts_in_all_rooms_are_listed_with_their_place() -> None:
    """Those that are about no room hold in all."""
    some = [
        ActInfo(5, HOUR, ANN, acts.RoomMade(about="tea")),
        ActInfo(4, HOUR, ANN, acts.Undone(target=1)),
    ]
    older, first, second = act_lines(some, more=True, is_of_all=True).splitlines()
    assert older == "/everywhere audit 4 shows older ones"
    assert " all rooms: Ann took back" in first
    assert second.endswith(" tea: Ann made the room")


def test_earlier_texts_are_listed_the_oldest_first() -> None:
    """In whole, sanitized, without the present one; and that there are more."""
    texts = [Version(3, HOUR, "see\nit\x1b"), Version(5, HOUR, "it")]
    found = EditList(room="tea", seq=3, versions=texts, more=False)
    assert edit_lines(found).endswith(":00 see ⏎ it␛")
    found.more = True
    assert [line[-2:] for line in edit_lines(found).split("\n")] == ["t␛", "it", "ce"]
    found = EditList(room="tea", seq=3, versions=texts[:1], more=False)
    assert edit_lines(found) == "message 3 was not edited"


def test_sessions_are_listed_the_last_seen_last() -> None:
    """With the device, sanitized, and which one is ours."""
    some = [SessionInfo("s2", HOUR, HOUR, here=True), SessionInfo("s1", HOUR, HOUR, label="a\x1b")]
    first, second = session_lines(some).splitlines()
    assert first.startswith("s1 (a␛), since 1970-01-01 ")
    assert second.startswith("s2, since ")
    assert second.endswith(": this one")
    assert session_lines([]) == "you have no sessions"


def test_what_waits_is_listed_the_oldest_first() -> None:
    """In whole, sanitized, with the message that it would change; and that there is more."""
    message = HeldInfo(held=7, ts=HOUR, who=BEN, text="see\nhttps://a.b\x1b")
    edit = HeldInfo(held=8, ts=HOUR, text="x", edits=3)
    first, second, more = held_lines(
        HeldList(room="tea", messages=[message, edit], more=True)
    ).split("\n")
    assert first.startswith("7 1970-01-01 ")
    assert first.endswith(" Ben: see ⏎ https://a.b␛")
    assert second.endswith(" somebody changes message 3: x")
    assert more == "more waits behind these"
    none = HeldList(room="tea", messages=[], more=False)
    assert held_lines(none) == "nothing waits for approval here"


def test_links_are_listed_with_who_came() -> None:
    """And with what bounds them."""
    link = LinkInfo("l1", "speak", 0, 7, live=False, until=HOUR, uses=9, people=CROWD, by=ANN)
    shown = link_lines([link])
    assert shown.startswith("l1 to speak by Ann, used 7 of 9: P4, P3, P2, 4 more, until 1970-01-01")
    assert shown.endswith("(ended)")
    assert link_lines([]) == "there are no links to this room"


def test_networks_of_a_raid_are_counted() -> None:
    """If they are known."""
    people = [Came(one.id, one.nick, first=HOUR * number) for number, one in enumerate(CROWD)]
    preview = RaidPreview(
        room="tea", until=0, count=7, people=people, addresses=["192.0.2.0/24"], messages=0
    )
    shown = raid_lines(preview, HOUR, "/raid yes", is_of_all=True)
    first = f"P1 (first seen {moments.local(HOUR):%d %b %H:%M})"
    assert f": 7 people from 1 network, 0 messages: P0, {first}, " in shown
    assert ", 2 more\n/raid yes" in shown
    preview.shared, preview.regulars, preview.rooms = 1, 2, 3
    shown = raid_lines(preview, HOUR, "/raid yes", is_of_all=True)
    assert f"2 people whom the server knew before are left alone\n{RAID_SHARED}" in shown
    assert ", 0 messages in 3 rooms: " in shown
    preview.regulars = 1
    shown = raid_lines(preview, HOUR, "/raid yes", is_of_all=True)
    assert "1 person whom the server knew before is left alone\n" in shown
    preview.count = 0
    shown = raid_lines(preview, HOUR, "/raid yes", is_of_all=True)
    assert shown.startswith("nobody whom the server did not know before has come")


def message(seq: int, who: Person | None = BEN, text: str = "hello") -> Message:
    return Message(room="tea", seq=seq, ts=seq, who=who, text=text)


def view(seq: int, *, deleted: bool = False) -> MessageView:
    return MessageView(seq=seq, ts=seq, who=BEN, text="" if deleted else "again", deleted=deleted)


def clear(seq: int, *authors: str, since: int = 0) -> Clear:
    return Clear(room="tea", seq=seq, who=ANN, key="k", authors=list(authors), since=since)


def shown(log: Log) -> list[str]:
    return ["deleted" if entry.deleted else entry.text for entry in log.shown]


def test_an_earlier_message_that_was_edited_since_is_deleted() -> None:
    """If it is by one of these authors; no line of it is left."""
    log = Log()
    for event in (message(1), message(2), message(3, ANN)):
        log.handle(event, ANN, 0)
    cleared = clear(5, "b", since=4)
    cleared.also = [2, 3]
    log.handle(cleared, ANN, 0)
    assert [entry.seq for entry in log.shown][:2] == [1, 3]


def test_cleared_messages_are_deleted() -> None:
    """Those of these authors, from a number on; who is not known by name is counted."""
    log = Log()
    for event in (message(1), message(2, None), message(3), message(4, ANN), message(9)):
        log.handle(event, ANN, 0)
    log.handle(clear(5, "b", since=2), ANN, 0)
    assert shown(log) == [
        *("hello", "hello", "hello", "hello"),
        "Ann cleared the messages of Ben",
    ]
    log.handle(clear(6, "", "x"), ANN, 0)
    assert [entry.seq for entry in log.shown][:3] == [1, 4, 9]
    assert shown(log)[-1] == "Ann cleared the messages of 2 people"
    assert log.author("ben") == BEN
    assert log.author("Cem") is None


def test_cleared_messages_of_before_are_no_lines() -> None:
    """A page of the history may have nothing else; the next one is of before it."""
    log = Log()
    raid = [MessageView(seq=seq, ts=2, text="", deleted=True, cleared=True) for seq in range(1, 9)]
    log.prepend([raid[6], view(8), raid[7], view(9, deleted=True)], ANN, more=True)
    assert (shown(log), log.first) == (["again", "deleted"], 7)
    log.prepend(raid[2:5], ANN, more=True)
    assert (shown(log), log.first) == (["again", "deleted"], 3)
    log.handle(clear(10, "b"), ANN, 0)
    assert log.first == 3
    crowd = Moderated(room="tea", act="ban", people=[ANN, BEN] * 2, count=500, who=ANN)
    log.handle(crowd, ANN, 0)
    assert shown(log)[-1] == "Ann banned 500 people"


def test_restored_messages_are_in_their_places() -> None:
    """Also those that were never shown, as they were cleared when they came."""
    log = Log()
    for event in (message(2), clear(3, "b"), message(8)):
        log.handle(event, ANN, 0)
    log.handle(Restore(room="tea", seq=9, who=ANN, key="k"), ANN, 0)
    log.restore([view(1), view(2), view(5), view(6, deleted=True), view(8)], ANN)
    assert [entry.seq for entry in log.entries] == [1, 2, 5, None, 8, None]
    assert shown(log)[:3] == ["again"] * 3


def test_what_is_restored_is_bounded_too() -> None:
    """The oldest entries make place."""
    log = Log()
    for seq in range(LIMIT):
        log.handle(message(seq + 2), ANN, 0)
    log.restore([view(1)], ANN)
    assert (len(log.entries), log.first, log.more) == (LIMIT, 2, True)


def test_acts_of_the_future_are_named_as_they_are() -> None:
    """A server may know more of them."""
    log = Log()
    event = Moderated(room="tea", seq=1, who=ANN, act="praise", people=[BEN], count=1)
    log.handle(event, ANN, 0)
    assert shown(log) == ["Ann praise Ben"]


def test_that_a_room_was_made_is_told() -> None:
    """To whoever was there before."""
    log = Log()
    log.handle(Created(room="tea", seq=1, who=ANN), ANN, 0)
    assert shown(log) == ["Ann made the room"]


async def test_who_is_banned_is_looked_for_page_by_page(autojump_clock: MockClock) -> None:
    """But not for ever."""
    asked: list[int | None] = []

    async def serve(peer: Peer) -> None:
        while request := await peer.hears():
            asked.append(request["before"])
            page = 100 - len(asked)
            ben = {"t": "sanctioned", "kind": "ban", "people": [{"id": "b", "nick": "Ben"}]}
            act = ben if page == 97 else {"t": "link_ended", "link": "x"}
            acts = [{"seq": page, "ts": 1, "from": ANN_OBJECT, "act": act}]
            found = {"t": "audit", "id": request["id"], "room": "tea", "acts": acts, "more": True}
            await peer.says(found)

    async with visiting(Calls()) as (chat, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(serve, peer)
        moderation = Moderation(Desk(chat, tea))
        assert await moderation._find("ben", is_lifted=True) == BEN
        assert asked == [None, 99, 98]
        with pytest.raises(ValueError, match="nobody here is called Zoe"):
            await moderation._find("Zoe", is_lifted=True)
        assert len(asked) == 3 + PAGES
        nursery.cancel_scope.cancel()


async def test_a_raid_that_was_shown_long_ago_is_to_be_looked_at_again(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is confirmed is what was shown, with its time."""
    monkeypatch.setattr("trio_chat.terminal.moderation.LOOK", 2)  # no peer here sends pings
    preview = {"t": "raid_preview", "room": "tea", "until": 7, "count": 1, "messages": 0}
    preview |= {"people": [ANN_OBJECT], "addresses": []}

    async def confirm_after(seconds: float) -> Object:
        moderation.run("raid", "10m")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.jobs.pop())
            asked = await peer.hears()
            await peer.says({**preview, "id": asked["id"]})
        await trio.sleep(seconds)
        moderation.run("raid", "yes")
        return asked

    async with visiting(Calls()) as (chat, tea, peer):
        desk = Working(chat, tea)
        moderation = Moderation(desk)
        await confirm_after(3)
        assert desk.jobs == []
        assert "too long ago" in desk.shown
        moderation.run("raid", "yes")
        assert "/raid TIME" in desk.shown
        asked = await confirm_after(1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.jobs.pop())
            confirmed = await peer.hears()
            await peer.says({"t": "ok", "id": confirmed["id"]})
        same = ("t", "room", "since")
        assert [confirmed[name] for name in same] == [asked[name] for name in same]
        assert confirmed["until"] == 7


class Working(Desk):
    """Keeps the jobs that it is to run."""

    def __init__(self, chat: Chat, room: Room) -> None:
        super().__init__(chat, room)
        self.jobs: list[Job] = []
        self.run_request = lambda job: self.jobs.append(cast(Job, job))

    @property
    def shown(self) -> str:
        return "\n".join(str(entry) for entry in self.tab.log.entries)
