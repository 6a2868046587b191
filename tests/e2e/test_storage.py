"""A browser in which the user has forbidden all storage still chats."""

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.chat import Chat
from tests.e2e.conftest import CHROMIUM_FLAGS, OpenPage, find_chromium
from tests.e2e.looking import post, wait_for

FORBIDDEN = {"profile": {"default_content_setting_values": {"cookies": 2}}}
IS_FORBIDDEN = "() => { try { localStorage.length; return false } catch { return true } }"


def test_a_browser_that_forbids_storage_chats(
    browser: Browser, open_page: OpenPage, chat: Chat, tmp_path: Path
) -> None:
    """No error and no unhandled rejection comes of it."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(FORBIDDEN))
    other = open_page(room="tea")
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=find_chromium("chromium"), args=CHROMIUM_FLAGS
    )
    try:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{chat.url}r/tea")
        assert page.evaluate(IS_FORBIDDEN)
        page.get_by_role("dialog").get_by_role("textbox").fill("Ann")
        page.get_by_role("dialog").get_by_role("button").click()
        page.wait_for_selector("#text[aria-autocomplete]", state="attached")
        post(page, "nothing is stored")
        wait_for(other, "nothing is stored")
        page.wait_for_timeout(2_500)  # until the message cache would have been written
        page.reload()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert faults == []
    finally:
        context.close()
