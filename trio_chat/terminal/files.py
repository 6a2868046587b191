"""Files of messages: how they are shown, found on the disk and saved. Pure, but for the disk."""

import re
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

from trio_chat.remote import File
from trio_chat.terminal.sanitize import sanitize_line

UNITS = ("kB", "MB", "GB")
NAMED = re.compile(r"""(?:(["'])(?P<quoted>.+?)\1|(?P<name>\S+))\s*(?P<text>.*)""", re.DOTALL)
STEP = 1000  # of one in the one before


def size_in_words(size: int) -> str:
    """Return a size as people read it."""
    if size < STEP:
        return f"{size} bytes"
    power = min(len(UNITS), (len(str(size)) - 1) // 3)
    return f"{size / STEP**power:.1f} {UNITS[power - 1]}"


def file_in_words(file: File) -> str:
    """Return what is shown of a file."""
    alt = f", {sanitize_line(file.alt)}" if file.alt else ""
    return f"[{sanitize_line(file.name)}, {size_in_words(file.size)}{alt}]"


def with_files(text: str, files: Sequence[File]) -> str:
    """Return a text with what is shown of its files behind it."""
    return " ".join(filter(None, [text, *map(file_in_words, files)]))


def split_path(typed: str) -> tuple[Path, str]:
    """Return the file that is named first in what was typed, and the text behind it.

    A name with blanks is in quotes, or is all there is.
    """
    whole = Path(typed).expanduser()
    found = NAMED.fullmatch(typed)
    if found is None or whole.exists():
        return whole, ""
    return Path(found["quoted"] or found["name"]).expanduser(), found["text"]


def free_place(folder: Path, name: str) -> Path:
    """Return where a file can be saved: nothing is there, and nothing of its name leads elsewhere.

    Args:
        folder: In which it is to be.
        name: As the server tells it.
    """
    safe = sanitize_line(name).replace("/", "_").replace("\\", "_").strip(". ") or "file"
    others = (f"{Path(safe).stem} ({number}){Path(safe).suffix}" for number in count(2))
    return next(
        path for path in (folder / one for one in chain([safe], others)) if not path.exists()
    )
