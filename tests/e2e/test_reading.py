"""Reading: the place in long rooms and floods, new messages, and search."""

import re

from playwright.sync_api import Page, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.guest import enter
from tests.e2e.looking import (
    SMALL,
    TOP_LINE,
    expect_end,
    expect_place,
    join,
    lines,
    open_room,
    scroll_to,
    top_line,
    wait_for,
)

IS_NEAR = f"""(number) => {{
    const [line] = {TOP_LINE};
    return Math.abs(Number(line.replace("line ", "")) - number) <= 1;
}}"""
MOST_ROWS = 400  # that a page of this size may have, however much was said


def rows(page: Page) -> int:
    return page.locator("#log .message").count()


def test_a_thousand_messages_do_not_move_what_is_being_read(
    open_page: OpenPage, chat: Chat
) -> None:
    """The button tells how many there are, leads to the first of them, and then to the end."""
    page = open_page(viewport=SMALL)
    chat.say(*(f"line {count}" for count in range(200)))
    wait_for(page, "line 199")
    scroll_to(page, 2000)
    page.wait_for_timeout(200)
    place = top_line(page)
    chat.say(*(f"flood {count}" for count in range(1000)))
    button = page.locator("#newer")
    expect(button).to_have_text("1,000 new messages")
    expect_place(page, place)
    button.click()
    expect(page.locator("#log .new")).to_be_in_viewport()
    expect(button).to_have_text("To the latest messages")
    button.click()
    wait_for(page, "flood 999")
    expect(button).to_be_hidden()
    expect_end(page)


def test_ten_thousand_messages_need_few_rows(open_page: OpenPage, chat: Chat) -> None:
    """Scrolling up and down finds every place again."""
    page = open_page(viewport=SMALL)
    for start in range(0, 10_000, 1000):
        chat.say(*(f"line {count}" for count in range(start, start + 1000)))
    wait_for(page, "line 9999")
    assert rows(page) < MOST_ROWS
    scroll_to(page, 100_000)
    page.wait_for_timeout(200)
    line, _ = top_line(page)
    number = int(line.removeprefix("line "))
    assert 0 < number < 9_900
    for _ in range(20):
        page.evaluate("document.getElementById('log').scrollTop -= 300")
        page.wait_for_timeout(20)
        shown = [int(one.removeprefix("line ")) for one in lines(page)]
        assert shown == list(range(shown[0], shown[-1] + 1))
        assert len(shown) < MOST_ROWS
    above = int(top_line(page)[0].removeprefix("line "))
    assert above < number
    for _ in range(20):
        page.evaluate("document.getElementById('log').scrollTop += 300")
        page.wait_for_timeout(20)
    page.wait_for_function(IS_NEAR, arg=number)


def test_what_was_said_while_the_page_was_closed_is_behind_a_line(
    open_page: OpenPage, chat: Chat
) -> None:
    """The mark of the last visit is stored."""
    page = open_page(name="Ann")
    chat.say("read")
    wait_for(page, "read")
    page.wait_for_timeout(200)
    address = page.url
    page.goto("about:blank")
    chat.say("one", "two")
    page.goto(address)
    wait_for(page, "two")
    expect(page.locator("#log .new")).to_have_text("New")
    expect(page.locator("#log .message:has(.new) .text")).to_have_text("one")


def test_a_mention_in_another_room_shows_in_the_list(open_page: OpenPage, chat: Chat) -> None:
    """Beside the number of unread messages."""
    page = open_page(name="Ann")
    join(page, "tea")
    with enter(chat.ws, "Bob", "lobby") as bob:
        bob.ask(t="send", room="lobby", text="hello")
        bob.ask(t="send", room="lobby", text="where is @ann?")
        expect(page.locator("#rooms .unread.mention")).to_contain_text("@ 2")
        open_room(page, "lobby")
        expect(page.locator("#log .mentioned .text")).to_have_text("where is @ann?")


