"""Who may come in: every way in, with nothing, the wrong, the right, the old."""

import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog
import trio

from tests import frames
from tests.integration.asking import ask, bearer
from tests.integration.chatters import chatting, connected
from tests.integration.followers import following
from tests.integration.followers import request as follow
from tests.integration.running import (
    END_OF_HEAD,
    Running,
    header,
    read_all,
    serving,
    status,
)
from tests.tokens import AUDIENCE, secret_file, signed
from trio_chat.core.sessions import Sessions
from trio_chat.journal.memory import MemoryJournal
from trio_chat.protocol.close import COME_BACK_LATER, EXPIRED, NOT_LET_IN
from trio_chat.protocol.events import Person
from trio_chat.rates import Rate
from trio_chat.remote import Ended, Refused, connect

PASSWORD = "correct horse, bättery staple"  # noqa: S105 - of a test
LET_IN, REFUSED = True, False


class Shown(NamedTuple):
    """What somebody shows to be let in."""

    password: str | None = None
    token: str | None = None
    session: str | None = None
    user: str | None = None

    def headers(self) -> dict[str, str]:
        """Return it as headers of HTTP."""
        found = {}
        if self.password is not None:
            pair = base64.b64encode(f":{self.password}".encode()).decode()
            found["authorization"] = f"Basic {pair}"
        if self.token or self.session:
            found["authorization"] = bearer(self.token or self.session or "")
        if self.user is not None:
            found["remote-user"] = self.user
        return found

    def lines(self) -> list[bytes]:
        """Return it as header lines."""
        return [f"{name}: {value}".encode() for name, value in self.headers().items()]


NOTHING = Shown()
AROUND = (  # paths that some library reads as one of the API
    "/%2Fapi/v1/rooms/tea/messages",
    "//%61pi%2Fv1%2Frooms/tea/messages",
    "//api/v1/rooms/tea/messages",
    "/ap%0Ai/v1/rooms/tea/messages",
    "/%09api/v1/rooms/tea/messages",
    "/x%3F/../api/v1/rooms/tea/messages",
    "/;/api/v1/rooms/tea/messages",
)


async def by_hello(server: Running, shown: Shown) -> bool:
    """Come by the socket; what lets in is in the hello, but for what only a proxy can say."""
    secrets = {"password": shown.password, "token": shown.token}
    access = {name: secret for name, secret in secrets.items() if secret is not None}
    return await _says_hello(server, Shown(user=shown.user), shown.session or "", access)


async def by_handshake(server: Running, shown: Shown) -> bool:
    """Come by the socket, and show headers already with the handshake."""
    return await _says_hello(server, shown)


async def _says_hello(
    server: Running, shown: Shown, session: str = "", access: dict[str, str] | None = None
) -> bool:
    if not await _shakes_hands(server, b"Sec-WebSocket-Protocol: trio-chat.v1", *shown.lines()):
        return REFUSED
    told = [(name.encode(), value.encode()) for name, value in shown.headers().items()]
    async with connected(server, *told) as ann:
        answer = await ann.hello("Ann", session=session, access=access)
        if answer["t"] == "welcome":
            return LET_IN
        assert answer["code"] == "unauthorized"
        said, code, _ = await ann.ending()
    assert [(entry["t"], entry["code"]) for entry in said] == [("bye", code)]
    assert code == NOT_LET_IN.code
    return REFUSED


async def by_plain_text(server: Running, shown: Shown) -> bool:
    """Come by the socket as a client of the Go example, which can show headers alone."""
    return await _shakes_hands(server, *shown.lines())


async def _shakes_hands(server: Running, *headers: bytes) -> bool:
    stream = await server.connect_tcp()
    async with stream:
        await stream.send_all(frames.upgrade(*headers))
        answer = bytes(await stream.receive_some(65536))
    assert status(answer) in (101, 401)
    assert (status(answer) == 401) == bool(header(answer, b"www-authenticate"))
    return status(answer) == 101


