"""Rules for whose chat the page says it is."""

import json
import re
import struct
import zlib
from pathlib import Path

import pytest

from trio_chat.config import Config, ConfigError
from trio_chat.web.assets import Page, static_files
from trio_chat.web.look import ICON_LIMIT, PLAIN, Icon, Look, check_icon, on_color, read_look

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>\n'
PAGE = Page(static_files())


def png(width: int = 64, height: int = 64) -> bytes:
    """Return a black PNG of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress((b"\0" * (width + 1)) * height)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*one) for one in ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    )


def served(look: Look) -> dict[str, bytes]:
    """Return what is served with a look, by the last part of its path."""
    return {
        path.rpartition("/")[2] or "page": one.content for path, one in PAGE.files(look).items()
    }


@pytest.mark.parametrize(
    ("content", "name", "sizes"),
    [
        (SVG, "favicon.svg", "any"),
        (b'<?xml version="1.0"?>\n<!-- a <b> -->\n' + SVG, "favicon.svg", "any"),
        (png(), "icon.png", "64x64"),
        (png(16, 1024), "icon.png", "16x1024"),
    ],
)
def test_a_sign_is_known_by_its_bytes(content: bytes, name: str, sizes: str) -> None:
    """Whatever its file is called."""
    assert check_icon(content) == Icon(content, name, sizes)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"hello", b"GIF89a", b"<html><svg></svg></html>", SVG[:-8], png()[:-1]),
        *(png(15, 16), png(1025, 64), b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + SVG),
        SVG + b"<script></script>",
        b"<svg><!doctype x></svg>",
    ],
)
def test_what_is_no_sign_is_refused(tmp_path: Path, content: bytes) -> None:
    """In one line, at the start."""
    path = tmp_path / "icon"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^icon \S+: [^\n]+$"):
        read_look(Config(icon=path))


@pytest.mark.parametrize("content", [None, SVG.ljust(ICON_LIMIT + 1)])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    """Because it is not there, or too large."""
    path = tmp_path / "icon"
    if content:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^icon \S+: [^\n]+$"):
        read_look(Config(icon=path))


def test_the_page_is_as_it_is_without_settings() -> None:
    """Each file has the same bytes, and so the same address."""
    assert read_look(Config()) == PLAIN
    assert PAGE.files() == PAGE.files(Look())


def test_name_and_welcome_are_text() -> None:
    """Nothing of them is taken for a part of the page, and the manifest has the name."""
    files = served(Look(title='<b>"Tea" & more', welcome="See <https://example.org/?a&b>"))
    page = files["page"].decode()
    assert page.count("&lt;b&gt;&quot;Tea&quot; &amp; more") == 3  # head, title, dialog
    assert "<title>&lt;b&gt;" in page
    assert '<p id="welcome">See &lt;https://example.org/?a&amp;b&gt;</p>' in page
    assert "<b>" not in page
    assert json.loads(files["chat.webmanifest"])["name"] == '<b>"Tea" & more'


def test_the_page_asks_who_is_there_where_everybody_may_know() -> None:
    """And not where the server asks who comes."""
    closed = Config(access=("password",), access_password="secret")  # noqa: S106
    assert read_look(closed) == Look(is_open=False)
    assert b"data-open" not in served(read_look(closed))["page"]
    assert b"data-open" in served(PLAIN)["page"]


def test_a_colour_is_that_of_buttons() -> None:
    """Their words are black or white, and the manifest has it."""
    files = served(Look(color="#ffee00"))
    assert files["first.css"].endswith(b":root{--brand:#ffee00;--on-brand:#000000}\n")
    assert json.loads(files["chat.webmanifest"])["theme_color"] == "#ffee00"


def test_a_word_in_a_welcome_is_no_reference_of_the_page() -> None:
    """What is said stays as it is."""
    page = served(Look(welcome="See https://example.org/static/tea"))["page"]
    assert b"https://example.org/static/tea</p>" in page


@pytest.mark.parametrize(
    ("color", "words"),
    [
        ("#000000", "#ffffff"),
        ("#ffffff", "#000000"),
        ("#3557d6", "#ffffff"),
        ("#00ff00", "#000000"),
    ],
)
def test_words_on_a_colour_can_be_read(color: str, words: str) -> None:
    """Black on light ones, white on dark ones."""
    assert on_color(color) == words


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [(SVG, "favicon.svg", "image/svg+xml"), (png(), "icon.png", "image/png")],
)
def test_a_sign_is_everywhere(content: bytes, name: str, media_type: str) -> None:
    """In the page, in the tab, on a phone and for who installs it; and it may run nothing."""
    icon = check_icon(content)
    files = PAGE.files(Look(icon=icon))
    [(path, file)] = [(path, one) for path, one in files.items() if path.endswith(f"/{name}")]
    assert (file.content, file.media_type) == (content, media_type)
    assert file.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert [one for one in files if "favicon" in one] == ([path] if name == "favicon.svg" else [])
    page = files["r/"].content.decode()
    assert f'<link rel="icon" href="../{path}" type="{media_type}">' in page
    assert {*re.findall(r'<img src="\.\./(\S+)"', page)} == {path}
    assert ('rel="apple-touch-icon"' in page) == (name == "icon.png")
    [one] = json.loads(files["chat.webmanifest"].content)["icons"]
    assert one == {"src": path, "sizes": icon.sizes, "type": media_type}


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"title": " "}, "title must have something"),
        ({"title": "x" * 61}, "title must have 60 characters at most, not 61"),
        ({"title": "a\nb"}, "title must have no control characters"),
        ({"welcome": "x" * 1001}, "welcome must have 1000 characters at most"),
        ({"color": "red"}, "color must be like #3557d6, not 'red'"),
        ({"color": "#12345"}, "color must be like"),
    ],
)
def test_what_cannot_be_shown_is_refused(settings: dict[str, str], fault: str) -> None:
    """In one line, at the start."""
    with pytest.raises(ConfigError, match=fault):
        Config(**settings)  # type: ignore[arg-type]
    assert Config(title=" Tea ", color=" #ABCDEF").title == "Tea"
