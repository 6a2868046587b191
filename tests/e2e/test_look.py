"""What people choose of the page's look: it is kept, and there before anything is drawn."""

import re
from functools import partial

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looking import post
from tests.e2e.test_access import faults

# What the page looks like when its body comes, before anything of it is drawn.
WATCH = """
    new MutationObserver((_, watching) => {
        if (!document.body) return;
        const { dataset, dir, lang } = document.documentElement;
        globalThis.first = { ...dataset, dir, lang };
        watching.disconnect();
    }).observe(document, { childList: true, subtree: true });
"""
OVERFLOWS = "() => document.documentElement.scrollWidth > innerWidth"


def settings(page: Page, button: str = "Settings") -> Locator:
    """Open the settings by keys alone."""
    page.get_by_role("button", name=button, exact=True).press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox").first).to_be_focused()
    return dialog


def test_what_is_chosen_is_kept_and_there_before_anything_is_drawn(open_page: OpenPage) -> None:
    """Theme, text size and density show at once, in all tabs; the dialog has no axe violation."""
    page = open_page(
        room="tea", color_scheme="light", prepare=partial(Page.add_init_script, script=WATCH)
    )
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#status.open")
    size = page.evaluate("getComputedStyle(document.documentElement).fontSize")
    dialog = settings(page)
    dialog.get_by_label("Colours").select_option("Dark")
    dialog.get_by_label("Text size").select_option("Large")
    dialog.get_by_label("Distance between messages").select_option("Compact")
    for one in (page, other):
        expect(one.locator("html")).to_have_attribute("data-theme", "dark")
        expect(one.locator("html")).to_have_attribute("data-density", "compact")
    expect(page.locator("html")).not_to_have_css("font-size", size)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") > size
    expect(page.locator("body")).to_have_css("background-color", "rgb(23, 25, 31)")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#status.open")
    first = page.evaluate("first")
    assert [first[part] for part in ("theme", "size", "density")] == ["dark", "large", "compact"]
    page.emulate_media(color_scheme="dark")
    other.emulate_media(color_scheme="dark")
    dialog = settings(page)
    dialog.get_by_label("Colours").select_option("As the system")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_language_and_clock_are_chosen(open_page: OpenPage) -> None:
    """The page is loaded again with them; a draft stays."""
    page = open_page(room="tea", locale="en-US")
    post(page, "hello")
    expect(page.locator("#log time").first).to_have_text(re.compile("[AP]M$"))
    page.fill("#text", "a draft")
    dialog = settings(page)
    dialog.get_by_label("Language").select_option("Español")
    dialog.get_by_label("Clock").select_option("24 hours")
    dialog.get_by_role("button", name="Close").press("Enter")
    expect(page.locator("#rooms h2")).to_have_text("Salas")
    expect(page.locator("#log time").first).to_have_text(re.compile(r"^\d?\d:\d\d$"))
    expect(page.locator("#text")).to_have_value("a draft")
    page.wait_for_selector("#text[aria-autocomplete]", state="attached")
    dialog = settings(page, "Ajustes")
    dialog.get_by_label("Idioma").select_option("English")
    page.keyboard.press("Escape")
    expect(page.locator("#rooms h2")).to_have_text("Rooms")


def test_arabic_mirrors_the_whole_page(open_page: OpenPage) -> None:
    """Before anything is drawn: rooms on the right, people on the left, nothing beyond the edge."""
    page = open_page(
        room="tea", locale="ar-EG", prepare=partial(Page.add_init_script, script=WATCH), name="ليلى"
    )
    assert page.evaluate("[first.dir, first.lang]") == ["rtl", "ar"]
    post(page, "صباح الخير")
    middle = {
        part: page.locator(part).evaluate("(one) => one.getBoundingClientRect().x")
        for part in ("#rooms", "main", "#people")
    }
    assert middle["#people"] < middle["main"] < middle["#rooms"]
    assert not page.evaluate(OVERFLOWS)
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#open-people").click()
    expect(page.locator("#people h2")).to_contain_text("الأشخاص")
    settings(page, "الإعدادات")
    assert not page.evaluate(OVERFLOWS)
    assert faults(page) == []
