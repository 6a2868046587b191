"""Lets a request in by what it shows in its headers, or leaves that to what follows it."""

import math
from urllib.parse import unquote

from trio_chat.auth.gate import Gate
from trio_chat.auth.grant import ANYBODY, Denied, Grant
from trio_chat.auth.shown import Shown, shown_by
from trio_chat.config import Config
from trio_chat.net.head import Head, HttpError
from trio_chat.net.problems import API, Problem
from trio_chat.net.visitor import LINK_HEADER
from trio_chat.protocol.dialects import v1
from trio_chat.setting_values import INVITE, PASSWORD, TOKEN

WEBSOCKET_PATH = "/ws"
FOR_ALL = {"/api/v1/limits", "/api/v1/openapi.json", "/api/v1/reachable"}
CHALLENGES = {
    PASSWORD: 'Basic realm="trio-chat", charset="UTF-8"',
    TOKEN: "Bearer",
    INVITE: "Bearer",
}


class Entrance:
    """Asks the gate about requests.

    Args:
        gate: Decides.
        config: ``access_header``.
    """

    def __init__(self, gate: Gate, config: Config) -> None:
        self._gate = gate
        self._config = config

    async def admit(self, head: Head, address: str, *, is_by_proxy: bool) -> Grant | None:
        """Return what a request is granted; ``None``: that is decided by the hello behind it.

        Args:
            head: The request.
            address: The sender's.
            is_by_proxy: Whether a trusted proxy has sent it on.

        Raises:
            HttpError: it is not let in.
        """
        if self._gate.is_open or not _is_guarded(head):
            return ANYBODY
        user = self._user(head) if is_by_proxy else None
        link = " ".join(head.values(LINK_HEADER))
        shown = shown_by(head.values("authorization"), user, link)
        if shown == Shown() and _says_hello(head):
            return None
        try:
            return await self._gate.admit(shown, address)
        except Denied as denied:
            raise _refusal(denied, head) from None

    def _user(self, head: Head) -> str | None:
        """Return whom the proxy has let in; nobody if the sender has a word in that."""
        header = self._config.access_header.lower()
        users = head.values(header) if header else []
        return users[0] or None if len(users) == 1 else None


def _is_guarded(head: Head) -> bool:
    """Whether somebody has to be let in for this. The page is for all, as it asks for a password.

    So is what browsers ask before they send a page's request, without its credentials.
    """
    path = unquote(head.path)
    is_api = path.startswith(API) and path not in FOR_ALL and head.method != "OPTIONS"
    return is_api or path == WEBSOCKET_PATH


def _says_hello(head: Head) -> bool:
    """Whether what follows is a conversation that begins with a hello."""
    offered = ",".join(head.values("sec-websocket-protocol")).replace(" ", "").split(",")
    return head.path == WEBSOCKET_PATH and v1.SUBPROTOCOL in offered


def _refusal(denied: Denied, head: Head) -> HttpError:
    if denied.retry_ms:
        headers = {"Retry-After": str(math.ceil(denied.retry_ms / 1000))}
        code = "too_fast"
    else:
        challenges = dict.fromkeys(CHALLENGES[way] for way in denied.ways)
        headers = {"WWW-Authenticate": ", ".join(challenges)} if challenges else {}
        code = "unauthorized"
    problem = Problem(code, denied.text, headers=headers)
    if head.path == WEBSOCKET_PATH:
        return HttpError(problem.status.value, denied.text, problem.headers)
    return problem
