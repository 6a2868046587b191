"""The doctor says in plain words what a real proxy in front of a server does wrong."""

import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
import trustme
from trio.testing import MockClock

from tests import frames
from tests.integration.proxying import find, free_port, haproxy, started
from tests.integration.running import PATIENCE, serving
from tests.ports import closed_port
from trio_chat.cli import main
from trio_chat.commands import doctor, doctor_answers, doctor_checks, doctor_wire
from trio_chat.commands.doctor_answers import Finding, Patient
from trio_chat.commands.doctor_wire import Fault, Reply, Target
from trio_chat.config import ConfigError
from trio_chat.errors import BAD_USAGE, OutOfReach
from trio_chat.net.head import HttpError
from trio_chat.net.problems import MEDIA_TYPE
from trio_chat.net.streams import NO_LINGER

NGINX = find("nginx")
pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx here")
CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log stderr error;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{
    listen 127.0.0.1:{port}{tls};
    {server}
    location {path} {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_http_version 1.1;
      {location}
    }}
  }}
}}
"""
HOST = "proxy_set_header Host $http_host;"
UPGRADE = """
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
"""
FORWARD = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
GOOD = HOST + UPGRADE + FORWARD + "proxy_buffering off; client_body_buffer_size 2m;"
TRUST: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",)}


@asynccontextmanager
async def behind(
    folder: Path,
    location: str,
    *,
    server: str = "",
    tls: str = "",
    path: str = "/",
    has_base: bool = False,
    **settings: Any,  # noqa: ANN401 - of any setting
) -> AsyncIterator[str]:
    """Have a server behind nginx for the block; give the address of its page."""
    port = free_port()
    base = {"base_url": f"http://127.0.0.1:{port}{path}"} if has_base else {}
    fast = {"ping_interval": 2.0, "pong_timeout": 1.0, "database": str(folder / "chat.db")}
    async with serving(**{**fast, **base, **settings}) as running:
        file = folder / "nginx.conf"
        parts = {"folder": folder, "port": port, "upstream": running.port, "tls": tls}
        file.write_text(
            CONFIGURATION.format(
                **parts,
                location=location.replace("UPSTREAM", str(running.port)),
                server=server,
                path=path,
            )
        )
        async with started(port, str(NGINX), "-c", str(file)):
            yield f"{'https' if tls else 'http'}://localhost:{port}{path}"


async def findings(
    url: str, *, idle: float = PATIENCE, source: str | None = "127.0.0.9", host: str = "127.0.0.1"
) -> dict[str, Finding]:
    """Return what the doctor finds."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    target = Target(url.replace("localhost", host), source, context)
    return {each.check: each for each in await doctor.look(Patient(target, idle))}


async def wrong(url: str) -> dict[str, str]:
    """Return what is wrong, by check."""
    found = await findings(url)
    return {name: each.text for name, each in found.items() if each.result != "ok"}


async def test_a_good_proxy_is_healthy(tmp_path: Path) -> None:
    """Nothing is found that is not there."""
    async with behind(tmp_path, GOOD, **TRUST) as url:
        assert await wrong(url) == {}


async def test_below_a_path_too(tmp_path: Path) -> None:
    """With the address that people open."""
    async with behind(tmp_path, GOOD, path="/chat/", has_base=True, **TRUST) as url:
        assert await wrong(url) == {}


