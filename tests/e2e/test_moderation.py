"""Moderation in the page: what moderators do, and what all others see of it."""

import re
import subprocess
import sys

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
    post,
    say,
    wait_for,
    wait_for_kept,
    wait_while,
)
from tests.e2e.test_access import TOO_SMALL, faults


def make_room(page: Page, name: str) -> None:
    """Make a public room and go there, as its moderator."""
    if page.locator("#open-rooms").is_visible():
        page.click("#open-rooms")
    page.get_by_role("button", name="New room").click()
    page.get_by_label("What is it called?").fill(name)
    page.get_by_role("button", name="Make the room").click()
    page.get_by_role("button", name="Go to the room").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("button", name="Room settings")).to_be_visible()


def open_settings(page: Page, part: str = "Rules") -> Locator:
    """Open the settings of the room at one of their parts, by keys alone."""
    page.get_by_role("button", name="Room settings").press("Enter")
    dialog = page.get_by_role("dialog", name="Room settings")
    expect(dialog.locator("summary", has_text="Rules")).to_be_focused()
    if part != "Rules":
        dialog.locator("summary", has_text=part).press("Enter")
    return dialog


def close_room(page: Page, *, is_closed: bool) -> None:
    """Let only moderators speak, or everybody again."""
    dialog = open_settings(page)
    dialog.get_by_label("Only moderators speak").set_checked(is_closed)
    dialog.get_by_role("button", name="Set the rules").click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def open_menu(page: Page, nick: str) -> Locator:
    """Open the menu about somebody in the list of people."""
    if page.locator("#open-people").is_visible():
        page.click("#open-people")
    page.locator("#people").get_by_role("button", name=f"What to do with \u2068{nick}").click()
    return page.get_by_role("dialog", name=re.compile(nick))


def row(page: Page, text: str) -> Locator:
    """Return the row of a message."""
    return page.locator("#log .message", has=page.locator(".text", has_text=text))


def expect_said(page: Page, *texts: str) -> None:
    """Expect the log to show these messages, deleted ones and lines about acts aside."""
    said = page.locator("#log .message:not(.note):not(.deleted) .text")
    expect(said).to_have_text(list(texts))


def test_a_teacher_runs_a_class(open_page: OpenPage) -> None:
    """She closes the room, and nobody else can write; she opens it, and clears a joke."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob", room="class")
    bob.goto("about:blank")
    make_room(ann, "class")
    bob.go_back()
    expect(bob.locator("#text")).to_be_enabled()
    close_room(ann, is_closed=True)
    expect(bob.locator("#text")).to_be_disabled()
    expect(bob.get_by_placeholder("Only moderators speak here")).to_be_visible()
    expect(bob.locator("#log")).to_be_focused()
    expect(bob.get_by_role("button", name="Send")).to_be_disabled()
    expect(row(bob, "set the rules: only moderators speak")).to_be_visible()
    post(ann, "listen!")
    wait_for(bob, "listen!")
    row(bob, "listen!").hover()
    bar = bob.get_by_role("toolbar", name="Actions")
    expect(bar.get_by_role("button")).to_have_count(3)  # to copy, its link too, and to tell
    close_room(ann, is_closed=False)
    expect(bob.locator("#text")).to_be_focused()
    for text in ("a joke", "another joke"):
        post(bob, text)
    wait_for(ann, "another joke")
    row(ann, "another joke").focus()
    ann.keyboard.press("m")
    menu = ann.get_by_role("dialog", name=re.compile("Bob"))
    menu.get_by_label("Reason").fill("not now")
    menu.get_by_role("button", name="Clear messages: 10 minutes").click()
    expect(ann.get_by_role("dialog")).to_contain_text("said in the last 10 minutes?")
    ann.get_by_role("button", name="Clear", exact=True).click()
    for page in (ann, bob):
        expect(row(page, "cleared what \u2068Bob\u2069 said: \u2068not now")).to_be_visible()
        expect_said(page, "listen!")
    ann.reload()
    expect(ann.locator("#log .deleted")).to_have_count(1)
    expect(row(ann, "2 messages removed")).not_to_contain_text("Bob")
    expect_said(ann, "listen!")


def test_a_moderator_says_why_a_message_is_deleted(open_page: OpenPage) -> None:
    """The question asks for it if it is somebody else's; all see it, as does the list of acts."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob", room="class")
    bob.goto("about:blank")
    make_room(ann, "class")
    bob.go_back()
    post(bob, "a joke")
    wait_for(ann, "a joke")
    row(ann, "a joke").focus()
    ann.keyboard.press("Delete")
    question = ann.get_by_role("dialog")
    expect(question).to_contain_text("a joke")
    question.get_by_label("Reason").fill("not now")
    question.get_by_label("Reason").press("Enter")
    expect(question).to_be_hidden()
    for page in (ann, bob):
        expect(page.locator("#log .deleted .text")).to_have_text(
            "Message deleted: \u2068not now\u2069"
        )
    dialog = open_settings(ann, "What was done")
    deleted = "deleted a message of \u2068Bob\u2069: \u2068not now\u2069"
    expect(dialog.get_by_text(deleted)).to_be_visible()
    ann.keyboard.press("Escape")
    post(ann, "listen!")
    row(ann, "listen!").focus()
    ann.keyboard.press("Delete")
    expect(ann.get_by_role("dialog")).to_contain_text("listen!")
    expect(ann.get_by_label("Reason")).to_have_count(0)