async def by_events(server: Running, shown: Shown) -> bool:
    """Follow a room."""
    stream = await server.connect_tcp()
    async with stream:
        lines = [b"GET /api/v1/rooms/tea/events HTTP/1.1", b"Host: localhost", *shown.lines()]
        await stream.send_all(b"\r\n".join([*lines, b"", b""]))
        answer = bytes(await stream.receive_some(65536))
    return _verdict(status(answer))


def by_request(method: str, path: str, body: str | None = None) -> "WayIn":
    """Ask for something over HTTP."""

    async def way_in(server: Running, shown: Shown) -> bool:
        headers: dict[str, Any] = shown.headers()
        answer = await ask(server, method, path, body, **headers)
        if answer.status == 401 and method != "HEAD":
            assert answer.code == "unauthorized"
            assert answer.header("www-authenticate")
        return _verdict(answer.status)

    return way_in


def by_target(target: str) -> "WayIn":
    """Ask for something over HTTP by what no library makes."""

    async def way_in(server: Running, shown: Shown) -> bool:
        return _verdict(status(await _answer(server, target, shown)))

    return way_in


async def _answer(server: Running, target: str, shown: Shown) -> bytes:
    lines = [f"GET {target} HTTP/1.1".encode(), b"Host: localhost", *shown.lines()]
    return await server.exchange(b"\r\n".join([*lines, b"", b""]))


def _verdict(code: int) -> bool:
    assert code in (200, 201, 401)
    return REFUSED if code == 401 else LET_IN


WayIn = Callable[[Running, Shown], Awaitable[bool]]
WAYS_IN: dict[str, WayIn] = {
    "hello": by_hello,
    "handshake": by_handshake,
    "plain": by_plain_text,
    "events": by_events,
    "head of events": by_request("HEAD", "/rooms/tea/events"),
    "rooms": by_request("GET", "/rooms"),
    "encoded path": by_request("GET", "/%72ooms"),
    "encoded prefix": by_target("/%61pi/v1/rooms"),
    "whole address": by_target("http://localhost/api/v1/rooms"),
    "messages": by_request("GET", "/rooms/tea/messages"),
    "search": by_request("GET", "/rooms/tea/search?q=milk"),
    "post": by_request("POST", "/rooms/tea/messages?from=Ben", "hello"),
    "session": by_request("POST", "/sessions", "Cem"),
}


class Mode(NamedTuple):
    """A server that is entered in one way."""

    server: Running
    secret: bytes  # that it signs sessions with


@asynccontextmanager
async def entered_by(way: str, folder: Path) -> AsyncIterator[Mode]:
    """Run a server that is entered in one way."""
    password = folder / "password"
    password.write_text(PASSWORD + "\n")
    settings: dict[str, dict[str, Any]] = {
        "open": {},
        "password": {"access_password_file": password},
        "token": {"token_key": secret_file(folder), "token_audience": AUDIENCE},
        "proxy": {"access_header": "Remote-User", "trusted_proxy": ("127.0.0.1",)},
        "invite": {},
    }
    journal = MemoryJournal()
    ways: dict[str, Any] = {
        "access": (way,),
        "presence_grace": 0,
        "nick_keep_days": 0,
        **settings[way],
    }
    async with serving(journal=journal, **ways) as server:
        yield Mode(server, journal.secret)


def marked(mode: Mode, password: str | None) -> str:
    """Return a session of somebody who knew a password, or none."""
    sessions = Sessions(mode.secret)
    return sessions.token(Person("a1", "Ann"), sessions.mark_for(password) if password else None)


