"""Rules of names."""

import unicodedata
from collections.abc import Callable

import pytest
import unicodedata2
from hypothesis import given
from hypothesis import strategies as st
from precis_i18n.derived import CONTEXTO, FREE_PVAL, PVALID, derived_property
from precis_i18n.unicode import UnicodeData

from tests.scripts import each_character
from trio_chat.protocol.names import (
    BadName,
    _check_characters,
    check_nick,
    check_room,
    fold,
    likenesses,
)
from trio_chat.protocol.text import DRAWN_BLANKS
from trio_chat.protocol.unicode import CODE_POINTS, is_longer, normalize

UNSEEN = {
    "a control": "\x07",
    "a delete": "\x7f",
    "a C1 control": "\x85",
    "a newline": "\n",
    "a tab": "\t",
    "a zero-width space": "\u200b",
    "a zero-width joiner": "\u200d",
    "a zero-width no-break space": "\ufeff",
    "a soft hyphen": "\xad",
    "a Hangul filler": "\u3164",
    "a Hangul choseong filler": "\u115f",
    "a Hangul jungseong filler": "\u1160",
    "a halfwidth Hangul filler": "\uffa0",
    "a grapheme joiner": "\u034f",
    "a variation selector": "\ufe0f",
    "another variation selector": "\U000e0100",
    "a Mongolian vowel separator": "\u180e",
    "a Khmer inherent vowel": "\u17b4",
    "a Braille pattern without a dot": "\u2800",
    "a note without a head": "\U0001d159",
    "a blank between hieroglyphs": "\U00013441",
    "half a blank between hieroglyphs": "\U00013442",
    "what joins hieroglyphs": "\U00013431",
    "a Khitan filler": "\U00016fe4",
    "an annotation mark": "\ufff9",
    "a zero-width non-joiner": "\u200c",
    "a word joiner": "\u2060",
    "a bidi override": "\u202e",
    "a bidi isolate": "\u2066",
    "a right-to-left mark": "\u200f",
    "a line separator": "\u2028",
    "a paragraph separator": "\u2029",
    "a tag": "\U000e0041",
    "a lone surrogate": "\ud800",
    "a private character": "\ue000",
    "an unassigned one": "\u0378",
}

SARA = "ᠰᠠᠷ\u180eᠠ"  # of Mongolia, with the separator before her last vowel


