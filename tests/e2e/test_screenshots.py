"""Screenshots of the page's main states: light, dark, on a phone, mirrored, enlarged, refused."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import Guest, enter
from tests.e2e.looking import PHONE, say, take_the_slowest_pauses, wait_for

MORNING = datetime(2026, 5, 4, 9, 41)  # noqa: DTZ001 - as the clock on the wall says
TALK = [
    ("Mira", "Good morning! The workshop starts in ten minutes, in the room on the left."),
    ("Mira", "Coffee is by the window."),
    ("Jonas", "Is there a link to the slides?"),
    ("Mira", "Yes: on the screen, and in the handout."),
    ("Yasmin", "صباح الخير"),
    (
        "Tomoko",
        (
            "We are three in the corridor and cannot find the door. It is the blue one, right? "
            "Or the one beside the blue one, with the poster on it?"
        ),
    ),
    ("Jonas", "The one with the poster."),
    ("Tomoko", "Found it, thanks!"),
]
LAST = TALK[-1][1]
REFUSED = "Is there any coffee left?"  # what the server takes from nobody
DESKTOP = {"width": 1100, "height": 680}
# What a window of 1280 by 1024 has at a zoom, in pixels of the page.
TWICE, FOUR_TIMES = {"width": 640, "height": 512}, {"width": 320, "height": 256}


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the pictures go: ``--screenshots DIR`` keeps them."""
    folder = Path(request.config.getoption("--screenshots") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def brightness(page: Page) -> int:
    """Return how light the page is, from 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return int(colour.partition("(")[2].partition(",")[0])


@contextmanager
def talk(chat: Chat) -> Iterator[Guest]:
    """Have people talk in the lobby, and stay there within the context; return Jonas."""
    with ExitStack() as stack:
        nicks = dict.fromkeys(nick for nick, _ in TALK)
        guests = {
            nick: stack.enter_context(enter(chat.ws, nick, "lobby", "coffee")) for nick in nicks
        }
        guests["Mira"].ask(t="topic", room="lobby", text="Monday's workshop: where, when, what")
        for nick, text in TALK:
            guests[nick].ask(t="send", room="lobby", text=text)
        guests["Jonas"].ask(t="react", room="lobby", seq=3, emoji="☕")
        guests["Tomoko"].ask(t="react", room="lobby", seq=3, emoji="☕")
        yield guests["Jonas"]


def live_in_the_morning(page: Page) -> None:
    """Make times and pauses the same in every run."""
    page.clock.set_fixed_time(MORNING)
    take_the_slowest_pauses(page)
    page.route_web_socket("**/ws", date)


def date(socket: WebSocketRoute) -> None:
    """Set the times of all events, half a minute apart, and the ids of people."""
    server = socket.connect_to_server()
    start = MORNING.timestamp() * 1000 - 300_000
    socket.on_close(lambda code, reason: server.close(code=code, reason=reason))

    def dated(said: dict[str, Any]) -> dict[str, Any]:
        if "seq" in said and "ts" in said:
            said["ts"] = int(start + said["seq"] * 30_000)
        if "nick" in said:
            said["id"] = f"person {said['nick']}"  # ids are random, and choose the colours
        return said

    def pass_on(message: str | bytes) -> None:
        for request in json.loads(message):
            if request.get("text") == REFUSED:
                error = {"t": "error", "code": "no", "text": "the room is closed"}
                socket.send(json.dumps([error | {"id": request["id"]}]))
            else:
                server.send(json.dumps([request]))

    socket.on_message(pass_on)
    server.on_message(lambda frame: socket.send(json.dumps(json.loads(frame, object_hook=dated))))


def visit(
    open_page: OpenPage, size: dict[str, int], scheme: str, room: str = "", locale: str = "en-GB"
) -> Page:
    """Open the page as Lea, on a screen that shows fine detail."""
    return open_page(
        name="Lea",
        room=room,
        prepare=live_in_the_morning,
        viewport=size,
        color_scheme=scheme,
        device_scale_factor=2,
        locale=locale,
    )


def picture(page: Page, folder: Path, name: str) -> None:
    """Take a picture, with no cursor blinking in it."""
    page.screenshot(path=folder / f"{name}.png", caret="hide")


@pytest.mark.parametrize(
    ("name", "scheme", "size"),
    [("light", "light", DESKTOP), ("dark", "dark", DESKTOP), ("phone", "light", PHONE)],
)
def test_the_page_as_people_see_it(
    open_page: OpenPage, chat: Chat, pictures: Path, name: str, scheme: str, size: dict[str, int]
) -> None:
    """It is light or dark as the system is, and as large as its window."""
    with talk(chat) as jonas:
        page = visit(open_page, size, scheme, room="coffee")
        page.evaluate("document.getElementById('join').value = 'lobby'")
        page.evaluate("document.querySelector('#rooms form').requestSubmit()")
        wait_for(page, LAST)
        jonas.ask(t="send", room="coffee", text="Two with milk, please.")
        expect(page).to_have_title("(1) lobby · Chat")
        picture(page, pictures, name)
    assert (brightness(page) > 128) == (scheme == "light")
    log, field = (page.locator(part).bounding_box() for part in ("#log", "#text"))
    assert log
    assert field
    assert log["height"] > size["height"] / 2
    assert field["y"] + field["height"] <= size["height"]


@pytest.mark.parametrize(
    ("name", "size", "locale"),
    [
        ("mirrored", DESKTOP, "ar"),
        ("enlarged-200", TWICE, "en-GB"),
        ("enlarged-400", FOUR_TIMES, "en-GB"),
    ],
)
def test_the_page_mirrored_and_enlarged(
    open_page: OpenPage, chat: Chat, pictures: Path, name: str, size: dict[str, int], locale: str
) -> None:
    """Nothing has to be scrolled sideways; what was said last and the field are in sight."""
    with talk(chat):
        page = visit(open_page, size, "light", locale=locale)
        wait_for(page, LAST)
        expect(page.locator("#log .text").last).to_be_in_viewport()
        expect(page.locator("#text")).to_be_in_viewport(ratio=1)
        picture(page, pictures, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate("document.documentElement.dir") == ("rtl" if locale == "ar" else "ltr")


def test_what_can_be_done_with_a_message(open_page: OpenPage, chat: Chat, pictures: Path) -> None:
    """A bar on the message that is pointed at; it has more on one's own."""
    with talk(chat):
        page = visit(open_page, DESKTOP, "light")
        wait_for(page, LAST)
        question = page.locator("#log .message", has_text="Is there a link")
        question.hover()
        page.get_by_role("toolbar", name="Actions").get_by_role("button", name="Reply").click()
        say(page, "They are on **https://example.org/slides**, too.")
        answer = page.locator("#log .message:not(.outgoing)", has_text="They are on")
        answer.hover()
        page.get_by_role("toolbar", name="Actions").get_by_role("button", name="Edit").hover()
        picture(page, pictures, "actions")
    offered = page.get_by_role("toolbar", name="Actions").get_by_role("button")
    expect(offered).to_have_count(7)  # one more than on what others said


def test_the_page_without_a_connection(open_page: OpenPage, chat: Chat, pictures: Path) -> None:
    """The conversation so far stays in sight, and what is written waits there."""
    with talk(chat):
        page = visit(open_page, PHONE, "dark")
        wait_for(page, LAST)
        chat.stop()
    page.get_by_role("alert").wait_for()
    say(page, "See you at the break.")
    page.get_by_text("Will be sent once connected").wait_for()
    page.get_by_text("Attempt 5 in 8 s.").wait_for()
    picture(page, pictures, "away")
    expect(page.get_by_text(LAST)).to_be_visible()
    chat.start()


def test_a_search(open_page: OpenPage, chat: Chat, pictures: Path) -> None:
    """What was found is in a column of its own, with what matches marked."""
    with talk(chat):
        page = visit(open_page, DESKTOP, "light")
        wait_for(page, LAST)
        page.get_by_role("button", name="Search messages").click()
        page.get_by_role("searchbox").fill("the poster")
        page.keyboard.press("Enter")
        expect(page.locator("#search li")).to_have_count(2)
        picture(page, pictures, "search")
    expect(page.locator("#log")).to_be_visible()


def test_the_panels_on_a_phone(open_page: OpenPage, chat: Chat, pictures: Path) -> None:
    """They come from below, over what is said."""
    with talk(chat):
        page = visit(open_page, PHONE, "light")
        wait_for(page, LAST)
        page.get_by_role("button", name="People").click()
        picture(page, pictures, "people")
    expect(page.get_by_role("complementary", name="People")).to_be_visible()


def test_the_question_for_a_name(open_page: OpenPage, pictures: Path) -> None:
    """It is all that there is to do at a first visit."""
    page = open_page(
        name=None, wait=False, viewport=PHONE, color_scheme="light", device_scale_factor=2
    )
    expect(page.get_by_role("dialog")).to_be_visible()
    picture(page, pictures, "name")


def test_a_message_that_was_not_sent(open_page: OpenPage, chat: Chat, pictures: Path) -> None:
    """The reason is beside it, and what to do about it."""
    with talk(chat):
        page = visit(open_page, DESKTOP, "dark")
        wait_for(page, LAST)
        say(page, REFUSED)
        page.get_by_role("button", name="Retry").wait_for()
        page.locator("#newer").wait_for(state="hidden")
        picture(page, pictures, "refused")
    expect(page.get_by_text("Not sent. The room is closed.")).to_be_visible()
