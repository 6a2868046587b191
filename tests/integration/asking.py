"""Requests to the HTTP API of a running server, each on a connection of its own."""

import json
from typing import Any, NamedTuple

from tests.integration.running import END_OF_HEAD, Running, header, status

API = "/api/v1"


class Answer(NamedTuple):
    """What came back."""

    status: int
    head: bytes
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - anything that can be JSON
        """The body, whose type must say that it is JSON."""
        assert self.header("content-type") in ("application/json", "application/problem+json")
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the problem that it tells."""
        assert self.header("content-type") == "application/problem+json"
        told = self.json
        assert told["status"] == self.status
        assert told["detail"]
        code: str = told["code"]
        return code

    def header(self, name: str) -> str:
        return header(self.head, name.encode()).decode()


async def ask(
    server: Running,
    method: str,
    path: str,
    body: str | bytes | dict[str, Any] | None = None,
    **headers: str,
) -> Answer:
    """Ask for something below ``/api/v1``; ``body`` is sent as JSON if it is a dictionary."""
    lines = [f"{method} {API}{path} HTTP/1.1"]
    named = {"host": "localhost"} | {key.replace("_", "-"): value for key, value in headers.items()}
    if isinstance(body, dict):
        named = {"content-type": "application/json"} | named
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body or b""
    if data:
        named["content-length"] = str(len(data))
    lines += [f"{key}: {value}" for key, value in named.items()]
    answer = await server.exchange("\r\n".join([*lines, "", ""]).encode() + data)
    head, _, rest = answer.partition(END_OF_HEAD)
    return Answer(status(answer), head + END_OF_HEAD, rest)


def bearer(session: str) -> str:
    """Return the header that shows a session."""
    return f"Bearer {session}"


async def session(server: Running, nick: str) -> str:
    """Be somebody; return the token."""
    answer = await ask(server, "POST", "/sessions", {"nick": nick})
    assert answer.status == 201
    token: str = answer.json["session"]
    return token
