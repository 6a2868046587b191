"""The rights in a file keep the rules of the socket, are told in words, and change no others."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.test_operator_errors import ANN, Row, Run, change, contents, message, run
from trio_chat.commands import act_rules
from trio_chat.commands.act_rules import ActRules
from trio_chat.commands.importer import Importer
from trio_chat.commands.lines import RoomLine
from trio_chat.commands.rule_checks import BadEvent
from trio_chat.config import Config
from trio_chat.core.registry import Registry
from trio_chat.errors import FAILED
from trio_chat.journal.sqlite.transaction import Transaction, transaction
from trio_chat.journal.types import Write
from trio_chat.protocol import acts
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import ActKept, decode
from trio_chat.protocol.names import private_name
from trio_chat.protocol.room_rules import RoomRules

__all__ = ["run"]  # a fixture

BEN = {"id": "b2", "nick": "Ben"}
SECRET_ROOM = private_name(b"x" * 16)
ID, DIGEST = "0" * 12, "0" * 64
LATER = 4_000_000_000_000  # in ms since 1970
LINK: Row = {"t": "link_made", "link": ID, "right": "moderate", "digest": DIGEST}
BAN: Row = {
    "t": "sanctioned",
    "kind": "ban",
    "people": [BEN],
    "addresses": {"b2": ["192.0.2.1", "2001:db8::"]},
    "why": "x",
}
RAID: Row = {
    "t": "raided",
    "people": [BEN],
    "keys": {},
    "rules": {"newcomers": 900},
    "rules_until": LATER,
    "until": LATER,
}
RULES: Row = {"t": "rules_set", "rules": {"slow": 5}}
UNDONE: Row = {"t": "undone", "target": 1}
REPORT: Row = {"t": "reported", "target": 1, "why": "rude"}
APPROVED: Row = {"t": "reviewed", "kind": "approve", "people": [BEN], "target": 1}
REJECTED: Row = {
    "t": "reviewed",
    "kind": "reject",
    "people": [{"id": "", "nick": ""}],
    "why": "an advert",
}
DELETED: Row = {"t": "deleted", "people": [BEN], "target": 1, "why": "rude"}
CLEARED: Row = {"t": "cleared", "people": [BEN], "keys": {}}
MADE: Row = {"t": "room_made", "title": "Tea", "private": True}
FOR_TWO: Row = {"t": "admitted", "people": [ANN, BEN]}


def act(seq: int, what: Row, room: str = "tea") -> Row:
    """Return the line of an act."""
    line = {"t": "act", "room": room, "seq": seq, "ts": seq, "from": ANN}
    return {**line, "act": {"about": room, **what}}


def file_of(*rooms: tuple[str, list[Row], list[Row]], **head: object) -> None:
    """Write an export of rooms, with their acts and their events."""
    Path("x.jsonl").write_text(lines(*rooms, **head), "utf-8")


def lines(*rooms: tuple[str, list[Row], list[Row]], **head: object) -> str:
    """Return an export of rooms, with their acts and their events."""
    written: list[Row] = [
        {"t": "export", "format": 2, "ts": 1, "epoch": "e", "rooms": len(rooms), "events": 1}
    ]
    for name, done, said in rooms:
        line = {"t": "room", "room": name, "first": 1, "last": len(said), "ts": 1}
        written += [{**line, "acts": len(done), **head}, *done, *said]
    return "".join(json.dumps(line) + "\n" for line in written)


def take_in(run: Run, *what: Row, room: str = "tea", **head: object) -> tuple[int, str, str]:
    """Import a room with acts and a message."""
    done = [act(seq, one, room) for seq, one in enumerate(what, 1)]
    file_of((room, done, [message(1, room=room)]), **head)
    return run("import", "x.jsonl")


def people(count: int) -> list[Row]:
    return [{"id": f"p{number}", "nick": "Eve"} for number in range(count)]


PUBLIC: dict[str, tuple[list[Row], str]] = {
    "an act of the whole server": ([{**BAN, "about": ""}], "not about this room"),
    "an act of another room": ([{**RULES, "about": "jam"}], "not about this room"),
    "a nick that is freed": ([{"t": "nick_freed", "people": [BEN]}], "not about this room"),
    "an act that is none": ([{"t": "crowned"}], "Invalid value 'crowned'"),
    "an operator's link": ([{**LINK, "right": "operate"}], "Invalid enum value 'operate'"),
    "a link to nothing": ([{**LINK, "right": "none"}], "Invalid enum value 'none'"),
    "a link without an id": ([{**LINK, "link": "x"}], "the id, or the digest"),
    "a link without a digest": ([{**LINK, "digest": ""}], "the id, or the digest"),
    "a link that is two": ([LINK, {**LINK, "digest": "1" * 64}], "comes twice"),
    "a secret of two links": ([LINK, {**LINK, "link": "1" * 12}], "comes twice"),
    "a link with a label of two lines": ([{**LINK, "label": "a\nb"}], "not in its normal form"),
    "a link with controls": ([{**LINK, "label": "\x1b[31m"}], "label has control characters"),
    "a link with a long label": ([{**LINK, "label": "x" * 101}], "length <= 100"),
    "a link that ended before all": ([{**LINK, "until": -1}], "`int` >= 0"),
    "a link for fewer than nobody": ([{**LINK, "uses": -1}], "`int` >= 0"),
    "the use of no link": ([{"t": "link_used", "link": ID}], "none of this room before it"),
    "the use of a digest": ([LINK, {"t": "link_used", "link": DIGEST}], "none of this room"),
    "the end of no link": ([{"t": "link_ended", "link": ID}], "none of this room before it"),
    "a rule for ever": ([{**RULES, "rules": {"slow": 2**40}}], "`int` <= 2592000"),
    "a rule below none": ([{**RULES, "rules": {"members": -1}}], "`int` >= 0"),
    "rules until no time": ([{**RULES, "until": -1}], "its end cannot be"),
    "rules after all": ([{**RULES, "until": 2**60}], "its end cannot be"),
    "a ban until no time": ([{**BAN, "until": 2**60}], "its end cannot be"),
    "another sanction": ([{**BAN, "kind": "kick"}], "Invalid enum value 'unkick'"),
    "a ban of nobody": ([{**BAN, "people": [], "addresses": {}}], "1 to 200 people"),
    "a ban of somebody twice": ([{**BAN, "people": [BEN, BEN]}], "each once"),
    "a ban of too many": ([{**BAN, "people": people(201), "addresses": {}}], "1 to 200 people"),
    "a ban of no nick": ([{**BAN, "people": [{"id": "b2", "nick": "?"}]}], "letter or a digit"),
    "a ban of no id": ([{**BAN, "people": [{"id": "", "nick": "Ben"}]}], "the id of its author"),
    "a ban of others' addresses": ([{**BAN, "addresses": {"c3": []}}], "are of other people"),
    "a ban of this machine": ([{**BAN, "addresses": {"b2": ["127.0.0.1"]}}], "cannot be banned"),
    "a ban of this machine by IPv6": ([{**BAN, "addresses": {"b2": ["::1"]}}], "cannot be banned"),
    "a ban of a part of a /64": (
        [{**BAN, "addresses": {"b2": ["2001:db8::1"]}}],
        "cannot be banned",
    ),
    "a ban of no address": ([{**BAN, "addresses": {"b2": ["all"]}}], "cannot be banned"),
    "a ban with a long reason": ([{**BAN, "why": "x" * 251}], "length <= 250"),
    "a ban with controls": ([{**BAN, "why": "\x07"}], "why has control characters"),
    "the end of another sanction": (
        [{"t": "lifted", "kind": "kick", "people": [BEN]}],
        "Invalid enum value 'unkick'",
    ),
    "a removal of nobody": ([{"t": "removed", "people": []}], "1 to 200 people"),
    "a clearing that has a key": ([{**CLEARED, "keys": {"tea": "k"}}], "there is no key"),
    "a raid that has a key": ([{**RAID, "keys": {"tea": "k"}}], "there is no key"),
    "a raid of too many": ([{**RAID, "people": people(2001)}], "1 to 2000 people"),
    "a raid with a rule for ever": ([{**RAID, "rules": {"newcomers": 2**40}}], "<= 2592000"),
    "a raid until no time": ([{**RAID, "rules_until": -1}], "its end cannot be"),
    "a raid with others' addresses": ([{**RAID, "addresses": {"c3": []}}], "of other people"),
    "an undo of nothing": ([UNDONE], "it undoes number 1"),
    "an undo of itself": ([BAN, {**UNDONE, "target": 2}], "it undoes number 2"),
    "an undo of what is to come": ([{**UNDONE, "target": 2}, BAN], "it undoes number 2"),
    "an undo of rules": ([RULES, UNDONE], "it undoes number 1"),
    "a report of nothing": ([{**REPORT, "target": 0}], "`int` >= 1"),
    "a report of what is no message": ([{**REPORT, "target": 2}], "reports number 2"),
    "an approval of two": ([{**APPROVED, "people": [ANN, BEN]}], "1 to 1 people"),
    "an approval of nothing": ([{**APPROVED, "target": 0}], "`int` >= 1"),
    "a review of another kind": ([{**APPROVED, "kind": "x"}], "Invalid enum value"),
    "a rejection with a number": ([{**REJECTED, "target": 1}], "has no number"),
    "a deletion of nothing": ([{**DELETED, "target": 0}], "`int` >= 1"),
    "a deletion of nobody's": ([{**DELETED, "people": []}], "1 to 1 people"),
    "an undo of a deletion": ([DELETED, UNDONE], "it undoes number 1"),
    "a public room that is private": ([MADE], "a private room has an identifier"),
    "a public room with a title": ([{**MADE, "private": False}], "a public one has none"),
    "a public room for two": ([FOR_TWO], "a room for two is private"),
}
PRIVATE: dict[str, tuple[list[Row], str]] = {
    "a private room that is public": ([{**MADE, "private": False}], "a public one a name"),
    "a private room without a title": ([{**MADE, "title": ""}], "a title of one line"),
    "a title that cannot be seen": ([{**MADE, "title": "\u3164"}], "a title of one line"),
    "a title of two lines": ([{**MADE, "title": "a\nb"}], "a title of one line"),
    "a title with controls": ([{**MADE, "title": "a\x1b"}], "a title of one line"),
    "a title that is too long": ([{**MADE, "title": "x" * 101}], "length <= 100"),
    "a room for three": ([{**FOR_TWO, "people": [*people(3)]}], "1 to 2 people"),
    "a room for one": ([{**FOR_TWO, "people": [ANN]}], "for two people"),
    "a room that becomes one for two": ([MADE, FOR_TWO], "before anything else"),
    "a room for two that is made": ([FOR_TWO, MADE], "the room is for two people"),
    "a room for two others": ([FOR_TWO, {**FOR_TWO, "people": people(2)}], "before anything"),
}
HOSTILE = [("tea", *case) for case in PUBLIC.values()]
HOSTILE += [(SECRET_ROOM, *case) for case in PRIVATE.values()]


@pytest.mark.parametrize(("room", "what", "reason"), HOSTILE, ids=[*PUBLIC, *PRIVATE])
def test_an_act_that_breaks_a_rule_is_refused(
    run: Run, room: str, what: list[Row], reason: str
) -> None:
    """With its line; nothing of the file is taken in, not even without its rights."""
    status, out, error = take_in(run, *what, room=room)
    assert (status, out) == (FAILED, "")
    assert error.startswith("line ")
    assert reason in error
    assert error.isprintable()
    assert run("import", "--without-rights", "x.jsonl")[::2] == (FAILED, error)
    assert run("import", "--mend", "x.jsonl")[::2] == (FAILED, error)
    assert contents(run) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"seq": 2}, "room tea, act 1 was to come here"),
        ({"room": "jam"}, "room tea, act 1 was to come here"),
        ({"ts": -1}, "its time cannot be"),
        ({"ts": 2**60}, "its time cannot be"),
        ({"cid": "12345678"}, "an act has no cid"),
        ({"from": {"id": "a1", "nick": "?"}}, "letter or a digit"),
        ({"act": {"t": "link_used", "about": "tea", "link": ID}, "from": None}, "somebody comes"),
        ({"act": 1}, "Expected `object`"),
    ],
)
def test_the_line_of_an_act_has_rules_too(run: Run, fields: Row, reason: str) -> None:
    """For its number, its time, and who did it."""
    file_of(("tea", [{**act(1, RULES), **fields}], [message(1)]))
    status, _, error = run("import", "x.jsonl")
    assert status == FAILED
    assert error.startswith("line 3: ")
    assert reason in error


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (0, "line 3: acts are kept by the server alone"),
        (2, "line 4: room tea lacks acts from 2 on"),
        (-1, "line 2: a room has at most 100000 acts"),
        (100_001, "line 2: a room has at most 100000 acts"),
    ],
)
def test_a_room_has_as_many_acts_as_its_line_says(run: Run, count: int, reason: str) -> None:
    """Before its events, so that nothing of it can be read before they hold."""
    file_of(("tea", [act(1, RULES)], [message(1)]), acts=count)
    assert run("import", "x.jsonl")[2] == reason


def test_acts_may_not_be_missing_at_the_end(run: Run) -> None:
    """The file was cut short then."""
    file_of(("tea", [], []), acts=1)
    assert run("import", "x.jsonl")[2] == "line 2: room tea lacks acts from 1 on"


def test_the_line_of_a_report_is_told(run: Run) -> None:
    """Though the messages come behind it; one before the first may have been there."""
    assert take_in(run, RULES, {**REPORT, "target": 2})[2] == (
        "line 4: it reports number 2, which is no message"
    )
    file_of(("tea", [act(1, REPORT)], [message(5)]), first=5, last=5)
    assert run("import", "x.jsonl")[0] == 0


def test_no_link_is_to_two_rooms(run: Run) -> None:
    """Its id and its secret are looked for in all of the file, and in what is here."""
    other = {**LINK, "link": "1" * 12}
    file_of(("jam", [act(1, LINK, "jam")], []), ("tea", [act(1, other)], []))
    assert run("import", "x.jsonl")[2] == f"line 5: the link {'1' * 12} comes twice"
    file_of(("jam", [act(1, LINK, "jam"), act(2, {"t": "link_ended", "link": ID}, "jam")], []))
    assert run("import", "x.jsonl")[0] == 0
    status, out, error = take_in(run, other)
    assert (status, out) == (FAILED, f"tea\t0\t0\tthe link {'1' * 12} is another one here\n")
    assert error == f"room tea: the link {'1' * 12} is another one here"
    assert len(contents(run)) == 3


def test_the_link_of_an_operator_is_no_link_to_a_room(run: Run) -> None:
    """Its digest would let whoever knows it in, to be more than they were."""
    take_in(run)
    keep(acts.LinkMade(link=ID, right="operate", digest=DIGEST))
    assert take_in(run, {**LINK, "link": "1" * 12}, room="jam")[0] == FAILED


def keep(*done: acts.AnyAct) -> None:
    """Have acts kept here, as a server does."""
    with (
        closing(sqlite3.connect("chat.db", isolation_level=None)) as database,
        transaction(database),
    ):
        turn = Transaction(database, {}, 0)
        for one in done:
            turn.commit(Write(ActKept(room=LEDGER, act=one)))
        turn.finish(is_indexed=False)


def test_acts_are_kept_in_batches(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that very many of them take no more memory; none is missing."""
    monkeypatch.setattr("trio_chat.commands.rights.BATCH", 2)
    assert take_in(run, RULES, BAN, REPORT)[0] == 0
    assert '"acts":3' in run("export", "-o", "-")[1]


