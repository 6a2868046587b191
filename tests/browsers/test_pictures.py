"""Pictures are made smaller, sent, seen and opened."""

from selenium.webdriver import Keys

from tests.browsers.conftest import OpenPage
from tests.png import png

WIDTH = "document.querySelector('#lines .picture.there img')?.naturalWidth === arguments[0]"


def test_a_picture_is_made_smaller_and_seen_by_the_other(open_page: OpenPage) -> None:
    """It opens by Enter, and Escape leaves it."""
    page, other = open_page(), open_page()
    page.attach("wide.png", png(3000, 100, is_heavy=True))
    page.find(".chips .done", "wide.png")
    page.say("look")
    other.kept("look")
    other.expect(WIDTH, 2048)
    other.run("document.querySelector('#lines .picture').focus()")
    other.press(Keys.ENTER)
    other.find("dialog.lightbox img")
    other.press(Keys.ESCAPE)
    other.expect_no("dialog.lightbox")
    other.expect_focus("#lines .picture")


def test_a_picture_outlives_a_reload(open_page: OpenPage) -> None:
    """With the draft that it goes with."""
    page, other = open_page(), open_page()
    page.attach("cat.png", png())
    page.find(".chips .done", "cat.png")
    page.expect("Object.keys(localStorage).some((name) => name.startsWith('trio-chat.draft.'))")
    page.reload()
    page.find(".chips .done", "cat.png")
    page.say("look")
    other.kept("look")
    other.expect(WIDTH, 60)
