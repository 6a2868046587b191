"""What others wrote is shown and not obeyed; what is piped is sent as a server takes it."""

import getpass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.cli import main
from trio_chat.protocol.text import CONTROLS
from trio_chat.protocol.unicode import category
from trio_chat.remote.address import Link, link_to, link_to_pair, split_link
from trio_chat.terminal.sanitize import sanitize, sanitize_line, sendable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb", "a b"),
        ("a\r\nb\x0bc\u2028d", "a\nb\nc\nd"),
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("\x7f\x9b", "␡\ufffd"),
        ("\u202eevil\u200b\u2066", "evil"),
        ("\U000f0000", "\ufffd"),
        ("\u06dd\u0661 \u0601\u0662", "\u06dd\u0661 \u0601\u0662"),
        ("👩\u200d🚀 é 日本", "👩\u200d🚀 é 日本"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    """Controls as pictures, line ends as such, nothing that changes the direction."""
    assert sanitize(text) == shown


@given(st.text())
def test_nothing_gets_through(text: str) -> None:
    """Whatever it is made of; in one line there is no line end either."""
    for shown in (sanitize(text).replace("\n", ""), sanitize_line(text)):
        kinds = {category(character) for character in shown.strip("\u200c\u200d")}
        assert not kinds & {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}
        assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bascii\x1b", "ascii"),
        ("10%\r20%\r\n", "10%\n20%\n"),
        ("a\tb\x00\x9f\x7f", "a\tb"),
    ],
)
def test_what_is_sent(text: str, sent: str) -> None:
    """Without what programs write to colour and move."""
    assert sendable(text) == sent


@given(st.text())
def test_no_server_minds(text: str) -> None:
    """It has none of the characters that are refused."""
    assert not CONTROLS.search(sendable(text))
    sendable(text).encode()


def test_a_link_is_taken_apart() -> None:
    """Into the server, the room and secrets; other addresses stay as they are."""
    assert split_link("https://chat.example/r/t%C3%A9")[:3] == ("https://chat.example/", "té", None)
    link = split_link("https://a.example/chat/r/tea?x#s3_cr-t")
    assert link == Link("https://a.example/chat/", "tea", "s3_cr-t")
    assert split_link("https://a.example/r/tea#no secret").secret is None
    with pytest.raises(ValueError, match="is not the address"):
        split_link("http://a.exa\nmple/")
    for page in ("http://localhost:8080/r/", "http://localhost:8080/r", "http://localhost:8080/"):
        assert split_link(page) == Link("http://localhost:8080/")
        link = split_link(f"{page}#operator=s3cret")
        assert link == Link("http://localhost:8080/", operator="s3cret")
    for server in ("ws://localhost:8080/ws", "http://localhost:8080/", "http://localhost:8080"):
        assert link_to_pair(server, "c0de") == "http://localhost:8080/#pair=c0de"
    link = split_link("http://localhost:8080/#pair=c0de")
    assert link == Link("http://localhost:8080/", pair="c0de")


@pytest.mark.parametrize(
    ("server", "link"),
    [
        ("http://localhost:8080/", "http://localhost:8080/r/~room#s3cret"),
        ("wss://chat.example.org", "https://chat.example.org/r/~room#s3cret"),
        ("ws://a.example/chat/ws", "http://a.example/chat/r/~room#s3cret"),
    ],
)
def test_a_link_is_put_together(server: str, link: str) -> None:
    """For the page of the server, by whichever of its addresses."""
    assert link_to(server, "~room", "s3cret") == link
    assert split_link(link)[1:3] == ("~room", "s3cret")


def test_without_a_login_name_a_nick_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in some containers."""

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert main(["connect", "http://localhost/", "--follow"]) == 2
    assert "choose one with --nick" in capsys.readouterr().err
