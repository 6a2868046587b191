"""Sending: a message is shown at once, and arrives once, whatever happens meanwhile."""

import json
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.chat import Chat
from tests.e2e.conftest import OpenPage
from tests.e2e.looking import expect_lines, lines, post, read_back, say, wait_for, wait_for_kept

CONNECTED = "#status.open"


def judge(page: Page, verdict: Callable[[WebSocketRoute, dict[str, object]], bool]) -> None:
    """Stand between a page and the server; ``verdict`` tells whether a message may pass."""

    def stand(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            requests = [
                request
                for request in json.loads(message)
                if request["t"] != "send" or verdict(socket, request)
            ]
            if requests:
                server.send(json.dumps(requests))

        socket.on_message(pass_on)

    page.route_web_socket("**/ws", stand)


def refuse(socket: WebSocketRoute, request: dict[str, object], **error: object) -> None:
    """Answer in the server's place."""
    answer = {"t": "error", "id": request["id"], "code": "no", "text": "not today", **error}
    socket.send(json.dumps([answer]))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_conversation_goes_on_where_the_server_died(
    open_page: OpenPage, chat: Chat, how: signal.Signals
) -> None:
    """Both pages show every line once and in the same order."""
    pages = open_page(name="Ann"), open_page(name="Bob")
    said = []
    for count in range(20):
        if count == 10:
            chat.stop(how)
            chat.start()
        said.append(f"line {count}.")
        say(pages[count % 2], said[-1])
    for page in pages:
        page.wait_for_selector(CONNECTED, timeout=90_000)
        for line in said:
            wait_for_kept(page, line)
    shown = [lines(page) for page in pages]
    assert shown[0] == shown[1]
    assert sorted(shown[0]) == sorted(said)
    for speaker in (0, 1):
        mine = [line for line in shown[0] if line in said[speaker::2]]
        assert mine == said[speaker::2]


def test_a_flood_that_the_server_dies_in_arrives_once(open_page: OpenPage, chat: Chat) -> None:
    """Wherever each message was at that moment: sent, committed, broadcast or acknowledged."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    said = [f"line {count}." for count in range(300)]
    page.evaluate(FLOOD, said)
    wait_for_kept(other, "line 5.")
    chat.stop(signal.SIGKILL)
    chat.start()
    for shown in (page, other):
        shown.locator("#log .message:not(.outgoing) .text", has_text=said[-1]).wait_for(
            timeout=90_000, state="attached"
        )
        assert read_back(shown, said[0]) == said


FLOOD = """
    (said) => {
        for (const line of said) {
            document.getElementById("text").value = line;
            document.getElementById("composer").requestSubmit();
        }
    }
"""


def test_what_is_written_while_away_is_sent_once_and_in_order(
    open_page: OpenPage, chat: Chat
) -> None:
    """It is shown at once, and arrives when the server is back."""
    page, other = open_page(name="Ann"), open_page(name="Bob")
    chat.stop()
    said = [f"away {count}" for count in range(5)]
    for line in said:
        say(page, line)
    expect(page.locator("#log .outgoing .text")).to_have_text(said)
    chat.start()
    for shown in (page, other):
        shown.wait_for_selector(CONNECTED, timeout=90_000)
        wait_for_kept(shown, said[-1])
        expect_lines(said, shown)
    page.reload()
    wait_for(page, said[-1])
    expect_lines(said, page)


def test_a_message_whose_answer_is_lost_is_not_doubled(open_page: OpenPage) -> None:
    """It is sent again under its own id, which the server knows."""
    lost: list[str | bytes] = []

    def stand(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def hand_on(message: str | bytes) -> None:
            if '"t":"msg"' in str(message) and not lost:
                lost.append(message)
                socket.close(code=1012)
            else:
                socket.send(message)

        server.on_message(hand_on)

    page = open_page(prepare=lambda page: page.route_web_socket("**/ws", stand))
    other = open_page()
    post(page, "hello")
    say(page, "again")
    wait_for(other, "again")
    assert lost
    expect_lines(["hello", "again"], page, other)


def test_sending_shows_after_3_s(open_page: OpenPage) -> None:
    """Most messages are confirmed before; until then they are grey."""
    page = open_page(prepare=lambda page: judge(page, lambda *_: False))
    browser = page.context.new_cdp_session(page)
    browser.send("Animation.enable")
    browser.send("Animation.setPlaybackRate", {"playbackRate": 0})
    say(page, "into the void")
    expect(page.locator(".outgoing", has_text="into the void")).to_be_visible()
    sending = page.get_by_text("Sending …")
    expect(sending).to_be_hidden()
    be_at = "(one, ms) => { one.getAnimations()[0].currentTime = ms }"
    sending.evaluate(be_at, 2_900)
    expect(sending).to_be_hidden()
    sending.evaluate(be_at, 3_000)
    expect(sending).to_be_visible()


def test_a_message_that_is_refused_can_be_sent_again(open_page: OpenPage) -> None:
    """It has the reason, and does not block what comes after it."""
    refusals = ["hello"]

    def verdict(socket: WebSocketRoute, request: dict[str, object]) -> bool:
        if request["text"] not in refusals:
            return True
        refuse(socket, request)
        return False

    page, other = open_page(prepare=lambda page: judge(page, verdict)), open_page()
    say(page, "hello")
    expect(page.get_by_text("Not sent. Not today.")).to_be_visible()
    say(page, "anybody there?")
    wait_for(other, "anybody there?")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Not sent. Not today.")).to_be_visible()
    refusals.clear()
    page.get_by_role("button", name="Retry").click()
    wait_for(other, "hello")
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)
    expect_lines(["anybody there?", "hello"], page, other)


def test_a_message_that_is_refused_can_be_deleted(open_page: OpenPage) -> None:
    """Then it is gone, and the next one can be written."""

    def verdict(socket: WebSocketRoute, request: dict[str, object]) -> bool:
        refuse(socket, request)
        return False

    page = open_page(prepare=lambda page: judge(page, verdict))
    say(page, "hello")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#log .text")).to_have_count(0)
    expect(page.locator("#text")).to_be_focused()


def test_what_cannot_be_kept_just_now_is_sent_again_by_itself(open_page: OpenPage) -> None:
    """After the time that the server names, in the same order."""
    refused: list[object] = []

    def verdict(socket: WebSocketRoute, request: dict[str, object]) -> bool:
        if len(refused) >= 2:
            return True
        refused.append(request["cid"])
        refuse(socket, request, code="unavailable", retry_ms=300)
        return False

    page, other = open_page(prepare=lambda page: judge(page, verdict)), open_page()
    say(page, "one")
    say(page, "two")
    wait_for(other, "two")
    expect_lines(["one", "two"], page, other)
    assert refused[0] == refused[1]
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)


def test_a_server_that_has_begun_anew_is_told_in_a_line(open_page: OpenPage, chat: Chat) -> None:
    """Old numbers are not valid there, and what is sent meanwhile is not lost."""
    page = open_page()
    chat.say("of old")
    wait_for(page, "of old")
    chat.stop()
    chat.forget()
    say(page, "across")
    chat.start()
    page.wait_for_selector(CONNECTED, timeout=90_000)
    wait_for_kept(page, "across")
    expect(page.locator("#log .text")).to_have_text(
        ["The server has begun anew. What was said here before is gone.", "across"]
    )