@pytest.mark.parametrize(
    ("nick", "normal"),
    [
        ("Ann", "Ann"),
        ("  Ann   of  Green Gables ", "Ann of Green Gables"),
        ("Jo\u0308rg", "Jörg"),
        ("陳大文", "陳大文"),
        ("Анна", "Анна"),
        ("x", "x"),
        ("7", "7"),
        ("(o_O) 🎈", "(o_O) 🎈"),
        ("no\xa0break", "no break"),
        ("Mia 🩷", "Mia 🩷"),
        ("Mia ❤️ 👩‍💻 1️⃣", "Mia ❤️ 👩‍💻 1️⃣"),
        ("ප්\u200dරියා", "ප්\u200dරියා"),
        ("പ്രവീണ്\u200d", "പ്രവീണ്\u200d"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("नमस्\u200dते", "नमस्\u200dते"),
        ("列奥纳多·达·芬奇", "列奥纳多·达·芬奇"),
        ("O’Brien", "O’Brien"),
        ("葛\U000e0100城", "葛\U000e0100城"),  # as the town writes it
        ("\u6f22\ufe00", "\u6f22\ufe00"),
        (SARA, SARA),
        ("ᠭᠠ\u180bᠨ ᠰᠣᠯᠣᠩᠭ\u180eᠠ", "ᠭᠠ\u180bᠨ ᠰᠣᠯᠣᠩᠭ\u180eᠠ"),
        ("葛\U000e0100" * 32, "葛\U000e0100" * 32),
        ("x" * 32, "x" * 32),
        ("क्षि" * 32, "क्षि" * 32),  # 32 characters of four code points
        ("x" + "👩‍💻" * 31, "x" + "👩‍💻" * 31),
        ("\U00011f12\U000323b0", "\U00011f12\U000323b0"),  # letters newer than Unicode 14.0
    ],
)
def test_a_nick_has_a_normal_form(nick: str, normal: str) -> None:
    """NFC, with single spaces inside and none at its ends; checking it again changes nothing."""
    assert check_nick(nick, 32) == normal
    assert check_nick(normal, 32) == normal


@pytest.mark.parametrize(
    "nick", ["", " ", "?", "🎈", "__", "x" * 33, "Z" + "\u0302" * 33, "क्षि" * 33]
)
def test_a_nick_has_a_letter_or_a_digit_and_is_not_too_long(nick: str) -> None:
    """So that it can be read, typed and shown."""
    with pytest.raises(BadName):
        check_nick(nick, 32)


@pytest.mark.parametrize("character", UNSEEN.values(), ids=UNSEEN)
def test_no_name_has_what_cannot_be_seen(character: str) -> None:
    """Wherever in it: such a character makes two names look the same, or one look otherwise."""
    for name in (f"a{character}b", f"{character}a", f"a{character}", character):
        with pytest.raises(BadName, match=f"U\\+{ord(character):04X}"):
            check_nick(name, 32)
        with pytest.raises(BadName):
            check_room(name, 64)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ANN"),
        ("Ann", "A.n_n"),
        ("Ann", "A n n"),
        ("Straße", "STRASSE"),
        ("Ann", "Αnn"),  # a Greek alpha
        ("paypal", "раураl"),  # Cyrillic but for the last letter
        ("Bill", "BiII"),
        ("Bill", "B1ll"),
        ("Bob", "B0b"),
        ("ѕсоре", "scope"),  # all Cyrillic
        ("Ann", "Ａｎｎ"),  # full width
        ("fish", "ﬁsh"),
        ("Igor", "іgоr"),  # two Cyrillic letters
        ("ℝob", "Rob"),  # of the mathematicians
        ("Anna", "Аnnа"),  # with two Cyrillic letters
        ("Anna", "ᴀɴɴᴀ"),
        ("hello", "һеӏӏо"),  # all Cyrillic
        ("Loïc", "Lоїс"),  # Cyrillic but for the first letter
        ("noah", "ոօаհ"),  # Armenian but for one letter
        ("Mark", "ꓟꓮꓣꓗ"),  # of the Lisu
        ("Dave", "ᎠᎪᏙᎬ"),  # of the Cherokee
        ("Kim", "ⲔⲒⲘ"),  # of the Copts
        ("Bob", "B๐b"),  # with a Thai zero
        ("علی", "علي"),
        ("مريم۱", "مريم١"),
        ("علی‌رضا", "علیرضا"),
        ("葛城", "葛\U000e0100城"),
        ("葛\U000e0101城", "葛\U000e0100城"),
        ("\u6f22", "\u6f22\ufe00"),
        (SARA, SARA.replace("\u180e", "")),
        ("ᠭᠠ\u180bᠨ", "ᠭᠠᠨ"),
        ("ᠭᠠ\u180bᠨ", "ᠭᠠ\u180cᠨ"),
        ("Mia", "Mia ❤️"),
        ("Mia ❤", "Mia ❤️"),
        ("\U00010d50\U00010d51", "\U00010d70\U00010d71"),  # capitals newer than Unicode 14.0
    ],
)
def test_nicks_that_look_the_same_are_the_same(one: str, other: str) -> None:
    """By case, punctuation, width, or letters of another script."""
    assert fold(check_nick(one, 32)) == fold(check_nick(other, 32))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANNA", "ΑΝΝΑ"),  # all Greek
        ("Anna", "ΑΝΝΑ"),
        ("Αννα", "ΑΝΝΑ"),  # the same name in Greek, in another case
        ("MIKE", "ΜΙΚΕ"),
        ("ZOE", "ΖΟΕ"),
        ("Zoë", "Ζοë"),  # a Greek zeta and omicron
        ("HANA", "ΗΑΝΑ"),
        ("TONY", "ΤΟΝΥ"),
        ("Tony", "ΤΟΝϒ"),
        ("Nina", "Νina"),
        ("Nina", "𝚴ina"),  # a Greek nu of the mathematicians
        ("nick", "niϲk"),  # a lunate sigma
        ("Fay", "Ϝay"),
        ("TOBY", "ТОВҮ"),  # Cyrillic, the last letter as in Mongolia
        ("Bob", "Ьob"),
        ("Sol", "Տol"),  # Armenian
        ("Lou", "Լou"),
        ("Bob", "ᗷOᗷ"),  # of Canada
        ("Colt", "𐌂𐊒𐐛𐌕"),  # of old alphabets
    ],
)
def test_nicks_are_compared_by_how_their_capitals_look_too(one: str, other: str) -> None:
    """The small letter of a capital may look like another one."""
    assert set(likenesses(check_nick(one, 32))) & set(likenesses(check_nick(other, 32)))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Үлз", "Улз"), ("Νίκος", "Nίκος"), ("Nina", "Vina"), ("Hana", "Nana"), ("Күн", "Кун")],
)
def test_how_capitals_look_takes_no_two_nicks_for_one(one: str, other: str) -> None:
    """Only what is Latin to the eye is compared so: other alphabets tell those letters apart."""
    assert not set(likenesses(check_nick(one, 32))) & set(likenesses(check_nick(other, 32)))