Show = Callable[[Mode], Shown]
TABLE: list[tuple[str, Show, bool]] = [
    ("open", lambda _: NOTHING, LET_IN),
    ("password", lambda _: NOTHING, REFUSED),
    ("password", lambda _: Shown(password="wrong"), REFUSED),  # noqa: S106 - that is the point
    ("password", lambda _: Shown(password=""), REFUSED),
    ("password", lambda _: Shown(password="ä" * 600), REFUSED),
    ("password", lambda _: Shown(password=PASSWORD), LET_IN),
    ("password", lambda mode: Shown(session=marked(mode, PASSWORD)), LET_IN),
    ("password", lambda mode: Shown(session=marked(mode, "an older one")), REFUSED),
    (
        "password",
        lambda mode: Shown(session=Sessions(mode.secret).token(Person("a1", "A"))),
        REFUSED,
    ),
    ("password", lambda _: Shown(session=f"a1.QQ.{'0' * 16}.{'0' * 32}"), REFUSED),
    ("password", lambda _: Shown(token=signed()), REFUSED),
    ("password", lambda _: Shown(user="Ann"), REFUSED),
    ("token", lambda _: NOTHING, REFUSED),
    ("token", lambda _: Shown(token=signed(b"x" * 32)), REFUSED),
    ("token", lambda _: Shown(token=signed(exp=int(time.time()) - 1)), REFUSED),
    ("token", lambda _: Shown(token=signed(aud="elsewhere")), REFUSED),
    ("token", lambda _: Shown(token=signed(nick="Ann")), LET_IN),
    ("token", lambda _: Shown(password=PASSWORD), REFUSED),
    ("token", lambda mode: Shown(session=marked(mode, PASSWORD)), REFUSED),
    ("proxy", lambda _: NOTHING, REFUSED),
    ("proxy", lambda _: Shown(user=""), REFUSED),
    ("proxy", lambda _: Shown(user="-"), REFUSED),
    ("proxy", lambda _: Shown(user="Ann"), LET_IN),
    ("proxy", lambda _: Shown(token=signed()), REFUSED),
]


@pytest.mark.parametrize(("way", "show", "expected"), TABLE)
async def test_every_way_in_asks(way: str, show: Show, expected: bool, tmp_path: Path) -> None:
    """And all of them decide alike."""
    async with entered_by(way, tmp_path) as mode:
        shown = show(mode)
        found = {name: await way_in(mode.server, shown) for name, way_in in WAYS_IN.items()}
    assert found == dict.fromkeys(WAYS_IN, expected)


@pytest.mark.parametrize("way", ["password", "proxy"])
async def test_no_writing_of_a_path_is_a_way_around(way: str, tmp_path: Path) -> None:
    """What the app would take for a path of the API is one for whoever lets in, or is nothing."""
    async with entered_by(way, tmp_path) as mode:
        for path in AROUND:
            for target in (path, f"http://localhost{path}"):
                answer = await _answer(mode.server, target, NOTHING)
                assert status(answer) in (401, 404), target
                assert b"tea" not in answer.partition(END_OF_HEAD)[2].replace(path.encode(), b"")


@pytest.mark.parametrize("way", ["password", "token", "proxy", "invite"])
async def test_the_page_and_what_programs_need_to_know_are_for_all(
    way: str, tmp_path: Path
) -> None:
    """They say nothing of what is said; and browsers ask before they send credentials."""
    async with entered_by(way, tmp_path) as mode:
        for path in ("/api/v1/limits", "/api/v1/openapi.json", "/r/tea", "/worker.js", "/r", "/"):
            answer = await mode.server.exchange(
                b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode()
            )
            assert status(answer) in (200, 302)
        assert (await ask(mode.server, "OPTIONS", "/rooms")).status == 200


@pytest.mark.parametrize(
    ("host", "way", "expected"),
    [("0.0.0.0", "open", 1), ("127.0.0.1", "open", 0), ("0.0.0.0", "password", 0)],  # noqa: S104
)
async def test_who_opens_a_server_to_all_is_told(host: str, way: str, expected: int) -> None:
    """In one line at the start, if others than this machine can reach it."""
    settings: dict[str, Any] = {"access_password": PASSWORD} if way == "password" else {}
    with structlog.testing.capture_logs() as logged:
        async with serving(host=host, access=(way,), **settings):
            pass
    warnings = [entry["event"] for entry in logged if entry["log_level"] == "warning"]
    assert warnings == expected * [
        "whoever can reach this address may read and write; see --access"
    ]


