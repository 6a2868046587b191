"""The server goes and returns, and people close the page and return."""

from signal import SIGKILL

from selenium.webdriver import Keys

from tests.browsers.conftest import OpenPage
from tests.chat import Chat


def test_what_is_written_without_a_server_is_sent_when_it_is_back(
    open_page: OpenPage, chat: Chat
) -> None:
    """The page says that it is away, keeps what is written, and needs no reload."""
    page, other = open_page(), open_page()
    page.say("before")
    other.kept("before")
    chat.stop(SIGKILL)
    page.find("#banner", "The connection is lost")
    page.say("written while away")
    page.find("#log .outgoing", "Will be sent")
    chat.start()
    for one in (page, other):
        one.expect_return()
        one.kept("written while away")
        one.expect_no("#banner")
        one.expect_lines("before", "written while away")


def test_the_page_opens_without_a_server(open_page: OpenPage, chat: Chat) -> None:
    """With the latest lines; what is written there is sent once, afterwards."""
    page = open_page(room="tea")
    page.say("before")
    page.kept("before")
    page.expect("navigator.serviceWorker.controller !== null")
    page.expect_cached("tea", "before")
    chat.stop()
    page.find("#banner")
    page.reload()
    page.find("#log .text", "before")
    page.say("written offline")
    page.reload()
    page.find("#log .outgoing .text", "written offline")
    chat.start()
    page.expect_return()
    page.kept("written offline")
    page.expect_lines("before", "written offline")


def test_a_draft_is_there_again(open_page: OpenPage) -> None:
    """After a look at another room, and after a reload; with its lines, and the field as high."""
    page = open_page(room="tea")
    page.write("#text", f"half a{Keys.SHIFT}{Keys.ENTER}{Keys.SHIFT}thought")
    height = page.run("return document.getElementById('text').clientHeight")
    page.join("milk")
    page.expect("document.getElementById('text').value === ''")
    page.reload()
    page.find("#status.open")
    page.click("#rooms a", "tea")
    page.expect("document.getElementById('text').value === 'half a\\nthought'")
    page.expect("document.getElementById('text').clientHeight === arguments[0]", height)
