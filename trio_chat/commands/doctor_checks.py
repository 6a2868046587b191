"""What the doctor looks at: each check is one thing that what stands in front can do wrong."""

import json
import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import trio
from websockets.utils import accept_key

from trio_chat.clock import wall_clock
from trio_chat.commands.doctor_answers import (
    NOT_LET_IN,
    OK,
    WARNING,
    WRONG,
    Finding,
    Patient,
    answered,
    is_ours,
    refuse_gateway,
    said,
)
from trio_chat.commands.doctor_bodies import body, files
from trio_chat.commands.doctor_wire import Exchange, Fault, Reply, Target, exchange, fetch, tcp_of
from trio_chat.protocol.dialects.v1 import SUBPROTOCOL

API = "api/v1"
KEY = "dHJpby1jaGF0LWRvY3Rvcg=="  # of a handshake; any 16 bytes will do
AGREED = {  # headers of the answer to it, without which browsers hang up
    "Sec-WebSocket-Accept": accept_key(KEY),
    "Sec-WebSocket-Protocol": SUBPROTOCOL,
}
SKEW = 60.0  # seconds by which clocks may differ
FIRST_EVENT = 3.0  # seconds for what is sent at once
EARLY = 0.9  # of the time between two pings; what is silent for less proves nothing
PING = 0x89  # the first byte of the frame
PONG = b"\x8a\x80\0\0\0\0"
LEADING = (200, 301, 302, 303, 307, 308)
SCRIPT = re.compile(rb'<script type="module" src="([^"]+)"')


async def certificate(patient: Patient) -> Finding:
    """Whether browsers believe the certificate; later checks do not ask for it."""
    target = patient.target
    if not target.address.is_secure:
        return Finding("certificate", OK, "no TLS: the address is http://")
    host, port = target.address.host, target.address.port
    stream = await trio.open_tcp_stream(host, port, local_address=target.source)
    strict = ssl.create_default_context()
    secure = trio.SSLStream(stream, strict, server_hostname=host, https_compatible=True)
    try:
        await secure.do_handshake()
    except trio.BrokenResourceError as error:
        cause = error.__cause__
        reason = getattr(cause, "verify_message", "") or str(cause or "the other side hangs up")
        hint = "; send the whole chain" if "local issuer" in reason else ""
        return Finding("certificate", WRONG, f"browsers do not take it: {reason}{hint}")
    finally:
        await trio.aclose_forcefully(stream)
    return Finding("certificate", OK, "browsers take it")


async def page(patient: Patient) -> Finding:
    """Whether the page is at the address, and what it refers to is below it."""
    target = patient.target
    reply = await fetch(target, "r/")
    refuse_gateway(target, reply)
    if reply.status != HTTPStatus.OK:
        raise Fault(f"{target.page}r/ is answered with {reply.status}: {said(reply)}")
    script = SCRIPT.search(reply.body)
    if not script:
        raise Fault(f"{target.page}r/ is no page of trio-chat")
    url = target.url_of(script[1].decode())
    found = await fetch(target, url.removeprefix(target.page))
    if found.status != HTTPStatus.OK:
        raise Fault(f"the page is there, but its script {url} is answered with {found.status}")
    root = await fetch(target, "")
    led = target.url_of("../" + root.header("location"))
    if root.header("location").startswith(("/", "http")):
        led = target.url_of(root.header("location"))
    if led != f"{target.page}r/":
        raise Fault(
            f"{target.page} leads to {led}: set --base-url {target.page} if a proxy strips the "
            "path, and have it leave Location as it is"
        )
    await _check_prefix(target)
    return await _without_slash(target)


async def _check_prefix(target: Target) -> None:
    """See that the server knows below which path it is, as its description of the API tells.

    Where a proxy strips the path, all but what the server says of itself goes well without that.

    Raises:
        Fault: it does not.
    """
    description = f"{API}/openapi.json"
    reply = await fetch(target, description)
    try:
        told = urlsplit(str(json.loads(reply.body)["servers"][0]["url"])).path
    except (ValueError, LookupError, TypeError):
        return  # something in front may hide it
    if told != f"{target.path}{API}":
        raise Fault(
            f"the page is there, but the server takes {told} for the path of its API, so no files "
            f"can be sent: set --base-url {target.page}"
        )


