"""What a real server logs of its peers: enough to find them, and nothing that is theirs."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import trio
import trustme

from tests.frames import TEXT, masked, upgrade
from tests.integration.chatters import chatting
from tests.integration.commands import Command, command
from tests.integration.running import goodbye, read_all
from tests.integration.test_metrics import watched
from tests.unit.test_log_keys import TABLE
from trio_chat.protocol.dialects.v1 import SUBPROTOCOL

Line = dict[str, Any]
KEYS = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE))))


async def log_of(chat: Command) -> list[Line]:
    """Stop a server; return what it logged since the log was read last."""
    chat.signal(signal.SIGTERM)
    assert await chat.exit_status() == 0
    lines: list[Line] = [json.loads(line) for line in (await chat.errors()).splitlines()]
    for line in lines:
        assert line.keys() >= {"event", "level", "timestamp"}
        assert line.keys() <= KEYS, line
    return lines


def told(lines: list[Line], event: str) -> list[Line]:
    return [line for line in lines if line["event"] == event]


async def test_each_line_about_a_peer_says_about_which() -> None:
    """By the number of its connection, the same in all of them, and from where it is."""
    settings = ("--log-level", "debug", "--frame-limit", "5000", "--trusted-proxy", "127.0.0.1")
    async with command(*settings) as chat:
        async with await chat.shake_hands() as one:
            await one.send_all(masked(TEXT, b"x" * 5001))
            await goodbye(one)
        behind = b"X-Forwarded-For: 8.8.8.8\r\n"
        async with await trio.open_tcp_stream("127.0.0.1", chat.port) as two:
            await two.send_all(upgrade().replace(b"\r\n\r\n", b"\r\n" + behind + b"\r\n"))
            await two.receive_some(10)
        lines = await log_of(chat)
    begun, ended = told(lines, "connection begins"), told(lines, "connection ends")
    assert [(line["peer"], line["way_in"]) for line in begun] == [
        ("proxy", "plain"),
        ("public", "plain"),
    ]
    assert [line["connection"] for line in begun] == [line["connection"] for line in ended]
    assert [line["reason"] for line in ended] == ["too_long", "peer"]
    [limit] = told(lines, "limit reached")
    assert limit["connection"] == begun[0]["connection"]


async def test_refused_handshakes_are_told_once_with_the_reason(tmp_path: Path) -> None:
    """Whatever is refused: the upgrade, the hello behind it, or TLS before both."""
    secret = tmp_path / "password"
    secret.write_text("the right one")
    access = ("--access", "password", "--access-password-file", str(secret))
    async with command(*access) as chat:
        for _ in range(2):
            async with await trio.open_tcp_stream("127.0.0.1", chat.port) as plain:
                await plain.send_all(upgrade())
                assert (await read_all(plain)).startswith(b"HTTP/1.1 401 ")
        async with await trio.open_tcp_stream("127.0.0.1", chat.port) as stream:
            await stream.send_all(upgrade(b"Sec-WebSocket-Protocol: " + SUBPROTOCOL.encode()))
            hello = {"t": "hello", "nick": "Zaphod", "access": {"password": "the wrong one"}}
            await stream.send_all(masked(TEXT, json.dumps([hello]).encode()))
            await goodbye_behind_head(stream)
        lines = await log_of(chat)
    [refused] = told(lines, "WebSocket refused")
    assert (refused["status"], refused["reason"], refused["peer"]) == (
        *(401, "Unauthorized"),
        "machine",
    )
    [denied] = told(lines, "hello refused")
    assert (denied["code"], denied["peer"]) == ("unauthorized", "machine")
    assert "wrong" not in json.dumps(lines)


async def goodbye_behind_head(stream: trio.SocketStream) -> None:
    """Read the answer to a handshake, then what follows up to the goodbye."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += bytes(await stream.receive_some(1))
    await goodbye(stream)


async def test_tls_that_fails_is_told(tmp_path: Path) -> None:
    """Such as that of somebody who speaks plain HTTP; who only hangs up is not worth a line."""
    certfile = tmp_path / "certificate.pem"
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certfile)
    async with command("--certfile", str(certfile)) as chat:
        for begun in (b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
            async with await trio.open_tcp_stream("127.0.0.1", chat.port) as stream:
                await stream.send_all(begun)
                await stream.send_eof()
                await read_all(stream)
        lines = await log_of(chat)
    [failed] = told(lines, "TLS handshake failed")
    assert (failed["reason"], failed["peer"]) == ("HTTP_REQUEST", "machine")


async def test_no_line_has_what_people_say_or_show(tmp_path: Path) -> None:
    """Not even with ``debug``: texts, names, rooms and what lets in stay out."""
    path = str(tmp_path / "chat.db")
    words = ("Vogon", "Zaphod", "Magrathea", "Marvin")
    async with watched("--database", path, "--log-level", "debug") as (chat, _):
        room = {"room": "magrathea"}
        async with chatting(chat, "Zaphod", room) as one:
            await one.send("magrathea", "Vogon poetry")
            await one.ask(t="edit", room="magrathea", seq=1, text="Marvin")
            await one.ask(t="search", room="magrathea", query="Vogon")
            await one.ask(t="send", room="elsewhere", text="Vogon")  # is refused
            session = one.session
        lines = await log_of(chat)
    logged = json.dumps(lines)
    assert told(lines, "connection ends")
    assert [word for word in words if word.lower() in logged.lower()] == []
    assert session not in logged
