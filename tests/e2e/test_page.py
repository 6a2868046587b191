"""What people do in the browser."""

import json
import signal
from unicodedata import normalize

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import (
    SMALL,
    come_back_unnoticed,
    expect_end,
    expect_field,
    expect_lines,
    expect_place,
    fill,
    greet,
    join,
    post,
    say,
    scroll_to,
    take_endless_pauses,
    top_line,
    wait_for,
    wait_for_kept,
    wait_until,
)

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>document.title = 'broken'</script>",
    "javascript:alert(1)",
    "\u202egnp.exe\u202c and then \u2066more",
    "w" * 4000,
    "Z" + "\u0301\u0316\u0334" * 200,
    "&lt;b&gt; &amp;",
]


def test_two_people_chat(open_page: OpenPage) -> None:
    """Each sees what either says, once and in order; sending clears the field."""
    one, two = open_page(), open_page()
    say(one, "hello")
    wait_for(two, "hello")
    expect_field(one, "")
    expect(one.locator("#text")).to_be_focused()
    two.fill("#text", "good day")
    two.click("text=Send")
    wait_for(one, "good day")
    for page in (one, two):
        expect_lines(["hello", "good day"], page)
        expect(page.locator("#empty")).to_be_hidden()


def test_blank_text_is_not_sent(open_page: OpenPage, chat: Chat) -> None:
    """It is not sent."""
    page = open_page()
    say(page, "   ")
    say(page, "\n")
    chat.say("done")
    wait_for(page, "done")
    expect_lines(["done"], page)


def test_shift_enter_begins_a_line(open_page: OpenPage) -> None:
    """A message can have several, and arrives as it was written."""
    page, other = open_page(), open_page()
    page.fill("#text", "one")
    page.press("#text", "Shift+Enter")
    page.locator("#text").press_sequentially("two")
    expect_field(page, "one\ntwo")
    page.press("#text", "Enter")
    wait_for(other, "one")
    expect_lines(["one\ntwo"], other)


@pytest.mark.parametrize("composing", [{"isComposing": True}, {"keyCode": 229}])
def test_enter_does_not_send_while_composing(
    open_page: OpenPage, chat: Chat, composing: dict[str, object]
) -> None:
    """There it selects a word, in Chinese or Japanese for instance."""
    page = open_page()
    page.fill("#text", "にほん")
    event = json.dumps({"key": "Enter", "bubbles": True, "cancelable": True, **composing})
    page.evaluate(
        f"document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', {event}))"
    )
    chat.say("later")
    wait_for(page, "later")
    expect_field(page, "にほん")
    page.press("#text", "Enter")
    wait_for(page, "にほん")


def test_the_log_follows_at_its_end_and_else_keeps_its_place(
    open_page: OpenPage, chat: Chat
) -> None:
    """Within 30 pixels counts as the end; elsewhere a button says that there is more."""
    page = open_page(viewport=SMALL)
    newer = page.locator("#newer")
    fill(page, chat)
    wait_until(page, "log.scrollTop > 0")
    expect_end(page)
    expect(newer).to_be_hidden()

    scroll_to(page, 500)
    place = top_line(page)
    expect(newer).to_have_text("To the latest messages")
    chat.say("while you read")
    expect(newer).to_have_text("1 new message")
    expect_place(page, place)

    newer.click()
    expect(newer).to_be_hidden()
    expect_end(page)
    expect(page.locator("#log .new")).to_have_text("New")

    page.evaluate("document.getElementById('log').scrollTop -= 25")
    chat.say("almost at the end")
    wait_for(page, "almost at the end")
    expect_end(page)


def test_the_end_stays_in_sight_when_a_keyboard_takes_room(open_page: OpenPage, chat: Chat) -> None:
    """A phone does that as soon as the field is tapped."""
    page = open_page(viewport=SMALL)
    fill(page, chat)
    page.set_viewport_size({"width": 500, "height": 250})
    wait_until(page, "log.clientHeight < 150")
    expect_end(page)


