"""The page and its files over plain HTTP."""

import re
from pathlib import Path

import pytest
import trio

from tests.integration.running import (
    END_OF_HEAD,
    PATIENCE,
    header,
    read_all,
    read_answer,
    running,
    serving,
    status,
)
from trio_chat.web import CONTENT_SECURITY_POLICY, static_files


def request(target: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    """Return a request without a body."""
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def body(answer: bytes) -> bytes:
    """Return the body of an HTTP answer."""
    return answer.partition(END_OF_HEAD)[2]


async def test_the_page_is_served_as_it_is() -> None:
    """Byte for byte, as HTML in UTF-8."""
    async with running() as server:
        for target in ("/", "/?any=query", "/static/index.html"):
            answer = await server.exchange(request(target))
            assert status(answer) == 200
            assert header(answer, b"content-type") == b"text/html; charset=utf-8"
            assert body(answer) == (static_files() / "index.html").read_bytes()


async def test_everything_the_page_refers_to_is_there() -> None:
    """No script, style or image is missing, and scripts have a type that browsers run."""
    page = (static_files() / "index.html").read_text()
    async with running() as server:
        for target in re.findall(r'(?:src|href)="/?(static/[^"]+)"', page):
            answer = await server.exchange(request(f"/{target}"))
            assert status(answer) == 200
            if target.endswith(".js"):
                assert header(answer, b"content-type").startswith(b"text/javascript")


@pytest.mark.parametrize(
    ("target", "expected"), [("/", 200), ("/static/index.html", 200), ("/nowhere", 404)]
)
async def test_every_answer_carries_the_security_headers(target: str, expected: int) -> None:
    """Errors too: the browser runs nothing but our own files, in no frame."""
    async with running() as server:
        answer = await server.exchange(request(target))
        assert status(answer) == expected
        assert header(answer, b"content-security-policy") == CONTENT_SECURITY_POLICY.encode()
        assert header(answer, b"x-content-type-options") == b"nosniff"
        assert header(answer, b"referrer-policy") == b"no-referrer"
        assert header(answer, b"server") == b""


def test_the_policy_allows_no_inline_script_and_no_frame() -> None:
    """Everything that is not named is forbidden."""
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("target", ["/", "/static/index.html"])
async def test_what_the_browser_has_is_not_sent_again(target: str) -> None:
    """It asks by tag, and hears 304 without a body."""
    async with running() as server:
        first = await server.exchange(request(target))
        tag = header(first, b"etag").decode()
        again = await server.exchange(request(target, f"If-None-Match: {tag}"))
        assert (status(again), body(again)) == (304, b"")
        other = await server.exchange(request(target, 'If-None-Match: "other"'))
        assert status(other) == 200


@pytest.mark.parametrize("target", ["/", "/static/index.html"])
async def test_head_gets_the_headers_only(target: str) -> None:
    """The same ones as GET gets."""
    async with running() as server:
        full = await server.exchange(request(target))
        head = await server.exchange(request(target, method="HEAD"))
        assert (status(head), body(head)) == (200, b"")
        for name in (b"content-type", b"content-length", b"etag"):
            assert header(head, name) == header(full, name)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"])
async def test_other_methods_are_refused_on_the_page(method: str) -> None:
    """With 405 and what would be allowed."""
    async with running() as server:
        answer = await server.exchange(request("/", "Content-Length: 0", method=method))
        assert status(answer) == 405
        allowed = header(answer, b"allow").decode().split(", ")
        assert set(allowed) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "target",
    [
        "/nowhere",
        "/static/",
        "/static/nowhere.js",
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2fpyproject.toml",
        "/%ff%fe",
        "/static/%00",
        "//evil.example/",
        "/ws/more",
    ],
)
async def test_what_is_not_there_is_not_found(target: str) -> None:
    """Nothing outside the folder of static files is ever served."""
    async with running() as server:
        assert status(await server.exchange(request(target))) == 404


async def test_a_doubled_slash_does_not_lead_out_of_the_folder() -> None:
    """It is merged, by a redirect."""
    async with running() as server:
        answer = await server.exchange(request("/static//etc/passwd"))
        assert status(answer) == 308
        assert header(answer, b"location") == b"http://localhost/static/etc/passwd"


async def test_a_large_file_comes_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Larger than all buffers on its way."""
    content = bytes(range(256)) * 16 * 1024
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "large.bin").write_bytes(content)
    monkeypatch.setattr("trio_chat.web.static_files", lambda: tmp_path)
    async with running() as server:
        assert body(await server.exchange(request("/static/large.bin"))) == content


async def test_http_1_0_is_served() -> None:
    """Old proxies and simple tools speak it."""
    async with running() as server:
        answer = await server.exchange(request("/", version="1.0"))
        assert status(answer) == 200


async def test_a_body_that_nobody_asked_for_is_not_waited_for() -> None:
    """The answer comes although the body does not."""
    async with running() as server:
        announced = request("/", "Content-Length: 1000", method="POST")
        assert status(await server.exchange(announced + b"beginning")) == 405


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_the_connection_is_closed_after_the_answer(version: str) -> None:
    """As the answer says; the peer need not close first."""
    async with serving() as server, await server.connect() as stream:
        await stream.send_all(request("/", version=version))
        answer = await read_answer(stream)
        assert header(answer, b"connection") == b"close"
        with trio.fail_after(PATIENCE / 4):
            assert await read_all(stream) == b""