async def test_any_of_several_ways_lets_in(tmp_path: Path) -> None:
    """A proxy's word comes before a token, and that before a password."""
    settings: dict[str, Any] = {
        "access": ("password,token",),
        "presence_grace": 0,
        "nick_keep_days": 0,
        "access_password": PASSWORD,
        "token_key": secret_file(tmp_path),
        "token_audience": AUDIENCE,
    }
    async with serving(**settings) as server:
        for shown in (Shown(password=PASSWORD), Shown(token=signed(nick="Ann"))):
            assert await by_hello(server, shown)
        refused = await ask(server, "GET", "/rooms")
        assert refused.header("www-authenticate") == (
            'Basic realm="trio-chat", charset="UTF-8", Bearer'
        )
        async with connected(server) as ann:
            answer = await ann.hello("Ann")
            assert answer["access"] == ["password", "token"]
            assert answer["text"] == "this server asks for a password or a token"
    settings = {**settings, "access": ("open", "token")}
    del settings["access_password"]
    async with serving(**settings) as server:
        assert await by_hello(server, NOTHING)
        assert not await by_hello(server, Shown(token=signed(b"x" * 32)))
        async with connected(server) as ann:
            await ann.hello("Eve", access={"token": signed(nick="Ann")})
            assert ann.who["nick"] == "Ann"


async def test_a_header_from_elsewhere_is_ignored(tmp_path: Path) -> None:
    """Only the proxy says who has been let in; if the sender could add to it, nobody has."""
    settings: dict[str, Any] = {"access": ("proxy",), "access_header": "Remote-User"}
    async with serving(**settings, trusted_proxy=("192.0.2.1",)) as server:
        assert not await by_hello(server, Shown(user="Ann"))
    async with serving(**settings, trusted_proxy=("127.0.0.1",)) as server:
        lines = b"Remote-User: Eve\r\nRemote-User: Ann"
        wire = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n" % lines
        assert status(await server.exchange(wire)) == 401


async def test_whom_a_token_or_a_proxy_names_is_always_the_same_person(tmp_path: Path) -> None:
    """By all ways in, under the given nick; nobody else is, and no session outlives the token."""
    async with entered_by("token", tmp_path) as mode:
        token = signed(nick="Ann")
        posted = await ask(
            mode.server, "POST", "/rooms/tea/messages", "hello", authorization=bearer(token)
        )
        async with connected(mode.server) as ann, connected(mode.server) as ben:
            await ann.hello("Eve", "tea", access={"token": token})
            await ben.hello("Ben", "tea", access={"token": signed(sub="ben")})
            assert (ann.who["nick"], ben.who["nick"]) == ("Ann", "Ben")
            assert ann.who["id"] != ben.who["id"]
            assert ann.session == ""
            seq = posted.json["seq"]
            assert (await ben.ask(t="delete", room="tea", seq=seq))["code"] == "not_yours"
            path = f"/rooms/tea/messages/{seq}"
            known = bearer(signed(sub="ben"))
            assert (await ask(mode.server, "DELETE", path, authorization=known)).code == "not_yours"
            assert (await ann.ask(t="nick", nick="Eve"))["code"] == "bad_nick"
            assert (await ben.ask(t="nick", nick="Benny"))["t"] == "ok"
        auth = bearer(token)
        changed = await ask(mode.server, "PUT", path, "hi", authorization=auth)
        assert changed.status == 200
        begun = await ask(mode.server, "POST", "/sessions", {"nick": "Eve"}, authorization=auth)
        assert begun.json == {"session": "", "you": ann.who}
        nameless = bearer(signed(sub="cem"))
        refused = await ask(
            mode.server, "POST", "/rooms/tea/messages", "hello", authorization=nameless
        )
        assert refused.code == "bad_nick"
    async with entered_by("proxy", tmp_path) as mode:
        ids = set()
        for _ in range(2):
            async with connected(mode.server, (b"Remote-User", b"ann@example.org")) as ann:
                await ann.hello("Eve")
                ids.add((ann.who["id"], ann.who["nick"]))
        assert len(ids) == 1
        assert next(iter(ids))[1] == "ann@example.org"


