"""Accessibility: axe-core, keys alone, zoom, forced colours, reduced motion, any direction."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import Guest, enter
from tests.e2e.looking import DESKTOP, PHONE, join, leave_room, say, wait_for

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TALK = [
    "**bold**, *italic*, `code` and https://example.org/",
    "```\nfenced(code)\n```",
    "Ann, this is for you",
    "مرحبا بكم في هذه الغرفة",
    "will be edited",
    "will be deleted",
    "/me waves",
]


def faults(page: Page) -> list[str]:
    """Return what axe-core finds in the present state of the page."""
    if not page.evaluate("'axe' in window"):
        # As a debugger would do it: the page's own policy lets no such script in.
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert len(found["passes"]) > 10, "axe-core has looked at next to nothing"
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@contextmanager
def talk(chat: Chat) -> Iterator[Guest]:
    """Have somebody say all kinds of things in the room tea."""
    with enter(chat.ws, "Bob", "tea", "milk") as guest:
        for text in TALK:
            guest.ask(t="send", room="tea", text=text)
        guest.ask(t="edit", room="tea", seq=5, text="was edited")
        guest.ask(t="delete", room="tea", seq=6)
        guest.ask(t="send", room="tea", text="an answer", reply=1)
        guest.ask(t="react", room="tea", seq=1, emoji="👍")
        guest.ask(t="topic", room="tea", text="what a page can show")
        yield guest


def refuse(socket: WebSocketRoute) -> None:
    """Be a server that refuses some messages."""
    server = socket.connect_to_server()

    def pass_on(message: str | bytes) -> None:
        for request in json.loads(message):
            if request.get("text") == "refuse this":
                error = {"t": "error", "code": "no", "text": "not that", "id": request["id"]}
                socket.send(json.dumps([error]))
            else:
                server.send(json.dumps([request]))

    socket.on_message(pass_on)


def open_tea(open_page: OpenPage, **options: object) -> Page:
    """Open the page in the room tea, with another one that has something unread."""
    page = open_page(
        name="Ann",
        room="milk",
        prepare=lambda page: page.route_web_socket("**/ws", refuse),
        **options,
    )
    if page.locator("#open-rooms").is_visible():
        page.click("#open-rooms")
    join(page, "tea")
    wait_for(page, "an answer")
    return page


def open_panel(page: Page, name: str) -> None:
    """Open a panel, on a screen that does not show it always."""
    if page.locator(f"#open-{name}").is_visible():
        page.click(f"#open-{name}")
    expect(page.locator(f"#{name}")).to_be_visible()


def close_panels(page: Page) -> None:
    page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong(
    open_page: OpenPage, chat: Chat, scheme: str, size: dict[str, int]
) -> None:
    """In none of the page's main states."""
    looks = {"viewport": size, "color_scheme": scheme}
    first = open_page(name=None, wait=False, **looks)
    expect(first.get_by_role("dialog")).to_be_visible()
    assert faults(first) == [], "the question for a name"
    first.get_by_role("dialog").get_by_role("textbox").fill("Cem")
    first.keyboard.press("Enter")
    first.wait_for_selector("#status.open")
    assert faults(first) == [], "an empty room"
    with talk(chat) as guest:
        page = open_tea(open_page, **looks)
        guest.ask(t="send", room="milk", text="unread, Ann")
        guest.tell(t="typing", room="tea")
        expect(page.locator("#typing")).to_contain_text("is typing")
        say(page, "refuse this")
        page.get_by_role("button", name="Retry").wait_for()
        assert faults(page) == [], "a room"
        for panel in ("rooms", "people"):
            open_panel(page, panel)
            assert faults(page) == [], panel
            close_panels(page)
        open_panel(page, "search")
        page.get_by_role("searchbox").fill("answer")
        page.keyboard.press("Enter")
        page.locator("#search li").wait_for()
        assert faults(page) == [], "what was found"
        close_panels(page)
        chat.stop()
    expect(page.get_by_role("alert")).to_be_visible()
    say(page, "waits")
    page.get_by_text("Will be sent once connected").last.wait_for()
    assert faults(page) == [], "no connection"
    chat.start()


# Where the focus is, and whether that can be seen: the browser draws an outline around it.
FOCUS = """
    () => {
        const element = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        const isSeen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
        const isThere = box.width > 0 && box.height > 0 && box.top >= 0
            && box.bottom <= innerHeight + 1;
        const name = element.ariaLabel || element.id || element.dataset.act || element.dataset.room
            || element.textContent.trim();
        return [name, isSeen && isThere];
    }
"""


