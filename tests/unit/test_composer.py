"""The line in which one types, what is meant by it, and what the screen is made of."""

from collections.abc import Callable

import pytest
from urwid import Canvas

from trio_chat.remote import Person
from trio_chat.terminal.composer import ROWS, Composer
from trio_chat.terminal.emoji import emoji_of
from trio_chat.terminal.entry import Entry
from trio_chat.terminal.frame import Bar, frame, view_of
from trio_chat.terminal.log import Log
from trio_chat.terminal.prose import drawn
from trio_chat.terminal.render import View, entry_canvas, fit, nick_colour
from trio_chat.terminal.scroll import Scroll
from trio_chat.terminal.typed import names_message, read

Press = Callable[..., str | None]
ANN = Person("a", "Ann")


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("hello", ("say", "hello")),
        ("/who", ("who", "")),
        ("/NICK  Ann Lee ", ("nick", "Ann Lee")),
        ("/me waves", ("say", "/me waves")),
        ("/me", ("missing", "me")),
        ("/join ", ("missing", "join")),
        ("/frobnicate now", ("unknown", "frobnicate")),
        ("/usr/bin", ("say", "/usr/bin")),
        ("//who", ("say", "/who")),
        ("//me x", ("say", " /me x")),
    ],
)
def test_what_is_meant(text: str, order: tuple[str, str]) -> None:
    """A slash begins a command, two begin a text with one."""
    assert read(text) == (*order, None)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("/reply #5 yes ", ("reply", "yes", 5)),
        ("/reply #5yes", ("reply", "#5yes", None)),
        ("/react +1", ("react", "+1", None)),
        ("/edit #12", ("edit", "", 12)),
        ("/DELETE  #12 ", ("delete", "", 12)),
        ("/delete #" + "9" * 99, ("delete", "#" + "9" * 99, None)),
        ("/topic #1 in tea", ("topic", "#1 in tea", None)),
    ],
)
def test_which_message_is_meant(text: str, order: tuple[str, str, int | None]) -> None:
    """A number behind ``#`` tells, in commands that are about a message."""
    assert read(text) == order
    assert names_message(text) == (order[0] != "topic")


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("+1", "👍"),
        (":heart:", "❤️"),
        ("party_popper", "🎉"),
        ("Lemon", "🍋"),
        ("🏳️‍🌈", "🏳️‍🌈"),
        ("👍🏽", "👍🏽"),
        ("yes!", ""),
        ("well done 👍", ""),
        ("digit one", ""),
        ("::", ""),
    ],
)
def test_emoji_have_names(text: str, emoji: str) -> None:
    """Those of the page, and those of Unicode; a text that is none of them is no emoji."""
    assert emoji_of(text) == emoji


@pytest.fixture
def composer() -> Composer:
    return Composer(lambda: ["Bea", "ben", "Zoë", "Bernd Lee"])


@pytest.fixture
def press(composer: Composer) -> Press:
    def press_all(*keys: str) -> str | None:
        sent = None
        for key in keys:
            sent = composer.press(key, 40)
        return sent

    return press_all


def test_enter_sends(composer: Composer, press: Press) -> None:
    """What is written, if anything is; the line is empty then."""
    assert press("enter") is None
    assert press(" ", "\u3164", "enter") is None
    assert press("ctrl u", *"hi", "meta enter", "!", "enter") == "hi\n!"
    assert composer.text == ""


def test_keys_of_shells(composer: Composer, press: Press) -> None:
    """They go to the ends of the line, and take words and lines away."""
    press(*"one two ", "ctrl w")
    assert composer.text == "one "
    press("ctrl a", ">", "ctrl e", "<")
    assert composer.text == ">one <"
    press("left", "ctrl u")
    assert composer.text == "<"
    press("ctrl w", "f5")
    assert composer.text == "<"


def test_what_was_typed_before_can_be_fetched(composer: Composer, press: Press) -> None:
    """Back to the first, and on to nothing."""
    press("up")
    press(*"one", "enter", *"two", "enter", "up", "up", "up")
    assert composer.text == "one"
    press("down")
    assert composer.text == "two"
    press("down", "down")
    assert composer.text == ""


def test_tab_completes(composer: Composer, press: Press) -> None:
    """Names, in any case, one after the other; commands at the beginning."""
    press(*"be", "tab")
    assert composer.text == "Bea: "
    press("tab")
    assert composer.text == "ben: "
    press("tab", "tab")
    assert composer.text == "Bea: "
    press(*"and @z", "tab", *"x", "tab")
    assert composer.text == "Bea: and @Zoë x"
    press("ctrl u", *"/wh", "tab")
    assert composer.text == "/who "


def test_a_paste_sends_nothing(composer: Composer, press: Press) -> None:
    """Line ends are part of it; other keys in it are not."""
    assert press("begin paste", "a", "enter", "tab", "ctrl u", "b", "end paste") is None
    assert composer.text == "a\n b"
    assert press("enter") == "a\n b"


