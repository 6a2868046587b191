"""Rooms with links in the page: made, opened, revoked, and what is there for those without one."""

import json
import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import PHONE, post, wait_for
from tests.e2e.test_access import faults
from tests.e2e.test_moderation import open_settings

PRIVATE = re.compile(r"/r/~[a-z2-7]{26}$")


def make_private(page: Page, title: str) -> dict[str, str]:
    """Make a private room and go there; return its links by what they are for."""
    page.get_by_role("button", name="New room").click()
    page.get_by_label("What is it called?").fill(title)
    page.get_by_label("Only who has a link").check()
    assert faults(page) == []
    page.get_by_role("button", name="Make the room").click()
    page.get_by_role("heading", name="The room is there").wait_for()
    assert faults(page) == []
    links = {
        what: page.get_by_role("textbox", name=what, exact=True).input_value()
        for what in ("To read", "To read and write", "To moderate")
    }
    page.locator("summary", has_text="As a QR code").first.press("Enter")
    expect(page.get_by_role("img", name="QR code of the link: To read")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Go to the room").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return links


def visit(page: Page, address: str) -> None:
    """Open an address in a page that is open, as if it were new."""
    page.goto("about:blank")
    page.goto(address)


def test_a_private_room_is_opened_by_its_link(open_page: OpenPage, chat: Chat) -> None:
    """Its title stands for its address; the secret stays in no address and no storage."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    links = make_private(ann, "Secret tea")
    expect(ann).to_have_url(PRIVATE)
    expect(ann).to_have_title("Secret tea · Chat")
    expect(ann.locator("#rooms").get_by_role("link", name="Secret tea")).to_be_visible()
    expect(ann.get_by_role("button", name="Copy the link to this room")).to_be_hidden()
    visit(bob, links["To read and write"])
    expect(bob.get_by_role("heading", level=1)).to_have_text("Secret tea")
    expect(bob).to_have_url(PRIVATE)
    expect(bob.get_by_placeholder("Write in Secret tea")).to_be_visible()
    secret = links["To read and write"].partition("#")[2]
    bob.wait_for_function("() => Object.keys(localStorage).every((key) => !key.includes('.link.'))")
    assert secret not in bob.evaluate("JSON.stringify(localStorage)")
    post(bob, "hello")
    wait_for(ann, "hello")
    bob.reload()
    wait_for(bob, "hello")
    expect(bob.locator("#status")).to_have_text("Connected")


def test_what_follows_a_link_in_a_text_is_no_part_of_its_secret(open_page: OpenPage) -> None:
    """Whoever opens it is let in."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    link = make_private(ann, "Secret tea")["To read and write"]
    visit(bob, f"{link}).")
    expect(bob.get_by_role("heading", level=1)).to_have_text("Secret tea")


def test_a_link_to_read_lets_read(open_page: OpenPage, chat: Chat) -> None:
    """The field says so and is off; a better link, put into the address, switches it on."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    links = make_private(ann, "Secret tea")
    visit(bob, links["To read"])
    expect(bob.get_by_placeholder("Your link lets you only read here.")).to_be_visible()
    expect(bob.locator("#text")).to_be_disabled()
    assert faults(bob) == []
    bob.evaluate("address => { location.href = address; }", links["To moderate"])
    expect(bob.locator("#text")).to_be_enabled()
    expect(bob.get_by_role("button", name="Room settings")).to_be_visible()
    expect(bob).to_have_url(PRIVATE)


def test_without_a_link_there_is_no_such_room(open_page: OpenPage, chat: Chat) -> None:
    """The page says so, and shows the way to the lobby; the next visit does not ask again."""
    ann = open_page(name="Ann")
    links = make_private(ann, "Secret tea")
    address = links["To read"].partition("#")[0]
    for wrong in (address, f"{address}#wrong"):
        eve = open_page(name=None, wait=False, viewport=PHONE)
        eve.evaluate("localStorage['trio-chat.nick'] = JSON.stringify('Eve' + Math.random())")
        visit(eve, wrong)
        expect(eve.get_by_role("heading", name="There is no such room")).to_be_visible()
        assert faults(eve) == []
        eve.get_by_role("link", name="Go to the lobby").click()
        expect(eve.get_by_role("heading", level=1)).to_have_text("lobby")
        eve.goto(chat.url)
        expect(eve.get_by_role("heading", level=1)).to_have_text("lobby")


def test_a_link_is_made_for_some_and_revoked(open_page: OpenPage, chat: Chat) -> None:
    """It shows who came by it; with it they are out at once, and their other rooms go on."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    make_private(ann, "Secret tea")
    settings = open_settings(ann, "Links")
    settings.get_by_label("For whom").fill("the guests")
    settings.get_by_label("For how many people").fill("2")
    settings.get_by_role("button", name="Make a link").click()
    link = settings.locator(".made").get_by_role("textbox").input_value()
    visit(bob, link)
    expect(bob.get_by_role("heading", level=1)).to_have_text("Secret tea")
    ann.keyboard.press("Escape")
    settings = open_settings(ann, "Links")
    guests = settings.get_by_role("listitem").filter(has_text="the guests")
    expect(guests).to_contain_text("1 person came by it, for 2 people: \u2068Bob")
    guests.get_by_role("button", name="Revoke").click()
    expect(guests).to_have_count(0)
    own = settings.get_by_role("button", name="Revoke the link: To moderate")
    own.click()
    ann.get_by_role("dialog", name="You came by this link").get_by_role("button", name="No").click()
    expect(own).to_be_visible()
    expect(bob.get_by_role("heading", name="There is no such room")).to_be_visible()
    expect(bob.locator("#status")).to_have_text("Connected")
    bob.get_by_role("link", name="Go to the lobby").click()
    post(bob, "hello")


def test_an_operator_s_link_is_shown_in_the_hello(open_page: OpenPage, chat: Chat) -> None:
    """Once, and the page tells whether it was good; it is in no address and no storage."""
    shown: list[object] = []

    def serve(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            requests = json.loads(message)
            shown.extend(one.get("link") for one in requests if one["t"] == "hello")
            server.send(json.dumps(requests))

        def answer(message: str | bytes) -> None:
            objects = json.loads(message)
            for welcome in (one for one in objects if one["t"] == "welcome"):
                welcome["operator"] = shown[-1] == "good"
            socket.send(json.dumps(objects))

        socket.on_message(pass_on)
        server.on_message(answer)

    page = open_page(prepare=lambda page: page.route_web_socket("**/ws", serve))
    for secret, told in (("good", "You are an operator now"), ("old", "not good any more")):
        shown.clear()
        visit(page, f"{chat.url}r/tea#operator={secret}")
        expect(page.locator("#notice")).to_contain_text(told)
        expect(page).to_have_url(f"{chat.url}r/tea")
        page.reload()
        page.wait_for_selector("#status.open")
        assert shown == [secret, None]
        assert page.evaluate("localStorage['trio-chat.operator']") is None
