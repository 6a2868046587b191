"""Rooms: joined by a form or a link, left by a button, and what is unread in them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import (
    PHONE,
    SMALL,
    expect_end,
    expect_field,
    expect_lines,
    expect_place,
    fill,
    join,
    leave_room,
    open_room,
    pasted,
    post,
    say,
    scroll_to,
    top_line,
    wait_for,
)
from tests.e2e.test_access import faults

UNREAD = "#rooms .unread:visible"
NO_ROOM = "There can be no such room"


def test_a_room_is_joined_by_its_name_and_by_its_link(open_page: OpenPage) -> None:
    """The address names it; who opens that link is in the same room and in no other."""
    page = open_page(name="Ann")
    join(page, "tea")
    expect(page).to_have_url(re.compile("/r/tea$"))
    say(page, "milk?")
    other = open_page(name="Bob", room="tea")
    wait_for(other, "milk?")
    expect(other.locator("#people li")).to_have_text(["Bob (you)", "Ann⋯"])
    expect(other.get_by_role("navigation").get_by_role("link")).to_have_text(["tea0 unread"])
    open_room(page, "lobby")
    expect_lines([], page)


def test_a_link_to_the_room_is_copied(open_page: OpenPage) -> None:
    """Who opens it is in the same room."""
    page = open_page(room="tea", permissions=["clipboard-write"])
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("#notice")).to_contain_text("Link copied")
    assert pasted(page) == page.url
    expect(page).to_have_url(re.compile("/r/tea$"))
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize(
    "address",
    ["no%20such%2Froom", "no/such/room", "%F0%28", "%E2%80%AEevil", "x" * 500, "-", "%00", "a?b#c"],
)
def test_an_address_that_names_no_room_opens_none(
    open_page: OpenPage, chat: Chat, address: str
) -> None:
    """The page says so in its place, and shows the way to the lobby."""
    page = open_page()
    page.goto(f"{chat.url}r/{address}")
    if "?" in address:  # what comes behind these is no part of a name
        expect(page.get_by_role("heading", level=1)).to_have_text("a")
        return
    expect(page.get_by_role("heading", name=NO_ROOM)).to_be_visible()
    expect(page.locator("#text")).to_be_disabled()
    expect(page.locator("#notice")).to_be_hidden()
    page.get_by_role("link", name="Go to the lobby").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("lobby")
    expect(page).to_have_url(re.compile("/r/lobby$"))
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(["lobby0 unread"])
    say(page, "hello")
    wait_for(page, "hello")


def ask_for(page: Page, chat: Chat, way: str, room: str) -> None:
    """Ask for a room that cannot be: in the field for it, by a command, or by an address."""
    if way == "field":
        page.get_by_label("Join another room").fill(room)
        page.get_by_label("Join another room").press("Enter")
    elif way.startswith("/"):
        say(page, way)
    else:
        page.goto(f"{chat.url}{way}")
    expect(page.get_by_role("heading", name=NO_ROOM)).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("way", ["r/my%20room", "r/my%2Froom", "field", "/join my room"])
def test_for_a_room_that_cannot_be_another_one_is_proposed(
    open_page: OpenPage, chat: Chat, way: str
) -> None:
    """And opened by a click, not before; the browser's button leads back."""
    page = open_page(viewport=PHONE if "%2F" in way else None)
    ask_for(page, chat, way, "my room")
    proposal = page.get_by_role("link", name="Did you mean \u2068my-room\u2069?")
    proposal.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("my-room")
    expect(page).to_have_url(re.compile("/r/my-room$"))
    say(page, "hello")
    wait_for(page, "hello")
    page.go_back()
    expect(page.get_by_role("heading", name=NO_ROOM)).to_be_visible()


@pytest.mark.parametrize("way", ["r/tea%2E", "field", "/join tea."])
def test_for_a_new_room_that_ends_with_a_dot_another_one_is_proposed(
    open_page: OpenPage, chat: Chat, way: str
) -> None:
    """A link to it would lose the dot in a sentence."""
    page = open_page()
    ask_for(page, chat, way, "tea.")
    page.get_by_role("link", name="Did you mean \u2068tea\u2069?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")


@pytest.mark.parametrize("behind", ["/", ")", ".", ",", "%20", "%3E", "/)"])
def test_what_follows_a_link_in_a_text_leads_to_no_other_room(
    open_page: OpenPage, chat: Chat, behind: str
) -> None:
    """Mailers and chats take it for a part of the link; the address is put right."""
    page = open_page()
    page.goto(f"{chat.url}r/tea{behind}")
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")
    page.wait_for_url("**/r/tea")
    expect(page.locator("#notice")).to_be_hidden()


def test_a_link_to_a_room_can_be_opened_in_a_tab_of_its_own(open_page: OpenPage) -> None:
    """As any link: the list of rooms consists of links."""
    page = open_page()
    join(page, "tea")
    with page.context.expect_page() as opened:
        page.get_by_role("navigation").get_by_role("link", name="lobby").click(
            modifiers=["ControlOrMeta"]
        )
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("lobby")
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")


def test_rooms_are_remembered(open_page: OpenPage) -> None:
    """After a reload the person is in all of them again, and in the lobby if the link says so."""
    page = open_page()
    join(page, "tea")
    join(page, "milk")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("milk")
    expect(page.locator("#rooms li bdi")).to_have_text(["lobby", "tea", "milk"])