@pytest.mark.parametrize(
    ("location", "settings", "check", "words"),
    [
        (HOST + FORWARD, TRUST, "websocket", "the upgrade is not passed on"),
        (
            # What nginx before 1.29 does unless it is told otherwise.
            GOOD + "} location = /ws { proxy_http_version 1.0;"
            "proxy_pass http://127.0.0.1:UPSTREAM;" + GOOD,
            TRUST,
            "websocket",
            "the upgrade is not passed on",
        ),
        (
            GOOD + "proxy_set_header Sec-WebSocket-Protocol '';",
            TRUST,
            "websocket",
            "does not have the right Sec-WebSocket-Protocol: have the proxy pass on all",
        ),
        (
            GOOD + "proxy_set_header Sec-WebSocket-Key AAAAAAAAAAAAAAAAAAAAAA==;",
            TRUST,
            "websocket",
            "does not have the right Sec-WebSocket-Accept: have",
        ),
        (
            GOOD + "} location = /ws { return 403;",
            TRUST,
            "websocket",
            "answered with 403 by what stands in front: 403 Forbidden",
        ),
        (
            GOOD + "proxy_set_header Sec-WebSocket-Key none;",
            TRUST,
            "websocket",
            "answered with 400: a handshake has one Sec-WebSocket-Key",
        ),
        (
            UPGRADE + FORWARD + "proxy_set_header Host backend.internal;",
            TRUST,
            "page",
            "sees the host backend.internal and not 127.0.0.1, and does not know it: have",
        ),
        (GOOD + "return 503;", TRUST, "page", "refuses so many requests (nginx: limit_req"),
        (GOOD + "} location /r/ { return 302 /in;", TRUST, "page", "with 302: leads to http"),
        (UPGRADE + FORWARD, TRUST, "host", "the server sees the host 127.0.0.1:"),
        (UPGRADE + FORWARD, TRUST, "websocket", "refused for its origin"),
        (GOOD, {}, "address", "is not trusted: set --trusted-proxy 127.0.0.1"),
        (HOST + UPGRADE, {}, "address", "takes us for 127.0.0.1, and we are 127.0.0.9"),
        (GOOD + "} location ~ /events { return 404;", TRUST, "events", "answered with 404"),
        (GOOD + "client_max_body_size 1k;", TRUST, "body", "answered with 413 on the way"),
        (GOOD + "client_max_body_size 64k;", TRUST, "files", "1,048,576 bytes is answered with"),
        (
            GOOD + "} location = /ws { proxy_pass http://127.0.0.1:UPSTREAM;"
            "proxy_http_version 1.1; proxy_read_timeout 1s;" + GOOD,
            {**TRUST, "ping_interval": 30.0},
            "idle",
            "before the ping that comes after 30 s",
        ),
        (
            HOST + UPGRADE + FORWARD + "client_body_buffer_size 2m;"
            "proxy_ignore_headers X-Accel-Buffering; gzip on; gzip_types text/event-stream;",
            TRUST,
            "events",
            "something collects events before it passes them on",
        ),
        (GOOD + "add_header Date-2 x;", {**TRUST, "ping_interval": 0}, "idle", "not looked at"),
    ],
)
async def test_what_a_proxy_does_wrong_is_said(
    tmp_path: Path, location: str, settings: dict[str, Any], check: str, words: str
) -> None:
    """With what to change."""
    async with behind(tmp_path, location, **settings) as url:
        found = await wrong(url)
        assert words in found.get(check, "")


async def test_on_the_same_machine_a_proxy_cannot_be_told_from_us(tmp_path: Path) -> None:
    """So nothing is said to be right that was not seen; that is no fault, either."""
    async with behind(tmp_path, HOST + UPGRADE) as url:
        found = (await findings(url, source=None))["address"]
        assert found.result == "warning"
        assert "would see a proxy on this machine so, too" in found.text


async def test_a_wrong_prefix_is_said(tmp_path: Path) -> None:
    """In the words of the server."""
    async with behind(tmp_path, GOOD, path="/chat/", **TRUST) as url:
        found = await wrong(url)
        assert "nothing is below /chat/ here: this chat is at /" in found["page"]
        assert found["websocket"] == "answered with 404"


async def test_a_prefix_that_the_server_does_not_know_is_said(tmp_path: Path) -> None:
    """A proxy strips it, so all is there; but whoever sends a file is told a wrong address."""
    stripped = "} location /chat/ { proxy_pass http://127.0.0.1:UPSTREAM/; proxy_http_version 1.1;"
    async with behind(tmp_path, stripped + GOOD, **TRUST) as url:
        found = await wrong(f"{url}chat/")
        page = url.replace("localhost", "127.0.0.1")
        assert found.keys() == {"page"}
        assert "takes /api/v1 for the path of its API, so no files can be sent" in found["page"]
        assert found["page"].endswith(f": set --base-url {page}chat/")


