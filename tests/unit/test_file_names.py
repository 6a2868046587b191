"""Names of files, as they are kept."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_chat.files.kinds import AVIF, GIF, JPEG, PNG, WEBP, Kind, picture_kind
from trio_chat.files.names import LONGEST, proper_name
from trio_chat.protocol.text import is_blank

KINDS = (None, AVIF, GIF, JPEG, PNG, WEBP)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("notes.txt", "notes.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x.bat", "x.bat"),
        ("gpj\u202egnp.exe", "gpjgnp.exe"),
        ("a\x00b\n<c>:d.txt", "a b c d.txt"),
        (" . . hidden. ", "hidden"),
        ("", "file"),
        ("..", "file"),
        ("\u200b", "file"),
        ("x" * 200 + ".txt", "x" * (LONGEST - 4) + ".txt"),
        ("y" * 200, "y" * LONGEST),
        ("z." + "w" * 200, ("z." + "w" * 200)[:LONGEST]),
    ],
)
def test_a_name_is_one_part_and_does_not_turn(given: str, kept: str) -> None:
    """Of a path the last part; without what turns text, hides, or means something to a system."""
    assert proper_name(given, None) == kept


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (JPEG, "cat.JPEG", "cat.JPEG"),
        (JPEG, "cat.html", "cat.html.jpg"),
        (PNG, "", "file.png"),
        (PNG, "x" * 200 + ".png", "x" * (LONGEST - 4) + ".png"),
    ],
)
def test_the_name_of_a_picture_ends_as_it_is(kind: Kind, given: str, kept: str) -> None:
    """Whatever else it promised."""
    assert proper_name(given, kind) == kept


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"GIF89a", GIF),
        (b"RIFF\0\0\0\0WEBP", WEBP),
        (b"\0\0\0\x1cftypavif", AVIF),
        (b"\0\0\0\x1cftypheic", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"<svg xmlns", None),
        (b"", None),
    ],
)
def test_a_picture_is_told_by_its_bytes(head: bytes, kind: Kind | None) -> None:
    """Of the kinds that browsers show."""
    assert picture_kind(head) is kind


@given(st.text() | st.text(". \u200b\u202e\x00/ab", max_size=200), st.sampled_from(KINDS))
@example("a" * (LONGEST - 1) + " b..", None)
@example("a" * (LONGEST - 4) + ". .jpgx", JPEG)
@example("\u200b" * LONGEST + "x", None)
@example("\u200b" * LONGEST + "x", PNG)
def test_a_name_that_is_kept_is_a_proper_one(given: str, kind: Kind | None) -> None:
    """It stays as it is when it comes again, as in an import, and ends in no blank and no dot."""
    kept = proper_name(given, kind)
    assert proper_name(kept, kind) == kept
    assert 0 < len(kept) <= LONGEST
    assert not kept.endswith((" ", "."))
    assert not is_blank(kept)
    assert kind is None or kept.lower().endswith(kind.endings)
