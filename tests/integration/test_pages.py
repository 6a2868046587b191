"""The page and its files over plain HTTP."""

import gzip
import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from posixpath import dirname, normpath

import pytest
import trio

from tests.frames import upgrade
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
from trio_chat.web.assets import CONTENT_SECURITY_POLICY, SCRIPTS, File, Page, static_files

FILES = Page(static_files()).files()
MODULES = Page(static_files(), is_bundled=False).files()
MAIN = next(f"/{path}" for path in FILES if path.endswith("/main.js"))


def request(target: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    """Return a request without a body."""
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def body(answer: bytes) -> bytes:
    """Return the body of an HTTP answer."""
    return answer.partition(END_OF_HEAD)[2]


async def test_the_page_is_the_same_for_all_rooms() -> None:
    """HTML in UTF-8; the room in the address is the page's own business."""
    async with running() as server:
        for target in ("/r/", "/r/tea", "/r/tea?any=query", "/r/%ff%00", "/r/%2e%2e%2fx"):
            answer = await server.exchange(request(target))
            assert status(answer) == 200
            assert header(answer, b"content-type") == b"text/html; charset=utf-8"
            assert body(answer) == FILES["r/"].content


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/", b"r/"), ("/r/no/such", b"../no%2Fsuch"), ("/r/a/b/%3F", b"../../a%2Fb%2F%3F")],
)
async def test_there_is_one_address_for_a_room(target: str, expected: bytes) -> None:
    """It is relative, so it holds behind a proxy that puts the chat below a path of its own."""
    async with running() as server:
        answer = await server.exchange(request(target))
        assert status(answer) == 302
        assert header(answer, b"location") == expected


@pytest.mark.parametrize("target", ["/r//x", "//evil.example/r/", "/api//v1/rooms"])
async def test_addresses_with_empty_parts_lead_nowhere(target: str) -> None:
    """Whoever led to us by https would be led on by http, or to another server."""
    async with running() as server:
        answer = await server.exchange(request(target))
        assert status(answer) == 404
        assert header(answer, b"location") == b""


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ("de-CH, fr;q=0.5", 'lang="de" dir="ltr"'),
        ("ar", 'lang="ar" dir="rtl"'),
        ("xx", 'lang="en"'),
    ],
)
async def test_a_browser_gets_a_page_where_nothing_is(languages: str, expected: str) -> None:
    """In its language, with the way to the chat; programs get a line, and the API its own form."""
    fields = ("Accept: text/html,*/*;q=0.8", f"Accept-Language: {languages}")
    async with running(base_url="https://example.org/chat/") as server:
        found = await server.exchange(request("/chat/nowhere/%3Cb%3E", *fields))
        line = await server.exchange(request("/chat/nowhere", "Accept: */*"))
        problem = await server.exchange(request("/chat/api/v1/nowhere", *fields))
    assert status(found) == status(line) == status(problem) == 404
    assert header(found, b"content-type") == b"text/html; charset=utf-8"
    assert header(found, b"content-security-policy") == CONTENT_SECURITY_POLICY.encode()
    page = body(found).decode()
    assert expected in page
    assert '<a href="/chat/r/">' in page
    assert "nowhere" not in page
    assert header(line, b"content-type").startswith(b"text/plain")
    assert header(problem, b"content-type") == b"application/problem+json"


async def test_everything_the_page_refers_to_is_there() -> None:
    """No script, style, image or import is missing, and scripts have a type that browsers run."""
    async with running() as server:
        page = body(await server.exchange(request("/r/tea"))).decode()
        targets = [f"/r/{target}" for target in re.findall(r'(?:src|href)="(\.\./[^"]+)"', page)]
        assert len(targets) > 5
        while targets:
            target = normpath(targets.pop())
            answer = await server.exchange(request(target))
            assert status(answer) == 200, target
            if target.endswith(".js"):
                assert header(answer, b"content-type").startswith(b"text/javascript")
                imports = re.findall(
                    r'^(?:import|export).* from "(.+)";$', body(answer).decode(), re.MULTILINE
                )
                targets += [f"{dirname(target)}/{name}" for name in imports]


