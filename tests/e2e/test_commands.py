"""Commands, which begin with a slash."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looking import (
    expect_field,
    expect_lines,
    join,
    limit,
    open_room,
    say,
    wait_for,
    wait_for_kept,
)

HEADING = "header h1"


def expect_told(page: Page, words: str) -> None:
    """Expect a notice."""
    expect(page.locator("#notice")).to_contain_text(words)


def test_somebody_takes_another_name_by_a_command(open_page: OpenPage) -> None:
    """The others see it; alone the command asks for the name."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    say(page, "/nick Ann Lee")
    expect(other.locator("#people li")).to_have_text(["Bob (you)", "Ann Lee⋯"])
    expect_field(page, "")
    say(page, "/nick")
    field = page.get_by_role("dialog").get_by_role("textbox")
    expect(field).to_have_value("Ann Lee")
    field.fill("Annie")
    field.press("Enter")
    expect(other.locator("#people li")).to_have_text(["Bob (you)", "Annie⋯"])


def test_a_name_that_somebody_has_is_refused_with_the_reason(open_page: OpenPage) -> None:
    """And may be put right at once."""
    page, _ = open_page(name="Ann"), open_page(name="Bob")
    say(page, "/nick Bob")
    expect(page.get_by_role("dialog")).to_contain_text("Somebody else is called that")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_value("Bob")


def test_somebody_goes_to_a_room_and_leaves_it_by_commands(open_page: OpenPage) -> None:
    """The browser's back button goes through these rooms, too."""
    page = open_page()
    say(page, "/join #Tea")
    expect(page.locator(HEADING)).to_have_text("tea")
    page.go_back()
    expect(page.locator(HEADING)).to_have_text("lobby")
    page.go_forward()
    expect(page.locator(HEADING)).to_have_text("tea")
    say(page, "/leave")
    expect(page.locator(HEADING)).to_have_text("lobby")
    expect(page.locator("#rooms li")).to_have_count(1)
    expect_field(page, "")


def test_somebody_says_what_a_room_is_about(open_page: OpenPage) -> None:
    """Everybody sees it above the log, also who comes later."""
    page, other = open_page(), open_page()
    say(page, "/topic Tea <b>at</b> five")
    for one in (page, other, open_page()):
        expect(one.locator("#topic")).to_have_text("Tea <b>at</b> five")
    expect(page.locator("#log .text")).to_have_count(0)


def test_what_somebody_does_is_said(open_page: OpenPage) -> None:
    """/me is a message like others."""
    page, other = open_page(name="Ann"), open_page()
    say(page, "/me waves")
    wait_for(other, "Ann waves")
    say(page, "//me is how to do it")
    wait_for(other, "/me is how to do it")


@pytest.mark.parametrize(
    ("text", "words"),
    [("/shrug well", "no command /shrug"), ("/join", "/join ROOM"), ("/TOPIC ", "/topic TEXT")],
)
def test_what_is_no_command_is_told_and_stays_in_the_field(
    open_page: OpenPage, text: str, words: str
) -> None:
    """The text stays in the field, and nobody else reads it."""
    page = open_page()
    say(page, text)
    expect_told(page, words)
    expect_field(page, text)
    expect_lines([], page)


def test_the_commands_are_told(open_page: OpenPage) -> None:
    """Each with a word on what it does."""
    page = open_page()
    say(page, "/help")
    for name in ("/me", "/nick", "/join", "/leave", "/topic", "/help", "//"):
        expect(page.get_by_role("dialog", name="Help with writing")).to_contain_text(name)
    expect_field(page, "")


def test_paths_and_sums_are_said(open_page: OpenPage) -> None:
    """Only a word right behind the slash makes a command."""
    page = open_page()
    said = ["/usr/bin", "/ 2 = 4", "//help"]
    for text in said:
        say(page, text)
    expect(page.locator("#log .text")).to_have_count(3)
    expect_lines(["/usr/bin", "/ 2 = 4", "/help"], page)


def test_what_was_written_meanwhile_in_another_room_stays(open_page: OpenPage) -> None:
    """A command clears the field that it was written in, and no other."""
    page = open_page()
    join(page, "tea")
    page.fill("#text", "half a thought")
    page.get_by_role("navigation").get_by_role("link", name="lobby").click()
    say(page, "/join tea")
    expect_field(page, "half a thought")
    page.go_back()
    expect_field(page, "")


def test_what_is_typed_right_after_a_room_was_chosen_is_for_that_room(open_page: OpenPage) -> None:
    """Keys that follow before the next frame is drawn neither change nor send another draft."""
    page = open_page()
    join(page, "tea")
    page.fill("#text", "half a thought")
    page.evaluate(
        """() => {
            const field = document.querySelector("#text");
            document.querySelector("#rooms a[data-room=lobby]").click();
            field.value += "at once";
            field.dispatchEvent(new Event("input", { bubbles: true }));
            field.form.requestSubmit();
        }"""
    )
    wait_for_kept(page, "at once")
    expect_lines(["at once"], page)
    open_room(page, "tea")
    expect_field(page, "half a thought")
    expect_lines([], page)


def test_a_topic_that_is_too_long_stays_in_the_field(open_page: OpenPage) -> None:
    """The page counts its characters down, and says how many there may be."""
    page = open_page(
        prepare=lambda page: page.route_web_socket("**/ws", lambda ws: limit(ws, topic=250))
    )
    page.fill("#text", f"/topic {'x' * 245}")
    expect(page.locator("#composer .left")).to_have_text("5 characters left")
    long = f"/topic {'x' * 251}"
    say(page, long)
    expect_told(page, "This topic has 251 characters, and a topic has up to 250.")
    expect_field(page, long)
    expect(page.locator("#composer .left")).to_have_text("1 character too many")
    say(page, f"/topic {'x' * 250}")
    expect(page.locator("#topic")).to_have_text("x" * 250)
    expect_field(page, "")
