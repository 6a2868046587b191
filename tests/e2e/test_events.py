"""A browser follows a room by itself: ``EventSource`` needs nothing but the address."""

import signal

from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage

FOLLOW = """() => {
    const source = new EventSource("/api/v1/rooms/news/events");
    const told = [];
    const note = (what) => { told.push(what); document.body.dataset.told = told.join(" "); };
    source.addEventListener("msg", ({ data }) => note(JSON.parse(data).text));
    source.addEventListener("joined", ({ data }) => note("joined at " + JSON.parse(data).last));
    source.addEventListener("bye", () => note("bye"));
}"""
POST = """async (body) => {
    const answer = await fetch("/api/v1/rooms/news/messages", { method: "POST", body });
    await answer.text();  // all of it, before the server may be killed
    return answer.ok;
}"""
LONGEST_RETRY = 75_000  # ms: what the server asks for at most, and some patience


def expect_told(page: Page, *told: str) -> None:
    """Expect all events so far to be these."""
    expect(page.locator("body")).to_have_attribute(
        "data-told", " ".join(told), timeout=LONGEST_RETRY
    )


def test_an_event_source_goes_on_by_itself_after_a_crash(open_page: OpenPage, chat: Chat) -> None:
    """It reconnects with its last id, and misses nothing."""
    page, other = open_page(), open_page()
    page.evaluate(FOLLOW)
    expect_told(page, "joined at 0")
    assert other.evaluate(POST, "one")
    expect_told(page, "joined at 0", "one")
    chat.stop(signal.SIGKILL)
    chat.start()
    assert other.evaluate(POST, "two")
    expect_told(page, "joined at 0", "one", "joined at 2", "two")
    chat.stop()
    expect_told(page, "joined at 0", "one", "joined at 2", "two", "bye")
    chat.start()
