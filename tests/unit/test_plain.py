"""Rules of the plain dialect."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.config import Config
from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import GOING_AWAY, NOT_UTF8, TOO_LONG, Violation
from trio_chat.protocol.confusables import PARENTHESES
from trio_chat.protocol.dialects import plain
from trio_chat.protocol.dialects.plain import COLON
from trio_chat.protocol.text import UNSEEN_RANGES

ANN = events.Person("a1", "Ann")


def said(message: str | bytes, text_limit: int) -> list[str]:
    """Return the lines in a message; they are the only requests that it can hold."""
    lines = []
    for request in plain.read(message, Config(text_limit=text_limit)):
        assert isinstance(request, requests.Send)
        assert (request.room, request.id, request.cid, request.reply) == ("", None, None, None)
        lines.append(request.text)
    return lines


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("hello", "hello"),
        ("  hello \n", "hello"),
        ("two\nlines", "two lines"),
        ("two\r\nlines", "two lines"),
        ("two\rlines", "two lines"),
        ("blank\n\nbetween", "blank  between"),
        ("über 🎈", "über 🎈"),
    ],
)
def test_newlines_become_spaces_and_ends_are_trimmed(message: str, line: str) -> None:
    """A message is one line."""
    assert said(message, 100) == [line]


@pytest.mark.parametrize(
    "control", ["\x00", "\x07", "\x1b", "\x0b", "\x0c", "\x1c", "\x7f", "\x9b"]
)
def test_control_characters_are_replaced(control: str) -> None:
    """What a line says to people must not be an order to a terminal; a tab may stay."""
    assert said(f"a{control}[31m\tb", 100) == ["a\ufffd[31m\tb"]
    message = events.Message(room="tea", seq=1, ts=2, text=f"a{control}b")
    assert plain.tell(message, b"{}") == "a\ufffdb".encode()


@pytest.mark.parametrize(
    "message", ["", " ", "\n\r\n\t", "\x00", "\x1b \x07", "\x85", b"\x00\x00", "\u200b", "\u3164"]
)
def test_blank_messages_say_nothing(message: str | bytes) -> None:
    """A message of which nothing can be seen is no message."""
    assert said(message, 100) == []


def test_binary_message_counts_as_text() -> None:
    """A binary message with UTF-8 in it is text."""
    assert said("für\nalle".encode(), 100) == ["für alle"]


def test_a_byte_order_mark_is_no_part_of_a_message() -> None:
    """Some programs begin with one; within a text it stays."""
    assert said("\ufeffhello", 5) == ["hello"]
    assert said("\ufefffür".encode(), 3) == ["für"]
    assert said("a\ufeffb", 3) == ["a\ufeffb"]


def test_binary_message_that_is_not_text_is_a_violation() -> None:
    """A binary message without UTF-8 in it ends the connection with 1007."""
    with pytest.raises(Violation) as caught:
        plain.read(b"\xff\xfe", Config())
    assert caught.value.reason == NOT_UTF8


def test_limit_counts_characters_of_the_line() -> None:
    """A line of just the limit passes, one of a character more is a violation."""
    assert said(" " + "ü" * 10 + " ", 10) == ["ü" * 10]
    with pytest.raises(Violation) as caught:
        plain.read("ü" * 11, Config(text_limit=10))
    assert caught.value.reason == TOO_LONG


def test_join_puts_a_line_below_the_other() -> None:
    """Messages that go out together are separated by newlines."""
    assert plain.join([b"a", b"b", b"c"]) == b"a\nb\nc"
    assert plain.wrap(b"a\nb") == b"\x81\x03a\nb"


def test_who_has_a_name_is_heard_with_it() -> None:
    """A named user's message reaches plain clients as ``name: text``, in one line."""
    text = "two\r\nlines, one\ttab"
    named = events.Message(room="tea", seq=1, ts=2, who=ANN, text=text)
    nameless = events.Message(room="tea", seq=1, ts=2, text=text)
    assert plain.tell(named, b"{}") == b"Ann: two lines, one\ttab"
    assert plain.tell(nameless, b"{}") == b"two lines, one\ttab"


def told(text: str, who: events.Person | None = None) -> str:
    """Return the line that plain clients get of a message."""
    line = plain.tell(events.Message(room="tea", seq=1, ts=2, who=who, text=text), b"{}")
    assert line is not None
    return line.decode()