def test_what_others_say_elsewhere_is_counted_until_it_is_seen(open_page: OpenPage) -> None:
    """One's own words are not."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    join(page, "tea")
    for text in ("one", "two"):
        say(other, text)
    expect(page.locator(UNREAD)).to_have_text("2 unread")
    expect(page).to_have_title("(2) tea · Chat")
    open_room(page, "lobby")
    wait_for(page, "two")
    expect(page.locator(UNREAD)).to_have_count(0)
    expect(page).to_have_title("lobby · Chat")
    say(page, "three")
    wait_for(other, "three")
    expect(page.locator(UNREAD)).to_have_count(0)


def test_a_room_is_called_as_the_server_calls_it(open_page: OpenPage) -> None:
    """In lower case, whatever the link says."""
    page = open_page(room="STRASSE")
    expect(page.get_by_role("heading", level=1)).to_have_text("strasse")
    join(page, "Straße", "strasse")
    expect(page.get_by_role("heading", level=1)).to_have_text("strasse")
    expect(page.locator("#rooms li a")).to_have_count(1)


def test_an_address_is_followed_though_the_page_is_drawn_before_it_is_read(
    open_page: OpenPage,
) -> None:
    """The browser tells of a new address a moment later."""
    page = open_page(
        room="tea",
        prepare=lambda page: page.add_init_script("requestAnimationFrame = (draw) => draw()"),
    )
    join(page, "milk")
    page.evaluate("history.back(); document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")
    expect(page).to_have_url(re.compile("/r/tea$"))


def test_the_way_back_leads_through_the_rooms(open_page: OpenPage) -> None:
    """As the browser's button does everywhere."""
    page = open_page()
    join(page, "tea")
    open_room(page, "lobby")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("tea")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("lobby")


def test_a_room_is_left(open_page: OpenPage) -> None:
    """The others see it; the last room stays."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    join(page, "tea")
    leave_room(page, "lobby")
    expect(page.locator("#rooms li bdi")).to_have_text(["tea"])
    expect(other.locator("#people li")).to_have_text(["Bob (you)"])
    page.get_by_role("button", name="Options for tea").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_visible()
    expect(page.get_by_role("button", name="Leave")).to_have_count(0)


def test_each_room_keeps_its_place_and_its_draft(open_page: OpenPage, chat: Chat) -> None:
    """Coming back, the place and the draft are there."""
    page = open_page(viewport={"width": 1000, "height": 400})
    fill(page, chat)
    scroll_to(page, 500)
    page.wait_for_timeout(100)
    place = top_line(page)
    page.fill("#text", "half a thought")
    join(page, "tea")
    expect_field(page, "")
    open_room(page, "lobby")
    expect_field(page, "half a thought")
    expect_place(page, place)
    expect(page.locator("#newer")).to_have_text("To the latest messages")
    open_room(page, "tea")
    open_room(page, "lobby")
    expect_place(page, place)


def test_a_room_that_was_at_its_end_is_there_again(open_page: OpenPage, chat: Chat) -> None:
    """Also if something was said meanwhile."""
    page = open_page(viewport={"width": 1000, "height": 400})
    fill(page, chat)
    join(page, "tea")
    chat.say("meanwhile")
    expect(page.locator(UNREAD)).to_have_text("1 unread")
    open_room(page, "lobby")
    wait_for(page, "meanwhile")
    expect_end(page)


def test_on_a_phone_the_panels_are_behind_buttons(open_page: OpenPage) -> None:
    """They open, take the focus, and close by Escape, a choice, a button, and a tap elsewhere."""
    page = open_page(viewport=SMALL)
    rooms, button = page.get_by_role("navigation"), page.get_by_role("button", name="Rooms")
    expect(rooms).to_be_hidden()
    button.click()
    expect(rooms).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(rooms.get_by_role("link", name="lobby")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rooms).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    join(page, "tea")
    expect(rooms).to_be_hidden()
    people = page.get_by_role("complementary", name="People")
    for is_by_button in (True, False):
        page.get_by_role("button", name="people").click()
        expect(people).to_be_visible()
        if is_by_button:
            people.get_by_role("button", name="Close").click()
        else:
            page.mouse.click(150, 30)  # what is dimmed, above it
        expect(people).to_be_hidden()


def test_a_long_topic_is_shown_whole_by_a_click(open_page: OpenPage, chat: Chat) -> None:
    """Otherwise one line of it is shown."""
    page = open_page(viewport=SMALL, room="tea")
    with enter(chat.ws, "Bob", "tea") as bob:
        bob.ask(t="topic", room="tea", text="which tea, and how long it takes. " * 7)
    topic = page.get_by_role("button", name="which tea")
    overflow = "part => part.scrollWidth - part.clientWidth"
    assert topic.evaluate(overflow) > 0
    page.get_by_role("heading", level=1, name="tea").click(force=True)
    expect(topic).to_have_attribute("aria-expanded", "true")
    assert topic.evaluate(overflow) == 0
    topic.press("Enter")
    expect(topic).to_have_attribute("aria-expanded", "false")


def test_the_form_offers_the_rooms_there_are(open_page: OpenPage) -> None:
    """Those that the person is not in yet."""
    one, two = open_page(), open_page()
    join(one, "tea")
    post(one, "it is open")  # before that the server may not have the room
    two.get_by_label("Join another room").focus()
    expect(two.locator("#listed option")).to_have_count(1)
    expect(two.locator("#listed option")).to_have_attribute("value", "tea")
