"""Actions on messages, by mouse, keys and touch: react, reply, edit, delete, copy."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import (
    DESKTOP,
    PHONE,
    expect_field,
    expect_lines,
    pasted,
    post,
    say,
    wait_for,
    wait_for_kept,
)
from tests.e2e.test_access import faults
from tests.e2e.test_outbox import WAITS, Line

HOSTILE = [
    "<img src=x onerror=alert(1)><b>bold</b>",
    "\u202egnp.exe \u2066 isolated",
    "Z" + "\u0351\u0358\u0360" * 200 + "algo",
    "javascript:alert(1) [x](javascript:alert(1))",
    "w" * 4000,
]


def row(page: Page, text: str) -> Locator:
    """Return the row of the log with a text."""
    return page.locator("#log .message", has=page.locator(".text", has_text=text)).last


def act(page: Page, text: str, action: str) -> None:
    """Point at a message, and press a button of its bar."""
    row(page, text).hover()
    page.get_by_role("toolbar", name="Actions").get_by_role("button", name=action).click()


def answer(page: Page, choice: str) -> None:
    """Answer the question that is asked."""
    page.get_by_role("dialog").get_by_role("button", name=choice).click()


def test_somebody_reacts_to_a_message(open_page: OpenPage) -> None:
    """With a common emoji; choosing it again removes the reaction."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    say(other, "tea?")
    wait_for(page, "tea?")
    act(page, "tea?", "React")
    page.get_by_role("dialog").get_by_role("button", name="👍 thumbsup").first.click()
    expect(row(other, "tea?").locator(".reaction")).to_have_text("👍 1")
    act(page, "tea?", "React")
    page.get_by_role("dialog").get_by_role("button", name="👍 thumbsup").first.click()
    expect(row(other, "tea?").locator(".reaction")).to_have_count(0)


def test_an_emoji_is_found_by_its_name_with_keys_alone(open_page: OpenPage) -> None:
    """Typing goes to the search field, Enter takes the first hit."""
    page = open_page()
    post(page, "tea?")
    page.press("#text", "Shift+Tab")
    page.focus("#log")
    page.keyboard.press("ArrowUp")
    expect(row(page, "tea?")).to_be_focused()
    page.keyboard.press("+")
    expect(page.get_by_role("dialog")).to_be_visible()
    choice, line = (one.bounding_box() for one in (page.locator(".picker"), row(page, "tea?")))
    assert choice
    assert line
    middle = line["x"] + line["width"] / 2
    assert choice["x"] + choice["width"] > middle  # at the side where the bar was
    page.keyboard.press("ArrowRight")
    expect(page.locator(".picker div:first-child button").nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".picker input")).to_be_focused()
    page.keyboard.type("rock")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, "tea?").locator(".reaction")).to_have_count(1)


def test_somebody_replies_to_a_message(open_page: OpenPage) -> None:
    """The quoted message is above the field while they write, and above the reply then."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    say(other, "tea?")
    wait_for(page, "tea?")
    act(page, "tea?", "Reply")
    expect(page.locator(".draft-context")).to_contain_text("Reply to")
    expect(page.locator(".draft-context .quote")).to_have_text("Bobtea?")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("with milk")
    page.keyboard.press("Enter")
    expect(row(other, "with milk").locator(".quote")).to_have_text("Bobtea?")
    expect(page.locator(".draft-context")).to_be_hidden()
    say(page, "and sugar")
    wait_for_kept(other, "and sugar")
    expect(row(other, "and sugar").locator(".quote")).to_have_count(0)


def test_a_reply_is_given_up_and_what_was_written_stays(open_page: OpenPage) -> None:
    """By Escape, and by the button."""
    page = open_page()
    post(page, "tea?")
    for by_escape in (True, False):
        act(page, "tea?", "Reply")
        page.fill("#text", "with milk")
        if by_escape:
            page.press("#text", "Escape")
        else:
            page.get_by_role("button", name="Do not reply").click()
        expect(page.locator(".draft-context")).to_be_hidden()
        expect_field(page, "with milk")
    page.press("#text", "Enter")
    wait_for_kept(page, "with milk")
    expect(page.locator("#log .quote")).to_have_count(0)


def test_the_last_message_is_edited_with_up(open_page: OpenPage) -> None:
    """Everybody sees the new text; Escape leaves the message as it is."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    say(page, "tee?")
    wait_for(other, "tee?")
    say(other, "what?")
    wait_for(page, "what?")
    page.press("#text", "ArrowUp")
    expect(page.locator(".draft-context")).to_contain_text("Editing a message")
    expect_field(page, "tee?")
    page.keyboard.type(" no!")
    page.press("#text", "Escape")
    expect_field(page, "")
    page.press("#text", "ArrowUp")
    page.fill("#text", "tea?")
    page.press("#text", "Enter")
    expect(other.locator("#log .text")).to_have_text(["tea?", "what?"])
    expect(row(other, "tea?").locator(".edited")).to_have_text("edited")
    expect_field(page, "")


