"""The OpenAPI description of the HTTP API; its schemas are made of the structs that are sent."""

from importlib.metadata import version
from typing import Any

import msgspec

from trio_chat import answers, requests
from trio_chat.api import PREFIX, schemas
from trio_chat.config import Config
from trio_chat.eventstream import MEDIA_TYPE as EVENT_STREAM
from trio_chat.eventstream import POINT
from trio_chat.problems import MEDIA_TYPE, ProblemDetails

JSON = "application/json"
TEXT = "text/plain"
FORM = "application/x-www-form-urlencoded"
REF = "#/components/schemas/{name}"
LARGEST = 2**53 - 1
# Something to be seen, and of all controls only tab and line ends.
TEXT_PATTERN = (
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*"
    r"[^\x00-\x20\x7f-\x9f]"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
)
INTRODUCTION = """\
The same rooms as on the WebSocket, under the same rules and limits. Errors are
`application/problem+json` (RFC 9457) with a `code` for programs. What is refused before its path
is known (too many connections, a head that is too long or not clean) is answered in plain text.
"""
FOLLOWING = """\
Server-Sent Events, named as the objects of the protocol that are their data: first `joined`, which
tells where the room is, then what was missed, and then what happens. What is kept has an id.
"""
SENT = (
    schemas.NewMessage,
    schemas.NewText,
    schemas.NewSession,
    schemas.RoomList,
    schemas.MessageList,
    schemas.HitList,
    answers.Said,
    schemas.Receipt,
    schemas.Session,
    ProblemDetails,
)

Json = dict[str, Any]