@pytest.mark.parametrize("answer", ["403", "200 '[]'", "200 '{}'", "200 '{\"servers\": []}'"])
async def test_a_description_that_is_hidden_is_no_fault(tmp_path: Path, answer: str) -> None:
    """Browsers do not read it."""
    hidden = f"location = /api/v1/openapi.json {{ return {answer}; }}"
    async with behind(tmp_path, GOOD, server=hidden, **TRUST) as url:
        assert "page" not in await wrong(url)


async def test_who_asks_by_http_where_https_is_spoken_is_told(tmp_path: Path) -> None:
    """In the words of the proxy, of which the upgrade is no fault."""
    made = trustme.CA().issue_cert("127.0.0.1")
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    files = f"ssl_certificate {tmp_path}/both.pem; ssl_certificate_key {tmp_path}/both.pem;"
    async with behind(tmp_path, GOOD, server=files, tls=" ssl", **TRUST) as url:
        found = await wrong(url.replace("https:", "http:"))
        said = "400 The plain HTTP request was sent to HTTPS port"
        assert found["page"].endswith(f"/r/ is answered with 400: {said}")
        assert found["websocket"] == f"answered with 400 by what stands in front: {said}"


def test_a_name_that_is_asked_for_and_not_known_is_no_fault_of_a_proxy() -> None:
    """Nothing on the way has changed it, so the server's own advice is right."""
    target = Target("http://chat.example/", None, ssl.create_default_context())
    policy = {"content-security-policy": doctor_answers.OUR_POLICY}
    detail = b"chat.example is no name of this server; to add it: --host-name chat.example"
    doctor_answers.refuse_gateway(target, Reply(421, policy, detail))
    with pytest.raises(Fault, match="sees the host inside and not chat"):
        doctor_answers.refuse_gateway(target, Reply(421, policy, b"inside is no name"))


@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2"])
async def test_a_proxy_header_that_is_not_believed_is_said(version: str, tmp_path: Path) -> None:
    """By each check, with the setting; and the log says that it is refused, not ignored."""
    with structlog.testing.capture_logs() as logged:
        async with serving() as server, haproxy(tmp_path, server.port, version) as port:
            found = await wrong(f"http://localhost:{port}/")
    refused = "400: a proxy that is not trusted speaks the PROXY protocol; see --trusted-proxy"
    for check in ("page", "host", "websocket"):
        assert found[check].endswith(f"answered with {refused}"), check
    assert found["body"] == "the same as websocket"
    [line] = [entry for entry in logged if "setting" in entry]
    assert line["event"].endswith("its connection is refused")


async def test_a_visitor_whom_a_proxy_header_tells_is_taken_for_no_proxy(tmp_path: Path) -> None:
    """Though the proxy tells who it is in a header of the request, too."""
    with structlog.testing.capture_logs() as logged:
        async with serving(**TRUST, ping_interval=2.0, pong_timeout=1.0) as server:
            mode = "http\n  option forwardfor"
            async with haproxy(tmp_path, server.port, "send-proxy", mode) as port:
                found = await findings(f"http://localhost:{port}/", source="127.0.0.7")
    assert found["address"] == Finding("address", "ok", "the server sees us as 127.0.0.7")
    assert [entry for entry in logged if "setting" in entry] == []


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ("\n one \ntwo", {}, "one"),
        ("", {}, "nothing"),
        ("<html><title>\n No entry &amp; no exit\n</title><p>x", {}, "No entry & no exit"),
        ("<!DOCTYPE html>\n<style>p {}</style><title></title><h1>Gone</h1>\n<p>x", {}, "Gone"),
        ("<html></html>", {}, "nothing"),
        ("<p>Moved", {"location": "https://chat.example/"}, "leads to https://chat.example/"),
        ('{"detail": "no such room"}', {"content-type": MEDIA_TYPE}, "no such room"),
        ("{}", {"content-type": MEDIA_TYPE}, "{}"),
        ("[]", {"content-type": MEDIA_TYPE}, "[]"),
        ("{", {"content-type": MEDIA_TYPE}, "{"),
    ],
)
def test_of_an_answer_is_told_what_it_says_to_people(
    body: str, headers: dict[str, str], expected: str
) -> None:
    """In one line, without marks; or where it leads."""
    assert doctor_answers.said(Reply(404, headers, body.encode())) == expected


