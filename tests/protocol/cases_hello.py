"""Cases: frames, ids, and saying hello."""

import json
from uuid import uuid4

from tests.protocol.case import case
from tests.protocol.target import QUIET, V1, Target, close_code

KEY = "a secret of {}"


@case("Open a WebSocket at `/ws` and offer the subprotocol `trio-chat.v1`.")
def the_subprotocol_is_accepted(target: Target) -> None:
    with target.socket(V1) as websocket:
        assert websocket.subprotocol == V1


@case("A client may send a lone object instead, and a byte order mark before either.")
def a_lone_object_is_a_frame(target: Target) -> None:
    with target.person() as ann:
        for mark in ("", "\ufeff"):
            ann.websocket.send(mark + '{"t": "rooms", "id": "alone"}')
            assert ann.until("rooms")["id"] == "alone"


@case("**Ignore objects of unknown types and fields you do not know**, as the server does;")
def what_is_unknown_is_ignored(target: Target) -> None:
    with target.person() as ann:
        ann.say({"t": "no-such-type", "id": 1}, {"t": "rooms", "id": 2, "no-such-field": [3]})
        assert ann.hear()["id"] == 2


@case("The answer repeats it.")
def answers_repeat_numbers_and_texts(target: Target) -> None:
    with target.person() as ann:
        for id in (0, 2**53 - 1, "", "x" * 64, "☕"):
            ann.say({"t": "rooms", "id": id})
            assert ann.hear()["id"] == id
        ann.say({"t": "rooms"})
        assert "id" not in ann.hear()


