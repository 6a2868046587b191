"""What messages can hold and what helps with writing them."""

import re

from playwright.sync_api import Keyboard, Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import PHONE, expect_field, join, post, say, wait_for, wait_for_kept
from tests.e2e.test_access import faults

MARKS = (
    "> *so* he said\nbuy\n- tea\n- ~~milk~~\n1. one\n2. two\nsee [the plan](https://a.example/b)"
)
CODE = '```python\nfor n in (1, 2):  # all\n    print("tea")\n```'


def test_marks_and_code_are_shown(open_page: OpenPage) -> None:
    """Quotes, lists, strikes, links that tell where they lead, code in colours."""
    page = open_page(room="tea")
    say(page, MARKS)
    say(page, CODE)
    text = page.locator("#log .text").first
    expect(text.locator("blockquote em")).to_have_text("so")
    expect(text.locator("ul li")).to_have_text(["tea", "milk"])
    expect(text.locator("ol li")).to_have_text(["one", "two"])
    expect(text.locator("s")).to_have_text("milk")
    expect(text.get_by_role("link")).to_have_text("the plan (a.example)")
    expect(page.locator("#log pre .code-word")).to_have_text(["for", "in"])
    expect(page.locator("#log pre .code-comment")).to_have_text("# all")
    say(page, "@nobody, @here")
    expect(page.locator("#log .text .name")).to_have_text(["@here"])
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert faults(page) == []


def test_long_pastes_fold(open_page: OpenPage) -> None:
    """After 20 lines; a button shows the rest, and the log stays at its end."""
    page = open_page(room="tea")
    page.focus("#text")
    page.keyboard.insert_text("\n".join(f"line {number}" for number in range(40)))
    page.keyboard.press("Enter")
    wait_for_kept(page, "line 39")
    text = page.locator("#log .text")
    height = "(one) => one.clientHeight"
    folded = text.evaluate(height)
    button = page.get_by_role("button", name="Show all 40 lines")
    assert faults(page) == []
    button.press("Enter")
    expect(button).to_have_count(0)
    assert text.evaluate(height) > 1.8 * folded
    expect(page.locator("#log .message")).to_be_focused()


def test_emoji_come_as_one_types(open_page: OpenPage) -> None:
    """Emoticons and codes; what is sent is that, and it can be undone."""
    page = open_page(room="tea")
    page.focus("#text")
    page.keyboard.type("a :tad")
    page.wait_for_function("() => document.querySelector('#suggestions li') !== null")
    page.fill("#text", "")
    page.keyboard.type("well :) and :tada: <3")
    expect_field(page, "well 🙂 and 🎉 <3")
    page.keyboard.press("Enter")
    wait_for_kept(page, "well 🙂 and 🎉 ❤️")
    page.keyboard.type("so :) ")
    expect_field(page, "so 🙂 ")
    page.keyboard.press("ControlOrMeta+z")
    expect_field(page, "so :) ")


def test_buttons_put_marks(open_page: OpenPage) -> None:
    """By keys; they can be hidden for good, and the help stays until it is closed."""
    page = open_page(room="tea")
    page.fill("#text", "tea")
    page.locator("#text").select_text()
    bar = page.get_by_role("toolbar", name="Marks in messages")
    bar.get_by_role("button", name="Bold").click()
    expect_field(page, "**tea**")
    expect(page.locator("#text")).to_be_focused()
    bar.get_by_role("button", name="Quote").press("Enter")
    expect_field(page, "> **tea**")
    assert faults(page) == []
    page.fill("#text", "/help")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Help with writing")
    expect(dialog).to_contain_text("/topic TEXT")
    assert faults(page) == []
    page.keyboard.press("Escape")
    bar.get_by_role("button", name=re.compile("^Hide")).click()
    expect(bar).to_be_hidden()
    page.reload()
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    expect(bar).to_be_hidden()


def test_on_phones_enter_breaks_the_line(open_page: OpenPage) -> None:
    """And a button sends."""
    page = open_page(room="tea", viewport=PHONE, has_touch=True, is_mobile=True)
    page.focus("#text")
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    expect_field(page, "one\ntwo")
    page.get_by_role("button", name="Send").tap()
    wait_for_kept(page, "one\ntwo")


def test_a_message_is_sent_on_to_another_room(open_page: OpenPage, chat: Chat) -> None:
    """As a quote that tells who said it, by keys alone."""
    page = open_page(room="cake", name="Ann")
    join(page, "tea")
    with enter(chat.ws, "Ben", "tea") as ben:
        ben.ask(t="send", room="tea", text="two\nlines")
    wait_for(page, "lines")
    page.focus("#log")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Send on to a room")
    expect(dialog.get_by_role("option")).to_have_text(re.compile("cake"))
    assert faults(page) == []
    page.keyboard.press("Enter")
    page.get_by_role("navigation").get_by_role("link", name="cake").click()
    expect(page.locator("#log blockquote")).to_have_text("two\nlines")
    expect(page.locator("#log .text")).to_contain_text("Ben said:")


def test_the_search_is_in_all_rooms_and_as_one_types(open_page: OpenPage) -> None:
    """A hit in another room leads there; beginnings of words are enough."""
    page = open_page(room="cake")
    post(page, "lemonade is here")
    join(page, "tea")
    post(page, "a lemon")
    open_search(page).type("lemo")
    hits = page.locator("#search li")
    expect(hits).to_have_count(1)
    page.get_by_role("checkbox", name="In all my rooms").check()
    page.locator("#query").fill("lem")
    expect(hits).to_have_count(2)
    expect(hits.nth(1)).to_contain_text("#cake")
    assert faults(page) == []
    hits.nth(1).get_by_role("button").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("cake")
    expect(page.locator("#log .message:focus")).to_contain_text("lemonade")


def open_search(page: Page) -> Keyboard:
    """Open the search by keys; return the keyboard, as the field has the focus."""
    page.locator("#open-search").press("Enter")
    expect(page.locator("#query")).to_be_focused()
    return page.keyboard