async def test_a_certificate_that_browsers_do_not_take_is_said(tmp_path: Path) -> None:
    """The rest is looked at all the same."""
    made = trustme.CA().issue_cert("127.0.0.1")
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    files = f"ssl_certificate {tmp_path}/both.pem; ssl_certificate_key {tmp_path}/both.pem;"
    more = GOOD + "proxy_set_header X-Forwarded-Proto https;"
    async with behind(tmp_path, more, server=files, tls=" ssl", **TRUST) as url:
        found = await wrong(url)
        assert found.keys() == {"certificate"}
        assert "browsers do not take it: unable to get local issuer" in found["certificate"]


async def test_a_server_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    """The proxy answers for it."""
    port = free_port()
    file = tmp_path / "nginx.conf"
    with closed_port() as upstream:
        parts = {"folder": tmp_path, "port": port, "upstream": upstream, "tls": "", "server": ""}
        file.write_text(CONFIGURATION.format(**parts, location=GOOD, path="/"))
        async with started(port, str(NGINX), "-c", str(file)):
            found = await wrong(f"http://localhost:{port}/")
            assert "502 from what stands in front" in found.pop("page")
            assert set(found.values()) == {"the same as page"}


async def answering(port: int, answer: bytes, stop: trio.CancelScope) -> None:
    """Answer everybody with the same bytes."""

    async def handle(stream: trio.SocketStream) -> None:
        try:
            await stream.receive_some(10_000)
            await stream.send_all(answer)
            await stream.receive_some(10_000)
        except trio.BrokenResourceError:
            pass

    with stop:
        await trio.serve_tcp(handle, port, host="127.0.0.1")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"\0\0\0\4\0\0\0\0\0", "what answers speaks HTTP/2 alone"),
        (b"SSH-2.0-x\r\n\r\n", "the answer is not HTTP/1.1"),
        (
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "is no page of trio-chat",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "is no page of trio-chat"),
        (HttpError(503, "there is too much to do").answer(), "with 503: there is too much to do"),
    ],
)
async def test_what_is_no_chat_is_said(answer: bytes, words: str) -> None:
    """It may be anything."""
    port, stop = free_port(), trio.CancelScope()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(answering, port, answer, stop)
        await trio.testing.wait_all_tasks_blocked()
        assert words in (await wrong(f"http://localhost:{port}/"))["page"]
        stop.cancel()


async def test_an_address_without_its_slash_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    """People type it so; the chat is well with it."""
    more = "location = /chat { return 404; }"
    async with behind(tmp_path, GOOD, path="/chat/", has_base=True, server=more, **TRUST) as url:
        found = await findings(url)
        assert [each.check for each in found.values() if each.result != "ok"] == ["page"]
        assert found["page"].result == "warning"
        assert "/chat, without a slash at the end, is answered with 404" in found["page"].text


async def test_a_server_without_files_takes_none(tmp_path: Path) -> None:
    """However small the requests are that get through."""
    small = GOOD + "client_max_body_size 64k;"
    async with behind(tmp_path, small, file_limit=0, **TRUST) as url:
        assert await wrong(url) == {}