@pytest.mark.parametrize(
    "text",
    [
        "Ann: hello", "Ann:\u00a0hello", "Ann:\u200bhello", "Ann\uff1a hello", "Ann\u2236 hello",
        "Ann\ua789 hello", "x Ann: hello", "Ann:", "Ann:\thello", ": hello", ":hello", "(sorry)",
        "\uff08sorry\uff09", "\u200b(sorry)",
        "\u202eolleh :nnA", "\u2066Ann\u2069\uff1ax", "\u202e)yrros", "two\nAnn: hello",
        "\u200f(sorry)",
    ],
)  # fmt: skip
def test_who_has_no_name_is_not_taken_for_somebody(text: str) -> None:
    """The name before such a text is empty, so it is neither Ann's nor the server's."""
    assert told(text) == f": {plain.one_line(text)}"
    assert told("hello", ANN) == "Ann: hello"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "see http://a.b:80/",
        "12:30",
        "a (b) c",
        "\u202egnp.exe\u202c",
        "你好\uff1a世界",
        "a :)",
    ],
)
def test_a_text_that_cannot_be_mistaken_is_told_alone(text: str) -> None:
    """As the Go example does."""
    assert told(text) == text


@pytest.mark.parametrize(
    ("nick", "line"),
    [
        ("Ann: hi", "Ann:hi: x"),
        ("Ann\uff1a hi", "Ann:hi: x"),
        ("(Ann", "Ann: x"),
        ("Ann (2)", "Ann (2): x"),
        ("a:b", "a:b: x"),
    ],
)
def test_a_name_ends_at_the_first_colon_with_a_space(nick: str, line: str) -> None:
    """So nobody's name says something in another one's."""
    assert told("x", events.Person("b2", nick)) == line


@pytest.mark.parametrize(
    ("nick", "line"),
    [
        ("( (server) x", "server) x: x"),
        ("((Ann", "Ann: x"),
        ("\uff08 ( \ufe59Ann", "Ann: x"),
        (" \u200b(\u3000Ann", "Ann: x"),
        ("( : Ann", ":Ann: x"),
        ("((", "b2: x"),
        ("( \u200b", "b2: x"),
    ],
)
def test_a_name_does_not_begin_as_a_line_of_the_server(nick: str, line: str) -> None:
    """Nor behind blanks; where nothing else is in a nick, as no server gives it, the id is told."""
    assert told("x", events.Person("b2", nick)) == line


@given(st.text(["(", "\uff08", " ", "\u3000", "\u200b", ":", "\uff1a", ")", "A"]))
def test_whoever_has_a_name_is_told_from_the_server_and_from_whoever_has_none(nick: str) -> None:
    """Whatever the nick is: a name is there, and its line begins with nothing of these."""
    name = told("x", events.Person("b2", nick)).removesuffix(": x")
    assert name
    assert not re.match(f"[{PARENTHESES}{UNSEEN_RANGES}]", name)
    assert not COLON.search(name)


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\n", "\r\n"])
def test_a_line_has_no_line_ends_of_any_kind(end: str) -> None:
    """Behind which another line could be forged."""
    assert told(f"a{end}Ann: b", ANN) == "Ann: a Ann: b"
    assert said(f"a{end}b", 9) == ["a b"]


@pytest.mark.parametrize(
    "event",
    [
        events.Edit(room="tea", who=ANN, target=1, text="x"),
        events.Delete(room="tea", who=ANN, target=1),
        events.React(room="tea", who=ANN, target=1, emoji="x"),
        events.Topic(room="tea", who=ANN, text="x"),
        events.Presence(room="tea", who=ANN, state="joined"),
        events.Renamed(room="tea", who=ANN),
        events.Typing(room="tea", who=ANN),
    ],
)
def test_nothing_else_is_told(event: events.Event) -> None:
    """A line that was read out cannot be taken back."""
    assert plain.tell(event, None) is None


def test_only_what_could_not_be_said_is_answered() -> None:
    """In words, as there are no codes."""
    assert plain.answer(answers.Error(code="unavailable", text="sorry")) == b"(sorry)"
    assert plain.answer(answers.Ok(seq=1, ts=2)) is None
    assert plain.answer(answers.Ping()) is None
    assert plain.bye(GOING_AWAY) is None
    assert not plain.needs_hello
