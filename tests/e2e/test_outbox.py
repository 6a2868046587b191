"""What is written without a connection arrives once and in order, even if the page is closed."""

import signal

from playwright.sync_api import Dialog, Page, WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import (
    expect_field,
    expect_lines,
    join,
    limit,
    lines,
    open_room,
    say,
    wait_for,
    wait_for_kept,
    wait_while,
)


class Line:
    """A network between a page and the server, which can be cut and mended."""

    def __init__(self) -> None:
        self._is_cut = False
        self._limits: dict[str, int] = {}
        self._sockets: list[WebSocketRoute] = []

    def lay(self, page: Page, **limits: int) -> None:
        """Route a page's WebSocket through this, with these ``limits`` in the welcome."""
        self._limits = limits
        page.route_web_socket("**/ws", self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self._is_cut:
            socket.close(code=1001)
        else:
            self._sockets.append(socket)
            limit(socket, **self._limits)

    def cut(self) -> None:
        self._is_cut = True
        for socket in self._sockets:
            socket.close(code=1001)
        self._sockets.clear()

    def mend(self) -> None:
        self._is_cut = False


WAITS = "Will be sent once connected"
FIVE = [f"away {count}" for count in range(5)]


def expect_once(pages: list[Page], said: list[str]) -> None:
    """Expect every page to show these messages: all, once, in order, and confirmed."""
    for page in pages:
        wait_for_kept(page, said[-1])
        expect(page.locator("#log .outgoing")).to_have_count(0)
        expect_lines(said, page)


def test_five_messages_typed_without_a_network_arrive_once(open_page: OpenPage) -> None:
    """In order, when the network is back."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page()
    line.cut()
    for text in FIVE:
        say(page, text)
    expect(page.locator("#log .outgoing .text")).to_have_text(FIVE)
    expect(page.get_by_text(WAITS)).to_have_count(5)
    line.mend()
    expect_once([page, other], FIVE)


def test_five_messages_outlive_a_reload(open_page: OpenPage) -> None:
    """They are shown again at once, and are sent in order with what is written after it."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page()
    line.cut()
    for text in FIVE:
        say(page, text)
    page.reload()
    expect(page.locator("#log .outgoing .text")).to_have_text(FIVE)
    say(page, "and more")
    line.mend()
    expect_once([page, other], [*FIVE, "and more"])


def test_the_tab_that_is_left_sends_what_a_closed_one_could_not(open_page: OpenPage) -> None:
    """It shows them as its own as soon as the other is closed, and not before."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page()
    second = page.context.new_page()
    line.lay(second)
    second.goto(page.url)
    second.wait_for_selector("#status.open")
    line.cut()
    for text in FIVE:
        say(page, text)
    page.wait_for_timeout(200)
    assert lines(second) == []
    page.close()
    expect(second.locator("#log .outgoing .text")).to_have_text(FIVE)
    line.mend()
    expect_once([second, other], FIVE)


def test_the_next_visit_sends_what_the_last_one_could_not(open_page: OpenPage) -> None:
    """Also in another room than the next visit begins with."""
    line = Line()
    page, other = open_page(prepare=line.lay, room="tea"), open_page(room="tea")
    line.cut()
    say(page, "later")
    page.close()
    line.mend()
    again = page.context.new_page()
    again.goto(other.url.replace("tea", "lobby"))
    wait_for_kept(other, "later")
    again.goto(other.url)
    expect_once([again, other], ["later"])


def test_two_tabs_of_one_person_send_their_own(open_page: OpenPage) -> None:
    """Each shows what the other sends, and nothing twice."""
    line = Line()
    page = open_page(prepare=line.lay)
    second = page.context.new_page()
    line.lay(second)
    second.goto(page.url)
    second.wait_for_selector("#status.open")
    line.cut()
    said = [f"line {count}" for count in range(6)]
    for count, text in enumerate(said):
        say((page, second)[count % 2], text)
    line.mend()
    for tab in (page, second):
        for text in said:
            wait_for_kept(tab, text)
    shown = lines(page)
    assert shown == lines(second)
    assert sorted(shown) == said
    for mine in (said[0::2], said[1::2]):
        assert [text for text in shown if text in mine] == mine


def test_a_server_killed_while_a_reload_is_under_way_gets_it_once(
    open_page: OpenPage, chat: Chat
) -> None:
    """The page does not know whether the last one arrived, and sends it again with the same cid."""
    page, other = open_page(), open_page()
    say(page, "one")
    wait_for(other, "one")
    say(page, "two")
    chat.stop(signal.SIGKILL)
    say(page, "three")
    chat.start()
    page.reload()
    expect_once([page, other], ["one", "two", "three"])


def test_a_browser_that_stores_nothing_sends_all_the_same(open_page: OpenPage) -> None:
    """If the page is closed before that, it asks."""
    line = Line()
    asked: list[str] = []

    def prepare(page: Page) -> None:
        line.lay(page)
        page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page, other = open_page(prepare=prepare, wait=False, name=None), open_page()
    page.on("dialog", answer)
    page.get_by_role("dialog").get_by_role("textbox").fill("Ann")
    page.get_by_role("dialog").get_by_role("button").click()
    page.wait_for_selector("#status.open")
    line.cut()
    say(page, "keep this")
    line.mend()
    expect_once([page, other], ["keep this"])
    line.cut()
    say(page, "and this")
    page.close(run_before_unload=True)
    wait_while(other, lambda: not asked)
    assert asked == ["beforeunload"]


def test_what_there_is_no_room_for_stays_in_the_field(open_page: OpenPage) -> None:
    """The queue holds 500 entries; then the page says so, and the text stays in the field."""
    line = Line()
    page = open_page(prepare=line.lay)
    line.cut()
    page.evaluate(
        """() => {
            for (let count = 0; count < 500; count++) {
                document.getElementById("text").value = `line ${count}`;
                document.getElementById("composer").requestSubmit();
            }
        }"""
    )
    say(page, "one too many")
    expect(page.get_by_text("Too much waits to be sent already")).to_be_visible()
    expect_field(page, "one too many")


def test_long_texts_for_many_rooms_arrive_although_they_fill_more_than_one_frame(
    open_page: OpenPage,
) -> None:
    """The page divides them into frames that the server accepts."""
    line = Line()
    rooms = ["tea", "milk", "lemon", "honey", "mint", "sage"]
    page = open_page(prepare=line.lay)
    for room in rooms:
        join(page, room)
    line.cut()
    for room in rooms:
        open_room(page, room)
        say(page, f"{room} {'語' * 3_900}")
    line.mend()
    for room in rooms:
        open_room(page, room)
        wait_for_kept(page, f"{room} 語")
    expect(page.locator("#status.open")).to_be_visible()


def test_a_text_that_is_too_long_for_a_frame_does_not_stop_the_others(open_page: OpenPage) -> None:
    """The page says of that one that it is too long."""
    line = Line()

    def prepare(page: Page) -> None:
        line.lay(page, frame=5_000)

    page = open_page(prepare=prepare)
    line.cut()
    say(page, "語" * 1_900)
    say(page, "short")
    line.mend()
    wait_for_kept(page, "short")
    expect(page.get_by_text("This is too long for the server.")).to_be_visible()
    expect(page.locator("#log .failed .text")).to_have_count(1)