def test_what_was_being_written_is_there_again_after_an_edit(open_page: OpenPage) -> None:
    """Also after one that was cancelled; an edit without a change is not sent."""
    page = open_page()
    post(page, "tea?")
    page.fill("#text", "half a thought")
    act(page, "tea?", "Edit")
    expect_field(page, "tea?")
    page.press("#text", "Escape")
    expect_field(page, "half a thought")
    act(page, "tea?", "Edit")
    page.press("#text", "Enter")
    expect_field(page, "half a thought")
    page.wait_for_timeout(200)
    expect(page.locator("#log .edited")).to_have_count(0)


def test_nobody_edits_or_deletes_what_others_said(open_page: OpenPage) -> None:
    """The bar offers what can be done, and Up passes over it."""
    page, other = open_page(), open_page()
    say(other, "tea?")
    wait_for(page, "tea?")
    row(page, "tea?").hover()
    bar = page.get_by_role("toolbar", name="Actions")
    expect(bar.get_by_role("button", name="Delete")).to_have_count(0)
    expect(bar.get_by_role("button", name="Edit")).to_have_count(0)
    page.press("#text", "ArrowUp")
    expect_field(page, "")


def test_a_message_is_deleted_after_a_question(open_page: OpenPage) -> None:
    """The question shows the message; "Keep it" deletes nothing."""
    page, other = open_page(), open_page()
    say(page, "oops")
    wait_for(other, "oops")
    wait_for_kept(page, "oops")
    act(page, "oops", "Delete")
    expect(page.get_by_role("dialog")).to_contain_text("oops")
    answer(page, "Keep it")
    act(page, "oops", "Delete")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_lines(["oops"], other)
    act(page, "oops", "Delete")
    answer(page, "Delete")
    expect(other.locator("#log .text")).to_have_text(["Message deleted"])
    expect(page.locator("#text")).to_be_focused()


def test_all_of_it_is_done_without_a_mouse(open_page: OpenPage) -> None:
    """Up leads to a message, Enter into its bar, Escape back, letters do it at once."""
    page = open_page()
    post(page, "one")
    page.focus("#log")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    bar = page.get_by_role("toolbar", name="Actions")
    expect(bar.get_by_role("button", name="React")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bar.get_by_role("button", name="Reply")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, "one")).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator(".draft-context")).to_contain_text("Reply to")
    expect_field(page, "")
    page.keyboard.press("Escape")
    page.focus("#log")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("e")
    expect_field(page, "one")
    page.keyboard.press("Escape")
    page.focus("#log")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    answer(page, "Delete")
    expect(page.locator("#log .text")).to_have_text(["Message deleted"])


def test_a_text_is_copied(open_page: OpenPage) -> None:
    """As it was written, with its marks."""
    page = open_page(permissions=["clipboard-write"])
    say(page, "**tea** & <milk>")
    wait_for_kept(page, "tea & <milk>")
    act(page, "tea", "Copy text")
    expect(page.locator("#notice")).to_contain_text("Copied.")
    assert pasted(page) == "**tea** & <milk>"


def test_a_tap_shows_what_can_be_done(open_page: OpenPage) -> None:
    """On a phone there is nothing to point with; a tap elsewhere hides it."""
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    post(page, "tea?")
    bar = page.get_by_role("toolbar", name="Actions")
    expect(bar).to_have_count(0)
    row(page, "tea?").locator(".text").tap()
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="React").tap()
    page.get_by_role("dialog").get_by_role("button", name="❤️ heart").first.tap()
    expect(row(page, "tea?").locator(".reaction")).to_have_text("❤️ 1")
    page.locator("#text").tap()
    expect(bar).to_have_count(0)


def test_what_waits_to_be_sent_is_edited_and_taken_back(open_page: OpenPage) -> None:
    """The server gets the final text, once."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page()
    line.cut()
    for text in ("one", "two", "thre"):
        say(page, text)
    page.press("#text", "ArrowUp")
    expect_field(page, "thre")
    page.fill("#text", "three")
    page.press("#text", "Enter")
    page.get_by_role("alert").wait_for()
    expect(page.get_by_text(WAITS).last).to_be_visible()
    act(page, "two", "Delete")
    expect(page.get_by_role("dialog")).to_contain_text("not sent yet")
    answer(page, "Delete")
    expect(page.locator("#log .text")).to_have_text(["one", "three"])
    line.mend()
    wait_for_kept(other, "three")
    expect_lines(["one", "three"], other)
    expect(other.locator("#log .edited")).to_have_count(0)


def test_an_edit_goes_on_though_the_message_is_sent_meanwhile(open_page: OpenPage) -> None:
    """By then it is a message, and is edited as one."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page()
    line.cut()
    say(page, "tee")
    page.press("#text", "ArrowUp")
    page.fill("#text", "tea")
    line.mend()
    wait_for_kept(other, "tee")
    wait_for_kept(page, "tee")
    page.press("#text", "Enter")
    expect(other.locator("#log .text")).to_have_text(["tea"])