def walk(page: Page, presses: int) -> dict[str, bool]:
    """Go through the page by Tab; return where the focus was, and whether it was visible."""
    reached: dict[str, bool] = {}
    for _ in range(presses):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(FOCUS)
        reached[name] = reached.get(name, True) and is_seen
    return reached


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_keys_alone_reach_everything_and_show_where_they_are(
    open_page: OpenPage, chat: Chat, size: dict[str, int]
) -> None:
    """By Tab, Enter and Escape, in the order in which things stand on the screen."""
    with talk(chat):
        page = open_tea(open_page, viewport=size)
        reached = walk(page, 60)
        wanted = {"Search messages", "Copy the link to this room", "Messages", "text"}
        if size is DESKTOP:
            wanted |= {"tea", "milk", "Options for milk", "join", "Change name", "notify", "sound"}
        else:
            wanted |= {"open-rooms", "open-people"}
        assert wanted <= reached.keys()
        hidden = [name for name, is_seen in reached.items() if name and not is_seen]
        assert [name for name in hidden if name in wanted] == []
        page.focus("#open-search")
        page.keyboard.press("Enter")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("answer")
        page.keyboard.press("Enter")
        page.locator("#search li").wait_for()
        page.keyboard.press("Escape")
        expect(page.locator("#open-search")).to_be_focused()


def test_the_focus_is_never_lost(open_page: OpenPage, chat: Chat) -> None:
    """When the focused element is removed, the field gets the focus."""
    page = open_page(name="Ann", room="tea")
    join(page, "milk")
    field = page.get_by_role("textbox", name="Message")

    def press(name: str) -> None:
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")

    leave_room(page, "milk")
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")
    expect(field).to_be_focused()
    press("Copy the link")
    press("Close")
    expect(field).to_be_focused()
    page.mouse.click(640, 30)
    expect(field).not_to_be_focused()  # whoever leaves it by hand is let go
    chat.stop()
    page.get_by_role("button", name="Reconnect now").focus()
    chat.start()
    expect(page.get_by_role("status").first).to_have_text("Connected", timeout=90_000)
    expect(field).to_be_focused()
    with enter(chat.ws, "Bob", "tea") as bob:
        for count in range(30):
            bob.ask(t="send", room="tea", text=f"line {count}\nof two")
    wait_for(page, "line 29")
    page.focus("#log")
    page.keyboard.press("Home")
    press("To the latest messages")
    expect(page.locator("#newer")).to_be_hidden()
    expect(field).to_be_focused()


def test_the_panels_of_a_phone_are_reached_by_keys(open_page: OpenPage) -> None:
    """The focus goes in, and back to the button at Escape."""
    page = open_page(viewport=PHONE, room="tea")
    for panel in ("rooms", "people"):
        page.focus(f"#open-{panel}")
        page.keyboard.press("Enter")
        page.wait_for_function(f"document.activeElement.closest('#{panel}') !== null")
        page.wait_for_function(f"({FOCUS})()[1]")
        page.keyboard.press("Escape")
        expect(page.locator(f"#open-{panel}")).to_be_focused()
        expect(page.locator(f"#{panel}")).to_be_hidden()


