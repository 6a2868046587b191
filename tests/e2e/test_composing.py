"""What a person sees and does while they write: suggestions, drafts, long and many lines."""

import json

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import (
    SMALL,
    expect_end,
    expect_field,
    expect_lines,
    join,
    leave_room,
    open_room,
    post,
    reply_to_last,
    say,
    send,
    wait_for,
    wait_for_kept,
)
from tests.e2e.test_outbox import Line

LIMIT = 4000  # characters


def paste(page: Page, text: str) -> None:
    """Put a text into the field at the caret, as the browser does when it is pasted."""
    page.focus("#text")
    page.keyboard.insert_text(text)


# Suggestions


def test_a_name_is_completed_with_tab(open_page: OpenPage) -> None:
    """Arrow keys choose among several; one's own name is not offered."""
    page, _, _ = open_page(name="Ann"), open_page(name="Anders"), open_page(name="Anton Ek")
    expect(page.locator("#people li")).to_have_count(3)
    page.focus("#text")
    page.keyboard.type("hi @a")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options).to_have_count(2)
    names = options.all_text_contents()
    assert sorted(names) == ["Anders", "Anton Ek"]
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    active = page.locator("#text").get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_text(names[1])
    page.keyboard.press("Tab")
    expect_field(page, f"hi @{names[1]} ")
    expect(options).to_have_count(0)
    expect(page.locator("#text")).to_be_focused()


def test_an_emoji_is_completed_with_enter(open_page: OpenPage) -> None:
    """The text after the caret stays, it can be undone, and the next Enter sends."""
    page = open_page()
    page.fill("#text", "well !")
    page.press("#text", "End")
    page.press("#text", "ArrowLeft")
    page.keyboard.type(":tad")
    page.keyboard.press("Enter")
    expect_field(page, "well 🎉!")
    page.keyboard.press("ControlOrMeta+z")
    expect_field(page, "well :tad!")
    page.keyboard.press("ControlOrMeta+Shift+z")
    expect_field(page, "well 🎉!")
    page.keyboard.press("Enter")
    wait_for_kept(page, "well 🎉!")


def test_a_command_is_completed_by_a_click_or_a_tap(open_page: OpenPage) -> None:
    """All are offered at the first slash; the field keeps the focus."""
    page = open_page(has_touch=True)
    page.focus("#text")
    page.keyboard.type("/")
    page.get_by_role("option", name="/topic").tap()
    expect_field(page, "/topic ")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("tea")
    send(page)
    expect(page.locator("#topic")).to_have_text("tea")


def test_what_is_written_in_full_is_sent_by_enter(open_page: OpenPage) -> None:
    """Though there is something to complete it with."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    expect(page.locator("#people li")).to_have_count(2)
    page.focus("#text")
    page.keyboard.type("hi @bob")
    expect(page.get_by_role("option")).to_have_text(["Bob"])
    page.keyboard.press("Enter")
    wait_for(other, "hi @bob")


def test_suggestions_are_sent_away_by_escape(open_page: OpenPage) -> None:
    """Then Tab moves on and Enter sends; without any, Tab moves on at once."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    expect(page.locator("#people li")).to_have_count(2)
    page.focus("#text")
    page.keyboard.type("hi @b")
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect_field(page, "hi @b")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Emoji")).to_be_focused()
    page.press("#text", "Enter")
    wait_for(other, "hi @b")
    page.keyboard.type("hello")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Emoji")).to_be_focused()


def test_an_input_method_is_left_alone(open_page: OpenPage) -> None:
    """While it composes, its Enter sends nothing and nothing is suggested."""
    page = open_page()
    page.focus("#text")
    method = page.context.new_cdp_session(page)
    method.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    page.evaluate(
        """() => {
            const composing = { key: "Enter", isComposing: true, bubbles: true, cancelable: true };
            const field = document.getElementById("text");
            field.dispatchEvent(new KeyboardEvent("keydown", composing));
            const after = { ...composing, isComposing: false, keyCode: 229 };
            field.dispatchEvent(new KeyboardEvent("keydown", after));
        }"""
    )
    expect_field(page, "に")
    method.send("Input.insertText", {"text": "日本"})
    expect_field(page, "日本")
    expect_lines([], page)
    page.keyboard.press("Enter")
    wait_for_kept(page, "日本")


# Texts


def test_pasted_lines_stay_lines(open_page: OpenPage) -> None:
    """Shift+Enter makes one more; the field grows with them, up to a part of the page."""
    page, other = open_page(), open_page()
    before = page.locator("#text").bounding_box()
    paste(page, "one\n  two\n\nthree")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("four")
    after = page.locator("#text").bounding_box()
    assert before
    assert after
    assert after["height"] > before["height"] * 2
    page.keyboard.press("Enter")
    wait_for_kept(other, "four")
    expect_lines(["one\n  two\n\nthree\nfour"], other)
    shown = other.locator("#log .text").bounding_box()
    assert shown
    assert shown["height"] > 80
    paste(page, "line\n" * 200)
    grown = page.locator("#text").bounding_box()
    assert grown
    assert grown["height"] < page.evaluate("innerHeight") / 2