ODD = st.text(
    st.sampled_from("xßẞΪΫϔΐᾂᾳǰẖéÅﬁİıσςϲ葛あが")
    | st.characters(categories=["Mn"], max_codepoint=0x36F),
    max_size=6,
)


@given(ODD)
def test_the_normal_form_of_a_room_is_its_own(name: str) -> None:
    """Whoever uses the name that was told is in the same room."""
    try:
        normal = check_room("x" + name, 64)
    except BadName:
        return
    assert check_room(normal, 64) == normal


@pytest.mark.parametrize("name", ["x\u03aa\u0301", "ΠΡΩΤΕ\u03aa\u0301ΝΗ", "ß\u0301", "ᾂ\u0301"])
def test_case_folding_brings_up_nothing_new_the_second_time(name: str) -> None:
    """Some capitals become several characters, which NFKC joins with the mark behind them."""
    normal = check_room(name, 64)
    assert check_room(normal, 64) == normal
    assert check_room(normalize("NFC", normal), 64) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "Anna"),
        ("Jörg", "Jorg"),
        ("a1", "a2"),
        ("मीना", "मोना"),
        ("राम", "रम"),
        ("ปู", "ปี"),
        ("রবি", "রেবা"),
        ("شادی", "شادَی"),
        ("על", "עֶל"),
        ("すし", "すじ"),
        ("Үлз", "Улз"),
        ("Նռնի", "Նոնի"),
    ],
)
def test_nicks_that_can_be_told_apart_are_different(one: str, other: str) -> None:
    """A mark on a letter can be seen, and is a vowel in many scripts."""
    assert fold(check_nick(one, 32)) != fold(check_nick(other, 32))


@pytest.mark.parametrize(
    "nick",
    [
        "B\u200dob",
        "Bob\u200d",
        "\u200dBob",
        "B\u200cob",
        "क\u200dष",
        "علی\u200c",
        "1\u200d2",
        "👍\u200dBob",
    ],
)
def test_a_joiner_that_joins_nothing_is_refused(nick: str) -> None:
    """It could not be seen, and would make two names look the same."""
    with pytest.raises(BadName, match=r"U\+200[CD]"):
        check_nick(nick, 32)


@pytest.mark.parametrize(
    "nick",
    [
        "A\U000e0100",
        "\U000e0100葛",
        "葛\U000e0100\U000e0100",
        "葛 \U000e0100城",
        "か\U000e0100",
        "葛\ufe0f",
    ],
)
def test_a_selector_is_refused_but_behind_an_ideograph(nick: str) -> None:
    """Only there it has a shape of the letter drawn, and only one of them."""
    with pytest.raises(BadName, match=r"U\+(E0100|FE0F)"):
        check_nick(nick, 32)
    with pytest.raises(BadName):
        check_room(nick, 64)


@pytest.mark.parametrize(
    "nick",
    [
        "A\u180bB",
        "\u180bᠠᠨ",
        "ᠠ\u180b\u180bᠨ",
        "ᠰᠠᠷ\u180e",
        "\u180eᠠ",
        "ᠰᠠᠷ\u180e\u180eᠠ",
        "ᠰᠠᠷ\u180eᠨ",
        "ᠰᠠᠷ \u180eᠠ",
        "Sar\u180ea",
        "᠐\u180b᠑",
    ],
)
def test_what_shapes_mongolian_is_refused_where_it_shapes_nothing(nick: str) -> None:
    """It could not be seen, and would make two names look the same."""
    with pytest.raises(BadName, match=r"U\+180[BE]"):
        check_nick(nick, 32)
    with pytest.raises(BadName):
        check_room(nick, 64)


