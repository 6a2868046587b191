"""The devices of a person: going on by a code, what is read on all of them, and signing out."""

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import PHONE, join, open_room, pasted, post, say, wait_for, wait_while
from tests.e2e.test_access import faults

QUESTION = "What shall we call you?"
CONNECTED = "Connected"


def press(page: Page, name: str) -> None:
    """Press a button in the list of people by keys, which may have to be opened first."""
    if not page.locator("#people").is_visible():
        page.locator("#open-people").press("Enter")
    page.get_by_role("button", name=name, exact=True).press("Enter")


def code_from(page: Page) -> str:
    """Ask for a code, and return the address that has it."""
    press(page, "Go on on my phone")
    address = page.get_by_role("textbox", name="The same as an address").input_value()
    page.keyboard.press("Escape")
    return address


def visit(page: Page, address: str) -> None:
    """Open an address in a page that is open, as if it were new."""
    page.goto("about:blank")
    page.goto(address)


def pair(open_page: OpenPage, page: Page, **options: object) -> Page:
    """Go on as the person of a page in another browser."""
    phone = open_page(name=None, wait=False, **options)
    visit(phone, code_from(page))
    expect(phone.get_by_role("status").first).to_have_text(CONNECTED)
    phone.wait_for_selector("#text[aria-autocomplete]", state="attached")
    return phone


def name_field(page: Page) -> Locator:
    """Return the field for the name that is asked for."""
    return page.get_by_role("textbox", name=QUESTION)


def expect_name(page: Page, nick: str) -> None:
    """Expect the page to show somebody as its user."""
    expect(page.locator("#people li").first).to_have_text(f"{nick} (you)")


def arrive(open_page: OpenPage, nick: str, **options: object) -> Page:
    """Come for the first time, as a page that forgets its user has to know no name again."""
    page = open_page(name=None, wait=False, **options)
    name_field(page).fill(nick)
    page.keyboard.press("Enter")
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    expect_name(page, nick)
    return page


def unread(page: Page, room: str) -> Locator:
    """Return the number of unread messages beside a room."""
    return page.locator("#rooms li", has_text=room).locator(".unread")


def stored(page: Page) -> dict[str, str]:
    """Return what the browser stores for the chat."""
    return dict(page.evaluate("({ ...localStorage })"))


def note_reads(page: Page, told: list[str]) -> None:
    """Note each room of which the page tells the server that its first message is read."""

    def note(frame: str | bytes) -> None:
        requests = json.loads(frame)
        told.extend(one["room"] for one in requests if one["t"] == "read" and one["seq"] == 1)

    page.on("websocket", lambda socket: socket.on("framesent", note))


def test_another_device_goes_on_by_a_code(open_page: OpenPage, chat: Chat) -> None:
    """It is not asked for a name; person, rooms and rights are the same; nothing keeps the code."""
    told: list[str] = []  # that Ann has read
    ann = open_page(name="Ann", room="tea", prepare=lambda page: note_reads(page, told))
    post(ann, "from the desk")
    wait_while(ann, lambda: "tea" not in told)
    join(ann, "milk")
    post(ann, "in milk")
    wait_while(ann, lambda: "milk" not in told)
    phone = open_page(name=None, wait=False)
    address = code_from(ann)
    assert address.startswith(f"{chat.url}#pair=")
    visit(phone, address)
    expect_name(phone, "Ann")
    expect(phone).to_have_url(f"{chat.url}r/milk")
    expect(phone.get_by_role("dialog")).to_be_hidden()
    rooms = phone.locator("#rooms bdi")
    expect(rooms).to_have_count(2)  # how far the first one is read may be told a little later
    assert sorted(rooms.all_text_contents()) == ["milk", "tea"]
    expect(phone.locator("#rooms .unread:visible")).to_have_count(0)
    assert urlsplit(address).fragment.partition("=")[2] not in json.dumps(stored(phone))
    open_room(phone, "tea")
    wait_for(phone, "from the desk")
    post(phone, "from the phone")
    wait_for(ann, "in milk")
    phone.reload()
    expect_name(phone, "Ann")
    expect(ann.locator("#people li")).to_have_count(1)