def test_what_comes_is_told_in_words(run: Run) -> None:
    """Also by a dry run: nobody gets a right that whoever imports does not see."""
    used = {"t": "link_used", "link": ID}
    mute = {**BAN, "kind": "mute", "addresses": {}}
    over = {**LINK, "link": "1" * 12, "digest": "1" * 64, "until": 1}
    what = [LINK, over, used, BAN, mute, RAID, UNDONE | {"target": 4}, BAN, REPORT]
    done = [act(seq, one) for seq, one in enumerate(what, 1)]
    file_of(("tea", done, [message(1)]), ("jam", [], []))
    told = (
        "tea\t1\t0\t\t1 link (1 to moderate), 1 person who came by links, 1 ban (2 addresses),"
        " 1 mute, rules, 9 new entries of what was done\njam\t0\t0\t\t\n"
    )
    assert run("import", "--dry-run", "x.jsonl")[:2] == (0, told)
    assert not Path("chat.db").exists()
    assert run("import", "x.jsonl")[:2] == (0, told)


def test_what_gives_no_right_is_told_too(run: Run) -> None:
    """The list of acts alone; and a title cannot change how the line is read."""
    removed = {"t": "removed", "people": [BEN]}
    lifted = {"t": "lifted", "kind": "ban", "people": [BEN]}
    assert take_in(run, removed, CLEARED)[1] == "tea\t1\t0\t\t2 new entries of what was done\n"
    title = {**MADE, "title": "a\u202eb"}
    assert take_in(run, title, lifted, room=SECRET_ROOM)[1] == (
        f'{SECRET_ROOM}\t1\t0\t\t"ab", 2 new entries of what was done\n'
    )