@case("Each request has one answer, and may have an `id`")
def requests_of_a_frame_are_answered_in_order(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        ann.say(*({"t": "send", "id": id, "room": room, "text": "x"} for id in range(20)))
        assert [ann.until("ok")["id"] for _ in range(20)] == list(range(20))


@case("A `typing` that is granted has no answer.")
def typing_is_not_answered(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        ann.say({"t": "typing", "id": "typing", "room": room}, {"t": "rooms", "id": "rooms"})
        assert [one["id"] for one in ann.rest() if "id" in one] == ["rooms"]


@case("Of those beyond, each with an `id` gets the error `busy` and can\nbe sent again")
def objects_beyond_the_limit_of_a_frame_are_busy(target: Target) -> None:
    with target.person() as ann:
        count = ann.welcome["limits"]["requests"]
        nick = ann.you["nick"]
        ann.say(*({"t": "nick", "id": id, "nick": nick} for id in range(count + 2)))
        answers = [ann.until("ok", "error") for _ in range(count + 2)]
        assert {one["id"] for one in answers if one["t"] == "ok"} == set(range(count))
        busy = [one for one in answers if one["t"] == "error"]
        assert [(one["id"], one["code"]) for one in busy] == [(count, "busy"), (count + 1, "busy")]
        assert all(one["retry_ms"] > 0 for one in busy)


@case(
    "What breaks this frame (no JSON, no object, no `t`, a binary frame) ends the "
    "connection with code\n"
    "4501."
)
def what_is_no_frame_ends_the_connection(target: Target) -> None:
    for message in ("no JSON", "[1]", "1", '[{"id": 1}]', "[[]]", b"[]"):
        with target.socket(V1) as websocket:
            websocket.send(message)
            assert close_code(websocket) == 4501, message


@case(
    "A request that is well-formed but cannot be granted gets an `error`, and the connection stays."
)
def a_refused_request_leaves_the_connection(target: Target) -> None:
    with target.person() as ann:
        assert ann.refused("send", room="x", text=1) == "bad_request"
        assert ann.refused("send", room="x") == "bad_request"
        assert ann.refused("join", room="?") == "bad_room"
        assert ann.ask("rooms")["t"] == "rooms"


@case("The first request is `hello`; others get `hello_first` until it is granted.")
def nothing_is_granted_before_hello(target: Target) -> None:
    with target.client() as client:
        room = target.room()
        for request, fields in {
            "join": {"room": room},
            "leave": {"room": room},
            "send": {"room": room, "text": "x"},
            "history": {"room": room},
            "search": {"room": room, "query": "x"},
            "rooms": {},
            "nick": {"nick": "Ann"},
            "typing": {"room": room},
        }.items():
            assert client.refused(request, **fields) == "hello_first", request
        assert client.hello(target.nick())


@case("say hello again on the same connection, with another nick.")
def hello_can_be_said_again_after_a_refusal(target: Target) -> None:
    with target.person() as ann, target.client() as ben:
        assert ben.refused("hello", nick=ann.you["nick"]) == "nick_taken"
        assert ben.refused("hello", nick="") == "bad_nick"
        assert ben.hello(target.nick())["you"]["id"] != ann.you["id"]


@case("A further `hello` after the `welcome`\ngets `bad_request`.")
def hello_is_said_once(target: Target) -> None:
    with target.person() as ann:
        assert ann.refused("hello", nick=ann.you["nick"]) == "bad_request"


@case("First of all, within 10 s.")
def who_says_no_hello_is_sent_away(target: Target) -> None:
    with target.client() as silent:
        assert silent.close_code() == 4501


@case('You are `you` (`{"id", "nick"}`) now.')
def a_welcome_is_whole(target: Target) -> None:
    with target.person() as ann:
        welcome = ann.welcome
        assert welcome["you"].keys() == {"id", "nick"}
        assert isinstance(welcome["session"], str)
        assert isinstance(welcome["epoch"], str)
        assert welcome["ping_interval"] >= 0
        limits = {"text", "topic", "nick", "room", "frame", "requests", "rooms"}
        assert limits <= welcome["limits"].keys()
        assert "unknown_session" not in welcome
        for rate in welcome.get("rates", {}).values():
            assert rate.keys() == {"per_second", "burst"}


@case("`session` is the token from an earlier `welcome`: it makes you the same person again.")
def a_session_makes_the_same_person(target: Target) -> None:
    with target.person() as ann:
        pass
    with target.person(nick=ann.you["nick"], session=ann.welcome["session"]) as again:
        assert again.you == ann.you
    with target.person(session=ann.welcome["session"]) as renamed:
        assert renamed.you["id"] == ann.you["id"]
        assert renamed.you["nick"] != ann.you["nick"]


@case("With `unknown_session`, the session that you gave is too old, or not one of this server")
def an_unknown_session_is_told(target: Target) -> None:
    with target.person() as ann:
        forged = ann.welcome["session"][:-1] + "x"
    with target.person(session=forged) as somebody:
        assert somebody.welcome["unknown_session"] is True
        assert somebody.you["id"] != ann.you["id"]
        assert somebody.welcome["session"] != forged


@case("say\n  hello again with the same one, and you are the same person.")
def a_key_makes_the_same_person(target: Target) -> None:
    key = KEY.format(uuid4().hex)
    nick = target.nick()
    with target.client() as ann:
        ann.hello(nick, key=key)
    with target.client() as again:
        assert again.hello(nick, key=key)["you"] == ann.you
    with target.client() as other:
        assert other.refused("hello", nick=nick, key=KEY.format(uuid4().hex)) == "nick_taken"
        assert other.refused("hello", nick=target.nick(), key="short") == "bad_request"


@case("With a valid `session`\n  it does not count.")
def a_session_counts_more_than_a_key(target: Target) -> None:
    with target.client() as ann, target.client() as again:
        ann.hello(target.nick())
        more = {"key": KEY.format(uuid4().hex)}
        welcome = again.hello(ann.you["nick"], session=ann.welcome["session"], **more)
        assert welcome["you"] == ann.you


@case('`rooms` is a list of `{"room", "last"?, "epoch"?, "link"?}`, to be joined as with `join`.')
def hello_joins_rooms(target: Target) -> None:
    rooms = [target.room() for _ in range(3)]
    with target.client() as ann:
        ann.hello(target.nick(), *rooms)
        assert [ann.until("joined")["room"] for _ in rooms] == rooms


@case("`room` is that of a wish in `hello`, which has no `id`.")
def a_refused_wish_names_its_room(target: Target) -> None:
    room = target.room()
    with target.client() as ann:
        ann.hello(target.nick(), "no room", room)
        error = ann.until("error")
        assert (error["code"], error["room"], "id" in error) == ("bad_room", "no room", False)
        assert ann.until("joined")["room"] == room


@case("is refused with `nick_taken`; accents and vowel signs make a difference.")
def nicks_that_look_alike_are_one(target: Target) -> None:
    nick = f"Anna {uuid4().hex[:12]}"
    with target.person(nick=nick) as ann, target.client() as other:
        assert ann.you["nick"] == nick
        for alike in (nick.upper(), nick.replace("A", "\u0410"), f"{nick}!", f"{nick} 🍋"):
            assert other.refused("hello", nick=alike) == "nick_taken", alike
        assert other.hello(nick.replace("A", "Ä"))


@case("but no character that cannot be seen, such as a zero-width or a filler character.")
def nicks_can_be_seen(target: Target) -> None:
    with target.client() as client:
        for nick in ("", " ", "?", "B\u200dob", "B\u200bob", "x\n", "\u3164", "x" * 33):
            assert client.refused("hello", nick=nick) == "bad_nick", nick
        suffix = uuid4().hex[:10]
        for nick in ("मीना", "मोना", "Zoë", "Mia 🩷", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"):
            with target.person(nick=f"{nick} {suffix}") as one:
                assert one.you["nick"].endswith(suffix)


@case("It is kept for\nyou for 30 days (`--nick-keep-days`) after your last connection has ended")
def a_nick_is_held_after_a_close(target: Target) -> None:
    with target.person() as ann:
        ann.websocket.close(1000)
    with target.client() as stranger:
        assert stranger.refused("hello", nick=ann.you["nick"]) == "nick_taken"


@case("When you take another nick, the old one is free.")
def a_nick_that_was_given_up_is_free(target: Target) -> None:
    with target.person() as ann:
        before = ann.you["nick"]
        assert ann.ask("nick", nick=target.nick())["t"] == "ok"
        with target.person(nick=before) as ben:
            assert ben.you["nick"] == before


@case("`sign_out` ends one session by its id, or all.")
def a_session_that_was_ended_lets_nobody_in(target: Target) -> None:
    with target.person() as ann:
        assert any(one.get("here") for one in ann.ask("sessions")["sessions"])
        assert ann.ask("sign_out")["t"] == "ok"
        assert close_code(ann.websocket) == 4506
    with target.client() as late:
        late.say({"t": "hello", "nick": target.nick(), "session": ann.welcome["session"]})
        assert late.close_code() == 4506


@case('let the other one say hello with `"pair": CODE`')
def a_code_makes_the_same_person_once(target: Target) -> None:
    with target.person() as ann:
        code = ann.ask("pair")["code"]
        with target.client() as phone:
            assert phone.ask("hello", pair=code)["you"] == ann.you
        with target.client() as other:
            assert other.refused("hello", pair=code) == "bad_pair"


@case("Your other connections are told, and each `welcome` has all `marks`")
def other_devices_are_told_what_was_read(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(session=ann.welcome["session"]) as phone:
        seq = ann.ask("send", room=room, text="x")["seq"]
        assert ann.ask("read", room=room, seq=seq)["t"] == "ok"
        told = phone.until("read")
        assert (told["room"], told["seq"]) == (room, seq)
        with target.person(session=ann.welcome["session"]) as tablet:
            assert {"room": room, "seq": seq} in tablet.welcome["marks"]


@case("what is behind it is unread again, on all your devices")
def what_was_read_can_be_unread_again(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(session=ann.welcome["session"]) as phone:
        seqs = [ann.ask("send", room=room, text=text)["seq"] for text in "xy"]
        assert ann.ask("read", room=room, seq=seqs[1])["t"] == "ok"
        assert ann.ask("read", room=room, seq=seqs[0], back=True)["t"] == "ok"
        assert [phone.until("read")["seq"] for _ in seqs] == seqs[::-1]
        with target.person(session=ann.welcome["session"]) as tablet:
            assert {"room": room, "seq": seqs[0], "back": 1} in tablet.welcome["marks"]


@case("The person with this id is called something else now.")
def a_new_nick_is_told_to_the_room(target: Target) -> None:
    room, nick = target.room(), target.nick()
    with target.person(room) as ann, target.person(room) as ben:
        assert ann.ask("nick", nick=nick)["t"] == "ok"
        told = ben.until("nick")
        assert (told["room"], told["who"]) == (room, {"id": ann.you["id"], "nick": nick})
        assert ben.refused("nick", nick=nick) == "nick_taken"
        assert ann.refused("nick", nick="\u200b") == "bad_nick"


@case("at most every 2 s it is passed on.")
def typing_is_passed_on_now_and_then(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        ann.say(*[{"t": "typing", "room": room}] * 5)
        told = [one for one in ben.rest() if one["t"] == "typing"]
        assert [(one["room"], one["who"]) for one in told] == [(room, ann.you)]


@case("The server sends everything that happens at about the same time in one frame.")
def each_frame_is_an_array_of_objects(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        ann.say(*({"t": "send", "room": room, "text": "x"} for _ in range(50)))
        seen = 0
        while seen < 50:
            frame = json.loads(ann.websocket.recv(timeout=QUIET * 30))
            assert isinstance(frame, list)
            assert all(isinstance(one["t"], str) for one in frame)
            seen += sum(one["t"] == "ok" for one in frame)
