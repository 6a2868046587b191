"""The handshake of a WebSocket (RFC 6455, section 4.2): checks the request and makes the answer."""

import logging
import re
from collections.abc import Sequence

from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.utils import accept_key

from trio_chat.config import Config
from trio_chat.net.head import Head, HttpError
from trio_chat.net.head_lines import NAME
from trio_chat.net.origins import is_welcome
from trio_chat.net.site import allowed_origins
from trio_chat.net.websocket import WebSocket
from trio_chat.protocol.dialects import v1

SUBPROTOCOLS = (v1.SUBPROTOCOL,)
VERSION = "13"
UPGRADE = {"Upgrade": "websocket", "Sec-WebSocket-Version": VERSION}  # what would be right
KEY = re.compile("[A-Za-z0-9+/]{22}==")  # 16 bytes in Base64
NAMES = re.compile(f"{NAME}(?: *, *{NAME})*")
ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {}\r\n"
)

logger = logging.getLogger(__name__)


def shake_hands(head: Head, config: Config) -> tuple[WebSocket, bytes]:
    """Check a handshake request.

    No extension is agreed to.

    Returns:
        The WebSocket, and the answer to send before anything else.

    Raises:
        HttpError: the request is no valid handshake, or comes from a page of a foreign origin.
    """
    _check_request(head)
    _check_version(head)
    keys = head.values("sec-websocket-key")
    if len(keys) != 1 or not KEY.fullmatch(keys[0]):
        raise HttpError(400, "a handshake has one Sec-WebSocket-Key, of 16 bytes in Base64")
    subprotocol = _subprotocol(head)
    _check_origin(head, allowed_origins(config))
    answer = ANSWER.format(accept_key(keys[0]))
    if subprotocol:
        answer += f"Sec-WebSocket-Protocol: {subprotocol}\r\n"
    # The head has been read, so the core starts behind it, with the frames.
    core = ServerProtocol(state=State.OPEN, max_size=config.frame_limit, logger=logger)
    websocket = WebSocket(core, subprotocol, config.fragment_limit)
    return websocket, f"{answer}\r\n".encode("ascii")


def _check_request(head: Head) -> None:
    """Refuse what does not ask for an upgrade to a WebSocket, and for that alone.

    Raises:
        HttpError: it does not.
    """
    if head.values("content-length") or head.values("transfer-encoding"):
        raise HttpError(400, "a WebSocket handshake has no body")
    if head.method != "GET":
        raise HttpError(405, "a WebSocket handshake is a GET request", {"Allow": "GET"})
    if head.http_version != "1.1":
        raise HttpError(505, "a WebSocket handshake is HTTP/1.1")
    if head.names("upgrade") != ["websocket"] or "upgrade" not in head.names("connection"):
        raise HttpError(426, "here is a WebSocket; a browser's page can open it", UPGRADE)


def without_other_upgrade(head: Head) -> Head:
    """Return a request without the offer of another protocol than a WebSocket.

    A server may ignore that (RFC 9110, section 7.8), and what answers here must not see it: it
    might accept it. One that offers a WebSocket, too, is left as it is.
    """
    if not head.values("upgrade"):
        return head
    offered = [name.partition("/")[0] for name in head.names("upgrade")]  # behind it: a version
    if "websocket" in offered:
        return head
    return head.with_headers([pair for pair in head.headers if pair[0] != "upgrade"])


def _check_version(head: Head) -> None:
    """Refuse another version of the protocol.

    Raises:
        HttpError: it is another one, or none is named.
    """
    versions = head.values("sec-websocket-version")
    if any(version != VERSION for version in versions):
        raise HttpError(426, f"only version {VERSION} is supported", UPGRADE)
    if len(versions) != 1:
        raise HttpError(400, "a handshake has one Sec-WebSocket-Version")


def _subprotocol(head: Head) -> str | None:
    """Return the first of the offered subprotocols that is spoken here.

    Raises:
        HttpError: what is offered is no list of names.
    """
    offered = ",".join(head.values("sec-websocket-protocol"))
    if not offered:
        return None
    if not NAMES.fullmatch(offered):
        raise HttpError(400, "Sec-WebSocket-Protocol is a list of names")
    names = offered.replace(" ", "").split(",")
    return next((name for name in names if name in SUBPROTOCOLS), None)


def _check_origin(head: Head, allowed: Sequence[str]) -> None:
    """Refuse a browser's page of another site.

    Raises:
        HttpError: it is one.
    """
    origins = head.values("origin")
    if len(origins) > 1:
        raise HttpError(400, "a handshake has one Origin at most")
    if origins and not is_welcome(origins[0], "".join(head.values("host")), allowed):
        raise HttpError(403, f"pages of {origins[0]} may not connect; see --allow-origin")