def test_the_code_is_shown_by_keys_alone(open_page: OpenPage) -> None:
    """It is a picture with words, an address that can be copied; the focus goes back at the end."""
    page = open_page(name="Ann", permissions=["clipboard-read", "clipboard-write"])
    press(page, "Go on on my phone")
    dialog = page.get_by_role("dialog", name="Go on on my phone")
    expect(dialog.get_by_role("img", name="QR code by which you go on as")).to_be_visible()
    expect(dialog.get_by_text("Good once, until")).to_be_visible()
    assert faults(page) == []
    copying = dialog.get_by_role("button", name="Copy the link: The same as an address")
    expect(copying).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Link copied.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Go on on my phone")).to_be_focused()
    page.focus("#text")
    assert "#pair=" in pasted(page)


def end_first_code(socket: WebSocketRoute) -> None:
    """Be a server whose first code is over at once."""
    server = socket.connect_to_server()
    codes: list[str] = []

    def pass_on(message: str | bytes) -> None:
        objects = json.loads(message)
        for answer in (one for one in objects if one["t"] == "pair"):
            codes.append(answer["code"])
            answer["until"] = answer["until"] if len(codes) > 1 else 0
        socket.send(json.dumps(objects))

    server.on_message(pass_on)


def test_a_code_that_is_over_is_made_anew(open_page: OpenPage) -> None:
    """The picture goes, and a button with the focus brings another one."""
    page = open_page(
        name="Ann", prepare=lambda page: page.route_web_socket("**/ws", end_first_code)
    )
    press(page, "Go on on my phone")
    expect(page.get_by_text("This code is over.")).to_be_visible()
    expect(page.get_by_role("img", name="QR code by which you go on as")).to_be_hidden()
    assert faults(page) == []
    expect(page.get_by_role("button", name="Make a new code")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="QR code by which you go on as")).to_be_visible()
    shown = page.get_by_role("textbox", name="The same as an address")
    expect(shown).to_have_value(re.compile("#pair="))


def test_a_code_is_good_once(open_page: OpenPage) -> None:
    """Who comes second is told so, asked for a name, and somebody else."""
    ann = open_page(name="Ann")
    address = code_from(ann)
    phone, late = (open_page(name=None, wait=False) for _ in range(2))
    visit(phone, address)
    expect_name(phone, "Ann")
    visit(late, address)
    expect(late.get_by_role("alert").filter(has_text="used or over")).to_be_visible()
    assert faults(late) == []
    name_field(late).fill("Ben")
    late.keyboard.press("Enter")
    expect_name(late, "Ben")


def test_somebody_is_asked_before_they_become_another(open_page: OpenPage) -> None:
    """With a no, they stay; with a yes, nothing of them is left in the browser."""
    ann, ben = open_page(name="Ann", room="tea"), open_page(name="Ben", room="bens")
    say(ben, "from Ben")
    address = code_from(ann)
    visit(ben, address)
    question = ben.get_by_role("dialog", name=re.compile("You are .Ben. here"))
    expect(question).to_contain_text("Go on as the person of the other device?")
    assert faults(ben) == []
    expect(ben.get_by_role("button", name=re.compile("Stay .Ben."))).to_be_focused()
    ben.keyboard.press("Enter")
    expect_name(ben, "Ben")
    visit(ben, address)
    ben.get_by_role("button", name="Go on as the other person").press("Enter")
    expect_name(ben, "Ann")
    expect(ben.locator("#rooms bdi")).to_have_text(["tea"])
    wait_for_no(ben, "bens")