def test_rights_can_be_left_out(run: Run) -> None:
    """What was said is taken in alone; those of a private room may come later."""
    assert take_in(run, LINK)[0] == 0
    what = (MADE, LINK | {"link": "1" * 12, "digest": "1" * 64})
    done = [act(seq, one, SECRET_ROOM) for seq, one in enumerate(what, 1)]
    file_of((SECRET_ROOM, done, [message(1, room=SECRET_ROOM)]))
    out = f"{SECRET_ROOM}\t1\t0\t\n"
    assert run("import", "--without-rights", "x.jsonl")[:2] == (0, out)
    assert '"acts":0' in contents(run)[-2]
    assert run("import", "x.jsonl")[1].startswith(f'{SECRET_ROOM}\t0\t1\t\t"Tea", 1 link')
    assert run("import", "x.jsonl")[:2] == (0, f"{SECRET_ROOM}\t0\t1\t\n")


def test_a_room_that_is_here_keeps_its_rights(run: Run) -> None:
    """One that is open to all stays so, and other rights are no rights of the same room."""
    keeps = "room tea: it is here already and keeps its rights; "
    take_in(run)
    before = contents(run)
    status, _, error = take_in(run, LINK)
    assert (status, error[: len(keeps)]) == (FAILED, keeps)
    assert contents(run) == before
    assert run("import", "--without-rights", "x.jsonl")[:2] == (0, "tea\t0\t1\t\n")
    Path("chat.db").unlink()
    take_in(run, RULES)
    before = contents(run)
    for what in ((LINK,), (BAN, RULES), (RULES | {"rules": {}},)):
        assert take_in(run, *what)[2].startswith(keeps)
        assert contents(run) == before
    assert take_in(run)[:2] == (0, "tea\t0\t1\t\n")


