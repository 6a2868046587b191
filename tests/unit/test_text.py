"""Rules of text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scripts import each_character
from trio_chat.protocol.text import has_controls, is_blank, without_controls
from trio_chat.protocol.unicode import category


@pytest.mark.parametrize(
    "text",
    ["", " \t\r\n", "\x00", "\u200b", "\u2800", "\u3164", "\u115f\u1160", "\xad", "\u200d\u2060",
     "\ufeff", "\u202e", "\U000e0020", "\ufe0f", "\u2028", "\ufff9", "\x1b\x85", "\U000e0fff",
     "\U00013430", "\U00013441", "\U00016fe4"],
)  # fmt: skip
def test_what_shows_nothing_is_blank(text: str) -> None:
    """By whatever characters."""
    assert is_blank(text)
    assert not is_blank(f"{text}.{text}")


def test_letters_digits_marks_punctuation_and_symbols_can_be_seen() -> None:
    """All but a few, and these are fillers and blanks."""
    blank = {character for character in each_character() if is_blank(character)}
    kinds = {character: category(character)[0] for character in blank}
    assert {character for character, kind in kinds.items() if kind in "LNPS"} == {
        *"\u115f\u1160\u3164\uffa0",  # fillers of Hangul
        *"\u2800\U0001d159",  # Braille without a dot, a note without a head
        *"\U00013441\U00013442",  # room between hieroglyphs
    }
    assert {character for character, kind in kinds.items() if kind == "M"} == {
        *map(chr, (0x034F, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F)),
        *map(chr, range(0xFE00, 0xFE10)),
        *"\U00013440\U00016fe4",  # what mirrors a hieroglyph, a filler of Khitan
        *map(chr, range(0xE0100, 0xE01F0)),
    }


def test_all_white_space_and_controls_are_blank() -> None:
    """As Python knows them."""
    for character in each_character():
        if character.isspace() or unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp"):
            assert is_blank(character)


@given(st.text())
def test_controls_are_replaced_one_by_one(text: str) -> None:
    """Tabs and line ends stay; nothing else is touched."""
    clean = without_controls(text)
    assert not has_controls(clean)
    assert len(clean) == len(text)
    for before, after in zip(text, clean, strict=True):
        is_control = unicodedata.category(before) == "Cc" and before not in "\t\r\n"
        assert after == ("\ufffd" if is_control else before)
