"""Pictures of the page's main states: light, dark, on a phone, without a connection."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Chat, OpenPage
from tests.e2e.test_page import wait_for

MORNING = "2026-05-04T09:41:00"
TALK = [
    "Good morning! The workshop starts in ten minutes, in the room on the left.",
    "Coffee is by the window.",
    "Is there a link to the slides?",
    "Yes: on the screen, and in the handout.",
    "صباح الخير",
    (
        "We are three in the corridor and cannot find the door. It is the blue one, right? "
        "Or the one beside the blue one, with the poster on it?"
    ),
    "The one with the poster.",
    "Found it, thanks!",
]
DESKTOP = {"width": 960, "height": 540}
PHONE = {"width": 390, "height": 700}


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


@pytest.mark.parametrize(
    ("name", "scheme", "size"),
    [("light", "light", DESKTOP), ("dark", "dark", DESKTOP), ("phone", "light", PHONE)],
)
def test_the_page_as_people_see_it(
    open_page: OpenPage, chat: Chat, pictures: Path, name: str, scheme: str, size: dict[str, int]
) -> None:
    """It is light or dark as the system is, and as large as its window."""
    page = open_page(
        prepare=lambda page: page.clock.set_fixed_time(MORNING),
        viewport=size,
        color_scheme=scheme,
        device_scale_factor=2,
        locale="en-GB",
    )
    chat.say(*TALK)
    wait_for(page, TALK[-1])
    page.screenshot(path=pictures / f"{name}.png")
    assert (brightness(page) > 128) == (scheme == "light")
    log, field = (page.locator(part).bounding_box() for part in ("#log", "#text"))
    assert log
    assert field
    assert log["height"] > size["height"] / 2
    assert field["y"] + field["height"] <= size["height"]


def test_the_page_without_a_connection(open_page: OpenPage, chat: Chat, pictures: Path) -> None:
    """The conversation so far stays in sight."""
    page = open_page(viewport=PHONE, color_scheme="dark", device_scale_factor=2, locale="en-GB")
    chat.say(*TALK)
    wait_for(page, TALK[-1])
    chat.stop()
    page.get_by_role("alert").wait_for()
    page.fill("#text", "See you at the")
    page.screenshot(path=pictures / "away.png")
    assert page.get_by_text(TALK[-1]).is_visible()
    chat.start()