def test_the_first_blanks_of_a_text_stay(open_page: OpenPage) -> None:
    """Pasted code keeps its shape; blanks at the end go, and what is all blank is not sent."""
    page, other = open_page(), open_page()
    for blank in ("  \n", "\u200b", "\u3164\u2800"):
        paste(page, blank)
        page.keyboard.press("Enter")
        page.fill("#text", "")
    paste(page, "    if ready:\n        go()\n  ")
    page.keyboard.press("Enter")
    wait_for_kept(other, "go()")
    expect_lines(["    if ready:\n        go()"], page, other)


def test_a_text_that_is_too_long_is_neither_cut_nor_sent(open_page: OpenPage) -> None:
    """A notice says so; characters count, not UTF-16 units."""
    page, other = open_page(), open_page()
    text = "🎉" * LIMIT
    paste(page, f"{text}!!")
    expect(page.locator(".left")).to_have_text("2 characters too many")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("4,002 characters")
    expect_field(page, f"{text}!!")
    expect_lines([], page)
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(page.locator(".left")).to_have_text("0 characters left")
    page.keyboard.press("Enter")
    wait_for_kept(other, text)
    expect_field(page, "")
    expect(page.locator(".left")).to_have_text("")


# Drafts


def test_what_is_being_written_outlives_a_reload_in_each_room(open_page: OpenPage) -> None:
    """The draft is there again; what was sent is not."""
    page = open_page(room="lobby")
    page.fill("#text", "in the lobby")
    join(page, "tea")
    post(page, "sent")
    page.fill("#text", "two\nlines")
    page.reload()
    expect_field(page, "two\nlines")
    open_room(page, "lobby")
    expect_field(page, "in the lobby")
    post(page, "in the lobby")
    page.reload()
    wait_for_kept(page, "in the lobby")
    expect_field(page, "")


def test_a_reply_outlives_a_reload(open_page: OpenPage) -> None:
    """With the message that it replies to, also if that is not loaded yet."""
    page = open_page()
    post(page, "tea?")
    reply_to_last(page, "with milk")
    page.reload()
    expect(page.locator(".draft-context .quote")).to_contain_text("tea?")
    page.press("#text", "Enter")
    wait_for_kept(page, "with milk")
    expect(page.locator("#log .quote")).to_contain_text("tea?")


def test_an_edit_outlives_a_reload(open_page: OpenPage) -> None:
    """It is still an edit, and the text written besides is there after it."""
    page = open_page()
    post(page, "tee?")
    page.press("#text", "ArrowUp")
    page.fill("#text", "tea?")
    page.reload()
    expect(page.locator(".draft-context")).to_contain_text("Editing")
    expect_field(page, "tea?")
    page.press("#text", "Enter")
    expect(page.locator("#log .edited")).to_have_count(1)
    expect_lines(["tea?"], page)


def test_a_reply_to_what_is_gone_becomes_a_message(open_page: OpenPage, chat: Chat) -> None:
    """Numbers of another epoch are not valid; the text is not lost."""
    page = open_page()
    post(page, "tea?")
    reply_to_last(page, "with milk")
    chat.stop()
    chat.forget()
    chat.start()
    page.wait_for_selector("#status.open", timeout=90_000)
    expect(page.locator(".draft-context")).to_be_hidden()
    expect_field(page, "with milk")


def test_two_tabs_keep_their_drafts_in_their_rooms(open_page: OpenPage) -> None:
    """Neither overwrites the other's."""
    page = open_page(room="tea")
    second = page.context.new_page()
    second.goto(page.url.replace("tea", "milk"))
    second.wait_for_selector("#status.open")
    page.fill("#text", "about tea")
    second.fill("#text", "about milk")
    page.reload()
    second.reload()
    expect_field(page, "about tea")
    expect_field(second, "about milk")


def test_an_emoji_is_put_where_one_writes(open_page: OpenPage) -> None:
    """By a button at the end of the field; it can be undone, as all that is typed."""
    page = open_page()
    page.fill("#text", "with love")
    for _ in "love":
        page.press("#text", "ArrowLeft")
    page.get_by_role("button", name="Emoji").click()
    page.get_by_role("dialog", name="Emoji").get_by_role("button", name="heart, love").click()
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type(" and ")
    expect_field(page, "with ❤️ and love")
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("ControlOrMeta+z")
    expect_field(page, "with love")
    for keys in (["Enter"], ["t", "e", "a", "Enter"]):
        page.focus("#text")
        page.keyboard.press("End")
        page.keyboard.press("Tab")
        for key in ["Enter", *keys]:
            page.keyboard.press(key)
    expect_field(page, "with love👍🍵")
    expect_lines([], page)


# Others


