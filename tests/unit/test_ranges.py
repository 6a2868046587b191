"""Parts of files: which bytes a ``Range`` header asks for (RFC 9110, 14.1.2)."""

import pytest

from trio_chat.web.ranges import Unsatisfiable, wanted_part

SIZE = 11  # bytes of the file


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=10-", (10, 11)),
        ("bytes=5-99", (5, 11)),
        ("bytes=0-" + "9" * 100, (0, 11)),
        ("bytes=-3", (8, 11)),
        ("bytes=-11", (0, 11)),
        ("bytes=-12", (0, 11)),
        ("bytes=-" + "9" * 100, (0, 11)),
        ("Bytes= 002-4\t", (2, 5)),
    ],
)
def test_one_range_is_a_part_that_ends_with_the_file(given: str, part: tuple[int, int]) -> None:
    """The last bytes are all that there are, if more are asked for."""
    assert wanted_part(given, SIZE) == part


@pytest.mark.parametrize(
    "given",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=4-2",
        "bytes=2-4x",
        "bytes=+2-4",
        "bytes=--4",
        "bytes=\u0662-",
        "bytes=" + "9" * 5000 + "-",
        "lines=2-4",
        "bytes=0-1,3-4",
        "bytes=0-1, bytes=3-4",
        "bytes=-0,3-4",
    ],
)
def test_what_is_no_range_or_several_is_ignored(given: str) -> None:
    """The answer has the whole file, as if nothing was asked for."""
    assert wanted_part(given, SIZE) is None


@pytest.mark.parametrize("given", ["bytes=11-", "bytes=11-20", "bytes=-0", "bytes=-000"])
def test_a_range_without_a_byte_of_the_file_cannot_be_had(given: str) -> None:
    """It begins behind the end, or is the last no bytes."""
    with pytest.raises(Unsatisfiable):
        wanted_part(given, SIZE)


def test_an_empty_file_has_no_part() -> None:
    """No range begins in it; its last bytes are the whole of it, for which there is no 206."""
    for given in ("bytes=0-", "bytes=0-0", "bytes=-0"):
        with pytest.raises(Unsatisfiable):
            wanted_part(given, 0)
    assert wanted_part("bytes=-5", 0) is None
