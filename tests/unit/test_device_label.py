"""Rules of the labels of devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.net.device_label import LABEL_LIMIT, label_of

MOZILLA = "Mozilla/5.0 "
GECKO = "AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (MOZILLA + "(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        (
            MOZILLA + f"(Windows NT 10.0; Win64; x64) {GECKO}Chrome/126.0 Safari/537.36",
            "Chrome, Windows",
        ),
        (
            MOZILLA + f"(Windows NT 10.0) {GECKO}Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge, Windows",
        ),
        (
            MOZILLA + f"(Linux; Android 14) {GECKO}SamsungBrowser/25.0 Chrome/121.0 Safari/537.36",
            "Samsung Internet, Android",
        ),
        (MOZILLA + "(Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605", "Safari, macOS"),
        (
            MOZILLA + "(iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Safari/604.1",
            "Chrome, iPhone",
        ),
        (MOZILLA + "(iPad; CPU OS 17_5 like Mac OS X) FxiOS/127.0 Safari/605", "Firefox, iPad"),
        (MOZILLA + f"(X11; CrOS x86_64) {GECKO}Chrome/126 Safari/537 OPR/1", "Opera, ChromeOS"),
        (MOZILLA + "(something else)", ""),
        ("trio-chat/1.0 (Linux)", "trio-chat, Linux"),
        ("curl/8.5.0", "curl"),
        ("", ""),
        ("\u202e(evil)", ""),
    ],
)
def test_a_label_names_browser_and_system(user_agent: str, label: str) -> None:
    """As far as they are known; of programs their first word."""
    assert label_of(user_agent) == label


@given(st.text())
def test_a_label_is_short_and_can_be_printed(user_agent: str) -> None:
    """Whatever the header is."""
    for text in (user_agent, "x" * 100 + user_agent):
        label = label_of(text)
        assert label.isprintable()
        assert len(label) <= LABEL_LIMIT