def test_what_is_cleared_is_not_kept_by_the_page(open_page: OpenPage) -> None:
    """Neither in the cache of messages nor elsewhere in the browser's storage."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob", room="class")
    bob.goto("about:blank")
    make_room(ann, "class")
    bob.go_back()
    post(bob, "secret words")
    wait_for_kept(ann, "secret words")
    wait_while(ann, lambda: "secret words" not in cached(ann))
    assert "secret words" in cached(ann)
    open_menu(ann, "Bob").get_by_role("button", name="Clear messages: All").click()
    ann.get_by_role("button", name="Clear", exact=True).click()
    expect(ann.locator("#log .deleted")).to_have_count(1)
    wait_while(ann, lambda: "secret words" in cached(ann))
    assert "secret words" not in cached(ann)


def cached(page: Page) -> str:
    """Return all that the page has stored, as text."""
    return str(
        page.evaluate(
            """() => new Promise((resolve) => {
                const opening = indexedDB.open("trio-chat", 1);
                opening.onsuccess = () => {
                    const rooms = opening.result.transaction("rooms").objectStore("rooms");
                    rooms.getAll().onsuccess = ({ target: { result } }) =>
                        resolve(JSON.stringify([result, { ...localStorage }]));
                };
            })"""
        )
    )


def test_a_muted_person_reads_until_they_may_speak_again(open_page: OpenPage) -> None:
    """Everybody is told, and the field says why; nothing that was written is lost."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    make_room(ann, "class")
    bob.goto(bob.url.replace("lobby", "class"))
    bob.fill("#text", "but I")
    menu = open_menu(ann, "Bob")
    menu.get_by_label("Reason").fill("rude")
    menu.get_by_role("button", name="Mute: 1 hour").click()
    for page in (ann, bob):
        wait_for(page, "muted \u2068Bob\u2069 for 1 hour: \u2068rude")
    expect(bob.locator("#text")).to_be_disabled()
    expect(bob.get_by_text("You are muted here")).to_be_visible()
    expect(bob.get_by_text(re.compile(r"Still (1:00:00|59:\d\d)\."))).to_be_visible()
    assert faults(bob) == []
    bob.reload()
    expect(bob.locator("#text")).to_be_disabled()
    expect(bob.get_by_text("You can only read here just now.")).to_be_visible()
    expect_field(bob, "but I")
    open_menu(ann, "Bob").get_by_role("button", name="Let speak again").click()
    expect(bob.locator("#text")).to_be_enabled()
    expect_field(bob, "but I")
    bob.press("#text", "Enter")
    wait_for(ann, "but I")