def test_a_message_is_unread_again_on_all_devices(open_page: OpenPage, chat: Chat) -> None:
    """With what is behind it, also after a reload, until one comes back to the room."""
    page = open_page(name="Ann")
    chat.say(*(f"line {count}" for count in range(5)))
    wait_for(page, "line 4")
    page.locator("#log .message", has_text="line 2").hover()
    page.get_by_role("toolbar").get_by_role("button", name="More").click()
    page.get_by_role("dialog").get_by_role("button", name="Mark as unread").click()
    new = page.locator("#log .message:has(.new) .text")
    expect(new).to_have_text("line 2")
    join(page, "tea")
    in_list = page.locator("#rooms .unread:not([hidden])")
    expect(in_list).to_contain_text("3")
    page.reload()
    expect(in_list).to_contain_text("3")
    open_room(page, "lobby")
    expect(new).to_have_text("line 2")
    expect(in_list).to_have_count(0)


def test_a_hit_is_jumped_to_and_there_is_a_way_back(open_page: OpenPage, chat: Chat) -> None:
    """The messages around it are there, too."""
    chat.say(*(f"line {count}" for count in range(500)))
    page = open_page(viewport={"width": 1000, "height": 400})
    wait_for(page, "line 499")
    page.get_by_role("button", name="Search messages").click()
    expect(page.locator("#query")).to_be_focused()
    page.keyboard.type("line 77")
    page.keyboard.press("Enter")
    expect(page.locator("#search li mark")).to_have_text(["line", "77"])
    page.locator("#search li button").click()
    hit = page.locator("#log .message", has_text=re.compile("line 77$"))
    expect(hit).to_be_in_viewport()
    expect(hit).to_be_focused()
    wait_for(page, "line 90")
    page.keyboard.press("Escape")
    page.locator("#newer").click()
    wait_for(page, "line 499")
    expect_end(page)


def test_a_search_can_be_narrowed_to_a_person_and_to_days(open_page: OpenPage, chat: Chat) -> None:
    """Days are those of the person's own clock, and the last one is included."""
    with enter(chat.ws, "Ann", "lobby") as ann, enter(chat.ws, "Bob", "lobby") as bob:
        ann.ask(t="send", room="lobby", text="milk, says Ann")
        bob.ask(t="send", room="lobby", text="milk, says Bob")
    page = open_page(timezone_id="Pacific/Auckland")
    today = page.evaluate("new Intl.DateTimeFormat('sv').format()")
    page.get_by_role("button", name="Search messages").click()
    page.get_by_role("searchbox").fill("milk")
    found = page.locator("#search li .words")
    for fields, expected in (
        ({}, ["milk, says Bob", "milk, says Ann"]),
        ({"By": "ann"}, ["milk, says Ann"]),
        ({"By": "", "From this day on": today, "Up to this day": today}, 2),
        ({"From this day on": "", "Up to this day": "2020-02-29"}, []),
        ({"From this day on": "2199-12-31", "Up to this day": ""}, []),
    ):
        if fields and not page.get_by_label("By", exact=True).is_visible():
            page.get_by_text("By person or day").click()
        for label, value in fields.items():
            page.get_by_label(label, exact=True).fill(value)
        page.get_by_role("searchbox").press("Enter")
        if isinstance(expected, int):
            expect(found).to_have_count(expected)
        else:
            expect(found).to_have_text(expected)


def test_what_is_found_is_text_too(open_page: OpenPage, chat: Chat) -> None:
    """Nothing in a snippet runs or breaks the panel, and what matches is marked to the letter."""
    chat.say(
        "<img src=x onerror=alert(1)> milk", "👩‍👩‍👧 𝓶 milk \u202egnp.exe", "milk " + "w" * 3000
    )
    page = open_page()
    page.get_by_role("button", name="Search messages").click()
    page.get_by_role("searchbox").fill("milk")
    page.keyboard.press("Enter")
    marks = page.locator("#search li mark")
    expect(marks).to_have_text(["milk", "milk", "milk"])
    assert page.locator("#search li img").count() == 0
    assert page.locator("#search").evaluate("panel => panel.scrollWidth - panel.clientWidth") == 0


