"""Scripts of the page that do not come at once."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import expect_field, expect_lines, say, wait_for, wait_for_kept

PAUSES = 5  # before each of which the page asks why a script did not come
OFF = "runs on JavaScript"
# A browser that is too busy to draw: its frames are drawn when `drawFrames` is called.
NO_FRAMES = """() => {
    const [draw, waiting] = [requestAnimationFrame.bind(window), []];
    window.requestAnimationFrame = (call) => waiting.push(call);
    window.drawFrames = () => {
        window.requestAnimationFrame = draw;
        waiting.forEach((call) => call(performance.now()));
    };
}"""


@pytest.fixture
def visit(browser: Browser, chat: Chat) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page without a look at what the browser logs of failures."""
    contexts = []

    def open_it(
        script: str,
        fail: Callable[[Route], object],
        locale: str | None = None,
        until: Literal["commit", "load"] = "load",
    ) -> Page:
        context = browser.new_context(service_workers="block", locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.clock.install()
        page.add_init_script("localStorage['trio-chat.nick'] ??= JSON.stringify('Ann')")
        page.route(f"**/{script}", fail)
        page.goto(f"{chat.url}r/tea", wait_until=until)
        return page

    yield open_it
    for context in contexts:
        context.close()


def failing(times: float, status: int) -> Callable[[Route], object]:
    """Return what answers so many requests with a status, 0 for none at all, and lets others be."""
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) > times:
            route.continue_()
        elif status:
            route.fulfill(status=status, body="no")
        else:
            route.abort()

    return answer


@pytest.mark.parametrize(
    "script", ["boot.js", "main.js", "deferred.js", "installed.js", "governing-en.js"]
)
def test_a_script_that_is_refused_at_first_is_loaded_again(
    visit: Callable[..., Page], script: str
) -> None:
    """By itself, and all works then."""
    page = visit(script, failing(2, 429))
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    expect(page.locator("#loading")).to_have_count(0)
    say(page, "hello")
    wait_for(page, "hello")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (429, "too many requests"),
        (503, "too much to do"),
        (0, "cannot be reached"),
        (404, "A part"),
    ],
)
def test_the_page_says_why_a_script_does_not_come(
    visit: Callable[..., Page], status: int, reason: str
) -> None:
    """And not that JavaScript is off."""
    page = visit("main.js", failing(float("inf"), status))
    expect(page.locator("#loading")).to_contain_text(reason)
    expect(page.get_by_text(OFF)).to_be_hidden()


def test_it_says_so_in_the_language_of_the_browser(visit: Callable[..., Page]) -> None:
    """As all else."""
    page = visit("boot.js", failing(float("inf"), 429), locale="de-AT")
    expect(page.locator("#loading")).to_contain_text("zu viele Anfragen")
    expect(page.locator("#loading")).to_have_attribute("lang", "de")


def test_a_language_that_does_not_come_at_first_is_loaded_again(
    visit: Callable[..., Page],
) -> None:
    """The page speaks it then."""
    page = visit("fr.js", failing(1, 503), locale="fr")
    expect(page.locator("#status")).to_have_text("Connecté")


def test_a_page_that_gets_no_script_gives_up(visit: Callable[..., Page]) -> None:
    """After a few tries, and says so."""
    asked: list[Route] = []

    def refuse(route: Route) -> None:
        asked.append(route)
        route.fulfill(status=429, body="no")

    page = visit("main.js", refuse)
    line = page.locator("#loading")
    while "Please load it again" not in line.inner_text():
        page.clock.run_for(1_000)
    count = len(asked)
    page.clock.run_for(60_000)
    # The page asks twice, and what loads it again before and after each pause.
    assert len(asked) == count == 2 + 2 * PAUSES


def test_what_is_written_before_the_scripts_come_is_kept(visit: Callable[..., Page]) -> None:
    """And to press a button of a form that early loads no other page."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = visit("main.js", hold, until="commit")
    page.fill("#text", "early bird")
    for form in ("#composer", "#rooms form"):
        page.evaluate(f"document.querySelector('{form} [type=submit]').click()")
    for route in held:
        route.continue_()
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    expect_field(page, "early bird")
    page.press("#text", "Enter")
    wait_for_kept(page, "early bird")


def test_what_is_written_early_is_behind_what_was_written_before(
    visit: Callable[..., Page],
) -> None:
    """Neither replaces the other."""
    page = visit("unknown.js", failing(0, 0))
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    page.evaluate(
        "localStorage['trio-chat.draft.tea'] = JSON.stringify({ text: 'yesterday', at: 1 })"
    )
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/main.js", hold)
    page.reload(wait_until="commit")
    page.fill("#text", "today")
    for route in held:
        route.continue_()
    expect_field(page, "yesterday\ntoday")


def test_a_message_is_sent_before_the_first_frame(open_page: OpenPage) -> None:
    """Once, and the field is empty then."""

    def prepare(page: Page) -> None:
        page.add_init_script(f"({NO_FRAMES})()")

    page = open_page(wait=False, prepare=prepare)
    page.wait_for_selector("#loading", state="detached")
    say(page, "early bird")
    expect_field(page, "")
    page.evaluate("drawFrames()")
    wait_for_kept(page, "early bird")
    expect_lines(["early bird"], page)