async def _without_slash(target: Target) -> Finding:
    """Whether the page's address leads to it also without the slash at its end, as people type."""
    bare = target.path.removesuffix("/")
    if bare:
        async with exchange(target) as asking:
            reply = await asking.ask(bare, {"Connection": "close"})
        if reply.status not in LEADING:
            text = f"{target.origin}{bare}, without a slash at the end, is answered with "
            advice = "have the proxy pass that on, or lead to the page"
            return Finding("page", WARNING, f"{text}{reply.status}: {advice}")
    return Finding("page", OK, f"is at {target.page}r/")


async def host(patient: Patient) -> Finding:
    """Whether the server sees the host and the origin that the browser has."""
    target = patient.target
    told = await _reach(target)
    expected = target.address.host_header
    if not told["welcome"]:
        return Finding(
            "host",
            WRONG,
            f"the server sees the host {told['host']} and not {expected}, so pages of "
            f"{target.origin} may not connect: have the proxy pass on Host, or set "
            f"--base-url {target.page}",
        )
    return Finding("host", OK, f"pages of {target.origin} may connect")


async def address(patient: Patient) -> Finding:
    """Whether the server sees from which address somebody comes."""
    told = await _reach(patient.target)
    seen = told.get("address", "")
    if told["ignored"]:
        text = f"a proxy tells who asks, and is not trusted: set --trusted-proxy {seen}"
        return Finding("address", WRONG, f"{text}; else all count as one address")
    stream = await patient.target.open()
    sock = tcp_of(stream).socket
    own, peer = sock.getsockname()[0], sock.getpeername()[0]
    await trio.aclose_forcefully(stream)
    if seen == own and ip_address(own).is_loopback and not patient.target.source:
        text = f"the server sees us as {seen}, and would see a proxy on this machine so, too"
        return Finding("address", WARNING, f"{text}: ask from another one, or see --source")
    return judge_address(seen, own, peer)


def judge_address(seen: str, own: str, peer: str) -> Finding:
    """Tell whether the server sees a visitor's own address, or that of something in between.

    Args:
        seen: What the server takes as the visitor's address.
        own: That of the visitor.
        peer: To which the visitor has connected.
    """
    if seen != own and not _is_public(seen):
        text = f"the server takes us for {seen}, and we are {own}: "
        advice = "have the proxy send X-Forwarded-For, and name it with --trusted-proxy"
        if not _is_public(peer) and not ip_address(peer).is_loopback:
            text += "a router of a private network may do so; if a proxy does, "
            return Finding("address", WARNING, text + advice)
        return Finding("address", WRONG, text + advice)
    return Finding("address", OK, f"the server sees us as {seen}")


async def clock(patient: Patient) -> Finding:
    """Whether the clocks agree, by which people read when something was said."""
    reply = await fetch(patient.target, "r/")
    refuse_gateway(patient.target, reply)
    date = reply.header("date")
    with suppress(ValueError):
        ahead = parsedate_to_datetime(date).timestamp() - wall_clock() / 1000
        if abs(ahead) > SKEW:
            word = "ahead of" if ahead > 0 else "behind"
            text = f"the server's is {abs(ahead):.0f} s {word} this machine's"
            return Finding("clock", WARNING, text)
        return Finding("clock", OK, "agrees with this machine's")
    return Finding("clock", WARNING, "no answer has a date")


async def websocket(patient: Patient) -> Finding:
    """Whether a WebSocket gets through, and lives until the server's ping."""
    target = patient.target
    async with exchange(target) as asking:
        reply = await _shake_hands(target, asking, SUBPROTOCOL)
    refuse_gateway(target, reply)
    if reply.status != HTTPStatus.SWITCHING_PROTOCOLS:
        return Finding("websocket", WRONG, _of_handshake(reply))
    lost = [name for name, value in AGREED.items() if reply.header(name.lower()) != value]
    if lost:
        names = " and ".join(lost)
        return Finding(
            "websocket",
            WRONG,
            f"browsers hang up, as the answer to the handshake does not have the right {names}: "
            "have the proxy pass on all Sec-WebSocket headers, of requests and of answers",
        )
    return Finding("websocket", OK, "gets through")