async def test_a_token_that_names_rooms_is_for_these_alone(tmp_path: Path) -> None:
    """On every way in: others are as if they were not there, also with a link to them."""
    rooms = {"tea": "speak", "jam": "read", "new": "read"}
    async with entered_by("token", tmp_path) as mode, connected(mode.server) as ben:
        server, auth = mode.server, bearer(signed(nick="Ann", rooms=rooms))
        await ben.hello("Ben", access={"token": signed(sub="ben")})
        made = await ben.ask(t="create", name="pie")
        for room in ("tea", "jam", "pie"):
            await ben.ask(t="join", room=room)
            await ben.send(room, "milk")
        shown = {"token": auth.removeprefix("Bearer ")}
        async with connected(server) as ann:
            link = made["links"][0]["secret"]
            await ann.hello("Ann", {"room": "pie", "link": link}, access=shown, link=link)
            assert (await ann.until("error"))["code"] == "no_such_room"
            for asked in (
                {"t": "join"},
                {"t": "join", "link": link},
                {"t": "history"},
                {"t": "search", "query": "milk"},
                {"t": "read", "seq": 1},
                {"t": "link", "right": "read"},
            ):
                assert (await ann.ask(room="pie", **asked))["code"] == "no_such_room"
                if asked["t"] not in ("read", "link"):
                    assert (await ann.ask(room="jam", **asked))["t"] != "error"
            assert (await ann.ask(t="create", name="own"))["code"] == "not_operator"
            wanted = {"name": "Ben", "private": True, "with": ben.who["id"]}
            assert (await ann.ask(t="create", **wanted))["code"] == "not_operator"
            assert (await ann.ask(t="send", room="jam", text="x"))["code"] == "read_only"
            listed = await ann.ask(t="rooms")
            assert {room["room"] for room in listed["rooms"]} == {"tea", "jam"}
        for method, path, body in (
            ("GET", "/messages", None),
            ("GET", "/search?q=milk", None),
            ("POST", "/messages", "x"),
        ):
            there = await ask(server, method, f"/rooms/tea{path}", body, authorization=auth)
            assert there.status < 300
            for room in ("pie", "own"):
                answer = await ask(server, method, f"/rooms/{room}{path}", body, authorization=auth)
                assert (answer.status, answer.code) == (404, "no_such_room")
        told = await ask(server, "GET", "/rooms", authorization=auth)
        assert {room["room"] for room in told.json["rooms"]} == {"tea", "jam"}
        async with following(server, "jam", f"Authorization: {auth}"):
            pass
        line = f"Authorization: {auth}"
        plain = frames.upgrade(line.encode()).replace(b"/ws ", b"/ws?room=pie ")
        for head in (follow("pie", line), plain):
            assert status(await server.exchange(head)) == 404


@pytest.mark.parametrize(
    ("ways", "answer"), [(("token",), "link_made"), (("token", "invite"), "error")]
)
async def test_a_token_that_names_rooms_lets_nobody_in_by_links(
    tmp_path: Path, ways: tuple[str, ...], answer: str
) -> None:
    """Else its holder came by a link of their own, without the token, and were in all rooms."""
    settings: dict[str, Any] = {"token_key": secret_file(tmp_path), "token_audience": AUDIENCE}
    async with serving(access=ways, **settings) as server, connected(server) as ann:
        await ann.hello("Ann", "tea", access={"token": signed(rooms={"tea": "moderate"})})
        made = await ann.ask(t="link", room="tea", right="read")
        assert made["t"] == answer
        assert answer != "error" or made["code"] == "not_operator"


