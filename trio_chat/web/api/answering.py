"""What all routes of the HTTP API have in common: whose a request is, and JSON for an answer."""

from collections.abc import Mapping
from typing import Any

import msgspec
from quart import Request, Response
from quart.globals import request_ctx

from trio_chat.net.visitor import Visitor
from trio_chat.web.api import reading
from trio_chat.web.hypercorn_bridge import VISITOR


def current() -> Request:
    """Return the request that is answered. Quart's proxy looks for it with each use."""
    return request_ctx.request


def visitor() -> Visitor:
    """Return whose request it is."""
    scope: Mapping[str, Any] = current().scope
    found: Visitor = scope[VISITOR]
    return found


def json_of(content: msgspec.Struct | bytes, status: int = 200) -> Response:
    """Return an answer; the line end keeps a shell's prompt off it."""
    data = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(data + b"\n", status, content_type=reading.JSON)
