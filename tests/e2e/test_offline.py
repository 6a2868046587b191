"""The page opens without a network, with its latest messages."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import (
    expect_lines,
    join,
    leave_room,
    open_room,
    post,
    say,
    wait_for,
    wait_for_kept,
    wait_while,
)

SAID = [f"line {count}" for count in range(5)]
# The worker has put everything away, and this page is one of its own.
READY = "() => navigator.serviceWorker.controller !== null"
KEPT = """
    (room) => new Promise((resolve) => {
        const request = indexedDB.open("trio-chat");
        request.onsuccess = () => {
            const rooms = request.result.transaction("rooms").objectStore("rooms");
            rooms.get(room).onsuccess = ({ target }) => {
                resolve(target.result?.messages.at(-1)?.text);
            };
            request.result.close();
        };
    })
"""


def wait_for_cached(page: Page, room: str, text: str | None) -> None:
    """Wait until a room is kept in the browser up to a line, or not any more."""
    wait_while(page, lambda: bool(page.evaluate(KEPT, room) != text))
    assert page.evaluate(KEPT, room) == text


def test_the_page_opens_without_a_server(open_page: OpenPage, chat: Chat) -> None:
    """With its rooms and their latest lines; what is written there is sent once, afterwards."""
    page, other = open_page(service_workers="allow", room="tea"), open_page(room="tea")
    page.wait_for_function(READY)
    for text in SAID:
        say(page, text)
    wait_for_kept(page, SAID[-1])
    join(page, "milk")
    post(page, "in the other room")
    wait_for_cached(page, "tea", SAID[-1])
    wait_for_cached(page, "milk", "in the other room")
    chat.stop()
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    wait_for(page, "in the other room")
    open_room(page, "tea")
    wait_for(page, SAID[-1])
    expect_lines(SAID, page)
    say(page, "written offline")
    page.reload()
    expect(page.locator("#log .outgoing .text")).to_have_text("written offline")
    expect_lines([*SAID, "written offline"], page)
    page.context.set_offline(False)
    chat.start()
    wait_for_kept(page, "written offline")
    wait_for(other, "written offline")
    expect_lines([*SAID, "written offline"], page, other)


def test_a_room_that_was_never_seen_opens_offline_too(open_page: OpenPage) -> None:
    """It says that there is nothing to show yet."""
    page = open_page(service_workers="allow")
    page.wait_for_function(READY)
    url = page.url.replace("lobby", "tea")
    page.context.set_offline(True)
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")
    expect(page.locator("#empty")).to_have_text(re.compile("comes with the connection"))
    page.context.set_offline(False)
    expect(page.locator("#empty")).to_have_text(re.compile("Nothing said yet"))


def test_what_was_left_is_forgotten(open_page: OpenPage) -> None:
    """Leaving a room removes its messages from the cache."""
    page = open_page(room="tea")
    say(page, "to be forgotten")
    wait_for_cached(page, "tea", "to be forgotten")
    join(page, "milk")
    leave_room(page, "tea")
    wait_for_cached(page, "tea", None)


def test_a_new_version_is_there_with_the_next_load(open_page: OpenPage) -> None:
    """The page is requested each time, whatever is cached."""
    page = open_page(service_workers="allow")
    page.wait_for_function(READY)
    page.context.route(
        "**/r/lobby",
        lambda route: route.fulfill(content_type="text/html", body="<p>The next version</p>"),
    )
    page.reload()
    expect(page.get_by_text("The next version")).to_be_visible()


@pytest.mark.parametrize("how", ["a broken proxy", "a slow one"])
def test_a_server_that_does_not_answer_is_not_waited_for(open_page: OpenPage, how: str) -> None:
    """The cached page is shown instead of a proxy's error."""
    page = open_page(service_workers="allow")
    page.wait_for_function(READY)
    if how == "a broken proxy":
        page.context.route("**/r/lobby", lambda route: route.fulfill(status=502, body="Bad"))
    else:
        page.context.route("**/r/lobby", lambda _: None)
    page.reload()
    expect(page.get_by_role("log")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("lobby")


def test_the_chat_can_be_installed(open_page: OpenPage) -> None:
    """The browser finds nothing wrong with the manifest, and all icons are as large as they say."""
    page = open_page(service_workers="allow")
    devtools = page.context.new_cdp_session(page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    wrong = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in wrong] in ([], ["in-incognito"])
    base = manifest["url"].rpartition("/")[0]
    for icon in json.loads(manifest["data"])["icons"]:
        size = page.evaluate(
            """async (url) => {
                const image = Object.assign(new Image(), { src: url });
                await image.decode();
                return `${image.naturalWidth}x${image.naturalHeight}`;
            }""",
            f"{base}/{icon['src']}",
        )
        assert icon["sizes"] in ("any", size)


def test_a_notification_that_is_clicked_leads_to_its_room(open_page: OpenPage) -> None:
    """In the window that is open already."""
    page = open_page(
        within="browser_with_windows", service_workers="allow", permissions=["notifications"]
    )
    page.wait_for_function(READY)
    worker = page.context.service_workers[0]
    worker.evaluate(
        """async () => {
            await registration.showNotification("Ann mentions you", { data: { room: "tea" } });
            const [notification] = await registration.getNotifications();
            dispatchEvent(new NotificationEvent("notificationclick", { notification }));
        }"""
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")


def test_the_root_leads_to_the_page_without_a_network(open_page: OpenPage) -> None:
    """The server redirects there; without it, the service worker does."""
    page = open_page(service_workers="allow", room="tea")
    page.wait_for_function(READY)
    root = page.url.removesuffix("r/tea")
    page.context.set_offline(True)
    page.goto(root)
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")
    page.context.set_offline(False)
    page.goto(root)
    page.wait_for_selector("#status.open")
