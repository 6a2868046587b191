"""Rules of the password: which is right, where it comes from, and how HTTP carries it."""

from pathlib import Path

import pytest

from trio_chat.auth.password import PasswordCheck, load_password
from trio_chat.auth.shown import NOTHING, Shown, shown_by
from trio_chat.config import Config, ConfigError


async def test_only_the_password_matches() -> None:
    """In either form of Unicode; blanks count."""
    check = PasswordCheck("Zo\u00eb 1", 1)
    for right in ("Zo\u00eb 1", "Zoe\u0308 1"):
        assert await check.matches(right)
    for wrong in ("", "Zoe 1", "zo\u00eb 1", "Zo\u00eb 1 ", "x" * 2000, "\x00"):
        assert not await check.matches(wrong)


def test_a_file_has_the_password_in_a_line(tmp_path: Path) -> None:
    """A byte order mark and the line's end do not belong to it; blanks do."""
    path = tmp_path / "password"
    path.write_bytes("\ufeff sesame \r\n".encode())
    assert load_password(Config(access=("password",), access_password_file=path)) == " sesame "


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n", "is empty"),
        (b"x" * 1025, "must have at most 1024 bytes"),
        (b"\xff", "is not UTF-8"),
        (b"  \t", "must be one line of characters that can be typed"),
        (b"\xe2\x80\x8b", "must be one line"),
        (b"one\ntwo\n", "must be one line"),
        ("sesame".encode("utf-16-le"), "must be one line"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_without_a_password_is_refused(
    data: bytes | None, message: str, tmp_path: Path
) -> None:
    """At the start, in one line."""
    path = tmp_path / "password"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        load_password(Config(access=("password",), access_password_file=path))


def test_a_variable_that_is_no_utf_8_is_refused() -> None:
    """Nobody could show it."""
    with pytest.raises(ConfigError, match="must be one line"):
        load_password(Config(access=("password",), access_password="caf\udce9"))  # noqa: S106


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Basic OnNlc2FtZQ==", Shown(password="sesame")),  # noqa: S106 - of a test
        ("basic YW5uOnNlczphbWU=", Shown(password="ses:ame")),  # noqa: S106 - likewise
        ("Basic Og==", Shown(password="")),
        ("Basic YW5u", Shown(password="")),
        ("Basic !", NOTHING),
        ("Basic /w==", NOTHING),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", Shown(token="eyJhbGciOiJub25lIn0.e30.")),  # noqa: S106
        ("Bearer a1b2.QW5u.00ff", Shown(session="a1b2.QW5u.00ff")),
        ("Bearer  x ", Shown(session="x")),
        (f"Bearer {'x' * 32}", Shown(links=("x" * 32,))),
        ("Digest x", NOTHING),
        ("", NOTHING),
    ],
)
def test_a_header_shows_what_its_form_says(header: str, expected: Shown) -> None:
    """A password, a token or a session; what is garbage shows nothing."""
    assert shown_by([header]) == expected
    assert shown_by([header], "ann") == expected._replace(user="ann")
    assert shown_by([header], link="y") == expected._replace(links=("y",))
    assert shown_by([]) == NOTHING
