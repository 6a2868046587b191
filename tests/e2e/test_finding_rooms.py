"""Going to other rooms: the list to find one, the switcher, and keys for the room beside."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.chat import NO_RATES, Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import PHONE, expect_field, join
from tests.e2e.test_access import faults


def find_room(page: Page) -> Locator:
    """Open the list of all rooms; return it once it is there."""
    if not page.get_by_role("navigation").is_visible():
        page.get_by_role("button", name="Rooms", exact=True).click()
    page.get_by_role("button", name="Find a room").press("Enter")
    dialog = page.get_by_role("dialog", name="Find a room")
    expect(dialog.get_by_role("status")).to_have_text("3 rooms")
    return dialog


def expect_room(page: Page, room: str) -> None:
    """Expect the page to show a room."""
    expect(page.get_by_role("heading", level=1)).to_have_text(room)


def options(dialog: Locator) -> Locator:
    """Return the rooms that can be chosen."""
    return dialog.get_by_role("listbox").get_by_role("option")


def names(dialog: Locator) -> Locator:
    """Return the names of the rooms that can be chosen."""
    return options(dialog).locator("bdi")


@pytest.fixture
def page(open_page: OpenPage, chat: Chat) -> Iterator[Page]:
    """Open the page of Ann, in the lobby; there are tea, in which most people are, and coffee."""
    with enter(chat.ws, "Bob", "tea", "coffee") as bob, enter(chat.ws, "Cleo", "tea"):
        bob.ask(t="send", room="tea", text="it is ready")
        bob.ask(t="send", room="coffee", text="so is this")
        bob.ask(t="topic", room="coffee", text="Beans, mills and machines")
        bob.ask(t="create", name="Not for Ann", private=True)
        yield open_page(name="Ann")


def test_a_room_is_found_by_its_topic(page: Page) -> None:
    """By keys alone: the list narrows as one types, and Enter joins."""
    dialog = find_room(page)
    expect(names(dialog)).to_have_text(["coffee", "tea", "lobby"])
    coffee = options(dialog).first
    expect(coffee).to_contain_text("Beans, mills and machines")
    expect(coffee).to_contain_text("1 person here")
    expect(options(dialog).last).to_contain_text("you are in it")
    assert faults(page) == []
    page.keyboard.type("mills")
    expect(names(dialog)).to_have_text(["coffee", "Join \u2068mills\u2069"])
    expect(dialog.get_by_role("status")).to_have_text("1 room")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect_room(page, "coffee")


def test_rooms_are_sorted_as_one_likes(page: Page) -> None:
    """The arrows go through the list and around its ends."""
    dialog = find_room(page)
    dialog.get_by_label("Sort by").select_option("people")
    expect(names(dialog)).to_have_text(["tea", "coffee", "lobby"])
    dialog.get_by_label("Sort by").select_option("name")
    expect(names(dialog)).to_have_text(["coffee", "lobby", "tea"])
    dialog.get_by_role("combobox", name="Name or topic").press("ArrowUp")
    expect(dialog.get_by_role("listbox").get_by_role("option", selected=True)).to_contain_text(
        "tea"
    )
    page.keyboard.press("Enter")
    expect_room(page, "tea")


def test_a_room_that_nobody_has_made_is_begun(page: Page) -> None:
    """It is offered as soon as no room has the name."""
    dialog = find_room(page)
    page.keyboard.type("#water")
    expect(names(dialog)).to_have_text(["Join \u2068water\u2069"])
    assert faults(page) == []
    page.keyboard.press("Enter")
    expect_room(page, "water")


def test_a_room_is_found_on_a_phone(page: Page) -> None:
    """By a tap, after which nothing covers the room."""
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    dialog = find_room(page)
    assert faults(page) == []
    names(dialog).get_by_text("tea").click()
    expect_room(page, "tea")
    expect(page.get_by_role("navigation")).to_be_hidden()


def test_a_private_room_is_found_by_who_is_in_it(open_page: OpenPage) -> None:
    """Nobody else finds it."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    page.get_by_role("button", name="New room").click()
    page.get_by_label("What is it called?").fill("Surprise")
    page.get_by_label("Only who has a link").check()
    page.get_by_role("button", name="Make the room").click()
    page.get_by_role("button", name="Go to the room").click()
    expect_room(page, "Surprise")
    for one, names_found in ((page, ["Surprise"]), (other, ["Join \u2068surprise\u2069"])):
        one.get_by_role("button", name="Find a room").click()
        one.get_by_role("combobox", name="Name or topic").fill("surprise")
        expect(names(one.get_by_role("dialog"))).to_have_text(names_found)


