"""Rules of emoji."""

import pytest

from trio_chat.protocol.emoji import normal_emoji, replace_emoji

WOMAN, LAPTOP, HEART, SKIN = "\U0001f469", "\U0001f4bb", "\u2764", "\U0001f3fd"
AS_TEXT, AS_PICTURE, JOINER, KEYCAP = "\ufe0e", "\ufe0f", "\u200d", "\u20e3"


@pytest.mark.parametrize(
    "emoji",
    ["👍", "❤️", "👩‍💻", "🇩🇪", "1️⃣", "#️⃣", "👍🏽", "🏳️‍🌈", "👁️‍🗨️", "❤️‍🔥", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🩷", "🫨", "◾", "↔️",
     "‼️", "〰️", "☝🏽", "👩🏽‍💻", "🏽", "👨‍👩‍👧‍👦", "\U0001fadf", "©️"],
)  # fmt: skip
def test_an_emoji_in_its_full_form_stays_as_it_is(emoji: str) -> None:
    """Single ones, sequences, flags and keycaps, and those newer than Python's own tables."""
    assert normal_emoji(emoji) == emoji


@pytest.mark.parametrize(
    ("form", "emoji"),
    [
        (HEART, HEART + AS_PICTURE),
        (HEART + AS_TEXT, HEART + AS_PICTURE),
        ("👍" + AS_PICTURE, "👍"),
        ("1" + KEYCAP, "1" + AS_PICTURE + KEYCAP),
        ("☝" + AS_PICTURE + SKIN, "☝" + SKIN),
        (SKIN + AS_PICTURE, SKIN),
        (HEART + JOINER + "🔥", HEART + AS_PICTURE + JOINER + "🔥"),
        (WOMAN + AS_PICTURE + JOINER + LAPTOP, WOMAN + JOINER + LAPTOP),
    ],
)
def test_forms_that_look_the_same_have_one_normal_form(form: str, emoji: str) -> None:
    """It has U+FE0F where a picture needs it, and nowhere else."""
    assert normal_emoji(form) == emoji
    assert normal_emoji(emoji) == emoji


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "\x00", "\x1b[31mred", "\u202e", "\u200b", "\u3164", "x", "1", "ok", "a text",
     ":+1:", "👍👍", "👍 ", " 👍", "👍x", "👍\n", "🇩", "🇩🇪🇫", JOINER, "👍" + JOINER, JOINER + "👍",
     AS_PICTURE, "x" + AS_PICTURE, "\U000e0067", "é", "漢", "!", "+",
     "👍\U000e0061\U000e007f", "🏴\U000e0067\U000e007f",
     "🏴\U000e0067\U000e0062\U000e0020\U000e007f",
     "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067"],
)  # fmt: skip
def test_anything_else_is_no_emoji(text: str) -> None:
    """Not two of them either, nor what only goes with one, nor one with what nobody can see."""
    assert normal_emoji(text) is None


def test_emoji_within_a_text_can_be_replaced() -> None:
    """Each as a whole."""
    assert replace_emoji("Mia ❤️ 👩‍💻1️⃣", "*") == "Mia * **"
    assert replace_emoji("A" + AS_PICTURE, "*") == "A" + AS_PICTURE
