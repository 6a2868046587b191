"""What is imported keeps the rules of the socket; the error names the line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_operator_errors import (
    ANN,
    THREE,
    Row,
    Run,
    change,
    contents,
    export_of,
    message,
    run,
    take_in,
)
from trio_chat.config import Config
from trio_chat.errors import FAILED
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.requests import React

__all__ = ["run"]  # a fixture

BEN = {"id": "b2", "nick": "Ben"}
NO_MESSAGE = "which is no message before it"
HALF = "the JSON ends early, or holds half of an escaped character"
HIDDEN_CID = "`str` of what can be seen - at `$.cid`"
MANY = "the message was changed too often"


def event(kind: str, seq: int, **fields: object) -> Row:
    return {"t": kind, "room": "tea", "seq": seq, "ts": seq, "from": ANN, **fields}


def edit(seq: int, target: object, **fields: object) -> Row:
    return event("edit", seq, **{"target": target, "text": "x", **fields})


def react(seq: int, target: object, emoji: str = "🍋", **fields: object) -> Row:
    return event("react", seq, **{"target": target, "emoji": emoji, **fields})


def delete(seq: int, target: object, **fields: object) -> Row:
    return event("delete", seq, target=target, **fields)


def bare(seq: int) -> Row:
    return message(seq, text="", deleted=True)


def moderated(seq: int, **fields: object) -> Row:
    return event("moderated", seq, **{"act": "ban", "people": [BEN, ANN], "count": 2, **fields})


def stand_in(seq: int) -> Row:
    return {"t": "msg", "room": "tea", "seq": seq, "ts": seq, "text": "", "deleted": True}


KEY = "0f" * 8


def clear(seq: int, **fields: object) -> Row:
    return event("clear", seq, **{"key": KEY, "authors": ["b2", ""], "since": 1, **fields})


ONE, TWO = message(1), message(2)
REFUSED: dict[str, tuple[list[Row], str]] = {
    "a change of a reaction": (
        [ONE, react(2, 1), edit(3, 2)],
        f"it changes number 2, {NO_MESSAGE}",
    ),
    "a change of a topic": ([event("topic", 1, text="x"), react(2, 1)], NO_MESSAGE),
    "a change of what is to come": ([react(1, 2), TWO], NO_MESSAGE),
    "a change of itself": ([react(1, 1)], NO_MESSAGE),
    "a change of nothing": ([ONE, react(2, 0)], NO_MESSAGE),
    "a change of less": ([ONE, react(2, -1)], "`int` >= 0"),
    "a change of what no number is": ([ONE, react(2, 2**53)], "`int` <= 9007199254740991"),
    "a change of far too much": ([ONE, react(2, 2**70)], "int"),
    "a change of a part": ([ONE, react(2, 1.5)], "Expected `int`"),
    "a change of a whole part": ([ONE, react(2, 1.0)], "Expected `int`"),
    "a change of what is true": ([ONE, react(2, target=True)], "Expected `int`"),
    "a change of a word": ([ONE, react(2, "1")], "Expected `int`"),
    "a change of what was deleted": ([bare(1), delete(2, 1), react(3, 1)], NO_MESSAGE),
    "another deletion": ([bare(1), delete(2, 1), delete(3, 1)], NO_MESSAGE),
    "an edit by somebody else": ([ONE, edit(2, 1, **{"from": BEN})], "only its author"),
    "an edit by nobody": ([ONE, edit(2, 1, **{"from": None})], "only its author"),
    "a deletion by nobody": ([ONE, delete(2, 1, **{"from": None})], "only its author"),
    "an id with a control character": ([message(1, cid="some-cid\x1b")], HIDDEN_CID),
    "an id that turns the text around": ([message(1, cid="\u202esome-cid")], HIDDEN_CID),
    "an id with a line end": ([message(1, cid="some-cid\n")], HIDDEN_CID),
    "an act": (
        [event("act", 1, act={"t": "rules_set", "about": "tea", "rules": {}})],
        "acts are kept by the server alone",
    ),
    "an edit with a text of what is deleted": (
        [bare(1), edit(2, 1), delete(3, 1)],
        "no such message",
    ),
    "an edit without a text": ([ONE, edit(2, 1, text="")], "text is blank"),
    "an edit that is blank": ([ONE, edit(2, 1, text="\u200b")], "text is blank"),
    "a reply to what is to come": (
        [message(1, reply=2), TWO],
        f"it replies to number 2, {NO_MESSAGE}",
    ),
    "a reply to itself": ([message(1, reply=1)], NO_MESSAGE),
    "a reply to nothing": ([message(1, reply=0)], NO_MESSAGE),
    "a reply to a reaction": ([ONE, react(2, 1), message(3, reply=2)], NO_MESSAGE),
    "a reply to a part": ([ONE, message(2, reply=0.5)], "Expected `int | null`"),
    "a blank text": ([message(1, text=" ")], "text is blank"),
    "a text of nothing": ([message(1, text="")], "text is blank"),
    "a text that cannot be seen": ([message(1, text="\u2800\u3164")], "text is blank"),
    "a text with a control": ([message(1, text="a\x1b[31mb")], "control characters"),
    "a text with a NUL": ([message(1, text="a\0b")], "control characters"),
    "a text that is too long": ([message(1, text="x" * 4001)], "longer than 4000"),
    "a deleted text": ([message(1, deleted=True)], "a deleted message has no text"),
    "no text": ([message(1, text=None)], "Expected `str`"),
    "an emoji that is a word": ([ONE, react(2, 1, "ok")], "a reaction is one emoji"),
    "an emoji that is blank": ([ONE, react(2, 1, " ")], "a reaction is one emoji"),
    "an emoji of two": ([ONE, react(2, 1, "👍👍")], "a reaction is one emoji"),
    "an emoji of none": ([ONE, react(2, 1, "")], "length >= 1"),
    "a topic with a control": ([event("topic", 1, text="a\x07")], "control characters"),
    "a topic that is too long": ([event("topic", 1, text="x" * 251)], "at most 250"),
    "a cid that is too short": ([message(1, cid="short")], "length >= 8"),
    "a cid that is too long": ([message(1, cid="x" * 65)], "length <= 64"),
    "a nick that cannot be": (
        [message(1, **{"from": {"id": "a", "nick": "?"}})],
        "letter or a digit",
    ),
    "a nick that hides something": (
        [message(1, **{"from": {"id": "a", "nick": "A\u3164"}})],
        "U+3164",
    ),
    "a nick that is not normal": (
        [message(1, **{"from": {"id": "a", "nick": " Ann"}})],
        "normal form",
    ),
    "a nick that is too long": (
        [message(1, **{"from": {"id": "a", "nick": "x" * 33}})],
        "at most 32",
    ),
    "an id that cannot be": (
        [message(1, **{"from": {"id": "a\0", "nick": "Ann"}})],
        "the id of its author",
    ),
    "an id of none": ([message(1, **{"from": {"id": "", "nick": "Ann"}})], "the id of its author"),
    "a time before all": ([message(1, ts=-1)], "its time cannot be"),
    "a time after all": ([message(1, ts=2**53)], "its time cannot be"),
    "a number that is none": ([message(1), {**message(2), "seq": "2"}], "Expected `int`"),
    "a number that came": ([message(1), {**message(1)}, message(3)], "number 2 was to come here"),
    "another type": ([{**message(1), "t": "poll"}], "Invalid value 'poll'"),
    "a title of a public room": (
        [event("created", 1, title="Secret")],
        "a private room has a title of one line, and a public one has none",
    ),
    "a room that is not private": (
        [event("created", 1, title="Secret", private=True)],
        "a private room has an identifier",
    ),
    "a rule that none can set": ([event("rules", 1, rules={"slow": -1})], "`int` >= 0"),
    "an act that none can do": ([moderated(1, act="praise")], "Invalid enum value 'praise'"),
    "a clearing without its event": ([moderated(1, act="clear")], "is told otherwise"),
    "fewer people than are named": ([moderated(1, count=1)], "more people than can be"),
    "more people than are named": (
        [moderated(1, people=[BEN] * 21, count=21)],
        "more people than can be",
    ),
    "an end that cannot be": ([moderated(1, until=-1)], "its end cannot be"),
    "a reason that is long": ([moderated(1, why="x" * 251)], "length <= 250"),
    "a nick of whom it tells": (
        [moderated(1, people=[{"id": "b2", "nick": "?"}], count=1)],
        "a nick needs a letter or a digit",
    ),
    "a cid of its own": ([moderated(1, cid="short")], "its cid cannot be"),
    "a key that cannot be": ([clear(1, key="x")], "the key of a clearing cannot be"),
    "a key that was": ([clear(1), clear(2)], "or comes twice"),
    "too many authors": ([clear(1, authors=["x"] * 2001)], "more than 2000 people"),
    "an author that cannot be": ([clear(1, authors=["\n"])], "the id of its author cannot be"),
    "too many messages of before": (
        [clear(1, also=[1] * 1001)],
        "more earlier messages than can be",
    ),
    "what is to come": ([clear(1, since=2)], "it clears what is not before it"),
    "too many clearings": (
        [clear(n, key=f"{n:016x}") for n in range(1, 1002)],
        "at most 1000 clearings",
    ),
    "what was not cleared": ([event("restore", 1, key=KEY)], "it takes back no clearing before it"),
    "what came back": (
        [clear(1), event("restore", 2, key=KEY), event("restore", 3, key=KEY)],
        "it takes back no clearing before it",
    ),
    "too many emoji": (
        [ONE, *(react(n + 2, 1, chr(0x1F600 + n)) for n in range(51))],
        "too many different emoji",
    ),
    "too many changes": ([ONE, *(edit(n, 1) for n in range(2, 1003))], MANY),
}


@pytest.mark.parametrize(("events", "reason"), REFUSED.values(), ids=REFUSED)
def test_an_event_that_breaks_a_rule_is_refused(run: Run, events: list[Row], reason: str) -> None:
    """With the line of the first that does, and nothing of the file is taken in."""
    take_in(run, *THREE)
    before = contents(run)
    other = [
        {"t": "export", "format": 1, "ts": 1, "epoch": "e", "rooms": 2, "events": 3},
        {"t": "room", "room": "jam", "first": 1, "last": 1, "ts": 1},
        {**message(1), "room": "jam"},
    ]
    first = "".join(json.dumps(line) + "\n" for line in other)
    Path("x.jsonl").write_text(first + export_of(*events).partition("\n")[2], encoding="utf-8")
    status, out, error = run("import", "x.jsonl")
    assert (status, out) == (FAILED, "")
    assert error.startswith("line ")
    assert reason in error
    assert error.isprintable()
    assert contents(run) == before


def test_the_line_is_that_of_the_event(run: Run) -> None:
    """The header is the first line, the room the second."""
    events = [ONE, react(2, 1), edit(3, 2), message(4)]
    assert take_in(run, *events)[2] == f"line 5: it changes number 2, {NO_MESSAGE}"


def test_as_much_as_may_be_is_taken(run: Run) -> None:
    """Each limit is one that a message may reach."""
    emoji = [react(n + 2, 1, chr(0x1F600 + n)) for n in range(50)]
    edits = [edit(n, 1) for n in range(52, 1002)]
    long = message(1002, text="x" * 4000, reply=1)
    topic = event("topic", 1003, text="y" * 250)
    events = [ONE, *emoji, *edits, long, topic, delete(1004, 1002)]
    assert take_in(run, *events, topic="y" * 250)[:2] == (0, "tea\t1004\t0\t\n")
    assert "x" * 4000 not in "".join(contents(run))


def test_limits_are_those_of_the_settings(run: Run) -> None:
    """What a server with larger ones has kept can be taken in with the same."""
    ann = {"id": "a", "nick": "x" * 40}
    events = [message(1, text="x" * 5000, **{"from": ann}), event("topic", 2, text="y" * 300)]
    assert take_in(run, *events)[0] == FAILED
    limits = ("--text-limit", "5000", "--topic-limit", "300", "--nick-limit", "40")
    assert run("import", "x.jsonl", *limits)[:2] == (0, "tea\t2\t0\t\n")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (message(1, text="  Milk?  \n"), {"text": "  Milk?"}),
        (event("topic", 1, text="  tea "), {"text": "tea"}),
        (event("topic", 1, text="\u200b"), {"text": ""}),
    ],
)
def test_what_requests_bring_into_a_normal_form_is(run: Run, given: Row, kept: Row) -> None:
    """As the socket does."""
    assert take_in(run, given)[0] == 0
    [_, line] = contents(run)
    assert {key: json.loads(line)[key] for key in kept} == kept
    assert run("import", "x.jsonl")[:2] == (0, "tea\t0\t1\t\n")


def test_a_reaction_gets_its_normal_form(run: Run) -> None:
    """So the same one does not stand there twice."""
    assert take_in(run, ONE, react(2, 1, "\u2764"))[0] == 0
    assert json.loads(contents(run)[2])["emoji"] == "\u2764\ufe0f"


def test_what_is_before_the_file_may_be_there_or_gone(run: Run) -> None:
    """As retention has deleted it: then nobody knows what it was."""
    events = [message(5, reply=2), edit(6, 3, text=""), react(7, 4), delete(8, 1)]
    assert take_in(run, *events)[:2] == (0, "tea\t4\t0\t\n")


@pytest.mark.parametrize(
    ("last", "is_taken"),
    [
        (message(4, reply=1), True),
        (message(4, reply=2), False),
        (react(4, 1), True),
        (react(4, 2), False),
        (edit(4, 1), True),
        (edit(4, 1, **{"from": BEN}), False),
        (delete(4, 3, **{"from": BEN}), False),
    ],
)
def test_what_is_before_the_file_and_here_is_looked_at(
    run: Run, last: Row, *, is_taken: bool
) -> None:
    """A part of a room may follow what is here; what it is about is here then."""
    take_in(run, ONE, react(2, 1), message(3))
    before = contents(run)
    status, _, error = take_in(run, last)
    if is_taken:
        assert status == 0
    else:
        assert (status, error) == (FAILED, "room tea: number 4 is about what is no message here")
        assert contents(run) == before


class TestFiles:
    """An export is lines of JSON in UTF-8; anything else is refused in words that help."""

    def test_a_byte_order_mark_is_no_harm(self, run: Run) -> None:
        """Some editors write one."""
        data = export_of(*THREE).encode()
        Path("x.jsonl").write_bytes(b"\xef\xbb\xbf" + data)
        assert run("import", "x.jsonl")[:2] == (0, "tea\t3\t0\t\n")

    def test_line_ends_may_be_those_of_windows(self, run: Run) -> None:
        """They are white space of JSON."""
        Path("x.jsonl").write_bytes(export_of(*THREE).encode().replace(b"\n", b"\r\n"))
        assert run("import", "x.jsonl")[:2] == (0, "tea\t3\t0\t\n")

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_another_encoding_is_told(self, run: Run, encoding: str) -> None:
        """In the first line."""
        Path("x.jsonl").write_bytes(export_of(*THREE).encode(encoding))
        status, _, error = run("import", "x.jsonl")
        assert (status, error) == (
            FAILED,
            "line 1: this is not UTF-8, in which exports are written",
        )

    @pytest.mark.parametrize("text", ["Zoë", "\xff"])
    def test_letters_of_another_encoding_are_told(self, run: Run, text: str) -> None:
        """In the line where the first of them is."""
        lines = json.dumps(message(1, text=text), ensure_ascii=False)
        head = export_of(ONE).splitlines()[:2]
        Path("x.jsonl").write_bytes("\n".join([*head, lines, ""]).encode("latin-1"))
        status, _, error = run("import", "x.jsonl")
        assert (status, error) == (
            FAILED,
            "line 3: this is not UTF-8, in which exports are written",
        )

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (b'{"t":"msg","x":' + b"[" * 50_000, "line 3: "),
            (b"[" * 500_000, "line 3: "),
            (b'{"t":"msg","room":"tea","seq":1,"ts":1,"text":"\\ud800"}', f"line 3: {HALF}"),
            (b'{"t":"msg","room":"tea","seq":1e999,"ts":1,"text":"x"}', "line 3: "),
            (b'{"t":"msg","room":"tea","seq":1' + b"0" * 5000 + b',"ts":1,"text":"x"}', "line 3: "),
            (b'{"t":"\x1b[2J"}', "line 3: "),
            (b'{"t":"\\u001b[2J"}', "Invalid value"),
            (b"\0" * 100, "line 3: "),
            (b"", "line 3: "),
            (b"null", "line 3: "),
            (b"\x1f\x8b\x08\0\0", "line 3: "),
        ],
    )
    def test_a_line_that_is_no_json_is_told(self, run: Run, line: bytes, reason: str) -> None:
        """However it is made; what is printed has no control characters."""
        head = "\n".join(export_of(ONE).splitlines()[:2]).encode()
        Path("x.jsonl").write_bytes(head + b"\n" + line + b"\n")
        status, out, error = run("import", "x.jsonl")
        assert (status, out) == (FAILED, "")
        assert error.startswith("line 3: ")
        assert reason in error
        assert error.isprintable()

    @pytest.mark.parametrize(
        ("room", "reason"),
        [
            ({"ts": 2**70}, "numbers that cannot be"),
            ({"ts": -1}, "numbers that cannot be"),
            ({"last": 2**70}, "numbers that cannot be"),
            ({"topic": "a\x07"}, "control characters"),
            ({"topic": "x" * 251}, "at most 250"),
            ({"room": "a\u2800"}, "U+2800"),
        ],
    )
    def test_the_line_of_a_room_has_rules_too(self, run: Run, room: Row, reason: str) -> None:
        """For its name, its numbers and its topic."""
        status, _, error = take_in(run, **room)
        assert status == FAILED
        assert error.startswith("line 2: ")
        assert reason in error

    def test_a_format_is_a_number_from_one_on(self, run: Run) -> None:
        """Others never were."""
        Path("x.jsonl").write_text(export_of().replace('"format": 1', '"format": 0'), "utf-8")
        assert run("import", "x.jsonl")[2] == "line 1: this format cannot be"


class TestMending:
    """What earlier releases kept against the rules of today is not lost."""

    OLD: tuple[tuple[Row, Any], ...] = (
        (message(2, reply=9), {"text": "line 2"}),
        (message(2, text="\u3164"), {"deleted": True, "text": ""}),
        (message(2, text="a\x1bb", reply=1), {"deleted": True}),
        (message(2, **{"from": {"id": "a", "nick": "?"}}), {"from": {"id": "a", "nick": "nobody"}}),
        (
            message(2, **{"from": {"id": "a", "nick": " A\u3164n"}}),
            {"from": {"id": "a", "nick": "An"}},
        ),
        (message(2, cid="short"), {"text": "line 2", "cid": None}),
        (message(2, cid="a-cid-00\x1b"), {"text": "line 2", "cid": None}),
        (edit(2, 1, cid="a-cid-00\0"), {"t": "edit", "text": "x", "cid": None}),
        (react(2, 1, "ok"), {"target": 1, "on": False}),
        (edit(2, 1, text=" "), {"target": 1, "t": "react", "on": False}),
        (react(2, 9), {"deleted": True}),
        (event("topic", 2, text="\x07"), {"deleted": True}),
        (message(2, ts=2**60), {"deleted": True}),
    )

    @pytest.mark.parametrize(("old", "kept"), OLD)
    def test_an_import_may_mend(self, run: Run, old: Row, kept: Row) -> None:
        """If it is asked to: each event keeps its number, and loses what breaks a rule."""
        assert take_in(run, ONE, old, message(3, reply=1))[0] == FAILED
        assert run("import", "--mend", "x.jsonl")[:2] == (0, "tea\t3\t0\t\n")
        found = json.loads(contents(run)[2])
        assert {key: found.get(key) for key in kept} == kept
        assert "reply" not in found
        assert run("import", "--mend", "x.jsonl")[:2] == (0, "tea\t0\t3\t\n")

    def test_what_is_exported_can_be_imported(self, run: Run) -> None:
        """Whatever earlier releases have kept; and into the same database, too."""
        take_in(run, ONE, TWO, react(3, 1), message(4))
        for seq, old in ((2, message(2, reply=9)), (3, react(3, 1, "ok"))):
            change("UPDATE events SET data = ? WHERE seq = ?", json.dumps(old).encode(), seq)
        change("UPDATE rooms SET topic = 'a' || char(7)")
        assert run("export", "-o", "y.jsonl")[0] == 0
        assert run("import", "y.jsonl")[:2] == (0, "tea\t0\t4\t\n")
        Path("chat.db").unlink()
        assert run("import", "y.jsonl")[:2] == (0, "tea\t4\t0\t\n")

    def test_a_name_that_has_another_normal_form_is_told_by_that(self, run: Run) -> None:
        """Earlier releases kept some, as of ß with an accent. A second such room gets a number."""
        old, now = "x\u03ca\u0301", "x\u03b9\u0308\u0301"
        take_in(run, ONE, TWO)
        change("UPDATE rooms SET name = ?", old)
        change("UPDATE events SET data = CAST(replace(data, 'tea', ?) AS BLOB)", old)
        assert run("export", now, "-o", "y.jsonl")[0] == 0
        assert run("import", "y.jsonl")[:2] == (0, f"{now}\t2\t0\t\n")
        assert run("export", "-o", "z.jsonl")[0] == 0
        Path("chat.db").unlink()
        told = Path("z.jsonl").read_text("utf-8")
        assert run("import", "z.jsonl")[:2] == (0, f"{now}\t2\t0\t\n{now}-2\t2\t0\t\n")
        Path("z.jsonl").write_text(told.replace(now, old), "utf-8")
        assert run("import", "z.jsonl")[0] == FAILED
        assert run("import", "--mend", "z.jsonl")[:2] == (
            0,
            f"{now}\t0\t2\t\n{now}-2\t0\t2\t\n",
        )

    def test_what_the_socket_takes_is_exported_and_imported_as_it_is(self, run: Run) -> None:
        """The longest reactions, too, whose one form is longer than what was sent."""
        for emoji in ("\u200d".join("❤" * 16), "\u200d".join("👍" * 24), "👍🏽"):
            asked = json.dumps({"t": "react", "room": "tea", "seq": 1, "emoji": emoji})
            [request] = v1.read(asked, Config())
            assert isinstance(request, React)
            told = react(2, 1, request.emoji)
            assert take_in(run, ONE, told)[:2] == (0, "tea\t2\t0\t\n")
            assert json.loads(contents(run)[2]) == told
            Path("chat.db").unlink()

    def test_what_moderators_did_is_kept(self, run: Run) -> None:
        """As it is told, in a file with them and in one where a deleted message stands for each."""
        own = [
            event("created", 1),
            event("rules", 2, rules={"slow": 5, "closed": True}),
            moderated(3, people=[BEN, {"id": "", "nick": ""}], count=7, until=9, why="a reason"),
            clear(4),
            event("restore", 5, key=KEY),
        ]
        assert take_in(run, *own)[:2] == (0, "tea\t5\t0\t\n")
        assert [*map(json.loads, contents(run)[1:])] == own
        for older in ([stand_in(seq) for seq in range(1, 6)], own):
            assert take_in(run, *older)[:2] == (0, "tea\t0\t5\t\n")
        assert take_in(run, *own[:3], message(4))[0] == FAILED

    def test_a_clearing_takes_what_was_here(self, run: Run) -> None:
        """Who imported a room before it was cleared has it cleared by the next import."""
        take_in(run, ONE, message(2, **{"from": BEN}))
        gone = {"cid": TWO["cid"], "cleared": True} | stand_in(2)
        assert take_in(run, ONE, gone, clear(3))[:2] == (0, "tea\t1\t2\t\n")
        assert json.loads(contents(run)[2]) == gone
