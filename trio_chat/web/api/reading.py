"""Reads what is asked for out of an HTTP request, and says what is wrong with it."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from quart import Request

from trio_chat.net.problems import Problem, of_no_use
from trio_chat.protocol import requests

JSON = "application/json"
# ``curl -d`` and forms without script say the last of these; what they send is taken as it is.
PLAIN = ("text/plain", "application/x-www-form-urlencoded")
NUMBER = re.compile("[0-9]{1,16}")

T = TypeVar("T")


def wish(kind: type[T], fields: Mapping[str, Any], limits: requests.Limits) -> T:
    """Return a request to the hub or the archive.

    Raises:
        Problem: a field cannot be so.
    """
    try:
        made = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise Problem("bad_request", str(error)) from None
    fault = requests.text_fault(made, limits) if isinstance(made, requests.Request) else None
    if fault:
        raise Problem(*fault)
    return made


async def body(request: Request, kind: type[T], field: str) -> T:
    """Return the body: JSON, or a text that stands for one of its fields.

    Raises:
        Problem: it cannot be understood.
    """
    data: bytes = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    try:
        if request.mimetype == JSON:
            return msgspec.json.decode(data, type=kind)
        if request.mimetype not in ("", *PLAIN) or _charset(request) != "utf-8":
            raise Problem(
                "unsupported_media_type", f"send {JSON}, or text in UTF-8", 415, {"Accept": JSON}
            )
        return msgspec.convert({field: data.decode()}, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("bad_request", str(error)) from None


def _charset(request: Request) -> str:
    return request.mimetype_params.get("charset", "utf-8").lower()


def value(request: Request, name: str) -> str | None:
    """Return a parameter of the query, if it is there.

    Raises:
        Problem: it is there twice.
    """
    values = request.args.getlist(name)
    if len(values) > 1:
        raise Problem("bad_request", f"{name} is given more than once")
    return values[0] if values else None


def numbers(request: Request, *names: str) -> dict[str, int]:
    """Return those parameters of the query that are there, and have to be numbers.

    Raises:
        Problem: one is not a number.
    """
    found = {}
    for name in names:
        text = value(request, name)
        if text is not None:
            if not NUMBER.fullmatch(text):
                raise Problem("bad_request", f"{name} is not a number")
            found[name] = int(text)
    return found


def cid(request: Request) -> str | None:
    """Return the client's own id for what it sends, which makes a resend harmless."""
    key = request.headers.get("Idempotency-Key")
    return key.strip('"') if key is not None else None


def speaker(request: Request, nick: str | None = None) -> requests.Credentials:
    """Return who speaks: of a session, under a name, or nobody.

    Raises:
        Problem: how they show who they are is not known here.
    """
    nick = nick if nick is not None else value(request, "from")
    shown = request.headers.get("Authorization")
    if shown is None:
        return requests.Credentials(nick=nick)
    scheme, _, token = shown.partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("unauthorized", "show a session token: Authorization: Bearer TOKEN")
    return requests.Credentials(token.strip(), nick)


def author(request: Request) -> requests.Credentials:
    """Return who speaks: somebody who can show a session.

    Raises:
        Problem: they do not.
    """
    who = speaker(request)
    if who.token is None:
        raise Problem("unauthorized", "show whose message it is: Authorization: Bearer TOKEN")
    return who


def check_accepted(request: Request, media_type: str) -> None:
    """Refuse a request that would not take the answer.

    Raises:
        Problem: it says so.
    """
    accepted = request.accept_mimetypes
    if accepted.provided and not accepted.quality(media_type):
        raise of_no_use(media_type)
