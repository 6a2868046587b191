"""Tells the operator which WebSockets are refused for what a proxy does, and what helps."""

from http import HTTPStatus

import structlog

from trio_chat.addresses import NAME_LIMIT
from trio_chat.net.entrance import WEBSOCKET_PATH
from trio_chat.net.handshake import VERSION
from trio_chat.net.head import Head, HttpError
from trio_chat.net.told import Told

LOST = "pass on Upgrade and Connection over HTTP/1.1; see 'Behind a proxy' in docs/operating.md"
ADVICE = {
    HTTPStatus.FORBIDDEN: "have the proxy pass on Host; see --allow-origin and --trusted-proxy",
    HTTPStatus.UPGRADE_REQUIRED: LOST,
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: LOST,
}

log = structlog.get_logger()


class RefusedHandshakes:
    """Logs refused handshakes: one line in an hour for each reason, host and origin, and so many.

    Names that are no name of the server are logged in ``hosts``.
    """

    def __init__(self) -> None:
        self._told = Told()

    def tell(self, head: Head, refusal: HttpError) -> None:
        """Log a refusal, if the request was for a WebSocket and there is something that helps."""
        advice = ADVICE.get(refusal.status)
        # A proxy that drops Upgrade passes on the key. A link to the address has none.
        if not advice or head.path != WEBSOCKET_PATH or not head.values("sec-websocket-key"):
            return
        if head.values("sec-websocket-version") != [VERSION]:
            return  # that is what it is refused for, and no proxy's fault
        host, origin = (" ".join(head.values(name))[:NAME_LIMIT] for name in ("host", "origin"))
        key = (refusal.status.value, host, origin)
        if self._told.is_new(key):
            log.warning("WebSocket refused", status=key[0], host=host, origin=origin, advice=advice)
