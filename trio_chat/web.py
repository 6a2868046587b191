"""The Quart-Trio app: the page and its files."""

from pathlib import Path

from quart import Response
from quart_trio import QuartTrio

BODY_LIMIT = 64 * 1024  # bytes of a request body; nothing here takes one yet
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def make_app() -> QuartTrio:
    """Return the app that serves ``/`` and ``/static/…``."""
    files = static_files()
    app = QuartTrio("trio_chat", static_folder=str(files), static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = None  # the browser asks, and mostly hears 304

    @app.get("/", provide_automatic_options=False)
    async def page() -> Response:
        return await app.send_static_file("index.html")

    @app.after_request
    async def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app


def static_files() -> Path:
    """Return the folder of the page: inside an installed package, beside it in a checkout."""
    here = Path(__file__).parent
    installed = here / "static"
    return installed if installed.is_dir() else here.parent / "static"
