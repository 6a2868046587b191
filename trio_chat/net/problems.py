"""Refusals of the HTTP API, as ``application/problem+json`` (RFC 9457)."""

import math
from http import HTTPStatus
from urllib.parse import unquote

import msgspec

from trio_chat.net.head import HttpError
from trio_chat.protocol import answers

MEDIA_TYPE = "application/problem+json"
STATUSES = {  # of the codes that the v1 protocol has, too
    "bad_request": 400,
    "bad_nick": 400,
    "bad_room": 400,
    "bad_pair": 400,
    "unauthorized": 401,
    "not_yours": 403,
    "not_found": 404,
    "nick_taken": 409,
    "cid_taken": 409,
    "key_reused": 422,
    "too_many_changes": 409,
    "too_many_reactions": 409,
    "too_long": 413,
    "unsupported": 501,
    "too_fast": 429,
    "too_many_new_rooms": 429,
    "no_such_room": 404,
    "banned": 403,
    "muted": 403,
    "read_only": 403,
    "closed": 403,
    "room_full": 403,
    "newcomer": 403,
    "no_files": 403,
    "not_moderator": 403,
    "not_operator": 403,
    "held": 403,
    "too_many_held": 409,
    "slow_mode": 429,
    "hello_first": 401,
    "room_taken": 409,
    "too_many_rooms": 409,
    "too_many_links": 409,
    "too_many_people": 409,
    "too_many_clearings": 409,
    "too_late": 409,
    "storage_full": 507,
    "no_such_file": 404,
    "file_used": 409,
    "bad_picture": 422,
    "too_many_files": 429,
    "busy": 503,
    "unavailable": 503,
}
CODES = {
    404: "not_found",
    405: "method_not_allowed",
    408: "too_late",
    413: "too_long",
    421: "wrong_host",
    429: "too_fast",
    431: "too_long",
    501: "unsupported",
    503: "busy",
    505: "unsupported",
}
API = "/api/"
HEADERS = {401: {"WWW-Authenticate": "Bearer"}}


class ProblemDetails(msgspec.Struct):
    """Why a request was not granted: ``code`` for programs, ``detail`` for people."""

    title: str
    status: int
    code: str
    detail: str
    type: str = "about:blank"


class Problem(HttpError):
    """A request to the API that is refused; it carries the answer.

    Args:
        code: As in the v1 protocol where it has one; see ``STATUSES``.
        detail: A line for people.
        status: The HTTP status, if the code has none of its own.
        headers: Besides those that every refusal has.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        code: str,
        detail: str,
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        status = status or STATUSES[code]
        super().__init__(status, detail, HEADERS.get(status, {}) | (headers or {}))
        self.code = code

    def body(self) -> bytes:
        """Return the details as JSON."""
        details = ProblemDetails(self.status.phrase, self.status.value, self.code, self.detail)
        return msgspec.json.encode(details) + b"\n"


def of_error(error: answers.Error) -> Problem:
    """Return the problem that stands for an error of the v1 protocol."""
    headers = {"Retry-After": str(math.ceil(error.retry_ms / 1000))} if error.retry_ms else None
    return Problem(error.code, error.text, headers=headers)


def of_foreign_origin(origin: str) -> Problem:
    """Return the refusal of a page of another site."""
    return Problem("foreign_origin", f"pages of {origin} may not ask; see --allow-origin", 403)


def of_no_use(media_type: str) -> Problem:
    """Return the refusal of a request that does not accept the type of its answer."""
    return Problem("not_acceptable", f"the answer would be {media_type}", 406)


def of_status(status: int, detail: str, headers: dict[str, str]) -> Problem:
    """Return the problem that stands for a status alone."""
    otherwise = "bad_request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    return Problem(CODES.get(status, otherwise), detail, status, headers)


def as_told_at(path: str, refusal: HttpError) -> HttpError:
    """Return a refusal in the form of those at a path, which is still percent-encoded."""
    if isinstance(refusal, Problem) or not unquote(path).startswith(API):
        return refusal
    return of_status(refusal.status.value, refusal.detail, refusal.headers)
