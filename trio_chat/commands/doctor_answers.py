"""What the doctor makes of answers: what it finds, and whether the server or a proxy has spoken."""

import json
from http import HTTPStatus
from typing import Any, NamedTuple

from trio_chat.commands.doctor_wire import Fault, Reply, Target, fetch

OK, WARNING, WRONG = "ok", "warning", "wrong"
BAD_GATEWAY = (502, 503, 504)
NOT_LET_IN = (401, 429)
OUR_POLICY = "frame-ancestors 'none'"  # each answer of the server has it


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
    refuse_gateway(reply)
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    if reply.status != HTTPStatus.OK or not isinstance(found, dict):
        raise Fault(f"{target.page}{path} is answered with {reply.status}: {said(reply)}")
    return found


def refuse_gateway(reply: Reply) -> None:
    """Tell a proxy that does not reach the server.

    Raises:
        Fault: it is one.
    """
    if reply.status in BAD_GATEWAY and OUR_POLICY not in reply.header("content-security-policy"):
        raise Fault(
            f"{reply.status} from what stands in front: it does not reach the server. Is it "
            "running, and spoken to by HTTP/1.1 (not HTTP/2), without TLS if it has none?"
        )


def said(reply: Reply) -> str:
    """Return the first line of what an answer says."""
    text = reply.body[:1000].decode("utf-8", "replace")
    return next((line.strip() for line in text.splitlines() if line.strip()), "nothing")[:200]