async def test_what_cannot_change_is_kept_for_ever_and_the_rest_asked_for() -> None:
    """The path of a file has a hash of all files in it; the page names that path."""
    async with running() as server:
        for path, file in FILES.items():
            caching = header(await server.exchange(request(f"/{path}")), b"cache-control")
            assert (b"immutable" in caching) == path.startswith("static/")
            assert caching == file.caching.encode()
        assert re.fullmatch(r"/static/[0-9a-f]{16}/js/main.js", MAIN)
        assert MAIN.encode() in FILES["r/"].content


async def test_the_paths_change_with_the_files(tmp_path: Path) -> None:
    """With any of them, as each may be meant for the others."""
    (tmp_path / "index.html").write_text('<script src="../static/main.js">')
    (tmp_path / "main.js").write_text("one")
    one, again = Page(tmp_path).files(), Page(tmp_path).files()
    (tmp_path / "other.js").write_text("two")
    two = Page(tmp_path).files()
    assert one == again
    assert one["r/"] != two["r/"]
    assert not one.keys() & two.keys() - {"r/"}


async def test_files_come_compressed_to_who_takes_that() -> None:
    """Caches in between are told so; a picture that is compressed already stays as it is."""
    async with running() as server:
        for path, file in FILES.items():
            plain = await server.exchange(request(f"/{path}"))
            packed = await server.exchange(request(f"/{path}", "Accept-Encoding: br, gzip"))
            refused = await server.exchange(request(f"/{path}", "Accept-Encoding: gzip;q=0"))
            assert body(plain) == body(refused) == file.content
            if file.packed is None:
                assert body(packed) == file.content
                continue
            assert gzip.decompress(body(packed)) == file.content
            assert header(packed, b"content-encoding") == b"gzip"
            assert header(plain, b"vary") == header(packed, b"vary") == b"Accept-Encoding"
            assert header(plain, b"etag") != header(packed, b"etag")


def loaded(files: dict[str, File], path: str, seen: set[str]) -> set[str]:
    """Return the scripts that a script needs, itself among them."""
    if path not in seen:
        seen.add(path)
        text = files[path].content.decode()
        for name in re.findall(r'^(?:import|export|\}) .*?from "(.+?)";$', text, re.MULTILINE):
            loaded(files, normpath(f"{dirname(path)}/{name}"), seen)
    return seen


async def test_a_first_visit_needs_little() -> None:
    """At most 94 kB with the heads of answers: what a visitor gets who says a name, and reads.

    The rest is loaded by who uses it, and by the worker behind all else.
    """
    names = [
        *("r/", "first-look.js", "css/first.css", "css/later.css", "loading.js", "favicon.svg"),
        *("js/boot.js", "js/main.js", "js/deferred.js", "js/storage/installed.js"),
        "js/i18n/governing-en.js",
    ]
    async with running() as server:
        base = dirname(dirname(MAIN))
        paths = [f"/{name}" if name == "r/" else f"{base}/{name}" for name in names]
        answers = [await server.exchange(request(path, "Accept-Encoding: gzip")) for path in paths]
    assert {status(answer) for answer in answers} == {200}
    assert sum(map(len, answers)) <= 94_000


def test_the_first_paint_needs_little() -> None:
    """At most 45 KiB over the wire, heads of answers aside: the page, its styles, two scripts."""
    looks = set(re.findall(r'(?:href|src)="\.\./(\S+\.(?:css|svg))"', FILES["r/"].content.decode()))
    needed = {"r/", *looks}
    for script in SCRIPTS:
        loaded(FILES, f"{dirname(dirname(MAIN))[1:]}/{script}", needed)
    assert sorted(path.rpartition("/")[2] for path in needed) == [
        *("", "boot.js", "favicon.svg", "first.css", "main.js")
    ]
    assert sum(len(FILES[path].packed or FILES[path].content) for path in needed) <= 45 * 1024


