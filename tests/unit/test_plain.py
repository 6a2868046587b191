"""Rules of the plain dialect."""

import pytest

from trio_chat.dialects import plain
from trio_chat.endings import NOT_UTF8, TOO_LONG, Violation


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
    assert plain.read(message, 100) == line


@pytest.mark.parametrize("message", ["", " ", "\n\r\n\t"])
def test_blank_messages_say_nothing(message: str) -> None:
    """A blank message is no message."""
    assert plain.read(message, 100) is None


def test_binary_message_counts_as_text() -> None:
    """A binary message with UTF-8 in it is text."""
    assert plain.read("für\nalle".encode(), 100) == "für alle"


def test_binary_message_that_is_not_text_is_a_violation() -> None:
    """A binary message without UTF-8 in it ends the connection with 1007."""
    with pytest.raises(Violation) as caught:
        plain.read(b"\xff\xfe", 100)
    assert caught.value.ending == NOT_UTF8


def test_limit_counts_characters_of_the_line() -> None:
    """A line of just the limit passes, one of a character more is a violation."""
    assert plain.read(" " + "ü" * 10 + " ", 10) == "ü" * 10
    with pytest.raises(Violation) as caught:
        plain.read("ü" * 11, 10)
    assert caught.value.ending == TOO_LONG


def test_join_puts_a_line_below_the_other() -> None:
    """Messages that go out together are separated by newlines."""
    assert plain.join([b"a", b"b", b"c"]) == b"a\nb\nc"