def test_more_of_the_same_rights_is_taken_in(run: Run) -> None:
    """As what is said: what is known is skipped, and numbers mean the same acts."""
    take_in(run, RULES, room="jam")  # numbers differ from here on
    what = [BAN, REPORT, CLEARED]
    assert take_in(run, *what)[0] == 0
    more = [BAN, {**REPORT, "why": ""}, CLEARED, {**UNDONE, "target": 3}, UNDONE, LINK]
    assert take_in(run, *more)[1] == (
        "tea\t0\t1\t\t1 link (1 to moderate), 3 new entries of what was done\n"
    )
    assert take_in(run, *more)[1] == "tea\t0\t1\t\n"
    assert take_in(run, *what)[1] == "tea\t0\t1\t\n"
    assert [one.act.target for one in ledger() if isinstance(one.act, acts.Undone)] == [4, 2]
    kept = [json.loads(line)["act"] for line in contents(run) if '"t":"act"' in line]
    assert [one["target"] for one in kept if one["t"] == "undone"] == [3, 1]
    registry = Registry()
    for one in ledger():
        registry.apply(one)
    tea = registry.governed("tea")
    assert tea is not None
    assert (dict(tea.banned), registry.undone) == ({}, {4, 2})


def ledger() -> list[ActKept]:
    """Return the acts that are kept here."""
    with closing(sqlite3.connect("chat.db")) as database:
        rows = database.execute(
            "SELECT data FROM events JOIN rooms ON room = id WHERE name = ? ORDER BY seq", (LEDGER,)
        ).fetchall()
    found = [decode(data) for (data,) in rows]
    return [one for one in found if isinstance(one, ActKept)]


