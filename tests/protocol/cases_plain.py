"""Cases: close codes, and the plain dialect."""

from websockets.exceptions import ConnectionClosed

from tests.protocol.case import case
from tests.protocol.target import V1, Target, close_code


@case("After 1009 a frame was larger than\n`limits.frame`: come back, and send shorter frames.")
def a_frame_that_is_too_long_ends_the_connection(target: Target) -> None:
    with target.person() as ann:
        size = ann.welcome["limits"]["frame"]
        request = '{"t": "rooms", "id": 1}'
        ann.websocket.send(request + " " * (size - len(request)))
        assert ann.until("rooms")
    with target.socket(V1) as websocket:
        websocket.send(" " * (size + 1))
        assert close_code(websocket) == 1009


@case("A client that connects to `/ws` without a subprotocol sends and receives text.")
def plain_clients_talk(target: Target) -> None:
    room = target.room()
    with target.plain(room) as one, target.plain(room) as other, target.person(room) as ann:
        assert one.websocket.subprotocol is None
        one.say("hello")
        for client in (one, other):
            assert client.hear() == "hello"
        message = ann.until("msg")
        assert (message["text"], "from" in message) == ("hello", False)


@case("It is in the room `lobby`")
def plain_clients_are_in_the_lobby(target: Target) -> None:
    with target.socket() as websocket, target.person("lobby") as ann:
        text = target.nick()
        websocket.send(text)
        while ann.until("msg")["text"] != text:
            pass


@case("`name: text`, or `text`\n  alone if the sender has no name.")
def plain_clients_hear_names(target: Target) -> None:
    room = target.room()
    with target.plain(room) as guest, target.person(room) as ann:
        guest.say("x")
        assert guest.hear() == "x"
        ann.send(room, "two\nlines")
        assert guest.hear() == f"{ann.you['nick']}: two lines"


@case("Edits, deletions, reactions, topics and presence are not told.")
def plain_clients_hear_messages_alone(target: Target) -> None:
    room = target.room()
    with target.plain(room) as guest, target.person(room) as ann:
        guest.say("x")
        assert guest.hear() == "x"
        ann.ask("react", room=room, seq=1, emoji="🍋")
        ann.ask("topic", room=room, text="tea")
        ann.send(room, "y")
        assert guest.hear().endswith(": y")


@case(
    "Line ends in it become spaces, each other control character but\n  the tab "
    "becomes U+FFFD, and white space at its ends is cut off."
)
def a_plain_message_is_one_line(target: Target) -> None:
    room = target.room()
    with target.plain(room) as guest:
        for said, heard in {
            " a\r\nb\nc\rd ": "a b c d",
            "a\tb\x1b[31m": "a\tb\ufffd[31m",
        }.items():
            guest.say(said)
            assert guest.hear() == heard


@case("A message of which nothing can be seen is\n  ignored.")
def blank_plain_messages_are_ignored(target: Target) -> None:
    with target.plain(target.room()) as guest:
        for text in ("", " ", "\n", "\u200b", "x"):
            guest.say(text)
        assert guest.hear() == "x"


@case("A binary message counts as text.")
def a_binary_plain_message_is_text(target: Target) -> None:
    with target.plain(target.room()) as guest:
        guest.say("é".encode())
        assert guest.hear() == "é"


@case(
    "One that is longer than the limit for texts ends the connection with 1009, one "
    "that is not UTF-8\n  with 1007."
)
def bad_plain_messages_end_the_connection(target: Target) -> None:
    with target.person() as ann:
        limit = ann.welcome["limits"]["text"]
    for message, code in {"x" * (limit + 1): 1009, b"\xff": 1007}.items():
        with target.plain(target.room()) as guest:
            guest.say(message)
            assert close_code(guest.websocket) == code


@case("Nothing is resent: after a reconnect the client gets what happens from then on.")
def plain_clients_miss_what_was_before(target: Target) -> None:
    room = target.room()
    with target.plain(room) as one:
        one.say("before")
        assert one.hear() == "before"
        with target.plain(room) as late:
            late.say("now")
            assert late.hear() == "now"
            late.websocket.close(1000)
        one.say("still here")
        try:
            assert one.hear() == "now"
        except ConnectionClosed:
            raise AssertionError("others are ended, too") from None