def test_in_slow_mode_the_next_message_waits_in_the_field(open_page: OpenPage) -> None:
    """The page says how long; a newcomer's first message comes back to the field."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    make_room(ann, "class")
    bob.goto(bob.url.replace("lobby", "class"))
    dialog = open_settings(ann)
    dialog.get_by_label("Time between two messages").select_option("1 hour")
    dialog.get_by_role("button", name="Set the rules").click()
    expect(row(bob, "slow mode, 1 hour between two messages")).to_be_visible()
    post(bob, "one")
    expect(bob.get_by_text("Slow mode: your next message has to wait.")).to_be_visible()
    say(bob, "two")
    expect_field(bob, "two")
    expect_said(bob, "one")
    assert faults(bob) == []
    dialog.get_by_label("Time between two messages").select_option("none")
    dialog.get_by_label("Newcomers wait before").select_option("1 hour")
    dialog.get_by_role("button", name="Set the rules").click()
    expect(bob.get_by_role("button", name="Send")).to_be_enabled()
    bob.press("#text", "Enter")
    expect(bob.get_by_text("Newcomers wait a little")).to_be_visible()
    expect_field(bob, "two")
    expect_said(bob, "one")


def test_a_raid_is_undone_and_taken_back(open_page: OpenPage, chat: Chat) -> None:
    """From a message, with a preview and one button; the list of acts brings all of it back."""
    ann = open_page(name="Ann")
    make_room(ann, "class")
    post(ann, "welcome")
    with enter(chat.ws, "E1", "class") as one, enter(chat.ws, "E2", "class") as two:
        for raider in (one, two):
            raider.ask(t="send", room="class", text="spam")
        expect(row(ann, "spam")).to_have_count(2)
        row(ann, "spam").first.hover()
        ann.get_by_role("toolbar", name="Actions").get_by_role("button", name="More").click()
        ann.get_by_label("Reason").fill("spam")
        ann.get_by_role("button", name="Undo a raid").click()
        dialog = ann.get_by_role("dialog", name="Undo a raid")
        expect(dialog.get_by_text("1 person will be banned for a week: \u2068E1")).to_be_visible()
        dialog.get_by_label("Everyone who came since").check()
        expect(dialog.get_by_text("2 people will be banned for a week")).to_be_visible()
        expect(dialog.get_by_text("2 messages will be cleared")).to_be_visible()
        first = dialog.get_by_label(re.compile("E1.*first seen"))
        first.press("Space")
        expect(dialog.get_by_text("1 person will be banned for a week: \u2068E2")).to_be_visible()
        expect(first).to_be_focused()
        assert faults(ann) == []
        first.press("Space")
        expect(dialog.get_by_text("2 people will be banned for a week")).to_be_visible()
        expect(dialog.get_by_label("Reason")).to_have_value("spam")
        dialog.get_by_label("Reason").fill("a raid")
        dialog.get_by_role("button", name="Undo it").click()
        expect(row(ann, "spam")).to_have_count(0)
        expect(ann.locator("#log .deleted .text")).to_have_text("2 messages removed")
    wait_for(ann, "banned \u2068E1\u2069 and \u2068E2\u2069 for 1 week: \u2068a raid")
    expect_said(ann, "welcome")
    settings = open_settings(ann, "What was done")
    settings.get_by_role("button", name=re.compile("Take back: .*undid a raid")).click()
    expect(settings.get_by_text("taken back")).to_be_visible()
    assert faults(ann) == []
    ann.keyboard.press("Escape")
    expect_said(ann, "welcome", "spam", "spam")


def test_a_raid_leaves_one_line(open_page: OpenPage, chat: Chat) -> None:
    """However much was said; the reader's place, the keys and what is found hold, also later."""
    ann = open_page(name="Ann")
    make_room(ann, "class")
    for number in range(30):
        post(ann, f"lesson {number}")
    wait_for_kept(ann, "lesson 29")
    with enter(chat.ws, "evil.example", "class") as raider:
        for number in range(120):
            raider.ask(t="send", room="class", text=f"spam {number}")
        for number in range(3):
            post(ann, f"help {number}")
        wait_for_kept(ann, "help 2")
        row(ann, "help 0").focus()
        for _ in range(40):
            ann.keyboard.press("ArrowUp")
        expect(row(ann, "spam 80")).to_be_focused()
        middle = ann.evaluate("document.activeElement.getBoundingClientRect().top")
        open_menu(ann, "evil.example").get_by_role("button", name="Undo a raid").click()
        dialog = ann.get_by_role("dialog", name="Undo a raid")
        expect(dialog.get_by_text("120 messages will be cleared")).to_be_visible()
        dialog.get_by_role("button", name="Undo it").click()
    line = row(ann, "120 messages removed")
    expect(line).to_have_count(1)
    expect(line).to_be_in_viewport()
    expect(ann.locator("#log")).not_to_contain_text("spam")
    expect(ann.locator("#log .deleted")).to_have_count(1)
    assert 0 < middle < ann.evaluate("innerHeight")
    line.focus()
    assert faults(ann) == []
    for key, text in (
        ("ArrowDown", "help 0"),
        ("ArrowUp", "120 messages"),
        ("ArrowUp", "lesson 29"),
    ):
        ann.keyboard.press(key)
        expect(row(ann, text)).to_be_focused()
    ann.reload()
    ann.wait_for_selector("#status.open")  # what is shown before that is shown anew
    expect(row(ann, "120 messages removed")).to_have_count(1)
    expect(row(ann, "lesson 29")).to_be_visible()
    ann.locator("#log .message").last.focus()
    ann.keyboard.press("Home")
    expect(row(ann, "lesson 0")).to_be_focused()