async def _whole_silence(asking: Exchange, limit: float) -> tuple[bool, float]:
    """Return whether a ping ended a silence, and how long that was; the first may fall anywhere."""
    is_pinged, lasted = await _silence(asking)
    if is_pinged and lasted < EARLY * limit:
        await asking.say(PONG)
        return await _silence(asking)
    return is_pinged, lasted


async def idle(patient: Patient) -> Finding:
    """Whether a silent WebSocket is left open until the server pings it."""
    limit = (await _reach(patient.target))["ping_interval"]
    if not limit or limit > patient.idle:
        return Finding("idle", WARNING, f"not looked at: pings come every {limit:g} s (see --idle)")
    async with exchange(patient.target) as asking:
        reply = await _shake_hands(patient.target, asking, "")
        if reply.status != HTTPStatus.SWITCHING_PROTOCOLS:
            return Finding("idle", WARNING, f"not looked at: {_of_handshake(reply)}")
        is_pinged, lasted = await _whole_silence(asking, limit)
    if not is_pinged and lasted < limit:
        return Finding(
            "idle",
            WRONG,
            f"a silent connection is cut after {lasted:.1f} s, before the ping that comes after "
            f"{limit:g} s: raise the timeout of the proxy, or lower --ping-interval",
        )
    return Finding("idle", OK, f"a silent connection lives until the ping after {lasted:.1f} s")


async def _silence(asking: Exchange) -> tuple[bool, float]:
    """Say nothing until a ping or the end comes; return whether it is a ping, and the seconds."""
    begun = trio.current_time()
    while data := await asking.raw():
        if data[0] == PING or bytes([PING, 0]) in data:
            break
    return bool(data), trio.current_time() - begun


async def events(patient: Patient) -> Finding:
    """Whether events come when they are sent, measured with the first one."""
    target = patient.target
    await _reach(target)  # else what is not there at all would seem to be held back
    async with exchange(target) as asking:
        begun = trio.current_time()
        data = b""
        with trio.move_on_after(FIRST_EVENT):
            path = f"{target.path}api/v1/rooms/lobby/events?last=0"
            accepts = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
            reply = await asking.ask(path, accepts)
            if reply.status in NOT_LET_IN:
                return Finding("events", WARNING, f"not looked at: answered with {reply.status}")
            if reply.status != HTTPStatus.OK:
                return Finding("events", WRONG, f"answered with {reply.status}: {said(reply)}")
            data = await asking.data()
        took = trio.current_time() - begun
    if not data:
        return Finding(
            "events",
            WRONG,
            f"nothing came within {FIRST_EVENT:g} s: something collects events before it passes "
            "them on; turn buffering off there (nginx: proxy_buffering off)",
        )
    return Finding("events", OK, f"come at once ({1000 * took:.0f} ms)")


Check = Callable[[Patient], Awaitable[Finding]]
CHECKS: list[Check] = [
    *(certificate, page, host, address, clock),
    *(websocket, events, body, files, idle),
]


async def _reach(target: Target) -> dict[str, Any]:
    return await answered(target, f"api/v1/reachable?origin={target.origin}")


async def _shake_hands(target: Target, asking: Exchange, subprotocol: str) -> Reply:
    """Ask for a WebSocket; return the answer, with its body if there is none."""
    offered = {"Sec-WebSocket-Protocol": subprotocol} if subprotocol else {}
    reply = await asking.ask(
        f"{target.path}ws",
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
            "Origin": target.origin,
            **offered,
        },
    )
    is_made = reply.status == HTTPStatus.SWITCHING_PROTOCOLS
    return reply if is_made else await asking.whole(reply)


def _of_handshake(reply: Reply) -> str:
    """Return why there is no WebSocket."""
    if not is_ours(reply):
        return f"answered with {reply.status} by what stands in front: {said(reply)}"
    if reply.status == HTTPStatus.FORBIDDEN:
        return "refused for its origin: have the proxy pass on Host, or set --base-url"
    if reply.status in (426, 505):  # 505: it came as HTTP/1.0
        return (
            "the upgrade is not passed on: have the proxy speak HTTP/1.1 to the server and pass on "
            "Upgrade and Connection"
        )
    if reply.status == HTTPStatus.BAD_REQUEST:
        return f"answered with 400: {said(reply)}"
    return f"answered with {reply.status}"


def _is_public(text: str) -> bool:
    with suppress(ValueError):
        return ip_address(text).is_global
    return False