def test_no_text_of_a_script_goes_on_in_a_line_that_begins_with_blanks() -> None:
    """Scripts are joined without what their lines begin with."""
    longer = []  # scripts with texts of several lines; a regular expression may have a backtick
    for path, file in MODULES.items():
        if not path.endswith(".js"):
            continue
        lines = re.sub(r'"[^"\n]*"', "", file.content.decode()).splitlines()
        if any("/" not in one and one.count("`") % 2 for one in lines):
            longer.append(path.rpartition("/")[2])
    assert longer == ["emoji.js"]
    [emoji] = (file.content for path, file in MODULES.items() if path.endswith("/emoji.js"))
    assert not re.search(rb"^[ \t]", emoji.split(b"`")[1], re.MULTILINE)


@pytest.mark.parametrize("source", sorted(static_files().rglob("*.js")), ids=lambda path: path.name)
def test_scripts_come_without_comments(source: Path) -> None:
    """Each other line is as it was, and where it was, as an error's place has to tell."""
    name = source.relative_to(static_files()).as_posix()
    [served] = [one for path, one in MODULES.items() if path.endswith(f"/{name}") or path == name]
    text = source.read_text()
    lines = text.splitlines()
    told = re.sub(r"static/[0-9a-f]{16}/", "static/", served.content.decode()).splitlines()
    for line, one in zip(lines, told[-len(lines) :], strict=True):  # the worker begins with a list
        assert one == line or (not one and line.lstrip().startswith(("//", "/**", "*")))
    # A line of a text could look like a comment.
    assert not re.search(r"`$[^`]*^\s*(//|/\*)[^`]*`;$", text, re.MULTILINE)


def test_few_style_sheets_have_what_is_in_many() -> None:
    """In the order in which they are imported, and each once; one without imports is itself."""
    joined = {path.rpartition("/")[2]: one for path, one in FILES.items() if "/css/" in path}
    assert joined.keys() == {
        *("first.css", "later.css", "on-demand.css", "attachments.css", "pictures.css")
    }
    parts = {path.name: path.read_bytes() for path in static_files().glob("css/*.css")}
    taken = []
    for name, sheet in joined.items():
        own = parts.pop(name)
        imports = re.findall(rb'^@import "(.+)";$', own, re.MULTILINE)
        texts = [parts[other.decode()] for other in imports] or [own]
        alone = b"".join(re.sub(rb"/\*.*?\*/", b"", text, flags=re.DOTALL) for text in texts)
        assert sheet.content.split() == alone.split()
        assert not re.search(rb"^[ \t]|/\*", sheet.content, re.MULTILINE)
        taken += [other.decode() for other in imports]
    assert sorted(taken) == sorted(parts)


def test_a_joined_script_tells_where_each_line_is_from() -> None:
    """Below the name of a module are its lines, each as far from there as in the module's file.

    What a line begins with is left out, and a remark at its end.
    """
    boot = FILES[MAIN[1:].replace("main.js", "boot.js")].content.decode().splitlines()
    top = boot.index("// js/net/session.js") + 1
    source = (static_files() / "js/net/session.js").read_text().splitlines()
    kept = [number for number, line in enumerate(source) if line.startswith(("  ", "const"))]
    alike = [boot[top + 1 + number] for number in kept if boot[top + 1 + number]]
    assert len(alike) > 100
    for number in kept:
        line = boot[top + 1 + number]
        assert line in ("", source[number].lstrip(), source[number].lstrip().partition(" // ")[0])


async def test_with_debug_the_scripts_are_served_one_by_one() -> None:
    """As they are in their folder, so that whoever changes the page sees its modules."""
    async with running(debug="on") as server:
        for path, file in MODULES.items():
            assert body(await server.exchange(request(f"/{path}"))) == file.content
    assert len(MODULES) > len(FILES) + 50


