"""The Quart-Trio app: what is served over plain HTTP besides the page and its files."""

from urllib.parse import quote

from quart import abort, redirect, request
from quart.typing import ResponseReturnValue
from quart_trio import QuartTrio

from trio_chat.config import Config
from trio_chat.net.site import prefix_of
from trio_chat.web.lean_app import LeanApp
from trio_chat.web.transfers import TransferRequest
from trio_chat.web.whole_requests import OneRequest

BODY_LIMIT = 64 * 1024  # bytes of a request body
DEPTH_LIMIT = 8  # slashes in a path below /r/ that is led back to the page


def make_app(config: Config) -> QuartTrio:
    """Return an app that redirects to the page at ``/r/ROOM``; the API is installed separately.

    Args:
        config: ``base_url``.
    """
    app = LeanApp("trio_chat")
    app.asgi_http_class = OneRequest
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.request_class = TransferRequest
    app.url_map.merge_slashes = False  # it would redirect to http, whatever leads to us

    @app.get("/", provide_automatic_options=False)
    @app.get("/r", provide_automatic_options=False)
    async def entrance() -> ResponseReturnValue:
        # The page has one depth only, so that its relative references always fit.
        prefix = prefix_of(config)
        return redirect(f"{prefix}/r/" if prefix else "r/")

    @app.get("/r/<path:name>", provide_automatic_options=False)
    async def too_deep(name: str) -> ResponseReturnValue:
        # No room has a slash in its name; the page reports that.
        depth = request.scope["raw_path"].count(b"/") - 2
        if depth > DEPTH_LIMIT:
            abort(404)
        return redirect("../" * depth + quote(name, safe=""))

    return app
