"""The Quart-Trio app: the page and its files, kept in memory."""

from hashlib import sha256
from pathlib import Path

from quart import Response, abort, request
from quart_trio import QuartTrio

BODY_LIMIT = 64 * 1024  # bytes of a request body; nothing here takes one yet
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Named here, as a system's own table may differ, and a browser runs no script of another type.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def make_app() -> QuartTrio:
    """Return the app that serves ``/`` and ``/static/…``."""
    files = read_files(static_files())
    app = QuartTrio("trio_chat", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT

    @app.get("/static/<path:name>", provide_automatic_options=False)
    async def file(name: str) -> Response:
        if name not in files:
            abort(404)
        response = Response(files[name], content_type=media_type(name))
        response.cache_control.no_cache = True  # the browser asks, and mostly hears 304
        response.set_etag(sha256(files[name]).hexdigest()[:16])
        await response.make_conditional(request)
        return response

    @app.get("/", provide_automatic_options=False)
    async def page() -> Response:
        return await file("index.html")

    @app.after_request
    async def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app


def media_type(name: str) -> str:
    """Return what kind of file it is, as its ending says."""
    return MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")


def static_files() -> Path:
    """Return the folder of the page: inside an installed package, beside it in a checkout."""
    here = Path(__file__).parent
    installed = here / "static"
    return installed if installed.is_dir() else here.parent / "static"


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the files of the page, by their path below ``folder``."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
