"""People read: further back, at the end, and what they search for."""

from tests.browsers.conftest import OpenPage
from tests.chat import Chat

SMALL = (500, 400)


def fill(chat: Chat, number: int) -> list[str]:
    """Have a number of lines said."""
    said = [f"line {count}" for count in range(number)]
    chat.say(*said)
    return said


def test_earlier_messages_come_without_moving_what_is_read(open_page: OpenPage, chat: Chat) -> None:
    """Scrolling up is enough, up to the very first one; what is said meanwhile moves nothing."""
    said = fill(chat, 250)
    page = open_page(size=SMALL)
    page.kept(said[-1])
    page.expect_end()
    page.scroll(40)
    place = page.place()
    page.expect("log.scrollTop > 1000")
    page.expect_place(place)
    chat.say("while you read")
    page.find("#newer", "1 new message")
    page.expect_place(place)
    for _ in range(3):
        page.scroll(0)
    page.kept(said[0])
    shown = page.lines()
    assert shown == said[: len(shown)]


def test_the_end_is_followed(open_page: OpenPage, chat: Chat) -> None:
    """Also after a way back to it, and when a keyboard takes room."""
    said = fill(chat, 100)
    page = open_page(size=SMALL)
    page.kept(said[-1])
    page.scroll(500)
    page.find("#newer", "To the latest messages")
    chat.say("while you read")
    page.click("#newer", "1 new message")
    page.kept("while you read")
    page.expect_end()
    chat.say("and now")
    page.kept("and now")
    page.expect_end()
    page.resize(500, 250)
    page.expect("log.clientHeight < 150")
    page.expect_end()


def test_a_search_leads_to_the_message(open_page: OpenPage, chat: Chat) -> None:
    """With what is around it, however long ago; days narrow it."""
    chat.say("the needle", *(f"line {count}" for count in range(300)))
    page = open_page()
    page.kept("line 299")
    page.click("#open-search")
    page.expect_focus("#query")
    page.write("#query", "needle\n")
    page.find("#search li mark", "needle")
    page.click("#search li button")
    page.find("#log .message.target", "the needle")
    page.kept("line 0")
    page.expect_no("#log .text", "line 299")
    page.click("#search summary")
    page.run("document.getElementById('since').value = '2999-01-01'")
    page.write("#query", "\n")
    page.find("#search [role=status]", "0 messages")
    page.expect_no("#search li")