def test_a_message_is_told_to_the_moderators(open_page: OpenPage) -> None:
    """By anybody, with a reason; from the settings they find the message."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    make_room(ann, "class")
    bob.goto(bob.url.replace("lobby", "class"))
    post(ann, "rude words")
    wait_for(bob, "rude words")
    row(bob, "rude words").focus()
    bob.keyboard.press("m")
    menu = bob.get_by_role("dialog", name=re.compile("Ann"))
    own = ["Mark as unread from here", "Mention", "Write privately", "Ignore"]
    offered = [*own, "Tell the moderators"]
    expect(menu.get_by_role("button")).to_have_text(offered)
    menu.get_by_label("Reason").fill("rude")
    menu.get_by_role("button", name="Tell the moderators").click()
    expect(bob.locator("#notice")).to_contain_text("The moderators will see it.")
    settings = open_settings(ann, "Reports")
    expect(settings.get_by_text("told about a message: \u2068rude")).to_be_visible()
    settings.get_by_role("button", name="Go to the message").click()
    expect(row(ann, "rude words")).to_be_focused()


def test_links_of_newcomers_wait_for_a_moderator(open_page: OpenPage) -> None:
    """Who sends one is told so; it comes when it is approved, and never if it is rejected."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    make_room(ann, "class")
    bob.goto(bob.url.replace("lobby", "class"))
    settings = open_settings(ann)
    settings.get_by_label("Links of newcomers wait for a moderator").check()
    settings.get_by_role("button", name="Set the rules").click()
    expect(row(bob, "links of newcomers wait for a moderator")).to_be_visible()
    for text in ("see https://a.b/\nfor tea", "or https://c.d/"):
        say(bob, text)
    waits = bob.get_by_text("Not sent. A moderator looks at it first")
    expect(waits).to_have_count(2)
    post(bob, "hello")
    wait_for(ann, "hello")
    expect(row(ann, "https://")).to_have_count(0)
    settings.locator("summary", has_text="Held for approval").press("Enter")
    held = settings.locator(".held .text")
    expect(held).to_have_text(["see https://a.b/\nfor tea", "or https://c.d/"])
    expect(settings.locator(".held a")).to_have_count(0)
    assert faults(ann) == []
    approve = settings.get_by_role("button", name="Approve what \u2068Bob\u2069 wrote")
    approve.first.press("Enter")
    expect(settings.get_by_text("It is sent.")).to_be_visible()
    expect(settings.locator("summary", has_text="Held for approval")).to_be_focused()
    expect(held).to_have_text(["or https://c.d/"])
    for page in (ann, bob):
        expect(page.locator("#log").get_by_role("link", name="https://a.b/")).to_be_visible()
    expect(waits).to_have_count(1)
    settings.get_by_role("button", name="Reject what \u2068Bob\u2069 wrote").click()
    expect(settings.get_by_text("Nothing waits for approval.")).to_be_visible()
    ann.keyboard.press("Escape")
    expect_said(ann, "hello", "see https://a.b/\nfor tea")
    settings = open_settings(ann)
    expect(settings.get_by_label("Links of newcomers wait for a moderator")).to_be_checked()


