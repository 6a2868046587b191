"""History: after a reload, and further back on request."""

from playwright.sync_api import expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import (
    SMALL,
    expect_end,
    expect_place,
    lines,
    post,
    scroll_to,
    top_line,
    wait_for,
    wait_until,
)


def fill(chat: Chat, number: int) -> list[str]:
    """Have a number of lines posted."""
    said = [f"line {count}" for count in range(number)]
    chat.say(*said)
    return said


def test_a_reload_shows_the_latest_page(open_page: OpenPage, chat: Chat) -> None:
    """Later visitors see the same, at its end."""
    said = fill(chat, 150)
    page = open_page()
    for _ in range(2):
        wait_for(page, said[-1])
        shown = lines(page)
        assert len(shown) > 20
        assert shown == said[-len(shown) :]
        expect_end(page)
        expect(page.locator("#newer")).to_be_hidden()
        page.reload()


def test_earlier_messages_come_without_moving_what_is_read(open_page: OpenPage, chat: Chat) -> None:
    """By scrolling up; at the first message there is no more."""
    said = fill(chat, 250)
    page = open_page(viewport=SMALL)
    wait_for(page, said[-1])
    scroll_to(page, 40)
    page.wait_for_timeout(100)
    place = top_line(page)
    wait_until(page, "log.scrollTop > 1000")
    expect_place(page, place)
    scroll_to(page, 0)
    expect(page.get_by_role("button", name="Earlier messages")).to_be_hidden()
    scroll_to(page, 0)
    wait_for(page, said[0])
    shown = lines(page)
    assert shown == said[: len(shown)]


def test_a_button_fetches_them_too(open_page: OpenPage, chat: Chat) -> None:
    """By keyboard, without losing the focus when the button is hidden."""
    said = fill(chat, 150)
    page = open_page(viewport={"width": 1000, "height": 400})
    wait_for(page, said[-1])
    page.get_by_role("button", name="Earlier messages").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Earlier messages")).to_be_hidden()
    expect(page.get_by_role("log")).to_be_focused()


def test_edits_deletions_and_reactions_show(open_page: OpenPage, chat: Chat) -> None:
    """As they happen, and after a reload."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    for text in ("first", "second", "third"):
        post(page, text)
    page.evaluate(CHANGE)
    for shown in (page, other):
        expect(shown.locator("#log .text")).to_have_text(["better", "Message deleted", "third"])
        expect(shown.locator("#log .edited")).to_have_text(["edited"])
        expect(shown.locator("#log .reaction")).to_have_text(["👍 1"])
        expect(shown.locator("#topic")).to_have_text("all about tea")
    other.reload()
    expect(other.locator("#log .text")).to_have_text(["better", "Message deleted", "third"])
    expect(other.locator("#log .reaction")).to_have_text(["👍 1"])
    expect(other.locator("#topic")).to_have_text("all about tea")


# Another client of the same person, which can more than the page.
CHANGE = """
    () => new Promise((resolve) => {
        const recall = (name) => JSON.parse(localStorage[`trio-chat.${name}`]);
        const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws", "trio-chat.v1");
        const hello = { t: "hello", nick: recall("nick"), session: recall("session"),
            rooms: [{ room: "lobby" }] };
        const about = { room: "lobby" };
        socket.onopen = () => socket.send(JSON.stringify([
            hello,
            { ...about, t: "edit", seq: 1, text: "better" },
            { ...about, t: "delete", seq: 2 },
            { ...about, t: "react", seq: 3, emoji: "👍" },
            { ...about, t: "topic", text: "all about tea", id: 9 },
        ]));
        socket.onmessage = ({ data }) => {
            if (JSON.parse(data).some(({ id }) => id === 9)) resolve(socket.close());
        };
    })
"""