HELD = """() => new Promise((resolve) => {
    indexedDB.open("trio-chat").onsuccess = ({ target: { result } }) => {
        const all = result.transaction("rooms").objectStore("rooms").getAll();
        all.onsuccess = () => {
            result.close();
            resolve(JSON.stringify([{ ...localStorage }, all.result]));
        };
    };
})"""


def wait_for_no(page: Page, text: str) -> None:
    """Wait until a text is in nothing that the browser stores."""
    wait_while(page, lambda: text in page.evaluate(HELD))
    assert text not in page.evaluate(HELD)


def test_somebody_whose_code_is_not_good_stays_who_they_are(
    open_page: OpenPage, chat: Chat
) -> None:
    """A link in the open page counts, too."""
    ben = open_page(name="Ben", room="tea")
    ben.goto(f"{chat.url}r/tea#pair=wrong")
    ben.get_by_role("button", name="Go on as the other person").press("Enter")
    expect(ben.locator("#notice")).to_contain_text("used or over")
    expect(ben.get_by_role("status").first).to_have_text(CONNECTED)
    expect_name(ben, "Ben")
    expect(ben).to_have_url(f"{chat.url}r/tea")


def test_what_is_read_on_one_device_is_read_on_the_other(open_page: OpenPage, chat: Chat) -> None:
    """While both are there, and when one comes back later."""
    ann = open_page(name="Ann", room="tea")
    join(ann, "milk")
    phone = pair(open_page, ann)
    with enter(chat.ws, "Bob", "tea") as bob:
        bob.ask(t="send", room="tea", text="one")
        expect(unread(phone, "tea")).to_contain_text("1")
        expect(unread(ann, "tea")).to_contain_text("1")
        open_room(ann, "tea")
        expect(unread(phone, "tea")).to_be_hidden()
        kept = phone.url
        phone.goto("about:blank")
        bob.ask(t="send", room="tea", text="two")
        wait_for(ann, "two")
        join(ann, "lemon")
        again = pair(open_page, ann)  # tells that the server has the mark, as it is a new device
        expect(unread(again, "tea")).to_be_hidden()
        phone.goto(kept)
        expect(phone.get_by_role("status").first).to_have_text(CONNECTED)
        expect(unread(phone, "tea")).to_be_hidden()