def test_reactions_edits_and_deletions_wait_for_the_connection(open_page: OpenPage) -> None:
    """They show at once, outlive a reload, and are done in order."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page()
    for text in ("one", "two"):
        post(page, text)
    line.cut()
    page.get_by_role("alert").wait_for()
    act(page, "one", "React")
    page.get_by_role("dialog").get_by_role("button", name="👍 thumbsup").first.click()
    expect(row(page, "one").locator(".reaction")).to_have_text("👍 1")
    expect(page.locator("#log .outgoing")).to_have_count(0)
    act(page, "one", "Edit")
    page.fill("#text", "one!")
    page.press("#text", "Enter")
    expect(page.get_by_text(WAITS)).to_be_visible()
    act(page, "two", "Delete")
    answer(page, "Delete")
    expect(page.locator("#log .text")).to_have_text(["one!", "Message deleted"])
    expect(row(page, "one!").locator(".reaction")).to_have_text("👍 1")
    expect_lines(["one", "two"], other)
    page.reload()
    line.mend()
    expect(other.locator("#log .text")).to_have_text(["one!", "Message deleted"])
    expect(row(other, "one!").locator(".reaction")).to_have_text("👍 1")


def test_hostile_messages_are_quoted_as_text(open_page: OpenPage) -> None:
    """Nothing runs, and nothing leaves its line."""
    page = open_page(viewport=PHONE)
    for text in HOSTILE:
        say(page, text)
    expect(page.locator("#log .message:not(.outgoing)")).to_have_count(len(HOSTILE))
    expect(page.locator("#log .outgoing")).to_have_count(0)
    width = page.evaluate("document.documentElement.scrollWidth")
    for place in range(len(HOSTILE)):
        page.focus("#log")
        page.keyboard.press("End")
        for _ in range(place):
            page.keyboard.press("ArrowUp")
        page.keyboard.press("r")
        expect(page.locator(".draft-context")).to_contain_text("Reply to")
        context = page.locator(".draft-context").bounding_box()
        assert context
        assert context["height"] < 60
        assert page.evaluate("document.documentElement.scrollWidth") == width == PHONE["width"]
        page.keyboard.press("Escape")
        page.focus("#log")
    expect(page.locator("img[src=x], #log a, .draft-context a, .draft-context b")).to_have_count(0)


def test_hostile_reactions_stay_in_their_place(open_page: OpenPage, chat: Chat) -> None:
    """Whatever others react with has a bounded width."""
    page = open_page(viewport=PHONE)
    post(page, "tea?")
    reactions = ["👍", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "1️⃣"]  # the bar covers the last ones
    with enter(chat.ws, "Eve", "lobby") as eve:
        for emoji in reactions:
            eve.ask(t="react", room="lobby", seq=1, emoji=emoji)
    expect(page.locator(".reaction")).to_have_count(len(reactions))
    expect(page.locator(".reaction b")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.locator(".reaction", has_text="👍").click()
    expect(page.locator(".reaction", has_text="👍")).to_have_text("👍 2")
    heights = "chips => chips.map((chip) => chip.getBoundingClientRect().height)"
    assert max(page.locator(".reaction").evaluate_all(heights)) < 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong_with_what_is_done(
    open_page: OpenPage, scheme: str, size: dict[str, int]
) -> None:
    """The bar, the choice of an emoji, questions, replies, edits, suggestions, too long a text."""
    page = open_page(viewport=size, color_scheme=scheme)
    post(page, "tea?")
    row(page, "tea?").hover()
    assert faults(page) == [], "the bar"
    act(page, "tea?", "React")
    expect(page.get_by_role("dialog", name="React with an emoji")).to_be_visible()
    assert faults(page) == [], "emoji"
    page.keyboard.press("Escape")
    act(page, "tea?", "Delete")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page) == [], "a question"
    answer(page, "Keep it")
    act(page, "tea?", "Reply")
    assert faults(page) == [], "a reply"
    page.fill("#text", "/")
    page.get_by_role("option").first.wait_for()
    assert faults(page) == [], "suggestions"
    page.fill("#text", "x" * 4001)
    assert faults(page) == [], "too long"
    page.fill("#text", "")
    page.press("#text", "Escape")
    page.press("#text", "ArrowUp")
    assert faults(page) == [], "an edit"