async def test_nobody_writes_privately_to_who_may_not_come(tmp_path: Path) -> None:
    """Whose token names other rooms is told of no room for two, nor is who asked left in one."""
    async with (
        entered_by("token", tmp_path) as mode,
        connected(mode.server) as ann,
        connected(mode.server) as ben,
        connected(mode.server) as phone,
    ):
        await ann.hello("Ann", access={"token": signed(sub="ann", rooms={"tea": "speak"})})
        await ben.hello("Ben", access={"token": signed(sub="ben")})
        wanted = {"t": "create", "private": True, "with": ann.who["id"]}
        assert (await ben.ask(**wanted))["code"] == "not_found"
        await phone.hello("Ann", access={"token": signed(sub="ann")})
        assert (await ben.ask(**wanted))["t"] == "created_room"
        await phone.until("invited")
        assert (await ann.ask(t="rooms"))["t"] == "rooms"
        assert ann.heard == []


async def test_a_session_proves_the_password_until_it_is_changed(tmp_path: Path) -> None:
    """So a page that reconnects need not show it, and costs the server no check."""
    journal = MemoryJournal()
    settings: dict[str, Any] = {"access": ("password",), "journal": journal}
    async with serving(**settings, access_password=PASSWORD) as server:
        async with connected(server) as ann:
            await ann.hello("Ann", access={"password": PASSWORD})
            first = ann.session
        async with chatting(server, "Ann", session=first) as again:
            assert again.who["id"] == ann.who["id"]
        auth = bearer(first)
        posted = await ask(server, "POST", "/rooms/tea/messages", "hello", authorization=auth)
        assert posted.status == 201
        [basic] = Shown(password=PASSWORD).headers().values()
        begun = await ask(server, "POST", "/sessions", "Ben", authorization=basic)
        assert await by_events(server, Shown(session=begun.json["session"]))
    async with serving(**settings, access_password="another one") as server:  # noqa: S106
        assert not await by_hello(server, Shown(session=first))
        async with connected(server) as ann_again:
            access = {"password": "another one"}
            await ann_again.hello("Ann", session=first, access=access)
            assert ann_again.who["id"] == ann.who["id"]
            assert ann_again.session != first


async def test_guesses_are_slowed_and_counted_by_address(tmp_path: Path) -> None:
    """Also many at once; who is right is not counted, and other addresses are not concerned."""
    settings: dict[str, Any] = {
        "access": ("password",),
        "access_password": PASSWORD,
        "trusted_proxy": ("127.0.0.1",),
        "password_rate": Rate(0.01, 3),
    }

    async def guess(password: str, address: str) -> None:
        [basic] = Shown(password=password).headers().values()
        headers = {"authorization": basic, "x_forwarded_for": address}
        answer = await ask(server, "GET", "/rooms", **headers)
        seen.append((answer.status, answer.header("retry-after")))

    async with serving(**settings) as server:
        seen: list[tuple[int, str]] = []
        for _ in range(5):
            await guess(PASSWORD, "192.0.2.1")
        assert seen == [(200, "")] * 5
        seen = []
        async with trio.open_nursery() as nursery:
            for number in range(6):
                nursery.start_soon(guess, f"guess {number}", "192.0.2.1")
        assert sorted(seen) == [(401, "")] * 3 + [(429, "100")] * 3
        seen = []
        await guess(PASSWORD, "192.0.2.1")
        await guess(PASSWORD, "192.0.2.2")
        assert [code for code, _ in seen] == [429, 200]
        headers = [(b"X-Forwarded-For", b"192.0.2.1")]
        async with connected(server, *headers) as ann:
            answer = await ann.hello("Ann", access={"password": PASSWORD})
            assert answer["code"] == "busy"
            assert 90_000 < answer["retry_ms"] <= 100_000
            said, code, _ = await ann.ending()
            assert (said[-1]["retry_ms"], code) == (10_000, COME_BACK_LATER.code)
        assert server.server._limits.counters.reached.keys() == {("password_rate", "access")}


