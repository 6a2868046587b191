"""Rules of the dialect trio-chat.v1."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from trio_chat.config import Config
from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import (
    BAD_PROTOCOL,
    GOING_AWAY,
    RESTARTING,
    TOO_SLOW,
    CloseReason,
    Violation,
)
from trio_chat.protocol.dialects import v1
from trio_chat.protocol.dialects.base import text_message

LIMIT = 100
LIMITS = Config(text_limit=LIMIT, topic_limit=LIMIT - 10, frame_requests=4)
DEEP = 100_000


def read(message: str | bytes) -> list[requests.Understood]:
    return v1.read(message, LIMITS)


def read_one(**fields: object) -> requests.Understood:
    [request] = read(json.dumps(fields))
    return request


def fault(**fields: object) -> str:
    """Return the code of what is wrong with a request, whose id is known."""
    request = read_one(id="x", **fields)
    assert isinstance(request, requests.InvalidRequest)
    assert request.id == "x"
    assert request.text
    return request.code


def test_a_frame_is_an_array_or_a_lone_object() -> None:
    """With blanks around it, or a byte order mark, if a client likes; an empty one says nothing."""
    assert read('\ufeff[{"t":"rooms"}]') == read('\ufeff{"t":"rooms"}') == [requests.Rooms()]
    assert read('[{"t":"rooms"},{"t":"rooms","id":2}]') == [requests.Rooms(), requests.Rooms(id=2)]
    assert read(' \n{"t": "rooms"}\t') == [requests.Rooms()]
    assert read(" [ ] ") == []


def test_what_is_right_in_a_frame_is_understood_beside_what_is_not() -> None:
    """A request of an unknown type, or against a rule, spoils no other one."""
    right = {"t": "leave", "room": "lobby"}
    wrong = {"t": "leave", "id": 7}
    one, refused, other = read(json.dumps([right, {"t": "juggle"}, wrong, right]))
    assert one == other == requests.Leave(room="lobby")
    assert isinstance(refused, requests.InvalidRequest)
    assert refused.id == 7


@pytest.mark.parametrize("size", [0, 125, 126, 2**16 - 1, 2**16])
def test_a_message_is_a_frame_as_the_library_makes_it(size: int) -> None:
    """Whatever its length."""
    data = b"x" * size
    assert text_message(data) == Frame(Opcode.TEXT, data).serialize(mask=False)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Config(frame_requests=4, rooms_per_connection=1), "frame_requests"),
        (Config(frame_requests=1, rooms_per_connection=4), "rooms_per_connection"),
    ],
)
def test_a_hello_names_no_more_rooms_than_a_frame_or_a_connection_may_have(
    limits: Config, reason: str
) -> None:
    """Whichever is more; their names are not looked at then."""
    rooms = [{"room": f"r{number}"} for number in range(5)]
    for nick in ("Ann", None):
        hello = {"t": "hello", "id": 1, "nick": nick, "rooms": rooms}
        [refused] = v1.read(json.dumps(hello), limits)
        assert isinstance(refused, requests.InvalidRequest)
        assert (refused.id, refused.code, refused.limit) == (1, "bad_request", reason)
        assert "4 rooms" in refused.text
    [taken] = v1.read(json.dumps({"t": "hello", "nick": "Ann", "rooms": rooms[:4]}), limits)
    assert isinstance(taken, requests.Hello)


ALL: list[tuple[dict[str, Any], requests.AnyRequest]] = [
    ({"t": "hello", "nick": "Ann"}, requests.Hello(nick="Ann")),
    (
        {
            "t": "hello",
            "nick": "A",
            "session": "s",
            "rooms": [{"room": "a", "last": 1, "epoch": "e"}],
        },
        requests.Hello(nick="A", session="s", rooms=[requests.Resume("a", 1, "e")]),
    ),
    ({"t": "join", "room": "a", "last": 0}, requests.Join(room="a", last=0)),
    ({"t": "leave", "room": "a"}, requests.Leave(room="a")),
    ({"t": "nick", "nick": "Ann"}, requests.Nick(nick="Ann")),
    ({"t": "typing", "room": "a"}, requests.Typing(room="a")),
    (
        {"t": "send", "room": "a", "text": "x", "cid": "12345678", "reply": 3},
        requests.Send(room="a", text="x", cid="12345678", reply=3),
    ),
    ({"t": "edit", "room": "a", "seq": 1, "text": "x"}, requests.Edit(room="a", seq=1, text="x")),
    ({"t": "delete", "room": "a", "seq": 1}, requests.Delete(room="a", seq=1)),
    (
        {"t": "react", "room": "a", "seq": 1, "emoji": "🍋", "on": False},
        requests.React(room="a", seq=1, emoji="🍋", on=False),
    ),
    ({"t": "topic", "room": "a", "text": ""}, requests.Topic(room="a", text="")),
    ({"t": "history", "room": "a", "before": 5}, requests.History(room="a", before=5)),
    ({"t": "rooms"}, requests.Rooms()),
]


@pytest.mark.parametrize(("fields", "request_"), ALL, ids=lambda value: str(value)[:40])
def test_every_request_is_read(fields: dict[str, Any], request_: requests.AnyRequest) -> None:
    """Unknown fields are ignored, so either side can learn new words."""
    assert read_one(**fields) == request_
    assert read_one(**fields, new={"word": [1]}) == request_


def test_unknown_types_are_ignored() -> None:
    """The rest of the frame is not."""
    assert read('[{"t":"dance"},{"t":"rooms"},{"t":"Rooms","id":1}]') == [requests.Rooms()]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "null",
        "1",
        '"x"',
        "[1]",
        "[null]",
        "[[]]",
        "{}",
        '{"id":1}',
        '{"t":1}',
        '{"t":null}',
        '[{"t":"rooms"}',
        '[{"t":"rooms"},]',
        '{"t":"rooms"} {"t":"rooms"}',
        '{"t":"rooms"}x',
        "{'t':'rooms'}",
        '{"t":"rooms","x":NaN}',
        '{"t":"send","room":"a","text":"\\ud800"}',
        '{"t":"rooms","x":"\\udc00\\ud800"}',
        '{"t":"rooms","x":"\x01"}',
        "[" * DEEP,
        "[" * DEEP + "]" * DEEP,
    ],
    ids=lambda message: repr(message[:40]),
)
def test_what_is_not_made_of_objects_with_a_type_ends_the_connection(message: str) -> None:
    """Broken JSON, text that is none, JSON made to harm."""
    with pytest.raises(Violation) as caught:
        read(message)
    assert caught.value.reason == BAD_PROTOCOL


@pytest.mark.parametrize(
    ("message", "request_of"),
    [
        ('{"t":"rooms","x":' + "[" * DEEP + "]" * DEEP + "}", requests.Rooms),
        ('{"t":"rooms","x":' + '{"y":' * DEEP + "1" + "}" * DEEP + "}", requests.Rooms),
        (
            '{"t":"send","room":"a","id":1,"text":' + "[" * DEEP + "]" * DEEP + "}",
            requests.InvalidRequest,
        ),
    ],
    ids=lambda part: repr(part[:40]) if isinstance(part, str) else "",
)
def test_what_is_nested_deeply_does_no_harm(message: str, request_of: type) -> None:
    """Where Python gives up, the connection ends; from 3.14 on that depends on the stack alone."""
    found: list[object] = []
    with suppress(Violation):
        found += read(message)
    assert [type(one) for one in found] in ([], [request_of])


def test_a_binary_frame_ends_the_connection() -> None:
    """Even with good JSON in it."""
    with pytest.raises(Violation) as caught:
        read(b'{"t":"rooms"}')
    assert caught.value.reason == BAD_PROTOCOL


@pytest.mark.parametrize(
    "fields",
    [
        {"t": "hello"},
        {"t": "hello", "nick": 1},
        {"t": "hello", "nick": "Ann", "rooms": [{}]},
        {"t": "hello", "nick": "Ann", "rooms": ["tea"]},
        {"t": "hello", "nick": "Ann", "session": "x" * 1025},
        {"t": "hello", "nick": "Ann", "key": "x" * 15},
        {"t": "hello", "nick": "Ann", "key": "x" * 65},
        {"t": "join"},
        {"t": "join", "room": None},
        {"t": "join", "room": "a", "last": -1},
        {"t": "join", "room": "a", "last": 1.5},
        {"t": "join", "room": "a", "last": 2**53},
        {"t": "join", "room": "a", "last": 10**4000},
        {"t": "join", "room": "a", "last": "1"},
        {"t": "send", "room": "a"},
        {"t": "send", "room": "a", "text": ""},
        {"t": "send", "room": "a", "text": " \n "},
        {"t": "send", "room": "a", "text": "a\x00b"},
        {"t": "send", "room": "a", "text": "a\x1bb"},
        {"t": "send", "room": "a", "text": "a\x7fb"},
        {"t": "send", "room": "a", "text": "x", "cid": "short"},
        {"t": "send", "room": "a", "text": "x", "cid": "x" * 65},
        {"t": "send", "room": "a", "text": "x", "reply": True},
        {"t": "edit", "room": "a", "seq": 1, "text": " "},
        {"t": "react", "room": "a", "seq": 1, "emoji": ""},
        {"t": "react", "room": "a", "seq": 1, "emoji": "x" * 33},
        {"t": "react", "room": "a", "seq": 1, "emoji": "🍋", "on": 1},
        {"t": "react", "room": "a", "seq": 1, "emoji": " "},
        {"t": "react", "room": "a", "seq": 1, "emoji": "\n"},
        {"t": "react", "room": "a", "seq": 1, "emoji": "\x00"},
        {"t": "react", "room": "a", "seq": 1, "emoji": "\x1b[31mred"},
        {"t": "react", "room": "a", "seq": 1, "emoji": "\u202e"},
        {"t": "react", "room": "a", "seq": 1, "emoji": "\u200b"},
        {"t": "react", "room": "a", "seq": 1, "emoji": "I do agree."},
        {"t": "react", "room": "a", "seq": 1, "emoji": "x", "on": False},
        {"t": "topic", "room": "a", "text": "\x00"},
        {"t": "history", "room": "a", "limit": 0},
    ],
    ids=lambda fields: str(fields)[:60],
)
def test_a_field_that_is_missing_or_wrong_is_a_bad_request(fields: dict[str, Any]) -> None:
    """The connection stays, and the answer knows which request it was."""
    assert fault(**fields) == "bad_request"


def test_a_long_text_is_told_from_a_wrong_one() -> None:
    """It is measured in characters, without the white space at its end."""
    for fields in ({"t": "send"}, {"t": "edit", "seq": 1}):
        assert fault(room="a", text="x" * (LIMIT + 1), **fields) == "too_long"
        good = read_one(room="a", text="🍋" * LIMIT + " \n ", **fields)
        assert isinstance(good, requests.Send | requests.Edit)
        assert good.text == "🍋" * LIMIT


def test_a_topic_has_a_limit_of_its_own() -> None:
    """It is measured without the white space around it, and may be empty."""
    long = read_one(t="topic", room="a", text="x" * 91)
    assert long == requests.InvalidRequest(None, "too_long", "a topic has at most 90 characters")
    for text, topic in ((f" {'🍋' * 90}\n", "🍋" * 90), (" \t", ""), ("\u200b", "")):
        assert read_one(t="topic", room="a", text=text) == requests.Topic(room="a", text=topic)


def test_a_text_keeps_its_first_blanks() -> None:
    """They are part of what was said, in code and in verse."""
    text = "    if ready:\n        go()"
    for fields in ({"t": "send"}, {"t": "edit", "seq": 1}):
        good = read_one(room="a", text=text + "\n \n", **fields)
        assert isinstance(good, requests.Send | requests.Edit)
        assert good.text == text


@pytest.mark.parametrize(
    "text",
    ["\u200b", "\u2800", "\u3164", "\u115f\u1160", "\xad", "\u200d\u2060", "\ufeff", "\u202e",
     "\U000e0020", "\x00", " \u200b\n"],
)  # fmt: skip
def test_a_text_that_shows_nothing_is_blank(text: str) -> None:
    """By whatever characters."""
    for fields in ({"t": "send"}, {"t": "edit", "seq": 1}):
        assert fault(room="a", text=text, **fields) == "bad_request"


def test_only_so_many_requests_fit_a_frame() -> None:
    """Those beyond are answered if they have an id; of others it is noted that there were some."""
    known, unknown = '{"t":"rooms"}', '{"t":"dance","id":1}'
    beyond = (
        f'{{"t":"rooms","id":"x"}},{known},{{"t":"send","id":7}},{unknown},{{"t":"rooms","id":[]}}'
    )
    busy = ("busy", "too many requests in one frame", 1000, "frame_requests")
    assert read(f"[{known},{known},{known},{unknown},{beyond}]") == [
        *[requests.Rooms()] * 3,
        requests.InvalidRequest("x", *busy),
        requests.InvalidRequest(7, *busy),
        requests.Dropped("frame_requests"),
    ]


def test_what_is_no_object_beyond_the_limit_ends_the_connection_too() -> None:
    """A frame is right as a whole."""
    with pytest.raises(Violation):
        read("[" + '{"t":"rooms"},' * 4 + "1]")


@pytest.mark.parametrize(
    ("sent", "read"), [("👍", "👍"), ("👍\ufe0f", "👍"), ("❤", "❤\ufe0f"), ("❤\ufe0f", "❤\ufe0f")]
)
def test_an_emoji_has_one_form(sent: str, read: str) -> None:
    """Put on or taken away, with or without U+FE0F."""
    for on in (True, False):
        request = read_one(t="react", room="a", seq=1, emoji=sent, on=on)
        assert request == requests.React(room="a", seq=1, emoji=read, on=on)


def test_an_emoji_is_as_long_as_its_one_form_is() -> None:
    """However it is sent: a form with fewer code points, or more, makes no difference."""

    def hearts(count: int, style: str) -> str:
        return "\u200d".join(["❤" + style] * count)

    longest = hearts(16, "\ufe0f") + "\u200d"  # and one code point more is an emoji
    for sent in (hearts(16, ""), hearts(16, "\ufe0e"), hearts(16, "\ufe0f")):
        request = read_one(t="react", room="a", seq=1, emoji=sent)
        assert request == requests.React(room="a", seq=1, emoji=hearts(16, "\ufe0f"))
    styled = "\u200d".join(["👍\ufe0f"] * 24)
    assert len(styled) > requests.EMOJI_LIMIT
    request = read_one(t="react", room="a", seq=1, emoji=styled)
    assert request == requests.React(room="a", seq=1, emoji=styled.replace("\ufe0f", ""))
    for sent in (longest + "👍🏽", hearts(17, ""), "\u200d".join(["👍"] * 25)):
        assert fault(t="react", room="a", seq=1, emoji=sent) == "bad_request"


def test_line_ends_and_tabs_stay() -> None:
    """They are part of what was said."""
    request = read_one(t="send", room="a", text="a\r\nb\tc")
    assert request == requests.Send(room="a", text="a\r\nb\tc")


@pytest.mark.parametrize("id", [0, 2**53 - 1, "", "x" * 64, None])
def test_ids_are_whole_numbers_or_texts(id: object) -> None:
    """They come back as they are."""
    assert read_one(t="rooms", id=id).id == id


@pytest.mark.parametrize("id", [-1, 2**53, 10**30, "x" * 65])
def test_ids_out_of_bounds_are_a_bad_request(id: object) -> None:
    """But can be told, so they are."""
    request = read_one(t="rooms", id=id)
    assert isinstance(request, requests.InvalidRequest)
    assert (request.id, request.code) == (id, "bad_request")
    assert v1.answer(answers.Error(id=request.id, code="bad_request", text="x"))


UNSEEN = "\0\n\x1b\x7f\x85\x9b\u2028\u202e\u200b\u200d\ufeff\U000e0041"


@pytest.mark.parametrize("id", [1.5, True, [], {}, *(f"a{sign}b" for sign in UNSEEN), "a\n"])
def test_an_id_that_cannot_be_one_is_a_bad_request(id: object) -> None:
    """As any other field; of an object of an unknown type it is ignored."""
    request = read_one(t="rooms", id=id)
    assert isinstance(request, requests.InvalidRequest)
    assert (request.id, request.code, request.retry_ms) == (None, "bad_request", None)


@pytest.mark.parametrize("made_up", [sign * 16 for sign in UNSEEN])
def test_what_clients_make_up_can_be_seen(made_up: str) -> None:
    """Ids of what is kept, and of people; they are told to others as they are."""
    assert fault(t="send", room="a", text="x", cid=made_up) == "bad_request"
    assert fault(t="moderate", act="ban", people=[made_up]) == "bad_request"
    own = "diary of mañana ☕"
    assert read_one(t="send", room="a", text="x", cid=own, id=own).id == own


@pytest.mark.parametrize("field", ["id", "cid"])
def test_the_words_for_what_cannot_be_seen_can_be_seen(field: str) -> None:
    """They name the field, and hold none of the characters that are refused."""
    request = read_one(**{"t": "send", "room": "a", "text": "x", field: "unseen\u202ething"})
    assert isinstance(request, requests.InvalidRequest)
    assert request.text.isascii()
    assert request.text.endswith(f"at `$.{field}`")


def test_all_other_controls_are_refused() -> None:
    """As the protocol says: line ends and tabs are the only ones."""
    assert fault(t="send", room="a", text="a\x9bb") == "bad_request"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)
FIELDS = ["id", "nick", "session", "rooms", "room", "last", "epoch", "text", "cid", "reply"]
FIELDS += ["seq", "emoji", "on", "before", "after", "limit", "x"]
objects = st.builds(
    lambda kind, fields: {"t": kind, **fields},
    st.sampled_from([fields["t"] for fields, _ in ALL] + ["x"]),
    st.dictionaries(st.sampled_from(FIELDS), json_values | st.sampled_from(["12345678", 1, "a"])),
)


@given(json_values | objects | st.lists(objects, max_size=3))
def test_any_json_is_read_or_refused(value: object) -> None:
    """Nothing else ever happens, and what is refused can be told."""
    try:
        found = read(json.dumps(value))
    except Violation:
        return
    for request in found:
        if isinstance(request, requests.InvalidRequest):
            assert request.code in ("bad_request", "too_long")
            assert v1.answer(answers.Error(id=request.id, code=request.code, text=request.text))


@given(st.text() | st.binary())
def test_anything_else_ends_the_connection(message: str | bytes) -> None:
    """By chance nobody speaks this protocol."""
    with pytest.raises(Violation):
        read(message)


def test_payloads_are_runs_of_objects() -> None:
    """Joined and wrapped they are an array."""
    one, two = v1.answer(answers.Ok(id=1)), v1.answer(answers.Ping())
    assert one
    assert two
    assert v1.array(v1.join([one, two])) == b'[{"t":"ok","id":1},{"t":"ping"}]'
    assert v1.needs_hello


def test_events_are_told_as_they_were_encoded() -> None:
    """What the journal has encoded is not encoded again."""
    person = events.Person("a1", "Ann")
    kept = events.Message(room="tea", seq=1, ts=2, who=person, text="x")
    assert v1.tell(kept, b"as kept") == b"as kept"
    presence = events.Presence(room="tea", who=person, state="left")
    assert json.loads(v1.tell(presence, None) or b"") == {
        "t": "presence",
        "room": "tea",
        "who": {"id": "a1", "nick": "Ann"},
        "state": "left",
    }


@pytest.mark.parametrize(
    ("reason", "retry_ms"), [(GOING_AWAY, 5000), (RESTARTING, 1000), (TOO_SLOW, None)]
)
def test_bye_tells_why_and_when_to_come_back(reason: CloseReason, retry_ms: int | None) -> None:
    """A thousand clients need not come back before the server can be there."""
    told = json.loads(v1.bye(reason) or b"")
    assert (told["t"], told["code"], told["reason"]) == ("bye", *reason)
    assert told.get("retry_ms") == retry_ms


def test_an_id_that_is_no_number_any_more_is_a_bad_request() -> None:
    """Too many digits even to be told."""
    [request] = read('{"t":"rooms","id":' + "1" * 5000 + "}")
    assert isinstance(request, requests.InvalidRequest)
    assert (request.id, request.code) == (None, "bad_request")
