"""The OpenAPI description of the HTTP API; its schemas are made of the structs that are sent."""

from importlib.metadata import version

import msgspec

from trio_chat.config import Config
from trio_chat.net.eventstream import MEDIA_TYPE as EVENT_STREAM
from trio_chat.net.eventstream import POINT
from trio_chat.net.problems import MEDIA_TYPE, ProblemDetails
from trio_chat.net.site import prefix_of
from trio_chat.protocol import answers, requests
from trio_chat.protocol.request_base import WHY_LIMIT
from trio_chat.web.api import (
    PREFIX,
    openapi_devices,
    openapi_files,
    openapi_governing,
    openapi_server,
    parts,
    schemas,
)
from trio_chat.web.api.parts import JSON, REF, TEXT, Json

INTRODUCTION = """\
The same rooms as on the WebSocket, under the same rules and limits. Errors are
`application/problem+json` (RFC 9457) with a `code` for programs. Only what is refused before its
path is known (too many connections, a first line that is none) is answered in plain text.
"""
FOLLOWING = """\
Server-Sent Events, named after the objects of the protocol that are their data: first `joined`,
with the number of the room's last event, then the events that were missed, then new ones. Stored
events have an id.
"""
SENT = (
    schemas.NewMessage,
    schemas.NewText,
    schemas.NewSession,
    schemas.RoomList,
    schemas.MessageList,
    schemas.EditList,
    schemas.HitList,
    schemas.LimitList,
    schemas.Reach,
    answers.RateInfo,
    answers.MessageView,
    schemas.Receipt,
    schemas.Session,
    schemas.SessionList,
    schemas.Pairing,
    schemas.MarkList,
    schemas.NewMark,
    schemas.Uploaded,
    ProblemDetails,
)


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
        "servers": [{"url": prefix_of(config) + PREFIX}],
        "paths": _paths(config),
        "components": {
            "schemas": _schemas(config),
            "responses": _problems(),
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that POST /sessions or the socket's welcome gave.",
                },
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The password of a server that asks for one; any user name.",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token for a server that asks for one; it is a session, too.",
                },
            },
        },
    }


def _paths(config: Config) -> Json:
    room = parts.parameter("path", "room", parts.room(config), "The room; case does not matter.")
    seq = parts.parameter("path", "seq", parts.integer(0), "The number of the message in its room.")
    return {
        "/rooms": {"get": _listing(), "post": openapi_governing.creating()},
        **openapi_governing.paths(config),
        "/rooms/{room}/messages": {
            "parameters": [room],
            "get": parts.operation(
                "Read a page of messages, as they stand after all edits",
                {200: parts.answer("MessageList")},
                *(404, 503),
                parameters=parts.paging(config),
            ),
            "post": _posting(config),
        },
        "/rooms/{room}/messages/{seq}": {
            "parameters": [room, seq],
            "get": parts.operation(
                "Read one message", {200: parts.answer("MessageView")}, 404, 503
            ),
            "put": _changing("Change the text of your message", "NewText", config),
            "delete": _deleting(config),
        },
        "/rooms/{room}/messages/{seq}/edits": {
            "parameters": [room, seq],
            "get": parts.operation(
                "Read the texts that a message has had, the oldest first",
                {200: parts.answer("EditList")},
                *(404, 503),
                parameters=[parts.after("Only texts after this number."), parts.limit(config)],
            ),
        },
        "/rooms/{room}/events": {"parameters": [room], "get": _following()},
        "/rooms/{room}/search": {"parameters": [room], "get": _searching(config)},
        "/rooms/{room}/files": {"parameters": [room], "post": openapi_files.uploading()},
        "/rooms/{room}/files/{part}": {
            "parameters": [room, openapi_files.part()],
            "patch": openapi_files.going_on(),
            "delete": openapi_files.giving_up(),
        },
        **openapi_devices.paths(config),
        **openapi_server.paths(),
    }


def _posting(config: Config) -> Json:
    receipt = parts.answer("Receipt") | {"headers": {"Location": {"schema": {"type": "string"}}}}
    return parts.operation(
        "Post a message",
        {
            201: receipt | {"description": "It is stored."},
            200: receipt
            | {"description": "It had been stored before, with the same Idempotency-Key."},
        },
        *(401, 404, 409, 413, 415, 422, 503, 507),
        parameters=[
            parts.parameter(
                "query",
                "from",
                parts.nick(config),
                "The nick of the author; it must not be one that is kept for somebody.",
            ),
            parts.idempotency_key(),
        ],
        body=parts.body(
            "NewMessage", parts.text(config), "The text of the message, without any encoding."
        ),
        signed=False,
    )