def test_days_and_authors_stand_above_their_messages(open_page: OpenPage, chat: Chat) -> None:
    """Once for several in a row; each has its time, with the date where it is pointed at."""
    page = open_page(name="Cleo")
    with enter(chat.ws, "Ann", "lobby") as ann, enter(chat.ws, "Bob", "lobby") as bob:
        for guest, text in ((ann, "one"), (ann, "two"), (bob, "three"), (ann, "four")):
            guest.ask(t="send", room="lobby", text=text)
        bob.ask(t="send", room="lobby", text="five", reply=1)
    wait_for(page, "five")
    expect(page.locator("#log .head .author")).to_have_text(["Ann", "Bob", "Ann", "Bob"])
    expect(page.locator("#log .day")).to_have_count(1)
    expect(page.locator("#log .quote")).to_have_text("Annone")
    for time in page.locator("#log time").all():
        assert re.search(r"\d{4}", time.get_attribute("title") or "")


def test_the_arrow_keys_lead_from_message_to_message(open_page: OpenPage, chat: Chat) -> None:
    """Through all messages, also those without a row; Escape goes back to the field."""
    chat.say(*(f"line {count}" for count in range(90)))
    page = open_page(viewport=SMALL)
    wait_for(page, "line 89")
    page.locator("#log").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#log .message:focus .text")).to_have_text("line 87")
    page.keyboard.press("Home")
    expect(page.locator("#log .message:focus .text")).to_have_text("line 0")
    page.keyboard.press("Escape")
    expect(page.locator("#text")).to_be_focused()


def test_a_screen_reader_hears_what_others_say_now(open_page: OpenPage, chat: Chat) -> None:
    """Neither history nor the user's own messages."""
    chat.say("before")
    page = open_page(name="Ann")
    wait_for(page, "before")
    page.fill("#text", "mine")
    page.press("#text", "Enter")
    with enter(chat.ws, "Bob", "lobby") as bob:
        bob.ask(t="send", room="lobby", text="hello")
        expect(page.locator("#announcer")).to_have_text("Bob: hello")
        bob.ask(t="send", room="lobby", text="`tea`, **now**")
    expect(page.locator("#announcer")).to_have_text("Bob: tea, now")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


# Takes the place of the browser's notifications, and of a tab that is in the background.
HIDE = """
    window.told = [];
    window.Notification = class {
        static permission = "granted";
        constructor(title, { body }) { told.push(`${title}: ${body}`) }
    };
    try { localStorage["trio-chat.notify"] = "true" } catch { /* not our page yet */ }
"""
GO_AWAY = """
    Object.defineProperty(document, "hidden", { get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
"""


def test_a_hidden_tab_tells_of_a_mention_alone(open_page: OpenPage, chat: Chat) -> None:
    """And its title counts all that is unread."""
    page = open_page(name="Ann", prepare=lambda page: page.add_init_script(HIDE))
    page.evaluate(GO_AWAY)
    with enter(chat.ws, "Bob", "lobby") as bob:
        bob.ask(t="send", room="lobby", text="hello")
        bob.ask(t="send", room="lobby", text="@Ann, **tea**?")
    expect(page).to_have_title("(2) lobby · Chat")
    page.wait_for_function("told.length > 0")
    assert page.evaluate("told") == ["Bob mentions you in lobby: @Ann, tea?"]


def test_who_is_typing_shows_until_they_have_said_it(open_page: OpenPage, chat: Chat) -> None:
    """The log does not scroll."""
    page = open_page(name="Ann")
    with enter(chat.ws, "Bob", "lobby") as bob:
        before = page.locator("#text").bounding_box()
        bob.tell(t="typing", room="lobby")
        expect(page.locator("#typing")).to_contain_text("is typing")
        assert page.locator("#text").bounding_box() == before
        bob.ask(t="send", room="lobby", text="hello")
        expect(page.locator("#typing")).to_have_text("")


def test_a_reaction_is_joined_and_taken_back_by_a_click(open_page: OpenPage, chat: Chat) -> None:
    """It tells how many there are, and whether one is among them."""
    page = open_page(name="Ann")
    with enter(chat.ws, "Bob", "lobby") as bob:
        bob.ask(t="send", room="lobby", text="hello")
        bob.ask(t="react", room="lobby", seq=1, emoji="👍")
    chip = page.locator("#log .reaction")
    expect(chip).to_have_text("👍 1")
    chip.click()
    expect(chip).to_have_text("👍 2")
    expect(chip).to_have_attribute("aria-pressed", "true")
    chip.click()
    expect(chip).to_have_text("👍 1")