def test_others_see_who_is_writing(open_page: OpenPage) -> None:
    """Of a message, but not of a command; when it comes, they do not write any more."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    page.focus("#text")
    page.keyboard.type("/help")
    other.wait_for_timeout(300)
    expect(other.locator("#typing")).to_have_text("")
    page.fill("#text", "hello")
    expect(other.locator("#typing")).to_contain_text("Ann")
    page.press("#text", "Enter")
    wait_for(other, "hello")
    expect(other.locator("#typing")).to_have_text("")


def test_the_server_hears_little_of_the_writing(open_page: OpenPage) -> None:
    """However fast somebody types."""
    told: list[float] = []

    def listen(page: Page) -> None:
        def stand(socket: WebSocketRoute) -> None:
            server = socket.connect_to_server()

            def pass_on(message: str | bytes) -> None:
                told.extend(1 for one in json.loads(message) if one["t"] == "typing")
                server.send(message)

            socket.on_message(pass_on)

        page.route_web_socket("**/ws", stand)

    page, other = open_page(name="Ann", prepare=listen), open_page(name="Bob")
    page.focus("#text")
    page.keyboard.type("many words in little time " * 4)
    expect(other.locator("#typing")).to_contain_text("Ann")
    assert 1 <= len(told) <= 3


@pytest.mark.parametrize("by", ["button", "command"])
def test_a_room_with_unsent_messages_is_left_after_a_question(open_page: OpenPage, by: str) -> None:
    """Staying loses nothing; the question says what leaving loses."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page(room="tea")
    join(page, "tea")
    line.cut()
    page.get_by_role("alert").wait_for()
    say(page, "keep this")

    def leave() -> None:
        if by == "button":
            leave_room(page, "tea")
        else:
            say(page, "/leave")

    leave()
    expect(page.get_by_role("dialog")).to_contain_text("not sent yet")
    page.get_by_role("dialog").get_by_role("button", name="Stay").click()
    line.mend()
    wait_for_kept(other, "keep this")
    wait_for_kept(page, "keep this")
    line.cut()
    page.get_by_role("alert").wait_for()
    say(page, "drop this")
    leave()
    page.get_by_role("dialog").get_by_role("button", name="Leave all the same").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("lobby")
    line.mend()
    page.wait_for_selector("#status.open", timeout=90_000)
    expect_lines(["keep this"], other)


def test_a_mention_of_somebody_who_left_is_offered(open_page: OpenPage, chat: Chat) -> None:
    """Authors of messages are completed, too."""
    page = open_page(name="Ann")
    with enter(chat.ws, "Zoë", "lobby") as guest:
        guest.ask(t="send", room="lobby", text="hello")
    wait_for(page, "hello")
    page.focus("#text")
    page.keyboard.type("@zo")
    expect(page.get_by_role("option")).to_have_text(["Zoë"])


def test_the_end_stays_in_sight_when_the_composer_grows(open_page: OpenPage, chat: Chat) -> None:
    """The log stays at its end while the form grows."""
    page = open_page(viewport=SMALL)
    chat.say(*(f"line {count}" for count in range(30)))
    wait_for(page, "line 29")
    page.focus("#log")
    page.keyboard.press("End")
    for _ in range(5):
        page.keyboard.press("r")
        chat.say("meanwhile")
        expect(page.locator(".draft-context")).to_contain_text("Reply to")
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(100)
        expect_end(page)
        page.fill("#text", "")
        page.press("#text", "Escape")
        expect(page.locator(".draft-context")).to_be_hidden()
        page.focus("#log")
        page.keyboard.press("End")


def test_what_is_written_comes_along_when_the_room_is_called_something_else(
    open_page: OpenPage,
) -> None:
    """A link may have another spelling of a room's name; the server tells the right one."""
    line = Line()
    page = open_page(prepare=line.lay)
    line.cut()
    page.get_by_role("alert").wait_for()
    say(page, "/join STRASSE")
    expect(page.get_by_role("heading", level=1)).to_have_text("STRASSE")
    page.fill("#text", "half a thought")
    line.mend()
    expect(page.get_by_role("heading", level=1)).to_have_text("strasse", timeout=90_000)
    expect_field(page, "half a thought")


def test_the_field_grows_in_browsers_that_do_not_do_so_themselves(open_page: OpenPage) -> None:
    """And shrinks again."""
    page = open_page(
        prepare=lambda page: page.add_init_script("CSS.supports = () => false"),
        viewport={"width": 800, "height": 600},
    )
    page.evaluate("document.getElementById('text').style.fieldSizing = 'fixed'")
    height = "document.getElementById('text').offsetHeight"
    before = page.evaluate(height)
    page.fill("#text", "a\nb\nc\nd")
    page.wait_for_function(f"(before) => {height} > 2 * before", arg=before)
    page.press("#text", "Enter")
    wait_for_kept(page, "d")
    page.wait_for_function(f"(before) => {height} === before", arg=before)


def test_names_are_offered_while_a_phone_composes(open_page: OpenPage) -> None:
    """All typing is composing there; a tap on a completion ends it."""
    page, _ = open_page(name="Ann", has_touch=True, is_mobile=True), open_page(name="Bob")
    expect(page.locator("#open-people .count")).to_have_text("2")
    page.focus("#text")
    page.keyboard.type("hi @")
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "bo", "selectionStart": 2, "selectionEnd": 2})
    page.get_by_role("option", name="Bob").tap()
    expect_field(page, "hi @Bob ")
    page.keyboard.type("tea?")
    send(page)
    wait_for_kept(page, "hi @Bob tea?")
