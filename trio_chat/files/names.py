"""Names of files, as people give them: what of it is a name, and cannot lie about the file."""

import re

from trio_chat.files.kinds import Kind
from trio_chat.protocol.text import has_controls, is_blank
from trio_chat.protocol.unicode import cut

LONGEST = 120  # code points of a name
LONGEST_ENDING = 16  # code points, with the dot
UNNAMED = "file"
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\u2028\u2029\ufeff]')


def proper_name(given: str, kind: Kind | None) -> str:
    """Return the name of a file: one part of a path, without what turns or hides text.

    A picture ends as its kind does, so that a name cannot promise something else. A name that is
    kept stays as it is when it comes again, and ends in no blank and no dot.

    Args:
        given: What the sender calls it.
        kind: Of the picture; ``None`` if it is none.
    """
    name = re.split(r"[/\\]", given)[-1]
    name = " ".join(FORBIDDEN.sub(" ", BIDI.sub("", name)).split()).strip(". ")
    name = _shortened(name)
    if is_blank(name) or has_controls(name):
        name = UNNAMED
    if kind and not name.lower().endswith(kind.endings):
        name = _shortened(name + kind.endings[0])
    return name


def _shortened(name: str) -> str:
    """Return a name that is not too long; its ending stays."""
    if len(name) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending
    if not stem or len(ending) > LONGEST_ENDING:
        stem, ending = name, ""
    return cut(stem, LONGEST - len(ending)).rstrip(". ") + ending
