"""Helpers: what a person does with the page and sees of it."""

import json
import time
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Error, Page, WebSocketRoute, expect

from tests.chat import PATIENCE, Chat

expect.set_options(timeout=PATIENCE * 1000)

SMALL = {"width": 500, "height": 400}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
SHOWS = """texts => {
    const shown = [...document.querySelectorAll("#log .text")].map((line) => line.textContent);
    return JSON.stringify(shown) === JSON.stringify(texts);
}"""


def pasted(page: Page) -> str:
    """Paste what was copied into the empty field, which the page itself cannot read; return it."""
    expect_field(page, "")
    page.locator("#text").press("ControlOrMeta+v")
    expect(page.locator("#text")).not_to_have_value("")
    return page.input_value("#text")


def say(page: Page, text: str) -> None:
    """Type a line and press Enter, or on a phone the button."""
    page.fill("#text", text)
    send(page)


def send(page: Page) -> None:
    """Send what is typed, as one does there."""
    if page.evaluate("matchMedia('(pointer: coarse) and (hover: none)').matches"):
        page.locator("#composer [type=submit]").tap()
    else:
        page.press("#text", "Enter")


def post(page: Page, text: str) -> None:
    """Say a line, and wait until the server has it."""
    say(page, text)
    wait_for_kept(page, text)


def reply_to_last(page: Page, text: str) -> None:
    """Write an answer to the last message, by keys alone, without sending it."""
    page.focus("#log")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("r")
    page.keyboard.type(text)


def expect_field(page: Page, text: str) -> None:
    """Expect the field to hold a text."""
    expect(page.locator("#text")).to_have_value(text)


def lines(page: Page) -> list[str]:
    """Return what the log shows."""
    return page.locator("#log .text").all_text_contents()


def expect_lines(texts: list[str], *pages: Page) -> None:
    """Expect the log of each page to show just these lines, as soon as it is drawn."""
    for page in pages:
        with suppress(Error):
            page.wait_for_function(SHOWS, arg=texts)
        assert lines(page) == texts


def wait_for(page: Page, text: str) -> None:
    """Wait until the log shows a line."""
    page.locator("#log .text", has_text=text).last.wait_for(state="attached")


def wait_for_kept(page: Page, text: str) -> None:
    """Wait until the log shows a line that the server has."""
    page.locator("#log .message:not(.outgoing) .text", has_text=text).last.wait_for()


def fill(page: Page, chat: Chat) -> None:
    """Have so many lines said, up to "line 99", that the log can be scrolled."""
    chat.say(*(f"line {count}" for count in range(100)))
    wait_for(page, "line 99")


def expect_end(page: Page) -> None:
    """Expect the end of the log to be in sight, to the pixel, as soon as it is drawn."""
    wait_until(page, "log.scrollHeight - log.scrollTop - log.clientHeight < 1")


Place = tuple[str, float]


TOP_LINE = """(() => {
    const edge = document.getElementById("log").getBoundingClientRect().top;
    const rows = [...document.querySelectorAll("#log .text")];
    const row = rows.find((row) => row.getBoundingClientRect().bottom > edge);
    return row ? [row.textContent, row.getBoundingClientRect().top - edge] : ["", 0];
})()"""
IS_AT = f"""([text, offset]) => {{
    const [line, now] = {TOP_LINE};
    return line === text && Math.abs(now - offset) <= 1;
}}"""


def top_line(page: Page) -> Place:
    """Return the line at the top edge of the log, and how far it is from there."""
    text, offset = page.evaluate(TOP_LINE)
    return str(text), float(offset)


def expect_place(page: Page, place: Place) -> None:
    """Expect the log to be where it was, to the pixel, as soon as it is drawn."""
    with suppress(Error):
        page.wait_for_function(IS_AT, arg=list(place))
    line, offset = top_line(page)
    assert line == place[0]
    assert abs(offset - place[1]) <= 1


def wait_until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression about ``log`` is true."""
    page.wait_for_function(
        f"() => {{ const log = document.getElementById('log'); return {condition} }}"
    )


def wait_while(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait while something is so that the page cannot tell, but no longer than for all else."""
    until = time.monotonic() + PATIENCE
    while is_so() and time.monotonic() < until:
        page.wait_for_timeout(50)


def scroll_to(page: Page, top: int) -> None:
    """Scroll the log, as with a wheel, and let the page draw what is there."""
    page.evaluate(
        """top => new Promise((drawn) => {
            document.getElementById("log").scrollTop = top;
            requestAnimationFrame(() => requestAnimationFrame(() => drawn()));
        })""",
        top,
    )


def join(page: Page, room: str, called: str = "") -> None:
    """Join a room by the form; it may be ``called`` something else."""
    page.get_by_label("Join another room").fill(room)
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(called or room)


def leave_room(page: Page, room: str) -> None:
    """Leave a room by its menu in the list, by keys alone."""
    page.locator("#rooms").get_by_role("button", name=f"Options for {room}").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Leave").press("Enter")


def open_room(page: Page, room: str) -> None:
    """Go to a room in the list."""
    page.get_by_role("navigation").get_by_role("link", name=room).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(room)


def take_the_slowest_pauses(page: Page) -> None:
    """Make random pauses as long as they can be."""
    page.add_init_script("Math.random = () => 0.999")


def take_endless_pauses(page: Page) -> None:
    """Make all pauses but the first so long that only something else can end them.

    The first is what the server asks for when it stops, which nothing ends.
    """
    page.add_init_script("let pauses = 0; Math.random = () => 10_000 * pauses++")


def come_back_unnoticed(page: Page, chat: Chat) -> None:
    """Stop the server, and start it again in an endless pause of the page."""
    chat.stop()
    page.get_by_text("Attempt 2 in").wait_for()
    chat.start()


def greet(socket: WebSocketRoute, message: str | bytes) -> None:
    """Answer a page's hello, and nothing else."""
    you = {"id": "0001", "nick": "Ann"}
    for request in json.loads(message):
        if request["t"] == "hello":
            answer = {"t": "welcome", "session": "token", "you": you, "epoch": "e1"}
            rest = {"id": request["id"], "ping_interval": 25, "limits": {"text": 4000}}
            socket.send(json.dumps([answer | rest]))


def limit(socket: WebSocketRoute, **limits: int) -> None:
    """Connect a page to the server, but have its welcome tell these limits instead of its own."""
    server = socket.connect_to_server()

    def pass_on(message: str | bytes) -> None:
        objects = json.loads(message)
        for welcome in (one for one in objects if one["t"] == "welcome"):
            welcome["limits"] |= limits
        socket.send(json.dumps(objects))

    if limits:
        server.on_message(pass_on)


def read_back(page: Page, first: str) -> list[str]:
    """Return all lines of a room from ``first`` on by scrolling up; each must be another one."""
    read = lines(page)
    for _ in range(200):
        if read[0] == first:
            break
        page.evaluate("document.getElementById('log').scrollTop -= 500")
        page.wait_for_timeout(30)
        shown = lines(page)
        read = shown[: shown.index(read[0])] + read
    return read
