"""The Quart-Trio app: the page and its files, kept in memory."""

from pathlib import Path
from urllib.parse import quote

from quart import Response, abort, redirect, request
from quart.typing import ResponseReturnValue
from quart_trio import QuartTrio

from trio_chat.page import File, load_page

BODY_LIMIT = 64 * 1024  # bytes of a request body; nothing here takes one yet
DEPTH_LIMIT = 8  # slashes in what somebody took for the name of a room
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def make_app() -> QuartTrio:
    """Return the app that serves the page at ``/r/ROOM``, and its files."""
    files = load_page(static_files())
    app = QuartTrio("trio_chat", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT

    @app.get("/", provide_automatic_options=False)
    async def entrance() -> ResponseReturnValue:
        # One address only, so that what the page refers to is always as far away from it.
        return redirect("r/")

    @app.get("/r/", provide_automatic_options=False)
    @app.get("/r/<path:room>", provide_automatic_options=False)
    async def page(room: str = "") -> ResponseReturnValue:
        depth = request.scope["raw_path"].count(b"/") - 2
        if depth > DEPTH_LIMIT:
            abort(404)
        if depth:  # No room can be called that, and the page will say so.
            return redirect("../" * depth + quote(room, safe=""))
        return await send(files["r/"])

    @app.get("/worker.js", provide_automatic_options=False)
    @app.get("/chat.webmanifest", provide_automatic_options=False)
    @app.get("/static/<path:name>", provide_automatic_options=False)
    async def file(**_: str) -> Response:
        path = request.path[1:]
        if path not in files:
            abort(404)
        return await send(files[path])

    @app.after_request
    async def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app


async def send(file: File) -> Response:
    """Answer with a file, compressed if the browser takes that, or tell that it has it already."""
    is_packed = file.packed is not None and request.accept_encodings["gzip"] > 0
    response = Response(file.packed if is_packed else file.content, content_type=file.media_type)
    response.headers["Cache-Control"] = file.caching
    if file.packed is not None:
        response.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{file.tag}-gzip" if is_packed else file.tag)
    await response.make_conditional(request)
    return response


def static_files() -> Path:
    """Return the folder of the page: inside an installed package, beside it in a checkout."""
    here = Path(__file__).parent
    installed = here / "static"
    return installed if installed.is_dir() else here.parent / "static"