def describe(config: Config) -> Json:
    """Return the description of the API of a server with these limits."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "trio-chat",
            "version": version("trio-chat"),
            "description": INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": PREFIX}],
        "paths": _paths(config),
        "components": {
            "schemas": _schemas(config),
            "responses": _problems(),
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that POST /sessions or the socket's welcome gave.",
                }
            },
        },
    }


def _paths(config: Config) -> Json:
    room = _parameter("path", "room", _room(config), "The room; upper and lower case are the same.")
    seq = _parameter("path", "seq", _integer(0), "The number of the message in its room.")
    return {
        "/rooms": {"get": _operation("List the rooms", {200: _json("RoomList")}, 400, 406, 503)},
        "/rooms/{room}/messages": {
            "parameters": [room],
            "get": _operation(
                "Read a page of messages, as they stand after all edits",
                {200: _json("MessageList")},
                *(400, 406, 503),
                parameters=_paging(config),
            ),
            "post": _posting(config),
        },
        "/rooms/{room}/messages/{seq}": {
            "parameters": [room, seq],
            "get": _operation("Read one message", {200: _json("Said")}, 400, 404, 406, 503),
            "put": _changing("Give your message another text", "NewText", config),
            "delete": _changing("Take your message back; its text is gone", None, config),
        },
        "/rooms/{room}/events": {"parameters": [room], "get": _following()},
        "/rooms/{room}/search": {"parameters": [room], "get": _searching(config)},
        "/sessions": {
            "post": _operation(
                "Be somebody",
                {201: _json("Session")},
                *(400, 406, 409, 413, 415, 503),
                body=_body("NewSession", _nick(config), "A nick."),
            )
        },
        "/openapi.json": {
            "get": _operation(
                "This description",
                {200: {"description": "It.", "content": {JSON: {"schema": {"type": "object"}}}}},
                *(400, 406),
            )
        },
    }


def _posting(config: Config) -> Json:
    receipt = _json("Receipt") | {"headers": {"Location": {"schema": {"type": "string"}}}}
    return _operation(
        "Say something",
        {
            201: receipt | {"description": "It is kept."},
            200: receipt | {"description": "It had been said, with the same Idempotency-Key."},
        },
        *(400, 401, 406, 409, 413, 415, 503),
        parameters=[
            _parameter(
                "query",
                "from",
                _nick(config),
                "A name to speak under, if nobody who is connected has it.",
            ),
            _idempotency_key(),
        ],
        body=_body("NewMessage", _text(config), "What to say, as it is."),
        signed=False,
    )


def _searching(config: Config) -> Json:
    words = {"type": "string", "maxLength": requests.QUERY_LIMIT}
    time = _integer(0)
    query = _parameter("query", "q", words, 'Words, "phrases" and beginnings*; all must be there.')
    return _operation(
        "Find messages by their words, the newest first",
        {200: _json("HitList")},
        *(400, 406, 501, 503),
        parameters=[
            query | {"required": True},
            _parameter("query", "from", words, "The author's name when it was said, or their id."),
            _parameter("query", "since", time, "Not before this time, in ms since 1970."),
            _parameter("query", "until", time, "Before this time, in ms since 1970."),
            _parameter("query", "before", _integer(0), "Only messages before this number."),
            _parameter("query", "limit", _integer(1), f"How many; at most {config.history_page}."),
        ],
    )


def _following() -> Json:
    event = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "event": {"type": "string"},
            "data": {"type": "string", "contentMediaType": JSON},
        },
        "required": ["event", "data"],
    }
    stream = {"description": FOLLOWING, "content": {EVENT_STREAM: {"schema": event}}}
    place = {"type": "string", "pattern": f"^(?:{POINT.pattern})?$"}
    return _operation(
        "Follow what happens; it does not end by itself",
        {200: stream},
        *(400, 406),
        parameters=[
            _parameter("header", "Last-Event-ID", place, "Go on behind the event with this id."),
            _parameter("query", "last", place, "The same, or a number; for the first time."),
        ],
    )


def _changing(summary: str, kind: str | None, config: Config) -> Json:
    return _operation(
        summary,
        {200: _json("Receipt")},
        *(400, 401, 403, 404, 406, 409, 503, *((413, 415) if kind else ())),
        parameters=[_idempotency_key()],
        body=_body(kind, _text(config), "The text.") if kind else None,
        signed=True,
    )


def _operation(
    summary: str,
    answers: dict[int, Json],
    *problems: int,
    parameters: list[Json] | None = None,
    body: Json | None = None,
    signed: bool | None = None,
) -> Json:
    """Return an operation; ``signed`` tells whether it takes a session, or needs one."""
    refused = {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(problems)
    }
    operation: Json = {
        "summary": summary,
        "responses": {str(status): answer for status, answer in answers.items()} | refused,
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = body
    if signed is not None:
        operation["security"] = [{"session": []}] if signed else [{}, {"session": []}]
    return operation


def _parameter(place: str, name: str, schema: Json, description: str) -> Json:
    return {
        "in": place,
        "name": name,
        "required": place == "path",
        "schema": schema,
        "description": description,
    }


def _paging(config: Config) -> list[Json]:
    return [
        _parameter("query", "before", _integer(0), "Only messages before this number."),
        _parameter("query", "after", _integer(0), "Only those after it; not both."),
        _parameter("query", "limit", _integer(1), f"How many; at most {config.history_page}."),
    ]


def _idempotency_key() -> Json:
    schema = {"type": "string", "minLength": 8, "maxLength": requests.CID_LIMIT}
    return _parameter(
        "header",
        "Idempotency-Key",
        schema,
        "Your own id for this, such as a UUID: sent again, it does not happen twice.",
    )


def _integer(least: int) -> Json:
    return {"type": "integer", "minimum": least, "maximum": LARGEST}


def _room(config: Config) -> Json:
    return _words(config.room_limit, r"^[\p{L}\p{N}][\p{L}\p{N}\p{M}_.\-]*$")


def _nick(config: Config) -> Json:
    return _words(config.nick_limit, r"[\p{L}\p{N}]")


def _text(config: Config) -> Json:
    return _words(config.text_limit, TEXT_PATTERN)


def _words(limit: int, pattern: str) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": limit, "pattern": pattern}


def _json(name: str) -> Json:
    schema = {"$ref": REF.format(name=name)}
    return {"description": "Done.", "content": {JSON: {"schema": schema}}}


def _body(name: str, plain: Json, description: str) -> Json:
    """Return a body: JSON, or a text."""
    return {
        "required": True,
        "description": description,
        "content": {
            JSON: {"schema": {"$ref": REF.format(name=name)}},
            TEXT: {"schema": plain},
            FORM: {"schema": plain},
        },
    }


def _problems() -> Json:
    """Return the answers that say why not."""
    schema = {"$ref": REF.format(name="ProblemDetails")}
    told: Json = {
        str(status): {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, description in (
            (400, "The request is wrong."),
            (401, "It does not show who you are."),
            (403, "It is not yours to change."),
            (404, "There is no such message."),
            (406, "You do not accept JSON."),
            (409, "The name, or the key, is somebody else's."),
            (413, "It is too long."),
            (415, "It is neither JSON nor text in UTF-8."),
            (501, "This server's SQLite has no full-text index."),
            (503, "It cannot be done just now; Retry-After tells when to try again."),
        )
    }
    told["400"]["content"][TEXT] = {"schema": {"type": "string"}}  # of a head that is not clean
    return told


def _schemas(config: Config) -> Json:
    _, components = msgspec.json.schema_components(SENT, ref_template=REF)
    for name in ("NewMessage", "NewText"):
        components[name]["properties"]["text"] |= _text(config)
    components["NewSession"]["properties"]["nick"] |= _nick(config)
    components["NewMessage"]["properties"]["from"] = {
        "anyOf": [_nick(config), {"type": "null"}],
        "default": None,
    }
    return components