def test_rights_that_change_while_an_import_runs_are_kept(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the room is taken in then; those of other rooms are no matter."""
    begin = Importer._begin

    def begin_late(importer: Importer, line: RoomLine) -> None:
        begin(importer, line)
        if line.room == "tea":
            keep(acts.RulesSet(about="jam", rules=RoomRules()))
            keep(acts.RulesSet(about="tea", rules=RoomRules()))

    monkeypatch.setattr(Importer, "_begin", begin_late)
    file_of(("pub", [act(1, RULES, "pub")], []), ("tea", [act(1, RULES)], [message(1)]))
    changed = "somebody has changed its rights meanwhile"
    _, out, error = run("import", "x.jsonl")
    assert out.splitlines() == [
        "pub\t0\t0\t\trules, 1 new entry of what was done",
        f"tea\t0\t0\t{changed}\t",
    ]
    assert error == f"room tea: {changed}"
    assert [one.act.about for one in ledger()] == ["pub", "jam", "tea"]


def test_private_rooms_are_bounded(run: Run) -> None:
    """By the same number as those that are made; known ones count once."""
    rooms = [private_name(bytes([number]) * 16) for number in range(3)]
    file_of(*((room, [act(1, MADE, room)], []) for room in rooms[:2]))
    assert run("import", "x.jsonl", "--private-rooms", "2")[0] == 0
    file_of(*((room, [act(1, MADE, room)], []) for room in rooms))
    status, _, error = run("import", "x.jsonl", "--private-rooms", "2")
    full = "there are as many private rooms here as --private-rooms"
    assert (status, error) == (FAILED, f"room {rooms[2]}: {full}")
    assert run("import", "x.jsonl", "--private-rooms", "3")[0] == 0


def test_what_was_said_without_a_name_may_be_acted_on(run: Run) -> None:
    """It was cleared, or undone as part of a raid; nobody without a name is muted."""
    nameless = {"people": [{"id": "", "nick": ""}]}
    assert take_in(run, CLEARED | nameless, RAID | nameless)[0] == 0
    for what in (BAN | {"addresses": {}}, {"t": "removed"}):
        assert "the id of its author cannot be" in take_in(run, what | nameless)[2]


def test_links_and_sanctions_are_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has made more on a server with higher limits says so."""
    links = [LINK | {"link": f"{n:012x}", "digest": f"{n:064x}"} for n in range(4)]
    file_of(("tea", [act(seq, one) for seq, one in enumerate(links, 1)], []))
    assert run("import", "x.jsonl", "--links-per-room", "3")[2] == (
        "line 6: there are more links to the room than --links-per-room"
    )
    monkeypatch.setattr(act_rules, "SANCTIONED", 3)
    bans = [BAN | {"people": people(3), "addresses": {}}, BAN]
    assert take_in(run, *bans)[2] == "line 4: more than 3 people are muted or banned"
    monkeypatch.setattr(act_rules, "PEOPLE_BY_LINK", 0)
    used = {"t": "link_used", "link": ID}
    assert take_in(run, LINK, used)[2] == "line 4: more people came by a link than may"
    assert take_in(run, LINK | {"uses": 1}, used)[0] == 0


def test_a_damaged_act_is_told_and_left_out(run: Run) -> None:
    """And so is one that no import would take, with what undoes it."""
    take_in(run)
    broken = acts.RulesSet(about="tea", rules=RoomRules(slow=-1))
    ban = acts.Sanctioned(about="tea", kind="ban", people=[])
    keep(broken, ban, acts.Undone(target=2), acts.Undone(target=9))
    keep(acts.RulesSet(about="tea", rules=RoomRules(slow=1)), acts.NickFreed(people=[]))
    change("UPDATE events SET data = 'x' WHERE room = 2 AND seq = 1")
    status, out, error = run("export")
    assert status == FAILED
    assert error.endswith(
        "room ~, number 1 is damaged; room ~, number 2 is damaged; room ~, number 3 is damaged; "
        "exported as deleted",
    )
    [line] = [json.loads(line) for line in out.splitlines() if '"t":"act"' in line]
    assert (line["seq"], line["act"]["rules"]) == (1, {"slow": 1})


def test_a_room_has_so_many_acts() -> None:
    """More are left out of an export, as no import takes them."""
    rules = ActRules("tea", Config())
    kept = ActKept(room="tea", seq=act_rules.ACTS + 1, act=acts.RulesSet(rules=RoomRules()))
    with pytest.raises(BadEvent, match="at most 100000 acts"):
        rules.take(kept)


def test_a_room_where_nothing_was_said_has_rights(run: Run) -> None:
    """As one that was forgotten; it begins when somebody says something there."""
    file_of(("tea", [act(1, RULES), act(2, REPORT)], []), last=0)
    assert "reports number 1" in run("import", "x.jsonl")[2]
    file_of(("tea", [act(1, RULES)], []))
    assert run("import", "x.jsonl")[0] == 0
    assert run("rooms")[1] == ""
    assert '"room":"tea","first":1,"last":0,"ts":0,"topic":"","acts":1' in contents(run)[0]
    assert run("export", "tea", "-o", "y.jsonl")[0] == 0
    assert run("import", "y.jsonl")[:2] == (0, "tea\t0\t0\t\n")


@pytest.mark.parametrize(
    ("gone", "values"),
    [
        ("UPDATE events SET data = ? WHERE is_message", [message(1, text="", deleted=True)]),
        ("DELETE FROM events WHERE is_message", []),
        ("INSERT INTO clearings VALUES (2, 'k', 9, 1, 1, ?)", [["a1"]]),
    ],
)
def test_the_words_of_a_report_go_with_its_message(
    run: Run, gone: str, values: list[object]
) -> None:
    """They may repeat it; whether it was deleted, let go by retention, or cleared for a day."""
    take_in(run, REPORT)
    assert '"why":"rude"' in contents(run)[1]
    change(gone, *(json.dumps(value).encode() for value in values))
    assert run("export")[1].count('"t":"reported"') == 1
    assert "rude" not in run("export")[1]


WORDS = ["ban", "mute", ID, DIGEST, "moderate", "operate"]
JSON: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, {}, [], [BEN], *WORDS]),
    st.integers(-(2**70), 2**70),
    st.text(max_size=9),
)
GOOD = [LINK, BAN, RAID, RULES, UNDONE, REPORT, CLEARED, MADE, FOR_TWO, APPROVED, REJECTED, DELETED]


