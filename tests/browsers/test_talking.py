"""People talk, act on what was said, and move between rooms."""

import pytest
from selenium.webdriver import Keys

from tests.browsers.conftest import Machines, OpenPage
from tests.browsers.page import Page
from tests.chat import Chat
from tests.e2e.guest import enter

PHONE = (390, 700)
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>document.title = 'broken'</script>",
    "javascript:alert(1) [x](javascript:alert(1))",
    "\u202egnp.exe\u202c and then \u2066more",
    "w" * 4000,
    "Z" + "\u0301\u0316\u0334" * 200,
    "&lt;b&gt; &amp;",
]


def expect_no_overflow(page: Page) -> None:
    """Expect that nothing is wider than the window, or the log."""
    for part in ("document.documentElement", "document.getElementById('log')"):
        assert page.run(f"return {part}.scrollWidth - {part}.clientWidth") == 0, part


def test_a_fault_is_noticed(open_page: OpenPage, machines: Machines) -> None:
    """Whatever a page does wrong, or is forbidden, is in the console that the other tests read."""
    page = open_page()
    page.run("setTimeout(() => { throw new Error('an error') })")
    page.run("document.body.setAttribute('style', 'color: red')")
    page.run("return new Promise((done) => setTimeout(done, 100))")
    noticed = " ".join(machines(0).faults())
    assert "an error" in noticed
    assert "Content" in noticed


def test_two_people_meet(open_page: OpenPage) -> None:
    """Each is asked for a name once, and sees what either says, once and in order."""
    one = open_page(name=None)
    one.expect_focus("#nick")
    one.press(Keys.ESCAPE)
    one.find("dialog", "What shall we call you?")
    one.write("#nick", "  Ann   Smith \n")
    one.find("#status.open")
    one.expect_focus("#text")
    other = open_page(name="Bob")
    one.say("hello")
    other.kept("hello")
    other.write("#text", "good day")
    other.click("#composer button", "Send")
    one.kept("good day")
    for page in (one, other):
        page.expect_lines("hello", "good day")
        assert page.texts("#log .author") == ["Ann Smith", "Bob"]
        page.expect_focus("#text")
        page.expect("document.getElementById('text').value === ''")
    one.reload()
    one.kept("good day")
    one.expect_no("dialog")
    one.find("#people li", "Ann Smith (you)")


def test_a_message_is_answered_in_every_way(open_page: OpenPage) -> None:
    """By an emoji and by a reply; its author edits it, and deletes it after a question."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    ann.say("tee?")
    bob.act("tee?", "React")
    bob.press("rock", Keys.ENTER)
    bob.expect_no("dialog")
    ann.find("#log .reaction", "🤘 1")
    ann.click("#log .reaction")
    bob.find("#log .reaction", "🤘 2")
    bob.act("tee?", "Reply")
    bob.find(".draft-context", "Reply to")
    bob.expect_focus("#text")
    bob.press("with milk", Keys.ENTER)
    ann.kept("with milk")
    ann.find("#log .quote", "tee?")
    ann.write("#text", Keys.ARROW_UP)
    ann.find(".draft-context", "Editing a message")
    ann.press(Keys.BACKSPACE, Keys.BACKSPACE, "a?", Keys.ENTER)
    bob.find("#log .message", "edited")
    bob.expect_lines("tea?", "with milk")
    ann.act("tea?", "Delete")
    ann.find("dialog", "tea?")
    ann.press(Keys.ESCAPE)
    ann.expect_no("dialog")
    ann.act("tea?", "Delete")
    ann.click("dialog button", "Delete")
    bob.find("#log .text", "Message deleted")
    ann.expect_focus("#text")


def test_rooms_tell_what_is_unread(open_page: OpenPage, chat: Chat) -> None:
    """The list counts it, reading it ends that, and the browser's way back leads back."""
    page = open_page(name="Ann")
    page.join("tea")
    with enter(chat.ws, "Bob", "lobby") as guest:
        for text in ("one", "two"):
            guest.ask(t="send", room="lobby", text=text)
    page.find("#rooms li", "2")
    page.expect("document.title.startsWith('(2)')")
    page.click("#rooms a", "lobby")
    page.kept("two")
    page.expect_no("#rooms li", "2")
    page.find("#log .new", "New")
    page.back()
    page.find("h1", "tea")


@pytest.mark.parametrize("size", [PHONE, (1000, 700)], ids=["phone", "desktop"])
def test_hostile_text_is_text(open_page: OpenPage, chat: Chat, size: tuple[int, int]) -> None:
    """Nothing in a message runs, and nothing in it breaks the layout."""
    page = open_page(size=size)
    with enter(chat.ws, "Z" + "\u0301" * 31, "lobby") as guest:
        guest.ask(t="topic", room="lobby", text="t" * 250)
        for text in HOSTILE:
            guest.ask(t="send", room="lobby", text=text)
        guest.ask(t="react", room="lobby", seq=2, emoji="👍")
        page.kept(HOSTILE[-1])
        page.find("#log .reaction")
    page.expect("document.title === 'lobby · Chat'")
    assert page.run("return document.querySelectorAll('#log :is(img, script, b, i)').length") == 0
    expect_no_overflow(page)


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_one_thing_at_a_time(open_page: OpenPage, chat: Chat, width: int) -> None:
    """The talk, with the field below it; rooms, people and search come over it, and go again."""
    page = open_page(name="Ann", room="tea", size=(width, 700))
    page.say("hello")
    page.kept("hello")
    expect_no_overflow(page)
    bottom = "document.getElementById('composer').getBoundingClientRect().bottom"
    page.expect(f"Math.abs(innerHeight - {bottom}) < 1")
    page.expect_no("#rooms")
    page.click("#open-rooms")
    page.find("#rooms a", "tea")
    page.click("#rooms a", "tea")
    page.click("#open-people")
    page.find("#people li", "Ann (you)")
    page.press(Keys.ESCAPE)
    page.expect_no("#people")
    page.click("#open-search")
    page.write("#query", "hello\n")
    page.click("#search li button", "hello")
    page.expect_no("#search")
    page.find("#log .message.target", "hello")
