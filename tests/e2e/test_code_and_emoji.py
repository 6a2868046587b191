"""Code that is copied, and emoji that stand alone."""

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looking import PHONE, pasted, say, wait_for, wait_for_kept
from tests.e2e.test_access import faults


def test_a_block_of_code_is_copied_by_its_button(open_page: OpenPage) -> None:
    """By keys, too; what is copied is the code alone."""
    page = open_page(room="tea", permissions=["clipboard-write"])
    say(page, "look:\n```\nfor it in all:\n    drink(it)\n```\nthere")
    wait_for_kept(page, "drink(it)")  # the line of one on its way is replaced, with its button
    button = page.get_by_role("button", name="Copy this code")
    button.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Copied.")
    assert faults(page) == []
    assert pasted(page) == "for it in all:\n    drink(it)"


def test_the_button_fits_a_phone(open_page: OpenPage) -> None:
    """And speaks the language of the page."""
    page = open_page(room="tea", viewport=PHONE, locale="de")
    say(page, "```\n" + "x" * 300 + "\n```")
    expect(page.get_by_role("button", name="Diesen Code kopieren")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_emoji_alone_are_large(open_page: OpenPage) -> None:
    """Beside words they are as these."""
    page = open_page(room="tea")
    say(page, "🎉🎉")
    say(page, "well done 🎉")
    wait_for(page, "well done 🎉")
    expect(page.locator("#log .text.large")).to_have_text(["🎉🎉"])
