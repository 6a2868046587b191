"""A request that has come as a whole: Hypercorn, and the peer, get what they would get from h11."""

from typing import Any, NamedTuple

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from tests.unit.test_hypercorn_bridge import Receive, Send, exchange
from trio_chat.web import hypercorn_bridge

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"])
TARGETS = st.sampled_from(["/", "/api/v1/rooms/t%C3%A9/messages", "/a?b=c&d=%20", "/%2Fx?", "*"])
FIELDS = st.sampled_from(
    [
        "Connection: close",
        "Connection: keep-alive",
        "Accept: text/html, */*;q=0.1",
        "Authorization: Bearer a.b-c",
        "X-Odd: two  spaces",
        "Expect: 100-continue",
        "Upgrade: other",
    ]
)
STATUSES = st.sampled_from([200, 201, 204, 304, 307, 404, 503])
EXCESSES = st.sampled_from([None, 0, 0, 0, 1, -1])
FRAMINGS = st.sampled_from(
    [
        None,
        None,
        (b"connection", b"close"),
        (b"connection", b"keep-alive, Close"),
        (b"connection", b"keep-alive"),
        (b"transfer-encoding", b"chunked"),
    ]
)
PARTS = st.lists(st.sampled_from([b"", b"x", b"0\r\n\r\n", b"HTTP/1.1 200 \r\n\r\n"]), max_size=3)
NEXT = b"GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"
TOLD = ("method", "path", "raw_path", "query_string", "headers", "http_version", "scheme")


class Answer(NamedTuple):
    """What an app answers with."""

    status: int
    excess: int | None  # of the length that its head tells, which is not told if ``None``
    framing: tuple[bytes, bytes] | None  # one more header that concerns the connection
    parts: list[bytes]


class App:
    """Keeps what it is told, and gives an answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.told: dict[str, Any] = {}
        self.body = b""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.told = {name: scope[name] for name in TOLD}
        is_more = True
        while is_more:
            message = await receive()
            self.body += message["body"]
            is_more = message["more_body"]
        headers = [(b"x-own", b"1"), *filter(None, [self._answer.framing])]
        if self._answer.excess is not None:
            length = max(len(b"".join(self._answer.parts)) + self._answer.excess, 0)
            headers.append((b"content-length", b"%d" % length))
        status = self._answer.status
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for part in self._answer.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _serve(wire: bytes, answer: Answer) -> tuple[dict[str, Any], bytes, bytes, bytes | None]:
    """Return what the app is told, the body, what the peer gets, and what is left to be read."""
    app = App(answer)
    async with exchange(app, wire) as served:  # type: ignore[arg-type]
        received = b""
        with trio.move_on_after(1):
            while data := await served.peer.receive_some(65536):
                received += data
        await served.peer.aclose()
    # h11 writes a word of its own, which others take in any case.
    received = received.replace(b"\r\nConnection: close", b"\r\nconnection: close")
    return app.told, app.body, received, served.rest


def serve(wire: bytes, answer: Answer) -> tuple[dict[str, Any], bytes, bytes, bytes | None]:
    """Serve a request on virtual time."""
    return trio.run(_serve, wire, answer, clock=MockClock(autojump_threshold=0))


@given(METHODS, TARGETS, st.lists(FIELDS, max_size=4), st.binary(max_size=40), st.data())
def test_all_is_as_it_is_with_h11(
    method: str, target: str, fields: list[str], body: bytes, data: st.DataObject
) -> None:
    """The app is told the same, and the peer gets the same bytes; the next request is left."""
    answer = data.draw(st.builds(Answer, STATUSES, EXCESSES, FRAMINGS, PARTS))
    length = [f"Content-Length: {len(body)}"] if body else []
    version = data.draw(st.sampled_from(["1.1", "1.1", "1.0"]))
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", *fields, *length, "", ""]
    wire = "\r\n".join(lines).encode() + body + data.draw(st.sampled_from([b"", NEXT]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hypercorn_bridge, "http_date", lambda: "a day")
        ours = serve(wire, answer)
        patch.setattr(hypercorn_bridge, "is_whole", lambda _: False)
        assert ours == serve(wire, answer)


@pytest.mark.parametrize("excess", [-1, 1])
def test_an_answer_of_another_length_than_told_ends_the_connection(excess: int) -> None:
    """The peer would take what follows for a part of it, or a part for what follows."""
    wire = b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    told, _, received, rest = serve(wire, Answer(200, excess, None, [b"some", b"more"]))
    assert told["method"] == "POST"
    assert b"content-length: %d\r\n" % (8 + excess) in received
    assert rest is None
