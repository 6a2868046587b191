"""What two tabs of one browser remember at once is kept of both."""

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looking import expect_field, join, leave_room, open_room, post, wait_for

MARKS_PACE = 1_500  # ms; within that a page has stored how far it has read


def open_tab(page: Page) -> Page:
    """Open the chat once more in the browser of a page."""
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("#status.open")
    tab.wait_for_selector("#text[aria-autocomplete]", state="attached")
    return tab


def expect_rooms(page: Page, *rooms: str) -> None:
    links = page.get_by_role("navigation").get_by_role("link")
    expect(links).to_have_count(len(rooms))
    for room in rooms:
        expect(links.filter(has_text=room)).to_be_visible()


def unread(page: Page, room: str) -> Locator:
    """Return the number of unread messages beside a room."""
    link = page.get_by_role("navigation").get_by_role("link", name=room)
    return link.locator(".unread")


def test_rooms_that_two_tabs_join_are_both_in_the_next_one(open_page: OpenPage) -> None:
    """Neither list of rooms overwrites the other."""
    one = open_page()
    url = one.url
    two = open_tab(one)
    join(one, "tea")
    join(two, "milk")
    join(one, "lemon")
    post(two, "so that both have drawn again")
    one.goto(url)
    expect_rooms(one, "lobby", "tea", "lemon", "milk")


def test_a_room_that_one_tab_joins_or_leaves_is_so_in_the_other(open_page: OpenPage) -> None:
    """At once, but for the room that is shown there."""
    one = open_page()
    two = open_tab(one)
    join(one, "tea")
    expect_rooms(two, "lobby", "tea")
    join(two, "milk")
    expect_rooms(one, "lobby", "tea", "milk")
    leave_room(one, "lobby")
    expect_rooms(two, "tea", "milk")
    leave_room(one, "milk")
    expect_rooms(one, "tea")
    expect_rooms(two, "tea", "milk")


def test_a_room_that_one_tab_leaves_is_not_in_the_next_one(open_page: OpenPage) -> None:
    """Although another tab is still in it."""
    one = open_page()
    url = one.url
    join(one, "tea")
    two = open_tab(one)
    leave_room(one, "tea")
    expect_rooms(one, "lobby")
    post(two, "still here")
    three = one.context.new_page()
    three.goto(url)
    expect_rooms(three, "lobby")


def test_rooms_that_two_tabs_read_are_read_in_the_next_one(open_page: OpenPage) -> None:
    """Neither tab's marks overwrite the other's."""
    one = open_page()
    context, url = one.context, one.url
    two = open_tab(one)
    join(one, "tea")
    join(two, "milk")
    speaker = open_page(room="tea")
    post(speaker, "read in one tab")
    wait_for(one, "read in one tab")
    join(speaker, "milk")
    post(speaker, "read in the other tab")
    wait_for(two, "read in the other tab")
    one.wait_for_timeout(MARKS_PACE)
    one.close()
    two.close()
    three = context.new_page()
    three.goto(url)
    expect_rooms(three, "lobby", "tea", "milk")
    three.wait_for_timeout(500)
    expect(unread(three, "tea")).to_be_hidden()
    expect(unread(three, "milk")).to_be_hidden()
    post(speaker, "and this is new")
    expect(three.get_by_role("navigation").get_by_role("link", name="milk")).to_contain_text("1")


def test_drafts_of_two_tabs_are_both_kept(open_page: OpenPage) -> None:
    """Each in its room, for the next tab to go on with."""
    one = open_page()
    context, url = one.context, one.url
    join(one, "tea")
    two = open_tab(one)
    join(two, "milk")
    one.fill("#text", "in tea")
    two.fill("#text", "in milk")
    one.close()
    two.close(run_before_unload=True)
    three = context.new_page()
    three.goto(url)
    three.wait_for_selector("#text[aria-autocomplete]", state="attached")
    open_room(three, "tea")
    expect_field(three, "in tea")
    open_room(three, "milk")
    expect_field(three, "in milk")