def test_a_paste_has_a_bound(composer: Composer, press: Press) -> None:
    """It is longer than what can be sent, so that the server tells."""
    press("begin paste", *"x" * 10_000, "end paste")
    assert composer.text == "x" * 8000


def text_of(canvas: Canvas) -> list[str]:
    return [row.decode().rstrip() for row in canvas.text]


def test_a_long_text_scrolls_in_its_rows(composer: Composer, press: Press) -> None:
    """The cursor is always in sight."""
    for number in range(ROWS + 3):
        press(*str(number), "meta enter")
    canvas = composer.render(40)
    assert canvas.rows() == ROWS
    assert canvas.cursor == (0, ROWS - 1)
    press(*["up"] * (ROWS + 3))
    assert composer.render(40).cursor == (2, 0)
    assert text_of(composer.render(40))[0] == "> 0"


def test_the_screen_always_fits(composer: Composer, press: Press) -> None:
    """However small it is, and however much is typed."""
    log = Log()
    log.note("something " * 30, 0)
    press(*"x" * 200)
    for cols in range(1, 60, 7):
        for rows in range(1, 12):
            top, bottom = Bar("left " * 9, "right " * 4), Bar("日本語" * 20, "new")
            canvas = frame((cols, rows), top, log, Scroll(), bottom, composer)
            assert (canvas.cols(), canvas.rows()) == (cols, rows)
            assert view_of((cols, rows), composer).rows >= 1


def test_bars_keep_their_right_side() -> None:
    """What is at the left is cut first."""
    (row,) = text_of(Bar("much too long", "here").canvas(10))
    assert row == "much …here"
    assert fit("日本語", 5) == "日本…"
    assert fit("x", 0) == ""


def test_entries_tell_what_is_to_be_known() -> None:
    """Who, when, what, and what became of it; in narrow windows without the time."""
    entry = Entry("message", 0, ("a longer text " * 4).strip(), ANN, is_mine=True, state="sending")
    entry.edited = True
    entry.reactions = {"🍋": {"b", "c"}, "☕": set()}
    before = Entry("note", 0, "x")
    wide = text_of(entry_canvas(entry, before, View(72, 9)))
    assert wide[0][5:] == "          Ann │ a longer text a longer text a longer text a longer"
    assert wide[1].startswith("                   │ text (edited) … sending")
    away = text_of(entry_canvas(entry, before, View(60, 9, is_away=True)))
    assert away[0][5:] == "      Ann │ a longer text a longer text a longer text a"
    assert away[1].startswith("               │ longer text (edited) … will be sent")
    narrow = text_of(entry_canvas(entry, before, View(40, 9)))
    assert narrow[0] == "Ann a longer text a longer text a longer"
    with_day = text_of(entry_canvas(Entry("error", 0, "no"), None, View(40, 9)))
    assert [with_day[0].strip()[:3], with_day[1]] == ["── ", "no"]
    answer = Entry("message", 0, "yes", ANN, quote="Ben: milk?\nor not")
    assert text_of(entry_canvas(answer, before, View(72, 9)))[0][21:] == "↪ Ben: milk? ⏎ or not"
    action = Entry("message", 0, "/me waves", None, deleted=False)
    assert text_of(entry_canvas(action, before, View(40, 9))) == ["* somebody waves"]
    entry.seq = 123
    numbered = text_of(entry_canvas(entry, before, View(72, 9, is_numbered=True)))
    assert numbered[0] == " #123          Ann │ a longer text a longer text a longer text a longer"
    numbered = text_of(entry_canvas(entry, before, View(40, 9, is_numbered=True)))
    assert numbered[0] == "#123 Ann a longer text a longer text a"
    entry.deleted = True
    numbered = text_of(entry_canvas(entry, before, View(40, 9, is_numbered=True)))
    assert numbered == ["Ann deleted"]
    assert nick_colour(ANN) == nick_colour(Person("a", "Anna"))


def test_code_and_links_are_drawn_as_such() -> None:
    """Fenced code without its fences, at an edge; links without the end of a sentence."""
    assert drawn("see\n```py\nx = 1\n\ny\n```\nnow", "message") == [
        ("message", "see\n"),
        ("code", "▏ x = 1\n▏ \n▏ y"),
        ("message", "\nnow"),
    ]
    assert drawn("```\n```", "dim") == [("code", "")]
    assert drawn("```\nnot closed", "dim") == [("dim", "```\nnot closed")]
    assert drawn("(https://a.b/c?d=e).", "message") == [
        ("message", "("),
        ("link", "https://a.b/c?d=e"),
        ("message", ")."),
    ]
    assert drawn("http://a.b, tea", "dim") == [("link", "http://a.b"), ("dim", ", tea")]
    assert drawn("", "message") == []
    entry = Entry("message", 0, "```\n```", ANN)
    assert text_of(entry_canvas(entry, entry, View(40, 9))) == ["Ann"]
