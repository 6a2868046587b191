"""Rules of Unicode's tables and of characters."""

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trio_chat
from tests.scripts import each_character
from trio_chat.protocol.unicode import (
    VERSION,
    boundary,
    boundary_after,
    casefold,
    category,
    character_named,
    cut,
    is_longer,
    normalize,
)

ROOT = Path(trio_chat.__file__).parent
FAMILY = "👨\u200d👩\u200d👧\u200d👦"
FLAG = "🇩🇪"
SYLLABLE = "\u0915\u094d\u0937\u093f"  # ksi, in Devanagari
ACCENTED = "e\u0301"
HANGUL = "\u1112\u1161\u11ab"
CHARACTERS = [FAMILY, FLAG, SYLLABLE, ACCENTED, HANGUL, "x", "\r\n", "👍🏽", "กำ"]
ASSIGNED = [letter for letter in each_character() if unicodedata.category(letter) != "Cn"]


def test_nothing_asks_the_tables_of_this_python() -> None:
    """They differ from one Python to the next; there is one module with tables."""
    for path in ROOT.rglob("*.py"):
        imported = {
            name.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import)
            for name in node.names
        }
        assert "unicodedata" not in imported, path


def test_the_version_is_newer_than_that_of_the_oldest_python() -> None:
    """Which is 14.0; so what is newer is known, too."""
    assert int(VERSION.partition(".")[0]) >= 18
    assert category("\U00011f12") == "Lo"  # Kawi
    assert category("\U000323b0") == "Lo"  # an ideograph of extension J
    assert category("\u0378") == "Cn"


def test_folding_is_that_of_python_for_what_it_knows() -> None:
    """And idempotent for everything."""
    assert all(casefold(letter) == letter.casefold() for letter in ASSIGNED)
    folded = [casefold(letter) for letter in each_character()]
    assert [casefold(letter) for letter in folded] == folded


@pytest.mark.parametrize(
    ("capital", "small"), [("\U00010d50", "\U00010d70"), ("\ua7dc", "\u019b"), ("\ua7cb", "\u0264")]
)
def test_capitals_that_are_new_are_folded(capital: str, small: str) -> None:
    """In every Python."""
    assert casefold(f"a{capital}") == f"a{small}"


@given(st.text(st.sampled_from(ASSIGNED)), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_normal_forms_are_those_of_python_for_what_it_knows(text: str, form: str) -> None:
    """Unicode promises that they never change."""
    assert normalize(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


def test_characters_have_names() -> None:
    """In any case; others have none."""
    assert character_named("pink heart") == "🩷"
    assert character_named("no such thing") is None


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_cluster_is_one_character(character: str) -> None:
    """However many code points it has."""
    text = character * 10
    if len(character) <= 4:
        assert not is_longer(text, 10)
    assert is_longer(text + "x", 10)
    assert cut(text, 3 * len(character)) == 3 * character
    assert cut(text, 3 * len(character) + len(character) - 1) == 3 * character
    for place in range(len(text)):
        assert boundary(text, place) == place // len(character) * len(character)
        assert boundary_after(text, place) == -(-place // len(character)) * len(character)


def test_a_character_cannot_hide_a_flood() -> None:
    """Four code points count as one more character, where there are too many of them."""
    zalgo = "e" + "\u0301" * 39
    assert not is_longer(zalgo, 10)
    assert is_longer(zalgo + "\u0301", 10)
    assert cut(zalgo, 5) == zalgo[:5]


@given(st.text(st.sampled_from("".join(CHARACTERS)), max_size=30), st.integers(0, 40))
def test_a_part_has_no_half_characters(text: str, place: int) -> None:
    """Where it ends, a character ends, so the rest has what is left."""
    part = cut(text, max(place, 1))
    assert text.startswith(part)
    assert len(part) <= max(place, 1)
    assert boundary(text, place) <= place
    assert boundary(text, boundary(text, place)) == boundary(text, place)
    assert min(place, len(text)) <= boundary_after(text, min(place, len(text))) <= len(text)