def list_rooms(page: Page, *pages: Mapping[str, object]) -> None:
    """Have the server answer requests for the list of rooms with ``pages``."""
    answers = iter([dict(one) for one in pages])

    def serve(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            for request in json.loads(message):
                if request["t"] == "rooms":
                    socket.send(json.dumps([next(answers) | {"id": request["id"]}]))
                else:
                    server.send(json.dumps([request]))

        socket.on_message(pass_on)

    page.route_web_socket("**/ws", serve)


def test_a_list_that_is_refused_says_why(open_page: OpenPage) -> None:
    """The person's own rooms are there all the same."""
    error = {"t": "error", "code": "busy", "text": "too much"}
    page = open_page(prepare=lambda page: list_rooms(page, error))
    page.get_by_role("button", name="Find a room").click()
    dialog = page.get_by_role("dialog", name="Find a room")
    expect(dialog.get_by_role("status")).to_have_text("That was too much at once.")
    expect(names(dialog)).to_have_text(["lobby"])


def test_a_long_list_is_found_in_by_typing(open_page: OpenPage) -> None:
    """Its first 100 rooms are shown; a server with very many tells them in pages."""
    rooms = [{"room": f"tea-{number}", "members": 1, "ts": 1} for number in range(1_000)]
    first = {"t": "rooms", "rooms": rooms, "more": True}
    last = {"t": "rooms", "rooms": [{"room": "far-away", "members": 0, "ts": 0}]}
    page = open_page(prepare=lambda page: list_rooms(page, first, last))
    page.get_by_role("button", name="Find a room").click()
    dialog = page.get_by_role("dialog", name="Find a room")
    expect(dialog).to_contain_text("And 901 other rooms")
    expect(options(dialog)).to_have_count(100)
    dialog.get_by_role("button", name="More rooms").click()
    expect(dialog.get_by_role("status")).to_have_text("1,002 rooms")
    expect(dialog.get_by_role("button", name="More rooms")).to_be_hidden()
    page.get_by_role("combobox", name="Name or topic").fill("far")
    expect(names(dialog)).to_have_text(["far-away", "Join \u2068far\u2069"])


def switch(page: Page) -> Locator:
    """Open the switcher by its keys."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Go to a room")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def test_a_few_letters_lead_to_a_room(page: Page) -> None:
    """Ctrl-K opens the rooms over any field, which has the focus again afterwards."""
    for room in ("green-tea", "milk", "tea"):
        join(page, room)
    page.fill("#text", "half a thought")
    page.focus("#text")
    dialog = switch(page)
    expect(names(dialog)).to_have_text(["lobby", "green-tea", "milk", "tea"])
    assert faults(page) == []
    page.keyboard.type("te")
    expect(names(dialog)).to_have_text(["tea", "green-tea", "Join \u2068te\u2069"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect_room(page, "green-tea")
    expect(page.locator("#text")).to_be_focused()
    switch(page)
    page.keyboard.type("water")
    page.keyboard.press("Enter")
    expect_room(page, "water")
    page.get_by_role("navigation").get_by_role("link", name="lobby").click()
    expect_field(page, "")


def test_the_switcher_leads_to_the_list_of_all_rooms(page: Page) -> None:
    """It closes for it."""
    switch(page).get_by_role("button", name="Find a room").click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.get_by_role("dialog", name="Find a room")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to a room")).to_be_hidden()


def test_the_switcher_leaves_keys_to_an_input_method(page: Page) -> None:
    """While that composes, the keys are its own; Ctrl-Shift-K and the like are not ours."""
    page.evaluate(
        """() => {
            const key = { key: "k", ctrlKey: true, bubbles: true, cancelable: true };
            const event = (more) => new KeyboardEvent("keydown", { ...key, ...more });
            const press = (more) => text.dispatchEvent(event(more));
            const text = document.getElementById("text");
            press({ isComposing: true });
            press({ shiftKey: true });
            press({ altKey: true });
            press({ key: "ArrowDown", ctrlKey: false, altKey: true, isComposing: true });
        }"""
    )
    switch(page)  # nothing was opened before
    expect_room(page, "lobby")
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_arrows_lead_to_the_room_beside(page: Page, chat: Chat) -> None:
    """Alt and an arrow, around the ends of the list; with Shift, to the next unread one."""
    for room in ("tea", "milk", "water"):
        join(page, room)
    page.focus("#text")
    page.keyboard.press("Alt+ArrowUp")
    expect_room(page, "milk")
    expect(page.locator("#announcer")).to_contain_text("You are in")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    expect_room(page, "lobby")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Alt+Shift+ArrowDown")
    expect(page.locator("#notice")).to_contain_text("Nothing is unread")
    with enter(chat.ws, "Dan", "milk") as dan:
        dan.ask(t="send", room="milk", text="sour")
    expect(page.locator("#rooms li", has_text="milk").locator(".unread")).to_be_visible()
    dialog = switch(page)
    expect(options(dialog).nth(2)).to_contain_text("1 unread")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+Shift+ArrowUp")
    expect_room(page, "milk")


def test_who_is_in_too_many_rooms_leaves_one_for_another(
    open_page: OpenPage, tmp_path: Path
) -> None:
    """The page says how many may be, lists the rooms, and goes on when one is left."""
    few = Chat(tmp_path / "few.db", "--rooms-per-connection", "3", *NO_RATES)
    try:
        page = open_page(name="Ann", wait=False)
        page.goto(few.url)
        page.wait_for_selector("#text[aria-autocomplete]", state="attached")
        for room in ("tea", "milk"):
            join(page, room)
        page.get_by_label("Join another room").fill("water")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="You are in too many rooms")
        expect(dialog).to_contain_text("That is 3, the most that this server allows.")
        expect(dialog.get_by_role("button", name="Go to")).to_be_hidden()
        expect(dialog.get_by_role("listitem")).to_have_count(3)
        assert faults(page) == []
        dialog.get_by_role("button", name="Leave \u2068tea\u2069").click()
        expect(dialog.get_by_role("button", name="Go to")).to_be_focused()
        page.keyboard.press("Enter")
        expect_room(page, "water")
        expect(page.locator("#rooms li bdi")).to_have_text(["lobby", "milk", "water"])
        page.goto("about:blank")
    finally:
        few.stop()
