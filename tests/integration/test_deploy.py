"""The examples in deploy/ are what they say: each proxy is started with its file, and looked at."""

import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import trio
import trustme

from tests import frames
from tests.integration.proxying import find, free_port, started
from tests.integration.running import END_OF_HEAD, PATIENCE, ROOT_OF_PROJECT, Running, serving
from tests.integration.test_doctor import findings
from trio_chat.protocol.close import RESTARTING

DEPLOY = ROOT_OF_PROJECT / "deploy"
SHORT = "3s"  # timeouts of proxies here, instead of a minute
LARGE = 3_000_000  # bytes of a file, as of a photo
FOLDERS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
APACHE = """
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen {port}
Mutex pthread
User www-data
Group www-data
"""
MODULES = [
    *("mpm_event", "authn_core", "authz_core", "headers", "proxy", "proxy_http"),
    *("ssl", "socache_shmcb"),
]


def set_up(name: str, folder: Path, port: int, upstream: int, path: str) -> list[str]:
    """Write the example of a proxy for this machine; return the command that runs it."""
    text = (DEPLOY / name).read_text()
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
    text = re.sub(r"/etc/\S+/fullchain\.pem|/etc/\S+/privkey\.pem", f"{folder}/both.pem", text)
    text = re.sub(r"\b60s|(?<=timeout=)60", lambda found: SHORT[: len(found[0]) - 1], text)
    file = folder / name
    if name == "nginx.conf":
        temporary = "".join(f"{one}_temp_path {folder}/{one};" for one in FOLDERS)
        text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
        user = "user root; " if os.geteuid() == 0 else ""  # whose folders these are
        text = text.replace("location /", f"location {path}")
        head = f"{user}daemon off; pid {folder}/pid; error_log stderr error; events {{ }}\n"
        file.write_text(f"{head} http {{ access_log off; {temporary}\n{text} }}")
        return ["nginx", "-c", str(file)]
    if name == "haproxy.cfg":
        text = text.replace("bind :443", f"bind 127.0.0.1:{port}")
        below = "use_backend trio_chat if { path -m reg ^/chat(/|$) }"
        text = text.replace("default_backend trio_chat", below) if path != "/" else text
        file.write_text(text.replace("/etc/haproxy/chat.example.org.pem", f"{folder}/both.pem"))
        return ["haproxy", "-db", "-q", "-f", str(file)]
    if name == "Caddyfile":
        names = f"localhost:{port} {{\n\ttls {folder}/both.pem {folder}/both.pem"
        text = text.replace("chat.example.org {", names)
        text = text.replace("reverse_proxy ", f"reverse_proxy {path.rstrip('/')}* ")
        options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system %s\n}\n"
        file.write_text(options % folder + text)
        return ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
    modules = "/usr/lib/apache2/modules"
    loads = "".join(f"LoadModule {one}_module {modules}/mod_{one}.so\n" for one in MODULES)
    bare = path.rstrip("/") or "/"
    text = text.replace("*:443", f"127.0.0.1:{port}").replace("ProxyPass /", f"ProxyPass {bare}")
    text = text.replace(f":{upstream}/", f":{upstream}{bare}")
    file.write_text(APACHE.format(folder=folder, port=f"127.0.0.1:{port}") + loads + text)
    return ["apache2", "-f", str(file), "-D", "FOREGROUND"]


@asynccontextmanager
async def behind(
    name: str, folder: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Running, str]]:
    """Have a server behind a proxy for the block; give it and the address of its page."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("localhost", "127.0.0.1", "chat.example.org")
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
    port = free_port()
    url = f"https://localhost:{port}{path}"
    database = str(folder / "chat.db")
    settings: dict[str, Any] = {"ping_interval": 1.0, "pong_timeout": 0.9, "database": database}
    base: dict[str, Any] = {"base_url": url, "trusted_proxy": ("127.0.0.1",)}
    async with serving(**settings, **base) as server:
        program, *arguments = set_up(name, folder, port, server.port, path)
        found = find(program)
        if found is None:
            pytest.skip(f"there is no {program} here")
        async with started(port, found, *arguments):
            yield server, url


@pytest.mark.parametrize("path", ["/", "/chat/"])
@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile", "haproxy.cfg", "apache.conf"])
async def test_a_proxy_does_all_that_it_has_to(
    name: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor finds nothing, and files get through.

    A silent WebSocket outlives its timeouts, and hears the goodbye.
    """
    async with behind(name, tmp_path, path, monkeypatch) as (server, url):
        for source, idle in (("127.0.0.9", 0), ("127.0.0.10", PATIENCE)):  # by the same connections
            found = await findings(url, idle=idle, source=source, host="localhost")
            wrong = {each.check for each in found.values() if each.result != "ok"}
            assert wrong <= ({"idle"} if not idle else set()), found
        await trio.to_thread.run_sync(send_file, url, tmp_path)
        stream = await server_behind(url, tmp_path)
        pings = 0
        received = b""
        with trio.fail_after(PATIENCE):
            while pings < 5:  # which is longer than the timeouts
                received += await stream.receive_some(1000)
                pings = sum(seen.opcode == frames.PING for seen in frames.parse(received))
                await stream.send_all(frames.masked(frames.PONG, b""))
            server.server.stop(RESTARTING)
            while frames.CLOSE not in {seen.opcode for seen in frames.parse(received)}:
                data = await stream.receive_some(1000)
                assert data
                received += data
        closing = list(frames.parse(received))[-1]
        assert closing.close_code == RESTARTING.code
        await trio.aclose_forcefully(stream)


