"""Tells the operator which handshakes are refused, why, and what helps."""

import ssl
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

# How other protocols begin that a proxy may speak here by mistake, and what helps.
PROTOCOLS = {
    b"PRI * HTTP/2": ("HTTP/2", "have the proxy speak HTTP/1.1 to the server"),
    b"\x16\x03": ("TLS", "have the proxy speak plain HTTP to the server, or see --certfile"),
}

# By a peer that hangs up; the second one is of Debian 12's Python.
HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError)

log = structlog.get_logger()


class RefusedHandshakes:
    """Logs refused handshakes: one line in an hour for each reason, and so many.

    Where a proxy may be at fault, each host and origin has a line of its own, with what helps.
    Names that are no name of the server are logged in ``hosts``. No line has what the peer shows to
    be let in, nor which room it wants.
    """

    def __init__(self) -> None:
        self._told, self._told_others = Told(), Told()

    def tell(self, head: Head, refusal: HttpError) -> None:
        """Log a refusal, if the request was for a WebSocket."""
        # A proxy that drops Upgrade passes on the key. A link to the address has none.
        if head.path != WEBSOCKET_PATH or not head.values("sec-websocket-key"):
            return
        advice = ADVICE.get(refusal.status)
        status, reason = refusal.status.value, refusal.status.phrase
        if advice and head.values("sec-websocket-version") == [VERSION]:
            host, origin = (" ".join(head.values(name))[:NAME_LIMIT] for name in ("host", "origin"))
            if self._told.is_new((status, host, origin)):
                log.warning(
                    "WebSocket refused", status=status, host=host, origin=origin, advice=advice
                )
        elif self._told_others.is_new((status, reason)):
            log.info("WebSocket refused", status=status, reason=reason)

    def tell_protocol(self, begun: bytes, peers: str) -> None:
        """Log that another protocol than HTTP/1.1 is spoken, once in an hour for each kind of peer.

        Args:
            begun: How it begins.
            peers: Where the peer is: strangers who try it keep nobody nearby out of the log.
        """
        for beginning, (protocol, advice) in PROTOCOLS.items():
            if begun.startswith(beginning) and self._told_others.is_new((protocol, peers)):
                log.info("HTTP/1.1 is spoken here", reason=protocol, advice=advice)

    def tell_tls(self, cause: BaseException | None) -> None:
        """Log why a TLS handshake has failed, unless the peer has hung up."""
        if not isinstance(cause, ssl.SSLError) or isinstance(cause, HUNG_UP):
            return
        reason = cause.reason or "unknown"
        if self._told_others.is_new(reason):
            log.info("TLS handshake failed", reason=reason)