async def test_clocks_that_differ_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People would read wrong times."""
    async with behind(tmp_path, GOOD, **TRUST) as url:
        monkeypatch.setattr("trio_chat.commands.doctor_checks.wall_clock", lambda: 10**12)
        found = await findings(url)
        assert found["clock"].result == "warning"
        assert "ahead of this machine's" in found["clock"].text


async def test_the_command_tells_scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its exit status, and in JSON."""

    async def run(arguments: list[str]) -> int:
        return await trio.to_thread.run_sync(doctor.main, arguments)

    async with behind(tmp_path, GOOD, **TRUST) as url:
        local = url.replace("localhost", "127.0.0.1")
        assert await run([local, "--idle", "0", "--json"]) == 0
        printed = capsys.readouterr().out.splitlines()
        lines = [json.loads(line) for line in printed if line.startswith('{"check"')]
        assert {line["check"] for line in lines} >= {"page", "websocket", "events"}
    async with behind(tmp_path, HOST, **TRUST) as url:
        assert await run([url.replace("localhost", "127.0.0.1"), "--idle", "0"]) == 1
    refused = r"cannot connect to .*Connection refused"
    with closed_port() as port, pytest.raises(OutOfReach, match=refused):
        await run([f"http://127.0.0.1:{port}/"])
    with pytest.raises(ConfigError, match="does not begin with"):
        await run(["example.org"])


async def test_a_page_whose_files_do_not_come_is_said(tmp_path: Path) -> None:
    """Or whose redirect leads elsewhere, as it is told to be elsewhere."""
    missing = "location ~ /static/ { return 404; }"
    async with behind(tmp_path, GOOD, server=missing, **TRUST) as url:
        assert "is answered with 404" in (await wrong(url))["page"]
    elsewhere: dict[str, Any] = {"base_url": "http://127.0.0.1/other/"}
    async with behind(tmp_path, GOOD, **TRUST, **elsewhere) as url:
        assert "/ leads to http://127.0.0.1:" in (await wrong(url))["page"]


async def test_what_needs_a_password_is_not_looked_at(tmp_path: Path) -> None:
    """That is no fault."""
    access: dict[str, Any] = {"access": ("password",), "access_password": "secret"}
    async with behind(tmp_path, GOOD, **TRUST, **access) as url:
        found = await wrong(url)
        assert found == dict.fromkeys(("events", "idle"), "not looked at: answered with 401")


@asynccontextmanager
async def listening(
    handle: Callable[[trio.SocketStream], Awaitable[None]],
) -> AsyncIterator[Patient]:
    """Have something else answer for the block."""
    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, handle, [listener])
        port = listener.socket.getsockname()[1]
        context = ssl.create_default_context()
        yield Patient(Target(f"http://127.0.0.1:{port}/", None, context), PATIENCE)
        nursery.cancel_scope.cancel()


async def test_who_hangs_up_or_resets_is_said() -> None:
    """Instead of an answer."""

    async def hang_up(stream: trio.SocketStream) -> None:
        await stream.receive_some(10_000)

    async def reset(stream: trio.SocketStream) -> None:
        await stream.receive_some(10_000)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)

    for handle in (hang_up, reset):
        async with listening(handle) as patient:
            with pytest.raises(Fault, match="hangs up instead of"):
                await doctor_checks.page(patient)


async def test_a_server_without_tls_is_said() -> None:
    """Nobody can be reached by https there."""

    async def answer(stream: trio.SocketStream) -> None:
        await stream.receive_some(10_000)
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with listening(answer) as patient:
        target = Target(
            patient.target.page.replace("http:", "https:"), None, patient.target.context
        )
        with pytest.raises(OutOfReach, match="no TLS: "):
            await doctor.look(Patient(target, 0))


