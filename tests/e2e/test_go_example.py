"""Clients of the Go chat example work unchanged."""

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import expect_lines, say, wait_for

GO_EXAMPLE = Path(__file__).parent / "go_example"


def open_go_page(page: Page, chat: Chat) -> None:
    """Open the Go example's page, as if our server had sent it."""
    html = (GO_EXAMPLE / "home.html").read_text()
    page.route("**/home.html", lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(f"{chat.url}home.html")
    page.wait_for_selector("body.open")


def node_client(chat: Chat) -> subprocess.Popen[str]:
    """Start the Node client."""
    node = shutil.which("node")
    if not node:
        pytest.fail("no Node: install the package 'nodejs'", pytrace=False)
    client = subprocess.Popen(
        [node, str(GO_EXAMPLE / "client.js"), chat.ws],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert client.stdout
    assert client.stdout.readline() == "* open\n"
    return client


def test_its_page_chats_with_ours(open_page: OpenPage, chat: Chat) -> None:
    """In both directions: our name stands before our text; each line of a message is one there."""
    ours, other = open_page(name="Ann"), open_page()
    open_go_page(other, chat)
    say(ours, "from our page")
    other.get_by_text("Ann: from our page").wait_for()
    say_in_go_page(other, "from the example's page")
    wait_for(ours, "from the example's page")
    chat.say(*(f"line {count}" for count in range(50)))
    other.get_by_text("line 49").wait_for()
    said = ["from the example's page", *(f"line {count}" for count in range(50))]
    assert other.locator("#log div").all_text_contents() == ["Ann: from our page", *said]
    wait_for(ours, "line 49")
    expect_lines(["from our page", *said], ours)
    assert ours.locator("#log .author").all_text_contents() == ["Ann", "Somebody"]


def test_its_page_sees_the_connection_close(open_page: OpenPage, chat: Chat) -> None:
    """It shows the end, although it does not reconnect."""
    page = open_page()
    open_go_page(page, chat)
    chat.stop()
    page.get_by_text("Connection closed.").wait_for()
    chat.start()


def test_a_node_client_chats_with_our_page(open_page: OpenPage, chat: Chat) -> None:
    """The library ``ws``, on its own terms: it asks for compression and does without."""
    page = open_page(name="Ann")
    with node_client(chat) as client:
        assert client.stdin
        assert client.stdout
        client.stdin.write("from node\n")
        wait_for(page, "from node")
        say(page, "from the page")
        assert [client.stdout.readline() for _ in range(2)] == [
            "from node\n",
            "Ann: from the page\n",
        ]
        client.stdin.close()
        assert client.stdout.readline() == "* closed 1000\n"
        assert client.wait(timeout=60) == 0


def test_a_node_client_hears_why_the_server_ends(chat: Chat) -> None:
    """1012 at SIGTERM: a restart."""
    with node_client(chat) as client:
        assert client.stdout
        chat.stop()
        assert client.stdout.readline() == "* closed 1012\n"
    chat.start()


def say_in_go_page(page: Page, text: str) -> None:
    page.fill("#msg", text)
    page.press("#msg", "Enter")