def test_the_page_makes_no_script_of_text() -> None:
    """Nothing in it needs what Trusted Types refuse, but for the worker's address."""
    sinks = re.compile(
        rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
        rb"|DOMParser|createContextualFragment|importScripts|set(Timeout|Interval)\([\"'`]"
    )
    scripts = {path: file.content for path, file in FILES.items() if path.endswith(".js")}
    assert {path for path, content in scripts.items() if sinks.search(content)} == set()
    policies = [path for path, content in scripts.items() if b"createPolicy" in content]
    assert [path.rpartition("/")[2] for path in policies] == ["installed.js"]


@pytest.mark.parametrize(
    ("target", "expected"), [("/", 302), ("/r/tea", 200), ("/worker.js", 200), ("/nowhere", 404)]
)
async def test_every_answer_carries_the_security_headers(target: str, expected: int) -> None:
    """Errors too: the browser runs nothing but our own files, in no frame."""
    async with running() as server:
        answer = await server.exchange(request(target))
        assert status(answer) == expected
        assert header(answer, b"content-security-policy") == CONTENT_SECURITY_POLICY.encode()
        assert header(answer, b"x-content-type-options") == b"nosniff"
        assert header(answer, b"referrer-policy") == b"no-referrer"
        assert header(answer, b"cross-origin-resource-policy") == b"same-origin"
        assert header(answer, b"cross-origin-opener-policy") == b"same-origin"
        assert b"camera=()" in header(answer, b"permissions-policy")
        assert header(answer, b"strict-transport-security") == b""
        assert answer.lower().count(b"content-security-policy:") == 1
        assert header(answer, b"server") == b""
        assert parsedate_to_datetime(header(answer, b"date").decode()).tzinfo


async def test_what_is_no_page_gets_no_rights_of_one() -> None:
    """A script, style or picture that is opened by itself may load and run nothing."""
    async with running() as server:
        for path in FILES.keys() - {"r/", "worker.js"}:
            answer = await server.exchange(request(f"/{path}"))
            policy = header(answer, b"content-security-policy")
            assert policy == b"default-src 'none'; frame-ancestors 'none'"
            assert header(answer, b"x-content-type-options") == b"nosniff"
            assert header(answer, b"cross-origin-resource-policy") == b"same-origin"
            assert header(answer, b"permissions-policy") == b""


def test_the_policy_allows_no_inline_script_and_no_frame() -> None:
    """Everything that is not named is forbidden."""
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("target", ["/r/", "/r/tea", MAIN])
async def test_what_the_browser_has_is_not_sent_again(target: str) -> None:
    """It asks by tag, and hears 304 without a body."""
    async with running() as server:
        first = await server.exchange(request(target))
        tag = header(first, b"etag").decode()
        again = await server.exchange(request(target, f"If-None-Match: {tag}"))
        assert (status(again), body(again)) == (304, b"")
        other = await server.exchange(request(target, 'If-None-Match: "other"'))
        assert status(other) == 200


@pytest.mark.parametrize("target", ["/r/", "/r/tea", MAIN])
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
        answer = await server.exchange(request("/r/", "Content-Length: 0", method=method))
        assert status(answer) == 405
        allowed = header(answer, b"allow").decode().split(", ")
        assert set(allowed) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "target",
    [
        "/nowhere",
        "/static/",
        "/static/main.js",
        "/static/0123456789abcdef/main.js",
        "/r" + "/x" * 20,
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2fpyproject.toml",
        "/static/%00",
        "/static//etc/passwd",
        "//evil.example/",
        "/ws/more",
    ],
)
async def test_what_is_not_there_is_not_found(target: str) -> None:
    """Nothing outside the folder of static files is ever served."""
    async with running() as server:
        assert status(await server.exchange(request(target))) == 404


