"""Rules of what a link in a text is, on the server and on the page."""

import json
from pathlib import Path

import pytest

from trio_chat.protocol.web_links import LINK, has_link

SHARED = json.loads(
    (Path(__file__).parents[1] / "page" / "log" / "links.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("text", "is_shown", "is_link"), SHARED["texts"])
def test_whatever_the_page_shows_as_a_link_is_one(text: str, is_shown: bool, is_link: bool) -> None:
    """And what reads like one; tests of the page hold what it shows against the same texts."""
    assert has_link(text) is is_link
    assert is_link or not is_shown


def test_the_page_is_held_against_the_same_pattern() -> None:
    """With thousands of texts that nobody has thought of."""
    assert LINK.pattern == SHARED["pattern"]