def send_file(url: str, folder: Path) -> None:
    """Upload a file in one piece, as with curl, and fetch it."""
    trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))

    def ask(path: str, body: bytes | None = None, **headers: str) -> bytes:
        request = Request(f"{url}{path}", body, headers)  # noqa: S310 - ours
        with urlopen(request, timeout=PATIENCE, context=trust) as answer:  # noqa: S310 - ours
            return bytes(answer.read())

    kind = {"Content-Type": "application/json"}
    session = json.loads(ask("api/v1/sessions", b'{"nick": "Ann"}', **kind))["session"]
    content = os.urandom(LARGE)
    who = {"Authorization": f"Bearer {session}", "Content-Type": "application/octet-stream"}
    file = json.loads(ask("api/v1/rooms/lobby/files", content, **who))["file"]
    assert ask(f"files/{file['id']}/x") == content


async def server_behind(url: str, folder: Path) -> trio.abc.Stream:
    """Return a WebSocket by way of the proxy."""
    place, _, path = url.removeprefix("https://").partition("/")
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    tcp = await trio.open_tcp_stream("127.0.0.1", int(place.partition(":")[2]))
    stream = trio.SSLStream(tcp, context, server_hostname="localhost")
    wire = frames.upgrade().replace(b"/ws", f"/{path}ws".encode())
    await stream.send_all(re.sub(rb"Host: \S+", f"Host: {place}".encode(), wire))
    head = b""
    while END_OF_HEAD not in head:
        data = await stream.receive_some(1)
        assert data, head
        head += data
    assert head.startswith(b"HTTP/1.1 101 "), head
    return stream


def services(name: str) -> dict[str, Any]:
    """Return what a compose file runs, with a name for the site."""
    yaml: Any = pytest.importorskip("yaml")
    text = (DEPLOY / name).read_text(encoding="utf-8").replace("${SITE}", "chat.example.org")
    found: dict[str, Any] = yaml.safe_load(text)
    assert found["volumes"].keys() == {
        volume.partition(":")[0]
        for each in found["services"].values()
        for volume in each["volumes"]
    }
    return dict(found["services"])


@pytest.mark.parametrize("name", ["compose.yaml", "compose.caddy.yaml"])
def test_a_compose_file_says_what_image_and_server_take(name: str) -> None:
    """Its variables are settings, its folder and port the image's, and it waits for the drain."""
    chat = services(name)["chat"]
    file = DEPLOY / chat["build"]["context"] / chat["build"]["dockerfile"]
    image = file.read_text(encoding="utf-8")
    assert chat["volumes"] == [f"chat:{re.findall('^VOLUME (.*)$', image, re.MULTILINE)[0]}"]
    assert all(port.endswith(":8080") for port in chat.get("ports", []))
    assert chat["stop_grace_period"] == "40s"  # 30 s more than --drain-timeout
    variables = chat.get("environment", {})
    checked = subprocess.run(
        [sys.executable, "-m", "trio_chat", "check-config"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    told = dict(line.split("\t")[::2] for line in checked.stdout.splitlines())
    for variable in variables:
        assert variable in told[variable.removeprefix("TRIO_CHAT_").lower()]


async def test_the_proxy_of_the_compose_file_does_all_that_it_has_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its command, with another address, and without the certificate that it would fetch."""
    caddy = find("caddy")
    if caddy is None:
        pytest.skip("there is no caddy here")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    port = free_port()
    url = f"http://localhost:{port}/"
    base: dict[str, Any] = {"base_url": url, "trusted_proxy": ("127.0.0.1",)}
    base |= {"ping_interval": 1.0, "pong_timeout": 0.9, "database": str(tmp_path / "chat.db")}
    async with serving(**base) as server:
        command = services("compose.caddy.yaml")["caddy"]["command"]
        command = command.replace("chat.example.org", f":{port}")
        command = command.replace("chat:8080", f"127.0.0.1:{server.port}")
        async with started(port, caddy, *command.split()[1:]):
            found = await findings(url, host="localhost")
    assert [each for each in found.values() if each.result != "ok"] == []


ANALYZE = find("systemd-analyze")


@pytest.mark.skipif(ANALYZE is None, reason="there is no systemd here")
def test_the_unit_is_right_and_exposes_little(tmp_path: Path) -> None:
    """As systemd itself judges it: no fault, and at most 2.0 of 10."""
    for name in ("trio-chat.service", "trio-chat.socket"):
        text = (DEPLOY / name).read_text().replace("/opt/trio-chat/bin/python", sys.executable)
        (tmp_path / name).write_text(text)
    unit = str(tmp_path / "trio-chat.service")
    both = [unit, str(tmp_path / "trio-chat.socket")]
    verified = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", *both], capture_output=True, text=True, check=False
    )
    ours = [line for line in verified.stderr.splitlines() if "trio-chat" in line]
    assert (verified.returncode, ours) == (0, [])
    judged = subprocess.run(
        [str(ANALYZE), "security", "--offline=yes", "--threshold=20", unit],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert judged.returncode == 0, judged.stdout[-300:]