def _listing() -> Json:
    skip = parts.integer(0) | {"maximum": requests.SKIP_LIMIT}
    return parts.operation(
        "List the rooms, the latest first",
        {200: parts.answer("RoomList")},
        503,
        parameters=[parts.parameter("query", "skip", skip, "So many of the list are left out.")],
    )


def _searching(config: Config) -> Json:
    words = {"type": "string", "maxLength": requests.QUERY_LIMIT}
    time = parts.integer(0)
    query = parts.parameter(
        "query", "q", words, 'Words, "phrases" and beginnings*, all of which a message must have.'
    )
    return parts.operation(
        "Find messages by their words, the newest first",
        {200: parts.answer("HitList")},
        *(404, 501, 503),
        parameters=[
            query | {"required": True},
            parts.parameter("query", "from", words, "The author's nick at that time, or their id."),
            parts.parameter("query", "since", time, "Not before this time, in ms since 1970."),
            parts.parameter("query", "until", time, "Before this time, in ms since 1970."),
            parts.parameter(
                "query", "before", parts.integer(0), "Only messages before this number."
            ),
            parts.limit(config),
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
    return parts.operation(
        "Follow the events of the room; the answer does not end by itself",
        {200: stream},
        *(404, 503),
        parameters=[
            parts.parameter(
                "header", "Last-Event-ID", place, "Begin behind the event with this id."
            ),
            parts.parameter(
                "query", "last", place, "The same, or a number, if there is no header."
            ),
        ],
    )


def _deleting(config: Config) -> Json:
    deleting = _changing("Delete your message and its text, or as a moderator any", None, config)
    schema = {"type": "string", "maxLength": WHY_LIMIT}
    why = parts.parameter("query", "why", schema, "A reason, which all are told.")
    return deleting | {"parameters": [*deleting["parameters"], why]}


def _changing(summary: str, kind: str | None, config: Config) -> Json:
    return parts.operation(
        summary,
        {200: parts.answer("Receipt")},
        *(401, 404, 409, 422, 503, *((413, 415, 507) if kind else ())),
        parameters=[parts.idempotency_key()],
        body=parts.body(kind, parts.text(config), "The text.") if kind else None,
        signed=True,
    )


def _problems() -> Json:
    """Return the refusals, by status."""
    schema = {"$ref": REF.format(name="ProblemDetails")}
    told: Json = {
        str(status): {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, description in (
            (400, "The request is wrong."),
            (401, "You are not let in, or there is no valid session."),
            (403, "You may not do that, nobody may here, or the page is of a foreign origin."),
            (404, "There is no such message, room, link, act, session or nick."),
            (406, "The type of the answer is not accepted."),
            (409, "The nick, the key, or the name of the room is taken; or it is too late."),
            (412, "This is another version of tus."),
            (413, "The text or the body is too long."),
            (415, "The body is neither JSON nor text in UTF-8."),
            (422, "The key was used for another request."),
            (423, "Another request brings a piece of the upload."),
            (429, "You ask for too much; Retry-After says when to try again."),
            (501, "This server's SQLite has no full-text index."),
            (503, "The server cannot do it now; Retry-After says when to try again."),
            (507, "There is no space for more."),
        )
    }
    for status in ("400", "429"):  # of a head that is not clean, or one too many of an address
        told[status]["content"][TEXT] = {"schema": {"type": "string"}}
    return told


def _schemas(config: Config) -> Json:
    _, components = msgspec.json.schema_components(
        (*SENT, *openapi_governing.SENT), ref_template=REF
    )
    for name in ("NewMessage", "NewText"):
        components[name]["properties"]["text"] |= parts.text(config)
    del components["NewMessage"]["properties"]["text"]["default"]  # none at all, beside files
    components["NewSession"]["properties"]["nick"] = {
        "anyOf": [parts.nick(config), {"type": "null"}],
        "default": None,
    }
    components["NewMessage"]["properties"]["from"] = {
        "anyOf": [parts.nick(config), {"type": "null"}],
        "default": None,
    }
    components["NewMessage"]["properties"]["cid"] = {
        "anyOf": [parts.cid(), {"type": "null"}],
        "default": None,
    }
    # As exact as a pair of two schemas, and some generators of clients take no other arrays.
    pair = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
    components["Hit"]["properties"]["marks"] |= {"items": pair}
    openapi_governing.refine(components)
    return components