async def test_passwords_are_checked_a_few_at_a_time_and_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rest is told to come back; others chat meanwhile, as the hub waits for no check."""
    settings: dict[str, Any] = {"access": ("password",), "access_password": PASSWORD}
    async with (
        serving(**settings, access_checks=1, access_timeout=0.3) as server,
        connected(server) as ann,
    ):
        await ann.hello("Ann", "tea", access={"password": PASSWORD})
        check = server.server._gate._ways.password
        assert check
        async with check._limiter, connected(server) as ben:
            answer = await ben.hello("Ben", access={"password": PASSWORD})
            assert (answer["code"], answer["retry_ms"]) == ("busy", 1000)
            await ann.send("tea", "still here")


async def test_when_a_token_expires_its_connections_end(tmp_path: Path) -> None:
    """On the socket, in the plain dialect and for followers, each with the reason."""
    async with entered_by("token", tmp_path) as mode:
        token = signed(exp=int(time.time()) + 2)
        line = f"Authorization: {bearer(token)}"
        plain = await mode.server.shake_hands(line.encode())
        async with connected(mode.server) as ann, following(mode.server, "tea", line) as ben:
            await ann.hello("Ann", access={"token": token})
            said, code, reason = await ann.ending()
            assert (code, reason) == EXPIRED
            assert [(entry["t"], entry["code"]) for entry in said] == [("bye", EXPIRED.code)]
            assert (await ben.rest())[-1].data["code"] == EXPIRED.code
            [*_, last] = frames.parse(await read_all(plain))
            assert last.close_code == EXPIRED.code
            await plain.aclose()
            assert not await by_hello(mode.server, Shown(token=token))


async def test_requests_before_the_hello_are_refused_as_ever(tmp_path: Path) -> None:
    """They do not end the connection; the hello may still show what lets in."""
    async with entered_by("password", tmp_path) as mode, connected(mode.server) as ann:
        assert (await ann.ask(t="join", room="tea"))["code"] == "hello_first"
        assert (await ann.hello("Ann", access={"password": PASSWORD}))["t"] == "welcome"


async def test_what_is_shown_is_not_logged(tmp_path: Path) -> None:
    """Neither the right one nor a wrong one."""
    with structlog.testing.capture_logs() as logged:
        for way in ("password", "token"):
            async with entered_by(way, tmp_path) as mode:
                for shown in (Shown(password=PASSWORD), Shown(token=signed()), Shown("wr0ng")):
                    for way_in in WAYS_IN.values():
                        await way_in(mode.server, shown)
    assert "bättery" not in str(logged)
    assert "wr0ng" not in str(logged)
    assert "eyJ" not in str(logged)


async def test_the_python_client_shows_what_it_is_given(tmp_path: Path) -> None:
    """A password or a token; without it, it hears what is missing."""
    async with entered_by("password", tmp_path) as mode:
        url = mode.server.address
        async with connect(url, nick="Ann", password=PASSWORD) as chat:
            assert chat.me.nick == "Ann"
        for wrong in (None, "wrong"):
            with pytest.raises(Refused, match="password") as caught:
                async with connect(url, nick="Ann", password=wrong):
                    pass
            assert caught.value.code == "unauthorized"
    async with entered_by("token", tmp_path) as mode:
        url = mode.server.address
        with pytest.raises(Ended) as ended:
            async with connect(url, nick="Ben", token=signed(exp=int(time.time()) + 2)) as chat:
                await trio.sleep_forever()
        assert ended.value.code == EXPIRED.code


@pytest.mark.parametrize("given", [{"rooms": {"tea": "moderate"}}, {"role": "operator"}])
async def test_who_moderates_by_a_token_is_spared_by_moderators(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    """Like those with a link; also when they are not there."""
    async with entered_by("token", tmp_path) as mode, connected(mode.server) as ben:
        await ben.hello("Ben", access={"token": signed(sub="ben", rooms={"tea": "moderate"})})
        await ben.ask(t="join", room="tea")
        token = signed(sub="ann", nick="Ann", exp=time.time() + 3600, **given)
        async with connected(mode.server) as ann:
            await ann.hello("Ann", access={"token": token})
            await ann.ask(t="join", room="tea")
            who = ann.who["id"]
        for act in ("mute", "clear", "ban"):
            answer = await ben.ask(t="moderate", room="tea", act=act, people=[who])
            assert answer["code"] == "not_moderator"
