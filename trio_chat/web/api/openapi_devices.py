"""The part of the OpenAPI description about sessions, other devices, and how far one has read."""

from trio_chat.config import Config
from trio_chat.web.api import parts
from trio_chat.web.api.parts import Json


def paths(config: Config) -> Json:
    """Return the paths, with what can be asked for at each."""
    room = parts.parameter("path", "room", parts.room(config), "The room; case does not matter.")
    return {
        **_sessions(config),
        "/pairings": {
            "post": parts.operation(
                "Make a code by which another device comes as you",
                {201: parts.answer("Pairing")},
                *(501, 503),
                signed=True,
            )
        },
        "/marks": {
            "get": parts.operation(
                "Tell how far you have read, by room",
                {200: parts.answer("MarkList")},
                503,
                signed=True,
            )
        },
        "/rooms/{room}/mark": {"parameters": [room], "put": _marking()},
    }


def _sessions(config: Config) -> Json:
    """Return the paths of sessions."""
    return {
        "/sessions": {
            "post": parts.operation(
                "Begin a session",
                {201: parts.answer("Session")},
                *(409, 413, 415, 501, 503),
                body=parts.body("NewSession", parts.nick(config), "A nick."),
            ),
            "get": parts.operation(
                "List your sessions, the one seen last first",
                {200: parts.answer("SessionList")},
                503,
                signed=True,
            ),
            "delete": _signing_out("End all your sessions, this one too"),
        },
        "/sessions/{session}": {
            "parameters": [
                parts.parameter("path", "session", parts.word(), "The id of the session.")
            ],
            "delete": _signing_out("End one of your sessions"),
        },
    }


def _marking() -> Json:
    return parts.operation(
        "Say up to which message you have read a room; it only grows, but for ``back``",
        {200: parts.answer("Mark")},
        *(404, 413, 415, 503),
        body=parts.json_body("NewMark"),
        signed=True,
    )


def _signing_out(summary: str) -> Json:
    ended = {204: {"description": "It is over, and that is kept."}}
    return parts.operation(summary, ended, 404, 503, signed=True)