@pytest.mark.parametrize("size", [(640, 400), (320, 256)], ids=["200 %", "400 %"])
def test_everything_is_there_at_a_larger_zoom(
    open_page: OpenPage, chat: Chat, size: tuple[int, int]
) -> None:
    """A desktop's window of 1280 pixels has so few when it is zoomed; nothing is cut off."""
    width, height = size
    with talk(chat):
        page = open_tea(open_page, viewport={"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for part in ("#text", "#composer [type=submit]", "#open-rooms", "#open-search"):
            box = page.locator(part).bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        log = page.locator("#log").bounding_box()
        assert log
        assert log["height"] > height / 4


# What a finger can tap, but for links in a text, which are as high as its lines: all too small.
TOO_SMALL = """
    () => [...document.querySelectorAll("button, a, summary, input, textarea")]
        .filter((one) => one.checkVisibility() && !one.closest(".text"))
        .map((one) => (one.type === "checkbox" ? one.closest("label") : one))
        .filter((one) => {
            const { width, height } = one.getBoundingClientRect();
            return one.id !== "topic" && Math.min(width, height) < 40;
        })
        .map((one) => one.outerHTML)
"""


def test_fingers_find_what_they_want(open_page: OpenPage, chat: Chat) -> None:
    """All that can be tapped is at least 40 pixels high and wide."""
    with talk(chat) as guest:
        page = open_tea(open_page, viewport=PHONE, has_touch=True, is_mobile=True)
        guest.ask(t="send", room="milk", text="unread")
        say(page, "refuse this")
        page.get_by_role("button", name="Retry").wait_for()
        page.locator("#log .text", has_text="an answer").tap()
        page.get_by_role("toolbar", name="Actions").wait_for()
        assert page.evaluate(TOO_SMALL) == []
        page.get_by_role("toolbar", name="Actions").get_by_role("button", name="Reply").tap()
        assert page.evaluate(TOO_SMALL) == []
        for panel in ("rooms", "people", "search"):
            open_panel(page, panel)
            assert page.evaluate(TOO_SMALL) == []
            close_panels(page)
        box = page.locator(".title").bounding_box()
        assert box  # a tap anywhere on it shows the whole topic
        assert box["height"] >= 40


def test_a_screen_reader_says_of_a_line_what_one_sees(open_page: OpenPage, chat: Chat) -> None:
    """Author, time, text without marks, and state."""
    with talk(chat):
        page = open_tea(open_page)
        clock = r"\d{1,2}:\d\d\s.M"
        for text, name in (
            ("bold, italic", rf"^Bob, {clock}: bold, italic, code and https://example.org/, 👍 1$"),
            ("was edited", rf"^Bob, {clock}: was edited, edited$"),
            ("an answer", rf"^Bob, {clock}: an answer, Reply to Bob: bold, italic, code and .*$"),
        ):
            row = page.locator("#log .message", has=page.locator(".text", has_text=text))
            row.focus()
            expect(row).to_have_accessible_name(re.compile(name))
        quote = page.locator("#log .quote")
        expect(quote).to_have_accessible_name(re.compile("^Bob bold, italic, code and "))
        expect(quote).to_have_accessible_description("Go to the message")
        say(page, "refuse this")
        page.get_by_role("button", name="Retry").wait_for()
        page.locator("#log .failed").focus()
        said = rf"^Ann, {clock}: refuse this, Not sent\. Not that\.$"
        expect(page.locator("#log .failed")).to_have_accessible_name(re.compile(said))
        open_panel(page, "search")
        page.get_by_role("searchbox").fill("answer")
        page.keyboard.press("Enter")
        hit = page.locator("#search li button")
        expect(hit).to_have_accessible_name(re.compile(r"^Bob [A-Z][a-z]+ .* an answer$"))


def test_nothing_moves_for_who_asked_for_that(open_page: OpenPage, chat: Chat) -> None:
    """No transition and no animation moves or fades anything."""
    with talk(chat) as guest:
        page = open_tea(open_page, reduced_motion="reduce", viewport=PHONE)
        page.evaluate(
            """() => {
                window.moved = [];
                for (const kind of ["transitionrun", "animationstart"]) {
                    addEventListener(kind, ({ animationName, propertyName, target }) => {
                        moved.push(`${animationName ?? propertyName} of ${target.className}`);
                    });
                }
            }"""
        )
        open_panel(page, "rooms")
        close_panels(page)
        open_panel(page, "search")
        page.get_by_role("searchbox").fill("bold")
        page.keyboard.press("Enter")
        page.locator("#search li button").click()
        page.locator("#log .target").wait_for()
        guest.ask(t="send", room="tea", text="and one more")
        say(page, "refuse this")
        page.get_by_role("button", name="Retry").wait_for()
    # What is jumped to is marked for a while, and then at once no longer.
    steady = ("show", "flash")
    assert [one for one in page.evaluate("moved") if not one.startswith(steady)] == []
    timing = "getComputedStyle(document.querySelector('.target')).animationTimingFunction"
    assert page.evaluate(timing).startswith("steps(1")


def test_few_colours_are_enough(open_page: OpenPage, chat: Chat) -> None:
    """Where the system chooses the colours, controls still have edges and states can be told."""
    with talk(chat) as guest:
        page = open_tea(open_page, forced_colors="active", viewport=DESKTOP)
        guest.ask(t="send", room="milk", text="unread")
        page.locator("#rooms .unread:visible").wait_for()
        assert faults(page) == []
        edge = "part => parseFloat(getComputedStyle(part).borderTopWidth)"
        for part in ("#composer [type=submit]", "#text", "#join", "#log .reaction"):
            assert page.locator(part).first.evaluate(edge) >= 1, part
        outline = "part => getComputedStyle(part).outlineStyle + getComputedStyle(part).fontWeight"
        active, other = "#rooms a[aria-current]", "#rooms a:not([aria-current])"
        assert page.locator(active).evaluate(outline) != page.locator(other).evaluate(outline)


def test_text_that_runs_leftwards_does_so_in_its_own_line(open_page: OpenPage, chat: Chat) -> None:
    """In the log, in the field, and in the middle of a page that runs rightwards."""
    with talk(chat):
        page = open_tea(open_page)
        row = page.locator("#log .text", has_text="مرحبا").first
        assert row.evaluate("row => getComputedStyle(row).direction") == "rtl"
        page.fill("#text", "مرحبا")
        field = page.locator("#text")
        assert field.evaluate("field => getComputedStyle(field).direction") == "rtl"
        assert page.evaluate("getComputedStyle(document.documentElement).direction") == "ltr"