def test_the_end_stays_in_sight_when_the_field_shrinks_and_grows_at_once(
    open_page: OpenPage, chat: Chat
) -> None:
    """As when a long message is sent and edited before the next frame."""
    page = open_page(viewport=SMALL)
    fill(page, chat)
    page.fill("#text", "one\ntwo\nthree\nfour")
    expect_end(page)
    page.evaluate(
        """() => {
            const field = document.getElementById("text");
            const log = document.getElementById("log");
            for (const text of ["", field.value]) {
                field.value = text;
                field.dispatchEvent(new InputEvent("input", { bubbles: true }));
                log.scrollTop; // has the page laid out, as much else does
            }
        }"""
    )
    chat.say("and one more")
    wait_for(page, "and one more")
    expect_end(page)


def test_hostile_text_is_text(open_page: OpenPage, chat: Chat) -> None:
    """Nothing in a message runs, and nothing in it breaks the layout."""
    page = open_page(viewport=SMALL)
    chat.say(*HOSTILE)
    wait_for(page, HOSTILE[-1])
    expect_lines(HOSTILE, page)
    expect(page).to_have_title("lobby · Chat")
    assert page.locator("#log img, #log script, #log b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
    overflow = "(log => log.scrollWidth - log.clientWidth)(document.getElementById('log'))"
    assert page.evaluate(overflow) == 0


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(
    "nick",
    ["W" * 32, "Z" + "\u0301" * 31, "<b>bold</b>", "\u05e9\u05dc\u05d5\u05dd"],
    ids=["wide", "high", "markup", "leftwards"],
)
def test_hostile_names_are_names(open_page: OpenPage, chat: Chat, nick: str, width: int) -> None:
    """Names and topics do not break the layout either."""
    room = "w" * 64
    page = open_page(room=room, viewport={"width": width, "height": 500})
    with enter(chat.ws, nick, room) as guest:
        guest.ask(t="send", room=room, text="hello\n" + "\n" * 3000 + "there")
        for emoji in ("👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "1️⃣"):
            guest.ask(t="react", room=room, seq=1, emoji=emoji)
        guest.ask(t="topic", room=room, text="t" * 250)
        expect(page.locator("#log .reaction")).to_have_count(4)
        expect(page.locator("#topic")).to_have_text("t" * 250)
        expect(page.locator("#log .author")).to_have_text(normalize("NFC", nick))
    assert page.locator("b, i").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for part in ("#log", "header"):
        overflow = "part => part.scrollWidth - part.clientWidth"
        assert page.locator(part).evaluate(overflow) == 0, part
    box = page.locator("#log .message").bounding_box()
    assert box
    assert box["height"] < 400


@pytest.mark.parametrize(
    ("how", "words"),
    [(signal.SIGTERM, "server is restarting"), (signal.SIGKILL, "connection is lost")],
)
def test_the_page_comes_back_after_a_restart(
    open_page: OpenPage, chat: Chat, how: signal.Signals, words: str
) -> None:
    """It says that it is away, sends later what is written meanwhile, and needs no reload."""
    page = open_page()
    post(page, "before")
    chat.stop(how)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text(words)
    say(page, "written while away")
    wait_for(page, "written while away")
    expect(page.get_by_text("Will be sent once connected")).to_be_visible()
    chat.start()
    expect(page.get_by_role("status")).to_have_text("Connected", timeout=90_000)
    expect(banner).to_be_hidden()
    wait_for_kept(page, "written while away")
    expect(page.locator("#log .late")).to_have_count(0)
    expect_lines(["before", "written while away"], page)


def test_reconnect_now_does_not_wait(open_page: OpenPage, chat: Chat) -> None:
    """The button ends the pause."""
    page = open_page(prepare=take_endless_pauses)
    come_back_unnoticed(page, chat)
    page.get_by_role("button", name="Reconnect now").click()
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_a_network_that_is_back_is_used_at_once(open_page: OpenPage, chat: Chat) -> None:
    """The browser's event ends the pause."""
    page = open_page(prepare=take_endless_pauses)
    come_back_unnoticed(page, chat)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_the_page_stays_away_when_told_so(open_page: OpenPage) -> None:
    """The reason is shown, and only the button reconnects."""
    sockets: list[WebSocketRoute] = []

    def welcome(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.on_message(lambda message: greet(socket, message))

    page = open_page(prepare=lambda page: page.route_web_socket("**/ws", welcome))
    sockets[0].close(code=4501, reason="this is not the protocol")
    expect(page.get_by_role("alert")).to_contain_text("this is not the protocol")
    page.wait_for_timeout(1500)
    assert len(sockets) == 1
    page.get_by_role("button", name="Reconnect now").click()
    expect(page.get_by_role("status")).to_have_text("Connected")
    assert len(sockets) == 2


def test_a_browser_without_websockets_is_told_so(open_page: OpenPage) -> None:
    """Instead of a page that does nothing."""
    page = open_page(
        wait=False, prepare=lambda page: page.add_init_script("delete window.WebSocket")
    )
    expect(page.get_by_role("alert")).to_contain_text("cannot open WebSockets")
    expect(page.get_by_role("button", name="Reconnect now")).to_be_hidden()


def test_a_browser_without_javascript_is_told_so(open_page: OpenPage) -> None:
    """Where scripts run but do not come, another reason is told."""
    page = open_page(wait=False, java_script_enabled=False)
    expect(page.get_by_text("runs on JavaScript")).to_be_visible()


def test_a_browser_with_javascript_is_not_bothered_with_that(open_page: OpenPage) -> None:
    """The notice is for the others."""
    page = open_page()
    expect(page.get_by_text("runs on JavaScript")).to_be_hidden()
    expect(page.get_by_text("being loaded")).to_be_hidden()


def test_the_log_is_a_log_to_a_screen_reader_and_the_field_has_a_name(
    open_page: OpenPage,
) -> None:
    """By roles and labels."""
    page = open_page()
    expect(page.get_by_role("log", name="Messages")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("Connected")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_sticks_out_of_the_screen(open_page: OpenPage, chat: Chat, width: int) -> None:
    """From the smallest phone to a desktop, the field and the button are in view."""
    page = open_page(viewport={"width": width, "height": 500})
    chat.say("a line long enough to be broken" * 20)
    wait_for(page, "a line")
    for part in ("#log", "#text", "text=Send"):
        box = page.locator(part).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 500


READABLE = (
    *("h1", "#status", "#topic", "#banner p", "#banner button", "#text"),
    *("#log .text", "#log .outgoing .text", "#log .late", "#log time", "#log .author", "#log .day"),
    *("#rooms h2", "#rooms a", "#rooms label", "#rooms form button", "#notice p"),
    *("#rooms .unread", "#people li", "#people .small"),
)
HUES = 12  # colours of names; which one somebody has, their id tells
DYE = "(name, hue) => { name.className = `author hue${hue}` }"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(open_page: OpenPage, chat: Chat, scheme: str) -> None:
    """At least 4.5 to 1, as WCAG AA asks."""
    page = open_page(color_scheme=scheme, room="tea")
    join(page, "lobby")
    with enter(chat.ws, "Bob", "tea", "lobby") as guest:
        guest.ask(t="send", room="tea", text="unread")
        guest.ask(t="topic", room="lobby", text="cake")
        guest.ask(t="send", room="lobby", text="hello")
    wait_for(page, "hello")
    say(page, "/nothing")
    page.locator("#notice").wait_for()
    chat.stop()
    page.get_by_role("alert").filter(has_text="restarting").wait_for()
    say(page, "away")
    page.locator("#log .late").wait_for()
    for part in READABLE:
        expect(page.locator(part).first).to_be_visible()
        ratio = page.evaluate(CONTRAST, part)
        assert ratio >= 4.5, f"{part}: {ratio}"
    for hue in range(HUES):
        page.locator("#log .author").first.evaluate(DYE, hue)
        assert page.evaluate(CONTRAST, "#log .author") >= 4.5, hue
    chat.start()


# The contrast of an element's text with what is painted behind it, as WCAG 2 defines it.
CONTRAST = """
    (selector) => {
      const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
      const luminance = ([red, green, blue]) => {
        const [r, g, b] = [red, green, blue].map((value) => {
          const part = value / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      let behind = document.querySelector(selector);
      const text = luminance(channels(getComputedStyle(behind).color));
      const painted = (element) => channels(getComputedStyle(element).backgroundColor);
      while (painted(behind)[3] === 0) behind = behind.parentElement;
      const ground = luminance(painted(behind));
      return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    }
"""