async def test_what_is_said_before_the_ping_is_no_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may speak meanwhile."""
    told = trio.Event()

    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some(10_000)
        await stream.send_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
        await stream.send_all(b"\x81\x02hi")
        await told.wait()
        await stream.send_all(b"\x89\x00")

    async def reach(_: Target) -> dict[str, Any]:
        return {"ping_interval": 1e-9, "ignored": False, "address": "unix"}

    monkeypatch.setattr(doctor_checks, "_reach", reach)
    raw = doctor_wire.Exchange.raw

    async def raw_and_tell(self: doctor_wire.Exchange) -> bytes:
        data = await raw(self)
        told.set()
        return data

    monkeypatch.setattr(doctor_wire.Exchange, "raw", raw_and_tell)
    async with listening(talk) as patient:
        assert (await doctor_checks.idle(patient)).result == "ok"
        assert "takes us for unix" in (await doctor_checks.address(patient)).text


async def test_who_takes_a_connection_and_says_nothing_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is told after one deadline, not after one for each check."""
    monkeypatch.setattr(doctor, "STEP_TIMEOUT", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        target = Target(f"http://127.0.0.1:{port}/", None, ssl.create_default_context())
        with pytest.raises(OutOfReach, match=r"nobody answers at http://.*/ within 0.1 s"):
            await doctor.look(Patient(target, 0))


@pytest.mark.parametrize("idle", ["nan", "-1", "inf", "1e999", "long"])
def test_a_wait_is_a_number_of_seconds(idle: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is bad usage, told before anything is looked at."""
    assert main(["doctor", "http://localhost/", f"--idle={idle}"]) == BAD_USAGE
    assert f"{idle!r} is no number of seconds" in capsys.readouterr().err


async def test_no_check_takes_for_ever(autojump_clock: MockClock) -> None:
    """Nor does one that fails end the others."""

    async def hangs(_: Patient) -> Finding:
        await trio.sleep_forever()
        raise AssertionError

    async def fails(_: Patient) -> Finding:
        raise OSError(111, "Connection refused")

    patient = Patient(Target("http://localhost/", None, ssl.create_default_context()), 0)
    late = await doctor._checked("page", hangs, patient)
    assert late == Finding("page", "wrong", "no answer within 15 s")
    assert (await doctor._checked("page", fails, patient)).text.endswith("Connection refused")


@pytest.mark.parametrize(
    ("seen", "own", "peer", "result"),
    [
        ("8.8.8.8", "10.0.0.5", "9.9.9.9", "ok"),
        ("10.0.0.5", "10.0.0.5", "10.0.0.9", "ok"),
        ("172.17.0.1", "10.0.0.5", "9.9.9.9", "wrong"),
        ("127.0.0.1", "127.0.0.3", "127.0.0.1", "wrong"),
        ("172.17.0.1", "10.0.0.5", "10.0.0.9", "warning"),
        ("unix", "10.0.0.5", "9.9.9.9", "wrong"),
    ],
)
def test_a_router_of_a_private_network_is_no_fault(
    seen: str, own: str, peer: str, result: str
) -> None:
    """What is between two private addresses may be one, and then the server sees its address."""
    assert doctor_checks.judge_address(seen, own, peer).result == result


async def test_a_connection_that_is_cut_before_any_ping_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is no second look then."""

    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some(10_000)
        await stream.send_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")

    async def reach(_: Target) -> dict[str, Any]:
        return {"ping_interval": PATIENCE}

    monkeypatch.setattr(doctor_checks, "_reach", reach)
    async with listening(talk) as patient:
        assert (await doctor_checks.idle(patient)).result == "wrong"


@pytest.mark.parametrize(("after", "result"), [(b"", "wrong"), (b"\x89\x00", "ok")])
async def test_a_ping_that_comes_early_proves_nothing(
    after: bytes, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one falls anywhere; a proxy may cut the connection in the silence behind it."""

    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some(10_000)
        await stream.send_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
        await stream.send_all(b"\x89\x00")
        assert await stream.receive_some(10_000) == frames.masked(frames.PONG, mask=bytes(4))
        if after:
            await stream.send_all(after)

    async def reach(_: Target) -> dict[str, Any]:
        return {"ping_interval": PATIENCE}

    monkeypatch.setattr(doctor_checks, "_reach", reach)
    async with listening(talk) as patient:
        assert (await doctor_checks.idle(patient)).result == result


def test_a_fault_that_several_checks_meet_is_told_once() -> None:
    """The others say where; what is no fault is told each time."""
    found = [
        Finding("a", "wrong", "cut off"),
        Finding("b", "ok", "not looked at"),
        Finding("c", "wrong", "cut off"),
        Finding("d", "ok", "not looked at"),
        Finding("e", "wrong", "late"),
    ]
    expected = [*found[:2], Finding("c", "wrong", "the same as a"), *found[3:]]
    assert doctor.told_once(found) == expected