def test_who_is_removed_may_come_back_and_who_is_banned_may_not(open_page: OpenPage) -> None:
    """The page says so calmly, and goes on in the other rooms."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    make_room(ann, "class")
    bob.goto(bob.url.replace("lobby", "class"))
    expect(bob.locator("#people li")).to_have_count(2)
    open_menu(ann, "Bob").get_by_role("button", name="Remove").click()
    expect(bob.get_by_role("heading", name="You were removed from this room")).to_be_visible()
    expect(bob.get_by_role("status").first).to_have_text("Connected")
    expect(bob.locator("#people li")).to_have_count(0)
    assert faults(bob) == []
    bob.get_by_role("button", name="Try again").click()
    expect(bob.locator("#people li")).to_have_count(2)
    open_menu(ann, "Bob").get_by_role("button", name="Ban: for ever").click()
    expect(bob.get_by_role("heading", name="You cannot be in this room")).to_be_visible()
    bob.locator(".refused").get_by_role("link", name="Go to the lobby").click()
    expect(bob.get_by_role("heading", level=1)).to_have_text("lobby")
    post(bob, "hello")
    expect_lines(["hello"], bob)
    expect(bob.get_by_role("navigation").get_by_role("link")).to_have_text(["lobby0 unread"])


def make_operator(page: Page, chat: Chat) -> None:
    """Make somebody an operator by the link that the command prints."""
    command = (sys.executable, "-m", "trio_chat", "operator-link", "--url", chat.url)
    database = ("--database", str(chat.database))
    link = subprocess.run([*command, *database], capture_output=True, text=True, check=True).stdout
    told = page.locator("#notice p:not(:empty)")
    for _ in range(20):  # the server looks each second for what a command has done
        page.goto("about:blank")
        page.goto(link.strip())
        told.wait_for()
        if "You are an operator now" in told.inner_text():
            return
    raise AssertionError(told.inner_text())


def test_an_operator_bans_somebody_in_all_rooms(open_page: OpenPage, chat: Chat) -> None:
    """By keys alone, and takes it back by the list of what was done in all rooms."""
    ann, bob = open_page(name="Ann"), open_page(name="Bob")
    make_operator(ann, chat)
    expect(ann.locator("#people li")).to_have_count(2)
    ann.locator("#people").get_by_role("button", name="What to do with \u2068Bob").press("Enter")
    menu = ann.get_by_role("dialog", name=re.compile("Bob"))
    menu.get_by_label("In all rooms").press("Space")
    expect(menu.get_by_label("In all rooms")).to_be_checked()
    assert faults(ann) == []
    menu.get_by_role("button", name="Ban: for ever").press("Enter")
    expect(bob.get_by_role("heading", name="You cannot be in this room")).to_be_visible()
    bob.goto(bob.url.replace("lobby", "class"))
    expect(bob.get_by_role("heading", name="You cannot be in this room")).to_be_visible()
    settings = open_settings(ann, "What was done in all rooms")
    expect(settings.locator("details[open] li")).to_have_count(1)
    assert faults(ann) == []
    settings.get_by_role("button", name=re.compile("Take back: .*banned")).press("Enter")
    expect(settings.get_by_text("taken back")).to_be_visible()
    assert faults(ann) == []
    bob.reload()
    post(bob, "hello")
    expect_lines(["hello"], bob)


def test_an_operator_undoes_a_raid_of_all_rooms(open_page: OpenPage, chat: Chat) -> None:
    """What the menu's box says holds in the dialog, which tells in how many rooms they were."""
    ann = open_page(name="Ann")
    make_operator(ann, chat)
    post(ann, "welcome")
    with enter(chat.ws, "E1", "lobby", "tea") as raider:
        for room in ("lobby", "tea"):
            raider.ask(t="send", room=room, text="spam")
        expect(row(ann, "spam")).to_have_count(1)
        menu = open_menu(ann, "E1")
        menu.get_by_label("In all rooms").check()
        menu.get_by_role("button", name="Undo a raid").click()
        dialog = ann.get_by_role("dialog", name="Undo a raid")
        expect(dialog.get_by_text("They were in 2 rooms")).to_be_visible()
        expect(dialog.get_by_text("2 messages will be cleared")).to_be_visible()
        everywhere = dialog.get_by_label("In all rooms")
        everywhere.press("Space")
        expect(dialog.get_by_text("1 message will be cleared")).to_be_visible()
        expect(dialog.get_by_text("They were in")).to_have_count(0)
        everywhere.press("Space")
        expect(dialog.get_by_text("They were in 2 rooms")).to_be_visible()
        assert faults(ann) == []
        dialog.get_by_role("button", name="Undo it").click()
        expect(row(ann, "spam")).to_have_count(0)
    settings = open_settings(ann, "What was done in all rooms")
    settings.get_by_role("button", name=re.compile("Take back: .*undid a raid")).click()
    expect(settings.get_by_text("taken back")).to_be_visible()
    ann.keyboard.press("Escape")
    expect_said(ann, "welcome", "spam")


