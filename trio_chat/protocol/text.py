"""What text may hold, whoever sends it and by whichever way: characters that can be seen."""

import re

# All control characters but tab and line ends: programs and terminals obey them.
_CONTROL_RANGES = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
CONTROLS = re.compile(f"[{_CONTROL_RANGES}]")
REPLACEMENT = "\ufffd"
BYTE_ORDER_MARK = "\ufeff"  # which some programs write before UTF-8; it is no part of the text

# Characters that show nothing: white space and controls; Unicode's Default_Ignorable_Code_Point,
# which is fixed for all versions to come; those that are drawn as a blank; and those that only
# arrange the hieroglyphs beside them.
UNSEEN_BESIDES_BLANKS = (
    "\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
UNSEEN_RANGES = f" {UNSEEN_BESIDES_BLANKS}"
# Symbols, letters and a mark by their category.
DRAWN_BLANKS = re.compile("[\u2800\U00013441\U00013442\U00016fe4\U0001d159]")
_SEEN = re.compile(f"[^{UNSEEN_RANGES}]")


def is_blank(text: str) -> bool:
    """Return whether nothing of a text can be seen."""
    return not _SEEN.search(text)


def has_controls(text: str) -> bool:
    """Return whether a text has control characters other than tabs and line ends."""
    return CONTROLS.search(text) is not None


def without_controls(text: str) -> str:
    """Return a text with U+FFFD for each control character but tabs and line ends."""
    return CONTROLS.sub(REPLACEMENT, text)