@pytest.mark.parametrize("target", ["/chat/", "/chat", "/chat/index.html"])
async def test_a_wrong_prefix_is_told_for_the_first_page_too(target: str) -> None:
    """It is what a proxy asks for that passes on a path of which the server has not heard."""
    async with running() as server:
        answer = await server.exchange(request(target))
        assert status(answer) == 404
        assert header(answer, b"content-type") == b"text/plain; charset=utf-8"
        text = f"nothing is at {target} here: this chat is at /; if a proxy serves it there"
        assert answer.endswith(f"{text}, set --base-url\n".encode())


async def test_a_large_file_comes_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Larger than all buffers on its way."""
    content = bytes(range(256)) * 16 * 1024
    (tmp_path / "index.html").write_bytes(content)
    monkeypatch.setattr("trio_chat.server.installed_page", lambda **_: Page(tmp_path))
    async with running() as server:
        assert body(await server.exchange(request("/r/"))) == content


async def test_http_1_0_is_served() -> None:
    """Old proxies and simple tools speak it."""
    async with running() as server:
        answer = await server.exchange(request("/r/", version="1.0"))
        assert status(answer) == 200


async def test_a_body_that_nobody_asked_for_is_not_waited_for() -> None:
    """The answer comes although the body does not."""
    async with running() as server:
        announced = request("/r/", "Content-Length: 1000", method="POST")
        assert status(await server.exchange(announced + b"beginning")) == 405


async def test_a_connection_serves_one_file_after_the_other() -> None:
    """However the requests come, and then a WebSocket: each passes the acceptor."""
    async with running() as server, await server.connect() as stream:
        for target in ("/r/", MAIN):
            await stream.send_all(request(target))
            assert body(await read_answer(stream)) == FILES[target[1:]].content
        await stream.send_all(request(MAIN, method="HEAD") + request("/worker.js") + upgrade())
        answers = await read_until(stream, b"HTTP/1.1 101 ")
        assert answers.count(b"HTTP/1.1 200 ") == 2
        assert answers.count(FILES["worker.js"].content) == 1


@pytest.mark.parametrize(
    ("target", "headers", "version"),
    [
        (MAIN, (), "1.0"),
        (MAIN, ("Connection: keep-alive",), "1.0"),
        (MAIN, ("Connection: TE, Close",), "1.1"),
        ("/nowhere", ("Connection: close",), "1.1"),
        ("/api/v1/rooms", ("Transfer-Encoding: chunked",), "1.1"),
    ],
)
async def test_other_connections_are_closed_after_the_answer(
    target: str, headers: tuple[str, ...], version: str
) -> None:
    """As the answer says; the peer need not close first."""
    async with serving() as server, await server.connect() as stream:
        body = b"0\r\n\r\n" if "Transfer-Encoding: chunked" in headers else b""
        await stream.send_all(request(target, *headers, version=version) + body)
        answer = await read_answer(stream)
        assert header(answer, b"connection").lower() == b"close"
        with trio.fail_after(PATIENCE):
            assert await read_all(stream) == b""


@pytest.mark.parametrize("files", [FILES, MODULES], ids=["joined", "one by one"])
def test_the_page_names_the_scripts_that_it_will_need(files: dict[str, File]) -> None:
    """All that its own ones import, so that a browser asks for all of them at once."""
    page = files["r/"].content.decode()
    named = re.findall(r'<link rel="modulepreload" href="\.\./(\S+)">', page)
    run = re.findall(r'<script type="module" src="\.\./(\S+)">', page)
    assert [path.split("/", 2)[2] for path in run] == list(SCRIPTS)
    needed = set().union(*(loaded(files, path, set()) for path in run))
    assert sorted(named) == sorted(needed - set(run))


async def read_until(stream: trio.abc.ReceiveStream, sign: bytes) -> bytes:
    """Return what comes until a sign is among it."""
    received = b""
    while sign not in received:
        data = await stream.receive_some(65536)
        assert data
        received += data
    return received
