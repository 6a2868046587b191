"""The server under test, as clients reach it: WebSockets, HTTP, and streams of events."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE = 20.0  # seconds until what should come counts as missing
QUIET = 0.3  # seconds in which what must not come would have come
V1 = Subprotocol("trio-chat.v1")

Object = dict[str, Any]


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: HTTPMessage
    body: Any  # decoded, if it is JSON


class Target:
    """A server by its URL; the names that it gives out are used by nobody else."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def room(self) -> str:
        """Return the name of a room in which nobody ever was."""
        return f"kit-{uuid4().hex[:16]}"

    def nick(self) -> str:
        """Return a nick that nobody has."""
        return f"Kit {uuid4().hex[:16]}"

    @contextmanager
    def socket(self, *subprotocols: Subprotocol, query: str = "") -> Iterator[ClientConnection]:
        """Open a WebSocket for the block."""
        scheme = "wss" if self._url.scheme == "https" else "ws"
        with connect(
            f"{scheme}://{self._url.netloc}/ws{query}",
            subprotocols=subprotocols or None,
            proxy=None,
            max_size=None,
        ) as websocket:
            yield websocket

    @contextmanager
    def client(self) -> Iterator["Client"]:
        """Open a WebSocket of the protocol for the block, without a word."""
        with self.socket(V1) as websocket:
            yield Client(websocket)

    @contextmanager
    def person(self, *rooms: str, nick: str = "", session: str = "") -> Iterator["Client"]:
        """Open a WebSocket and say hello; each room is joined, and its ``joined`` was heard."""
        with self.client() as client:
            client.hello(nick or self.nick(), *rooms, session=session)
            for _ in rooms:
                client.until("joined")
            yield client

    @contextmanager
    def plain(self, room: str) -> Iterator["Plain"]:
        """Open a WebSocket of the plain dialect for the block."""
        with self.socket(query=f"?room={room}") as websocket:
            yield Plain(websocket)

    def http(
        self, method: str, path: str, body: Object | str | None = None, **headers: str
    ) -> Answer:
        """Make an HTTP request of the API; in names of headers, ``_`` stands for ``-``."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            sent["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection = self._connection()
        try:
            data = body.encode() if body is not None else None
            connection.request(method, f"/api/v1{path}", data, sent)
            response = connection.getresponse()
            read = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return Answer(response.status, response.headers, json.loads(read) if is_json else read)
        finally:
            connection.close()

    def session(self) -> tuple[str, Object]:
        """Return the session of somebody new, and who that is."""
        answer = self.http("POST", "/sessions", {"nick": self.nick()})
        return answer.body["session"], answer.body["you"]

    @contextmanager
    def events(self, room: str, query: str = "", **headers: str) -> Iterator["Stream"]:
        """Follow a room for the block."""
        connection = self._connection()
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", f"/api/v1/rooms/{room}/events{query}", headers=sent)
            yield Stream(connection.getresponse())
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        assert self._url.hostname
        return kind(self._url.hostname, self._url.port, timeout=PATIENCE)


class Client:
    """A client of the protocol: it hears object by object, in order."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.welcome: Object = {}
        self._heard: list[Object] = []
        self._ids = count(1)

    @property
    def you(self) -> Object:
        """Who this is, as the welcome says."""
        you: Object = self.welcome["you"]
        return you

    def say(self, *objects: Object) -> None:
        """Send objects in one frame."""
        self.websocket.send(json.dumps(objects))

    def hear(self, timeout: float = PATIENCE) -> Object:
        """Return the next object; pings are left out.

        Raises:
            TimeoutError: none came.
        """
        while not self._heard:
            message = self.websocket.recv(timeout=timeout)
            assert isinstance(message, str), "a binary frame"
            objects = json.loads(message)
            assert isinstance(objects, list), "a frame is no array"
            self._heard += [one for one in objects if one["t"] != "ping"]
        return self._heard.pop(0)

    def until(self, *kinds: str) -> Object:
        """Return the next object of these types; those before it are dropped."""
        while (heard := self.hear())["t"] not in kinds:
            pass
        return heard

    def rest(self) -> list[Object]:
        """Return all that comes until the server has been quiet for a moment."""
        heard = []
        while True:
            try:
                heard.append(self.hear(QUIET))
            except TimeoutError:
                return heard

    def ask(self, t: str, **fields: Any) -> Object:  # noqa: ANN401 - any JSON
        """Make a request and return its answer; what comes before that can be heard later."""
        id = fields.pop("id", None) or next(self._ids)
        self.say({"t": t, "id": id, **fields})
        before = []
        while (heard := self.hear()).get("id") != id:
            before.append(heard)
        self._heard[:0] = before
        return heard

    def refused(self, t: str, **fields: Any) -> str:  # noqa: ANN401 - any JSON
        """Make a request that must not be granted, and return the code of the error."""
        answer = self.ask(t, **fields)
        assert answer["t"] == "error", answer
        assert isinstance(answer["text"], str)
        code: str = answer["code"]
        return code

    def hello(self, nick: str, *rooms: str | Object, session: str = "", **more: str) -> Object:
        """Say hello; the answer must be a welcome."""
        wishes = [{"room": room} if isinstance(room, str) else room for room in rooms]
        fields: Object = {"session": session} if session else {}
        self.welcome = self.ask("hello", nick=nick, rooms=wishes, **fields, **more)
        assert self.welcome["t"] == "welcome", self.welcome
        return self.welcome

    def send(self, room: str, text: str, **more: Any) -> int:  # noqa: ANN401 - any JSON
        """Say something, and return its number."""
        answer = self.ask("send", room=room, text=text, **more)
        assert answer["t"] == "ok", answer
        seq: int = answer["seq"]
        return seq

    def page(self, room: str, **fields: Any) -> list[Object]:  # noqa: ANN401 - any JSON
        """Return a page of history."""
        messages: list[Object] = self.ask("history", room=room, **fields)["messages"]
        return messages

    def close_code(self) -> int:
        """Wait until the server ends the connection, and return its close code."""
        return close_code(self.websocket)


class Plain:
    """A client of the plain dialect: it hears line by line."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self._heard: list[str] = []

    def say(self, message: str | bytes) -> None:
        """Send a message."""
        self.websocket.send(message)

    def hear(self) -> str:
        """Return the next line."""
        if not self._heard:
            message = self.websocket.recv(timeout=PATIENCE)
            assert isinstance(message, str), "a binary frame"
            self._heard = message.split("\n")
        return self._heard.pop(0)


class Stream:
    """A stream of Server-Sent Events."""

    def __init__(self, response: HTTPResponse) -> None:
        self.response = response

    def next(self) -> tuple[str | None, str, Object]:
        """Return the id, the type and the data of the next event."""
        fields: dict[str, str] = {}
        while "data" not in fields:
            fields = {}
            while (read := self.response.readline()) != b"\n":
                assert read, "the stream has ended"
                line = read.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                fields[name] = value
        return fields.get("id"), fields["event"], json.loads(fields["data"])


def close_code(websocket: ClientConnection) -> int:
    """Wait until the server ends a connection, and return its close code."""
    try:
        while True:
            websocket.recv(timeout=PATIENCE)
    except ConnectionClosed as closed:
        frame = closed.rcvd
    assert frame, "no close frame"
    return frame.code
