"""The part of the OpenAPI description about the server itself, which is for everybody."""

from trio_chat.web.api import parts
from trio_chat.web.api.parts import JSON, Json


def paths() -> Json:
    """Return the paths, with what can be asked for at each."""
    origin = parts.parameter(
        "query", "origin", {"type": "string"}, "The origin of the page that asks."
    )
    return {
        "/limits": {
            "get": parts.operation(
                "What may be asked for, how much of it and how often",
                {200: parts.answer("LimitList")},
            )
        },
        "/reachable": {
            "get": parts.operation(
                "How this request has come, for whoever looks for a fault in a proxy",
                {200: parts.answer("Reach")},
                parameters=[origin],
            )
        },
        "/openapi.json": {
            "get": parts.operation(
                "This description",
                {200: {"description": "It.", "content": {JSON: {"schema": {"type": "object"}}}}},
            )
        },
    }
