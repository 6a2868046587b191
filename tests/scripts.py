"""Hypothesis strategies for text in all scripts, with all that makes text hard."""

import sys
from collections.abc import Iterator

import unicodedata2
from hypothesis import strategies as st

ALIKE = ("Cn", "Co", "Cs")  # categories: not assigned, private, surrogates; nine in ten of all
EVERY = 97  # of these, as they are treated alike

WORDS = (
    *(
        "hello",
        "Zoë",
        "Straße",
        "İstanbul",
        "ﬁsh",
        "ΑΒΓ",
        "σίγουρος",
        "Привет",
        "Җир",
        "հայ",
        "שלום",
    ),
    *("עֶל", "صباح", "می\u200cخواهم", "اُردُو", "ܫܠܡܐ", "ދިވެހި", "हिन्दी", "मीना", "क्षि", "বাংলা", "ਪੰਜਾਬੀ"),
    *("ગુજરાતી", "தமிழ்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "ප්\u200dරියා", "ไทย", "กำ", "ລາວ", "བོད་", "မြန်မာ"),
    *(
        "ქართული",
        "አማርኛ",
        "ᏣᎳᎩ",
        "ខ្មែរ",
        "ᠮᠣᠩᠭᠣᠯ",
        "한글",
        "\u1112\u1161\u11ab",
        "すじ",
        "パン",
        "ﾊﾟﾝ",
        "が",
        "か\u3099",
    ),
    *(
        "漢字",
        "𠮷野",
        "ꦗꦮ",
        "𞤀𞤣𞤤𞤢𞤥",
        "𐐷",
        "\U00011f12",
        "\U000323b0",
        "\U00010d50",
        "Ａｎｎ",
        "x²",
        "½",
    ),
)
CLUSTERS = (
    *(
        "👩\u200d💻",
        "👨\u200d👩\u200d👧\u200d👦",
        "🇩🇪",
        "🇩",
        "1️⃣",
        "👍🏽",
        "❤️",
        "❤",
        "❤︎",
        "🩷",
        "🫨",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "‼️",
        "〰️",
    ),
    *(
        "e\u0301",
        "\u0301",
        "e\u0301\u0302\u0303",
        "a\u034f",
        "x\ufe0f",
        "葛\U000e0100",
        "ᠭᠠ\u180bᠨ",
        "ᠰᠠᠷ\u180eᠠ",
        "\u0915\u094d\u200d",
    ),
)
INVISIBLE = (
    *(
        "\u200b",
        "\u200c",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\xad",
        "\u2800",
        "\u3164",
        "\u115f",
        "\u180e",
    ),
    *(
        "\u202e",
        "\u202d",
        "\u2066",
        "\u2069",
        "\u200f",
        "\u061c",
        "\U000e0041",
        "\U000e007f",
        "\ufff9",
        "\U00013430",
        "\U00013441",
        "\U00016fe4",
        "\U000e0100",
    ),
    *("\xa0", "\u3000", "\u2028", "\u2029", "\u1680", "\u205f", " ", "\t", "\n", "\r\n", "  "),
)
PUNCTUATION = tuple("!\"'()*:/@#\\`|<>&%,.;?…。、，：（）「」“”«»،؟।״·・’—–")
# Letters that look like those of Latin, so that words of several alphabets look the same.
LOOKALIKES = (
    "\u0430",
    "\u0435",
    "\u043e",
    "\u0391",
    "\u03bf",
    "\u13aa",
    "\ua4ee",
    "\u0131",
    "\u0966",
)
# Code points that no Unicode assigns, or not yet; private ones, and noncharacters.
UNASSIGNED = ("\u0378", "\U0001fbff", "\U000e0fff", "\ue000", "\U000f0000", "\ufdd0", "\U0010ffff")

characters = st.characters(exclude_categories=["Cs", "Cc"])
pieces = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(CLUSTERS),
    st.sampled_from(INVISIBLE),
    st.sampled_from(PUNCTUATION),
    st.sampled_from(LOOKALIKES),
    st.sampled_from(UNASSIGNED),
    characters,
)
# Any text that can be sent to a server as JSON; the server may refuse it.
anything = st.lists(st.one_of(pieces, st.characters(categories=["Cc"])), max_size=12).map("".join)
# Texts that a message may have.
texts = st.lists(pieces, min_size=1, max_size=12).map("".join)
names = st.lists(pieces, min_size=1, max_size=4).map("".join)


def each_character() -> Iterator[str]:
    """Yield all characters that are assigned, and some of those that are not."""
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        if point % EVERY == 0 or unicodedata2.category(character) not in ALIKE:
            yield character
