"""The chat below a path of a site, behind a real proxy that strips the path or passes it on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import trio
from playwright.sync_api import Browser, expect

from tests.chat import PATIENCE, Chat
from tests.e2e.conftest import KNOWN_AS
from tests.integration.proxying import find, free_port, listens
from trio_chat.remote import connect

NGINX = find("nginx")
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
    listen 127.0.0.1:{port};
    location /chat {{
      proxy_pass http://127.0.0.1:{upstream}{strip};
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""  # it even puts its own name for the server into Host, as nginx does by default


@contextmanager
def site(folder: Path, *, strips: bool) -> Iterator[tuple[Chat, str]]:
    """Have a chat below a path behind nginx for the block; give it and its address."""
    port = free_port()
    url = f"http://localhost:{port}/chat/"
    chat = Chat(folder / "chat.db", "--base-url", url.removesuffix("/"), port=free_port())
    file = folder / "nginx.conf"
    strip = "/" if strips else ""
    text = CONFIGURATION.format(folder=folder, port=port, upstream=chat.port, strip=strip)
    if strips:
        text = text.replace(
            "location /chat {", "location = /chat { return 308 /chat/; }\n    location /chat/ {"
        )
    file.write_text(text)
    proxy = subprocess.Popen([str(NGINX), "-c", str(file)])
    try:
        listens(port)
        yield chat, url
    finally:
        proxy.terminate()
        proxy.wait()
        chat.stop()


def fetch(url: str, body: bytes | None = None) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers of an answer, and where redirects have led."""
    try:
        with urlopen(Request(url, body), timeout=PATIENCE) as answer:  # noqa: S310 - ours
            return (
                answer.status,
                answer.read().decode(),
                {
                    **{name.lower(): value for name, value in answer.headers.items()},
                    "url": answer.url,
                },
            )
    except HTTPError as error:
        return error.code, error.read().decode(), {}


async def talk(url: str) -> None:
    """Say something by the Python client."""
    async with connect(url, nick=f"Bob {len(url)}") as chat:
        assert await chat.room("lobby").send("from Python")


@pytest.mark.skipif(NGINX is None, reason="there is no nginx here")
@pytest.mark.parametrize("strips", [False, True])
def test_all_of_it_works_below_a_path(browser: Browser, tmp_path: Path, *, strips: bool) -> None:
    """Page, worker, manifest, redirects, API, events, Python, terminal; with or without a slash."""
    with site(tmp_path, strips=strips) as (chat, url):
        for entrance in (url, url.removesuffix("/"), f"{url}r"):
            status, _, headers = fetch(entrance)
            assert (status, headers["url"]) == (200, f"{url}r/")
        page = browser.new_page()
        page.add_init_script(KNOWN_AS % '"Ann"')
        page.goto(url)
        expect(page.get_by_role("status").first).to_have_text("Connected")
        scope = page.evaluate("navigator.serviceWorker.ready.then((ready) => ready.scope)")
        assert scope == url
        manifest = page.evaluate("document.querySelector('link[rel=manifest]').href")
        assert json.loads(fetch(manifest)[1])["start_url"] == "r/"
        for address in (url, url.removesuffix("/")):
            trio.run(talk, address)
        expect(page.get_by_role("log")).to_contain_text("from Python")
        status, _, headers = fetch(f"{url}api/v1/rooms/lobby/messages", b"by HTTP")
        assert status == 201
        assert headers["location"].startswith("/chat/api/v1/rooms/lobby/messages/")
        expect(page.get_by_role("log")).to_contain_text("by HTTP")
        openapi = json.loads(fetch(f"{url}api/v1/openapi.json")[1])
        assert openapi["servers"] == [{"url": "/chat/api/v1"}]
        with urlopen(f"{url}api/v1/rooms/lobby/events?last=0", timeout=PATIENCE) as events:  # noqa: S310
            assert events.readline()
        said = subprocess.run(
            [sys.executable, "-m", "trio_chat", "connect", f"{url}r/lobby", "--send"],
            input=b"from a terminal",
            timeout=PATIENCE,
            check=True,
        )
        assert said.returncode == 0
        expect(page.get_by_role("log")).to_contain_text("from a terminal")
        status, text, _ = fetch(f"{chat.url}wrong/r/")
        assert status == 404
        assert "this chat is at /chat/, as --base-url says" in text
        link = subprocess.run(
            [sys.executable, "-m", "trio_chat", "operator-link", "--database", str(chat.database)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        ).stdout
        assert link.startswith(f"{url}#operator=")
        page.goto(link.strip())
        expect(page).to_have_url(f"{url}r/lobby")
        page.reload()
        expect(page.get_by_role("status").first).to_have_text("Connected")
        page.context.set_offline(True)
        page.reload()
        expect(page.get_by_role("log")).to_be_visible()  # from the worker
        page.context.close()