@pytest.mark.parametrize("room", ["මල්\u200dලිකා", "خانه\u200cها"])
def test_rooms_may_have_joiners_too(room: str) -> None:
    """By the same rules as nicks."""
    assert check_room(room, 64) == room


def test_no_letter_stands_for_itself_and_for_another() -> None:
    """So folding twice is folding once."""
    for letter in each_character():
        assert fold(fold(letter)) == fold(letter)


@pytest.mark.parametrize(
    ("room", "normal"),
    [
        ("Tea", "tea"),
        ("TEA.time-2_go", "tea.time-2_go"),
        ("Straße", "strasse"),
        ("\uab70tea", "\u13a0tea"),  # of the Cherokee, whose small letters fold to capitals
        ("Ｔｅａ", "tea"),  # full width
        ("茶", "茶"),
        ("葛\U000e0100城", "葛城"),
        ("\u6f22\ufe00", "\u6f22"),
        (SARA, "ᠰᠠᠷᠠ"),
        ("Чай", "чай"),
        ("2nd", "2nd"),
        ("x" * 64, "x" * 64),
        ("e\u0323\u0302" * 64, "ệ" * 64),
    ],
)
def test_a_room_has_a_normal_form(room: str, normal: str) -> None:
    """NFKC and lower case, so that a name that was read aloud leads to the same room."""
    assert check_room(room, 64) == normal


@pytest.mark.parametrize(
    "room",
    ["", "_tea", ".tea", "-tea", "a b", "a/b", "a?b", "a#b", "🎈", "tea!", "x" * 65, "ß" * 33],
)
def test_a_room_has_only_letters_digits_and_three_signs(room: str) -> None:
    """And begins with a letter or a digit; it is measured in its normal form."""
    with pytest.raises(BadName):
        check_room(room, 64)


@pytest.mark.parametrize("count", [60, 256, 21_000])
@pytest.mark.parametrize(
    ("check", "limit", "letter"), [(check_nick, 32, "\U0001d160"), (check_room, 64, "\ufdfa")]
)
def test_a_name_that_is_too_long_costs_little(
    check: Callable[[str, int], str],
    limit: int,
    letter: str,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No normal form is made of what is far too long, be it as it was sent or in such a form."""
    normalize, normalized = unicodedata2.normalize, 0

    def counted(form: str, text: str) -> str:
        nonlocal normalized
        normalized += len(text)
        return str(normalize(form, text))

    monkeypatch.setattr(unicodedata2, "normalize", counted)
    with pytest.raises(BadName, match="at most"):
        check(letter * count, limit)
    assert normalized <= CODE_POINTS * limit


@given(st.text(max_size=40))
def test_any_name_is_refused_or_has_a_normal_form(name: str) -> None:
    """Nothing crashes, and what was accepted once is accepted again, unchanged."""
    for check, limit in ((check_nick, 32), (check_room, 64)):
        try:
            normal = check(name, limit)
        except BadName:
            continue
        assert check(normal, limit) == normal
        assert not is_longer(normal, limit)
        assert normal
        assert fold(fold(normal)) == fold(normal)


def test_a_name_has_the_characters_that_precis_lets_in() -> None:
    """All of the class FreeformClass (RFC 8264), but for blanks that are drawn."""
    tables = UnicodeData(unicodedata2)
    allowed = {PVALID, FREE_PVAL, CONTEXTO}
    for character in each_character():
        if character.isascii():
            continue
        kind, _ = derived_property(ord(character), tables)
        is_allowed = kind in allowed and not DRAWN_BLANKS.match(character)
        try:
            _check_characters(character)
        except BadName:
            assert not is_allowed, character
        else:
            assert is_allowed, character


def test_every_letter_makes_a_room_that_is_the_same_when_its_name_is_sent_back() -> None:
    """A server tells the normal form; a client that uses it has to reach the same room."""
    for letter in each_character():
        if unicodedata.category(letter)[0] in "LN":
            try:
                normal = check_room(letter, 64)
            except BadName:
                continue
            assert check_room(normal, 64) == normal