def test_an_operator_lets_others_have_a_name(open_page: OpenPage, chat: Chat) -> None:
    """That of somebody who is away; the list of what was done has it, else the reason is told."""
    ann = open_page(name="Ann")
    make_operator(ann, chat)
    assert ann.request.post(f"{chat.url}api/v1/sessions", data={"nick": "Bob"}).ok
    settings = open_settings(ann, "Names")
    settings.get_by_label("Name").fill("Ann")
    settings.get_by_label("Name").press("Enter")
    expect(settings.get_by_role("alert")).to_contain_text("Ann\u2069 is here")
    settings.get_by_label("Name").fill("bob")
    settings.get_by_role("button", name="Let others have it").click()
    expect(settings.get_by_text("Others may take the name \u2068bob")).to_be_visible()
    settings.get_by_label("Name").fill("bob")
    settings.get_by_label("Name").press("Enter")
    expect(settings.get_by_role("alert")).to_contain_text("Nobody has the name")
    assert faults(ann) == []
    settings.locator("summary", has_text="What was done in all rooms").click()
    expect(settings.get_by_text("gave up the name of \u2068Bob\u2069 for others")).to_be_visible()
    bob = open_page(name="Bob")
    post(bob, "it is mine now")
    wait_for(bob, "it is mine now")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong_with_what_moderators_use(
    open_page: OpenPage, size: dict[str, int], scheme: str
) -> None:
    """The dialogs and menus; on a phone all that can be tapped is large enough."""
    is_phone = size is PHONE
    looks = {"viewport": size, "color_scheme": scheme, "has_touch": is_phone, "is_mobile": is_phone}
    ann, bob = open_page(name="Ann", **looks), open_page(name="Bob")

    def check(state: str) -> None:
        assert faults(ann) == [], state
        if is_phone:
            assert ann.evaluate(TOO_SMALL) == [], state

    make_room(ann, "class")
    bob.goto(bob.url.replace("lobby", "class"))
    post(bob, "hello")
    wait_for(ann, "hello")
    check("the room")
    settings = open_settings(ann)
    check("rules")
    settings.locator("summary", has_text="Links").click()
    settings.get_by_label("For whom").fill("the class")
    settings.get_by_role("button", name="Make a link").click()
    settings.get_by_role("button", name="Copy the link").wait_for()
    check("links")
    for part in ("Reports", "Held for approval", "What was done"):
        settings.locator("summary", has_text=part).click()
        expect(settings.locator("details[open] :is(li, p)").first).not_to_have_text("Looking …")
        check(part)
    ann.keyboard.press("Escape")
    expect(open_menu(ann, "Bob")).to_be_visible()
    check("the menu")
