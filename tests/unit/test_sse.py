"""Rules of the dialect that followers are told in."""

from tests.sse import parse
from trio_chat.config import Config
from trio_chat.protocol import answers, events
from trio_chat.protocol.close import RESTARTING
from trio_chat.protocol.dialects.sse import Sse

ANN = events.Person("a1", "Ann")
SSE = Sse(lambda: "ep0ch")


def joined(**more: object) -> answers.Joined:
    fields = {"room": "tea", "last": 7, "epoch": "ep0ch", "members": answers.raw([])}
    return answers.Joined(**(fields | more))  # type: ignore[arg-type]


def test_what_is_kept_has_an_id_to_go_on_at() -> None:
    """Its data is what the journal has encoded, which v1 tells, too."""
    message = events.Message(room="tea", seq=7, ts=1, who=ANN, text="a\nb\u2028c")
    encoded = events.encode(message)
    told = SSE.tell(message, encoded)
    assert told == SSE.recall(7, encoded) == b"id: ep0ch.7\nevent: msg\ndata: %b\n\n" % encoded
    [(id_, event, data)] = parse(told.decode())
    assert (id_, event, data["text"]) == ("ep0ch.7", "msg", "a\nb\u2028c")


def test_what_passes_has_no_id() -> None:
    """A browser keeps the one before."""
    told = SSE.tell(events.Presence(room="tea", who=ANN, state="left"), None)
    [(id_, event, data)] = parse((told or b"").decode())
    assert (id_, event, data["state"]) == (None, "presence", "left")


def test_joined_has_the_id_of_what_the_follower_has() -> None:
    """Which is the end of the room, unless something that was missed is about to follow."""
    for answer, expected in (
        (joined(), "ep0ch.7"),
        (joined(id=3), "ep0ch.3"),
        (joined(id=0), "ep0ch.0"),
        (joined(id=9, reset=True), "ep0ch.7"),
    ):
        [(id_, event, _)] = parse((SSE.answer(answer) or b"").decode())
        assert (id_, event) == (expected, "joined")


def test_nothing_else_is_answered() -> None:
    """A follower has asked for nothing; a comment stands for the ping."""
    assert SSE.answer(answers.Ping()) is None
    assert SSE.read("hello?", Config()) == []


def test_events_are_joined_and_sent_as_they_are() -> None:
    """Each ends with a blank line of its own."""
    assert SSE.wrap(SSE.join([b"event: a\ndata: {}\n\n", b"event: b\ndata: {}\n\n"])) == (
        b"event: a\ndata: {}\n\nevent: b\ndata: {}\n\n"
    )


def test_bye_is_an_event() -> None:
    """As on the socket: why, and when to come back."""
    [(id_, event, data)] = parse(SSE.bye(RESTARTING).decode())
    assert (id_, event, data["code"], data["retry_ms"]) == (None, "bye", 1012, 1000)
