"""Reads HTTP requests of the API: bodies, parameters and headers, with a problem for each fault."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from quart import Request
from werkzeug.exceptions import RequestEntityTooLarge

from trio_chat.auth.grant import ANYBODY
from trio_chat.net.problems import Problem, of_no_use
from trio_chat.net.visitor import Visitor
from trio_chat.protocol import requests
from trio_chat.protocol.request_base import complaint, is_not_utf_8
from trio_chat.protocol.request_texts import Limits, text_fault
from trio_chat.protocol.text import BYTE_ORDER_MARK

JSON = "application/json"
# ``curl -d`` and HTML forms send the second type; the body is taken as text all the same.
PLAIN = ("text/plain", "application/x-www-form-urlencoded")
UTF_8 = ("utf-8", "utf8")  # and how many write it
NUMBER = re.compile("[0-9]{1,16}")

T = TypeVar("T")


def make_request(kind: type[T], fields: Mapping[str, Any], limits: Limits) -> T:
    """Return a request to the hub or to the history.

    Raises:
        Problem: a field breaks a rule of the protocol.
    """
    try:
        made = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise Problem("bad_request", complaint(error)) from None
    fault = text_fault(made, limits) if isinstance(made, requests.Request) else None
    if fault:
        raise Problem(fault.code, fault.text)
    return made


async def body(request: Request, kind: type[T], field: str) -> T:
    """Return the body: JSON, or a plain text as the value of one of its fields.

    Raises:
        Problem: it is neither, or lacks a field.
    """
    data = await _data(request)
    try:
        if request.mimetype == JSON:
            return msgspec.json.decode(data, type=kind)
        if request.mimetype not in ("", *PLAIN) or _charset(request) not in UTF_8:
            raise Problem(
                "unsupported_media_type", f"send {JSON}, or text in UTF-8", 415, {"Accept": JSON}
            )
        return msgspec.convert({field: data.decode()}, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _not_read(error) from None


async def json_body(request: Request, kind: type[T]) -> T:
    """Return the body, which has to be JSON; nothing at all is an empty object.

    Raises:
        Problem: it is something else, or lacks a field.
    """
    data = await _data(request)
    if data and request.mimetype not in ("", JSON):
        raise Problem("unsupported_media_type", f"send {JSON}", 415, {"Accept": JSON})
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _not_read(error) from None


def _not_read(error: Exception) -> Problem:
    reason = "the body is not UTF-8" if is_not_utf_8(error) else complaint(error)
    return Problem("bad_request", reason)


async def _data(request: Request) -> bytes:
    """Return the bytes of the body, without a byte order mark.

    Raises:
        werkzeug.exceptions.RequestEntityTooLarge: there are more than the app takes.
    """
    data, limit = b"", request.max_content_length
    async for piece in request.body:  # which does not wait for what is there already
        data += piece
        if limit is not None and len(data) > limit:
            raise RequestEntityTooLarge
    return data.removeprefix(BYTE_ORDER_MARK.encode())


def _charset(request: Request) -> str:
    return request.mimetype_params.get("charset", "utf-8").lower()


def value(request: Request, name: str) -> str | None:
    """Return the value of a parameter of the query; ``None`` without it.

    Raises:
        Problem: it is given more than once.
    """
    values = request.args.getlist(name)
    if len(values) > 1:
        raise Problem("bad_request", f"{name} is given more than once")
    return values[0] if values else None


def numbers(request: Request, *names: str) -> dict[str, int]:
    """Return the values of those of these numeric parameters that the query has.

    Raises:
        Problem: a value is not a number.
    """
    found = {}
    for name in names:
        text = value(request, name)
        if text is not None:
            if not NUMBER.fullmatch(text):
                raise Problem("bad_request", f"{name} is not a number")
            found[name] = int(text)
    return found


def cid(request: Request, in_body: str | None = None) -> str | None:
    """Return the ``cid`` that the header ``Idempotency-Key`` or the body gives, if it is there.

    Raises:
        Problem: they give two.
    """
    header = request.headers.get("Idempotency-Key")
    key = header.strip('"') if header is not None else in_body
    if in_body not in (None, key):
        raise Problem("bad_request", "cid is another one than the header Idempotency-Key")
    return key


def credentials(
    request: Request, visitor: Visitor, nick: str | None = None
) -> requests.Credentials:
    """Return the credentials of a visitor's request: a session, a nick, or none.

    What has let it in is no session.

    Raises:
        Problem: the ``Authorization`` header has another scheme than ``Bearer``.
    """
    nick = nick if nick is not None else value(request, "from")
    is_nobody = visitor.session is None and visitor.link is None
    if is_nobody and visitor.grant in (None, ANYBODY) and "Authorization" in request.headers:
        raise Problem("unauthorized", "send a session token: Authorization: Bearer TOKEN")
    return requests.Credentials(visitor.session, nick, visitor.link)


def author(request: Request, visitor: Visitor) -> requests.Credentials:
    """Return the credentials of a request that needs a session, or a person's token.

    Raises:
        Problem: it has neither.
    """
    who = credentials(request, visitor)
    if who.token is None and not (visitor.grant and visitor.grant.subject):
        raise Problem("unauthorized", "send your session token: Authorization: Bearer TOKEN")
    return who


def check_accepted(request: Request, media_type: str) -> None:
    """Refuse a request whose ``Accept`` header rules out the type of the answer.

    Raises:
        Problem: it does.
    """
    accepted = request.accept_mimetypes
    if accepted.provided and not accepted.quality(media_type):
        raise of_no_use(media_type)