@st.composite
def mutated(draw: st.DrawFn) -> list[Row]:
    """Return acts of which some have other values."""
    changed = []
    for one in draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=6)):
        key = draw(st.sampled_from([*one, "about", "until", "why"]))
        changed.append({**one, key: draw(JSON)} if draw(st.booleans()) else one)
    return changed


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(what=mutated(), room=st.sampled_from(["tea", SECRET_ROOM]))
def test_whatever_is_taken_in_can_be_exported_and_added_up(
    run: Run, what: list[Row], room: str
) -> None:
    """Any file is refused by a line, or gives the same again; and a server can start with it."""
    for old in Path().glob("chat.db*"):
        old.unlink()
    status, _, error = take_in(run, *what, room=room)
    if status:
        assert error.startswith("line ")
        return
    registry = Registry()
    for one in ledger():
        registry.apply(one)
        assert one.act.about == room
    assert run("export", "-o", "y.jsonl", "--force")[0] == 0
    assert run("import", "y.jsonl")[0] == 0
    assert run("import", "x.jsonl")[0] == 0


def test_an_act_keeps_what_it_says(run: Run) -> None:
    """All but the numbers of another ledger."""
    what: list[Row] = [MADE, LINK, RULES, CLEARED]
    assert take_in(run, *what, room=SECRET_ROOM)[0] == 0
    told = [json.loads(line) for line in contents(run) if '"t":"act"' in line]
    assert [one["act"] for one in told] == [{"about": SECRET_ROOM, **one} for one in what]