def test_a_device_is_signed_out_from_another(open_page: OpenPage) -> None:
    """Both are listed; who was signed out is told so, has nothing left, and is asked for a name."""
    ann = open_page(name="Ann", room="tea")
    post(ann, "hello")
    phone = pair(open_page, ann)
    say(phone, "from the phone")
    wait_for(ann, "from the phone")
    phone.fill("#text", "half a draft")
    press(ann, "Signed-in devices")
    dialog = ann.get_by_role("dialog", name="Signed-in devices")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog.get_by_role("listitem").filter(has_text="(this one)")).to_have_count(1)
    expect(dialog).to_contain_text(re.compile("since .+, last seen "))
    assert faults(ann) == []
    dialog.get_by_role("button", name=re.compile("Sign out: ")).press("Enter")
    expect(dialog.get_by_text("That device is signed out.")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    ann.keyboard.press("Escape")
    expect(ann.get_by_role("button", name="Signed-in devices")).to_be_focused()
    expect(name_field(phone)).to_be_focused()
    expect(phone.get_by_text("You were signed out from another device or tab.")).to_be_visible()
    assert faults(phone) == []
    expect(phone.locator("#text")).to_have_value("")
    wait_for_no(phone, "from the phone")
    assert not {key.split(".")[1] for key in stored(phone)} & {"session", "me", "nick", "draft"}
    name_field(phone).fill("Ben")
    phone.keyboard.press("Enter")
    expect_name(phone, "Ben")
    expect_name(ann, "Ann")


def wait_until_free(page: Page, chat: Chat, nick: str) -> None:
    """Wait until somebody else can have a nick: connections that end hold it for a moment."""
    for _ in range(100):
        try:
            with enter(chat.ws, nick):
                return
        except AssertionError:
            page.wait_for_timeout(100)
    raise AssertionError(f"{nick} is taken")


def test_signing_out_here_forgets_everything(open_page: OpenPage, chat: Chat) -> None:
    """In all tabs: nothing is stored but what a first visit stores."""
    page = arrive(open_page, "Ann", service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    join(page, "tea")
    post(page, "a secret")
    page.fill("#text", "half a draft")
    tab = page.context.new_page()
    tab.goto(f"{chat.url}r/tea")
    wait_for(tab, "a secret")
    press(page, "Signed-in devices")
    forgetting = page.get_by_role("button", name="Sign out here and forget me")
    forgetting.press("Enter")
    question = page.get_by_role("dialog", name="Sign out here?")
    expect(question).to_contain_text("You cannot come back as")
    assert faults(page) == []
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(forgetting).to_be_focused()
    page.keyboard.press("Enter")
    question.get_by_role("button", name="Sign out here and forget me").press("Enter")
    for one in (page, tab):
        expect(name_field(one)).to_be_visible()
        expect(one).to_have_url(re.compile("/r/(lobby)?$"))
        wait_for_no(one, "secret")
        wait_for_no(one, "half a draft")
        wait_for_no(one, "tea")
    name_field(page).fill("Ann again")
    page.keyboard.press("Enter")
    expect_name(page, "Ann again")


def test_signed_out_one_is_in_the_lobby_whatever_another_tab_still_stores(
    open_page: OpenPage,
) -> None:
    """It removes its own things a moment later."""
    page = arrive(open_page, "Ann")
    join(page, "tea")
    page.add_init_script("localStorage['trio-chat.room'] = JSON.stringify('tea')")
    press(page, "Signed-in devices")
    page.get_by_role("button", name="Sign out here and forget me").press("Enter")
    question = page.get_by_role("dialog", name="Sign out here?")
    question.get_by_role("button", name="Sign out here and forget me").press("Enter")
    expect(page).to_have_url(re.compile("/r/lobby$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("lobby")


STORED = """async () => {
    const databases = {};
    for (const { name } of await indexedDB.databases()) {
        const opening = indexedDB.open(name);
        await new Promise((resolve) => { opening.onsuccess = resolve; });
        const database = opening.result;
        for (const store of database.objectStoreNames) {
            const all = database.transaction(store).objectStore(store).getAll();
            await new Promise((resolve) => { all.onsuccess = resolve; });
            databases[`${name} ${store}`] = all.result;
        }
        database.close();
    }
    const registrations = await navigator.serviceWorker.getRegistrations();
    return {
        local: Object.keys(localStorage).sort(),
        session: Object.keys(sessionStorage),
        databases,
        caches: await caches.keys(),
        workers: registrations.map(({ scope }) => scope),
    };
}"""


def all_stored(page: Page) -> dict[str, object]:
    """Return all that the browser stores, once the name is asked for and the worker works."""
    expect(name_field(page)).to_be_visible()
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_function("indexedDB.databases().then((all) => all.length > 0)")
    return dict(page.evaluate(STORED))


def test_after_signing_out_the_page_is_as_on_a_first_visit(open_page: OpenPage) -> None:
    """One button leads there; all that a browser can store is what it is for somebody new."""
    first = open_page(name=None, wait=False, service_workers="allow")
    page = open_page(name=None, wait=False, service_workers="allow")
    expected = all_stored(first)
    name_field(page).fill("Ann")
    page.keyboard.press("Enter")
    join(page, "tea")
    post(page, "a secret")
    page.fill("#text", "half a draft")
    key = stored(page)["trio-chat.key"]
    assert page.evaluate(STORED) != expected
    press(page, "Sign out")
    question = page.get_by_role("dialog", name="Sign out here?")
    expect(question).to_contain_text("On a computer that others use too")
    expect(question).not_to_contain_text("not sent yet")
    question.get_by_role("button", name="Sign out here and forget me").click()
    wait_while(page, lambda: all_stored(page) != expected)
    assert all_stored(page) == expected
    assert stored(page)["trio-chat.key"] != key


def test_who_signs_out_is_told_what_is_not_sent_yet(open_page: OpenPage) -> None:
    """It would be lost, so the question counts it."""

    def keep_back(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            rest = [one for one in json.loads(message) if one["t"] != "send"]
            if rest:
                server.send(json.dumps(rest))

        socket.on_message(pass_on)

    page = open_page(prepare=lambda page: page.route_web_socket("**/ws", keep_back))
    say(page, "one")
    say(page, "two")
    press(page, "Sign out")
    question = page.get_by_role("dialog", name="Sign out here?")
    expect(question).to_contain_text("2 things are not sent yet, and will be lost.")
    assert faults(page) == []
    question.get_by_role("button").first.click()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_focused()
    wait_for(page, "two")


def test_signing_out_here_gives_the_name_up(open_page: OpenPage, chat: Chat) -> None:
    """Others can have it at once; it is not kept for somebody who cannot come back."""
    page = arrive(open_page, "Ann")
    press(page, "Signed-in devices")
    page.get_by_role("button", name="Sign out here and forget me").press("Enter")
    question = page.get_by_role("dialog", name="Sign out here?")
    question.get_by_role("button", name="Sign out here and forget me").press("Enter")
    expect(name_field(page)).to_be_visible()
    wait_until_free(page, chat, "Ann")


def test_signing_out_works_without_a_connection(open_page: OpenPage, chat: Chat) -> None:
    """All tabs forget the user, and ask for a name; what the server does not hear is said."""
    page = arrive(open_page, "Ann", service_workers="allow")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    join(page, "tea")
    post(page, "a secret")
    tab = page.context.new_page()
    tab.goto(f"{chat.url}r/tea")
    wait_for(tab, "a secret")
    chat.stop()
    page.context.set_offline(True)
    page.get_by_role("alert").wait_for()
    say(page, "not sent")
    press(page, "Sign out")
    question = page.get_by_role("dialog", name="Sign out here?")
    expect(question).to_contain_text("Without a connection the server is not told")
    expect(question).to_contain_text("1 thing is not sent yet, and will be lost.")
    assert faults(page) == []
    question.get_by_role("button", name="Sign out here and forget me").press("Enter")
    for one in (page, tab):
        expect(name_field(one)).to_be_visible()
        wait_for_no(one, "secret")
        wait_for_no(one, "not sent")
    assert [name for name in stored(page) if "session" in name or "outbox" in name] == []
    page.context.set_offline(False)
    chat.start()
    name_field(page).fill("Ann again")
    page.keyboard.press("Enter")
    expect_name(page, "Ann again")


def test_the_list_of_devices_offers_to_be_forgotten_without_a_connection(
    open_page: OpenPage, chat: Chat
) -> None:
    """Although it cannot be shown."""
    page = arrive(open_page, "Ann", service_workers="allow")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    chat.stop()
    page.get_by_role("alert").wait_for()
    press(page, "Signed-in devices")
    page.get_by_role("button", name="Sign out here and forget me").press("Enter")
    expect(page.get_by_role("dialog", name="Sign out here?")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out everywhere")).to_have_count(0)
    chat.start()


def test_signing_out_everywhere_ends_all_sessions(open_page: OpenPage) -> None:
    """That of the browser that asks is among them."""
    ann = arrive(open_page, "Ann")
    phone = pair(open_page, ann)
    press(ann, "Signed-in devices")
    ann.get_by_role("button", name="Sign out everywhere").press("Enter")
    question = ann.get_by_role("dialog", name="Sign out on all your devices")
    question.get_by_role("button", name="Sign out everywhere").press("Enter")
    for page in (ann, phone):
        expect(name_field(page)).to_be_visible()
    expect(phone.get_by_text("You were signed out from another device or tab.")).to_be_visible()
    expect(ann.get_by_text("You were signed out from another device or tab.")).to_be_hidden()


def test_who_was_away_while_they_were_signed_out_is_told_later(open_page: OpenPage) -> None:
    """They come back as nobody, not as a new person of the same rooms."""
    ann = open_page(name="Ann", room="tea")
    phone = pair(open_page, ann)
    wait_for_mark(phone, "tea")
    kept = phone.url
    phone.goto("about:blank")
    press(ann, "Signed-in devices")
    ann.get_by_role("button", name=re.compile("Sign out: ")).press("Enter")
    expect(ann.get_by_text("That device is signed out.")).to_be_visible()
    ann.keyboard.press("Escape")
    say(ann, "/nick Anna")  # or the name would be taken
    expect_name(ann, "Anna")
    phone.goto(kept)
    expect(phone.get_by_text("You were signed out from another device or tab.")).to_be_visible()
    expect(name_field(phone)).to_be_focused()


def wait_for_mark(page: Page, room: str) -> None:
    """Wait until the browser has stored how far a room is read."""
    page.wait_for_function(f"() => localStorage['trio-chat.mark.{room}']")


def refuse(socket: WebSocketRoute) -> None:
    """Be a server that gives no codes, tells no sessions and ends none, until it is asked again."""
    server = socket.connect_to_server()
    refused: set[str] = set()

    def pass_on(message: str | bytes) -> None:
        for request in json.loads(message):
            kind = request["t"]
            if kind in {"pair", "sign_out"} and kind not in refused:
                refused.add(kind)
                error = {"t": "error", "code": "x", "text": f"no {kind}", "id": request["id"]}
                socket.send(json.dumps([error]))
            else:
                server.send(json.dumps([request]))

    socket.on_message(pass_on)


def test_what_the_server_refuses_is_told_in_the_dialog(open_page: OpenPage) -> None:
    """And can be asked for again; nothing is forgotten."""
    page = arrive(open_page, "Ann", prepare=lambda page: page.route_web_socket("**/ws", refuse))
    press(page, "Go on on my phone")
    expect(page.get_by_role("alert").filter(has_text="No pair.")).to_be_visible()
    page.get_by_role("button", name="Make a new code").press("Enter")
    expect(page.get_by_role("img", name="QR code by which you go on as")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "Signed-in devices")
    for told in (page.get_by_text("No sign_out."), name_field(page)):
        page.get_by_role("button", name="Sign out here and forget me").press("Enter")
        question = page.get_by_role("dialog", name="Sign out here?")
        question.get_by_role("button", name="Sign out here and forget me").press("Enter")
        expect(told).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, {"width": 1100, "height": 680}], ids=["phone", "desktop"])
def test_the_dialogs_fit(
    open_page: OpenPage, request: pytest.FixtureRequest, scheme: str, size: dict[str, int]
) -> None:
    """On a phone and on a desk, light and dark; ``--screenshots DIR`` keeps pictures."""
    folder = request.config.getoption("--screenshots")
    page = open_page(name="Ann", viewport=size, color_scheme=scheme, has_touch=size is PHONE)
    for name, dialog in (("Go on on my phone", "phone"), ("Signed-in devices", "devices")):
        press(page, name)
        page.locator(f"dialog.{dialog} :is(.qr, li)").first.wait_for()
        assert faults(page) == []
        fits = f"(one => one.scrollWidth <= one.clientWidth)(document.querySelector('.{dialog}'))"
        assert page.evaluate(fits)
        if folder:
            page.screenshot(path=f"{folder}/{dialog}-{scheme}-{size['width']}.png")
        page.locator(f"dialog.{dialog} h2").click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name=name)).to_be_focused()
        if folder and dialog == "phone":
            page.screenshot(path=f"{folder}/people-{scheme}-{size['width']}.png")
