"""What the doctor makes of answers: what it finds, and whether the server or a proxy has spoken."""

import json
import re
from contextlib import suppress
from html import unescape
from http import HTTPStatus
from typing import Any, NamedTuple

from trio_chat.commands.doctor_wire import Fault, Reply, Target, fetch

OK, WARNING, WRONG = "ok", "warning", "wrong"
BAD_GATEWAY = (502, 503, 504)
NOT_LET_IN = (401, 429)
OUR_POLICY = "frame-ancestors 'none'"  # each answer of the server has it

PROBLEM = "application/problem+json"
READ = 4000  # characters of an answer that are looked at for what it says
SAID = 200  # characters of that which are told
TITLE = re.compile(r"<title[^>]*>\s*([^<\s][^<]*)", re.IGNORECASE)
TAG = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


class Finding(NamedTuple):
    """What a check has found: ``ok``, ``warning`` or ``wrong``; what, and what to do about it."""

    check: str
    result: str
    text: str


class Patient:
    """The chat that is looked at, and how long to look.

    Args:
        target: Where it is.
        idle: Seconds for a connection to be silent at most, until the server's ping.
    """

    def __init__(self, target: Target, idle: float) -> None:
        self.target = target
        self.idle = idle


async def answered(target: Target, path: str) -> dict[str, Any]:
    """Return the JSON object that something below the page is answered with.

    Raises:
        Fault: there is none.
    """
    reply = await fetch(target, path)
    refuse_gateway(target, reply)
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    if reply.status != HTTPStatus.OK or not isinstance(found, dict):
        raise Fault(f"{target.page}{path} is answered with {reply.status}: {said(reply)}")
    return found


def is_ours(reply: Reply) -> bool:
    """Whether the server itself has answered, and not something in front of it."""
    return OUR_POLICY in reply.header("content-security-policy")


def refuse_gateway(target: Target, reply: Reply) -> None:
    """Tell a proxy that does not reach the server, or not under the name that it is asked for.

    Raises:
        Fault: it is one.
    """
    if is_ours(reply):
        seen = said(reply).partition(" ")[0]
        if reply.status == HTTPStatus.MISDIRECTED_REQUEST and seen != target.address.host:
            raise Fault(
                f"the server sees the host {seen} and not {target.address.host}, and does not know "
                f"it: have the proxy pass on Host, or set --base-url {target.page}"
            )
    elif reply.status in BAD_GATEWAY:
        busy = reply.status == HTTPStatus.SERVICE_UNAVAILABLE
        limits = "refuses so many requests (nginx: limit_req, limit_conn), or " if busy else ""
        raise Fault(
            f"{reply.status} from what stands in front: it {limits}does not reach the server. Is "
            "it running, and spoken to by HTTP/1.1 (not HTTP/2), without TLS if it has none?"
        )


def said(reply: Reply) -> str:
    """Return what an answer says: where it leads, or in one line what it has for people."""
    if location := reply.header("location"):
        return f"leads to {location[:SAID]}"
    text = reply.body[:READ].decode("utf-8", "replace")
    if reply.header("content-type").startswith(PROBLEM):
        with suppress(ValueError, LookupError, TypeError):
            return str(json.loads(text)["detail"])[:SAID]
    if text.lstrip().startswith("<"):
        title = TITLE.search(text)
        text = unescape(title[1] if title else TAG.sub("\n", text))
    return next((line.strip() for line in text.splitlines() if line.strip()), "nothing")[:SAID]
