"""Requests that are wrong as HTTP: smuggled, injected, of other sites, or for other files."""

from tests.hostile.attack import Assault, Attack, Wrong, add, attack
from tests.hostile.peer import Peer, Reply, TooMany, frame, get, handshake

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
SECRET = b"root:"  # is in a file that no path may lead to
PATHS = (
    "/../../../../etc/passwd",
    "/..%2f..%2f..%2f..%2fetc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/static/..%5c..%5c..%5cetc/passwd",
    "//etc/passwd",
    "/js/../../../../../../etc/passwd",
    "/js/%00/../../../etc/passwd",
    "/css/....//....//etc/passwd",
    "/api/v1/rooms/..%2f..%2fetc%2fpasswd/messages",
    "/chat.db",
    "/../chat.db",
)


async def _answer(assault: Assault, data: bytes) -> Reply:
    peer = await Peer.connect(assault.target)
    try:
        await peer.send(data)
        reply = await peer.reply()
        if reply.status in (429, 503):
            raise TooMany(str(reply.status))
        return reply
    finally:
        assault.count(peer)
        await peer.aclose()


def _refused(name: str, outcome: str, status: int, *lines: str, start: str = "") -> None:
    """Put a request into the table that has to get one status; ``{host}`` is the right host."""

    async def run(assault: Assault, number: int) -> None:
        filled = [line.replace("{host}", assault.target.authority) for line in (start, *lines)]
        data = "\r\n".join([*filled, "", ""]).encode("latin-1")
        reply = await _answer(assault, data)
        assault.endings[str(reply.status)] += 1
        if reply.status != status:
            raise Wrong(f"{reply.status} instead of {status}")

    add(Attack(name, outcome, run))


GET = "GET /ws HTTP/1.1"
ROOMS = "GET /api/v1/rooms HTTP/1.1"
POST = "POST /api/v1/rooms/hostile-smuggled/messages HTTP/1.1"
HOST = "Host: {host}"
UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 13")
CHUNKED = "Transfer-Encoding: chunked"

_refused(
    "cross-site-handshake",
    "A handshake from a page of another site gets 403.",
    403,
    *(HOST, *UPGRADE, "Origin: https://evil.example"),
    start=GET,
)
_refused(
    "cross-site-post",
    "A post from a page of another site gets 403.",
    403,
    *(HOST, "Origin: https://evil.example", "Content-Length: 0"),
    start=POST,
)
_refused(
    "cross-site-events",
    "A stream for a page of another site gets 403.",
    403,
    *(HOST, "Origin: null"),
    start="GET /api/v1/rooms/lobby/events HTTP/1.1",
)
_refused("two-hosts", "Two Host headers get 400.", 400, HOST, "Host: other", start=ROOMS)
_refused(
    "two-framings",
    "A length and chunks in one request get 400.",
    400,
    *(HOST, "Content-Length: 5", CHUNKED),
    start=POST,
)
_refused(
    "two-lengths",
    "Two lengths in one request get 400.",
    400,
    *(HOST, "Content-Length: 5", "Content-Length: 6"),
    start=POST,
)
_refused("odd-chunking", "An unknown coding gets 501.", 501, HOST, CHUNKED + ", x", start=POST)
_refused("folded-header", "A folded header gets 400.", 400, HOST, "X: a", " b", start=ROOMS)
_refused("bare-line-feed", "A bare line feed gets 400.", 400, HOST + "\nX: 1", start=ROOMS)
_refused("space-in-name", "A blank before a colon gets 400.", 400, HOST, "X : 1", start=ROOMS)
_refused("null-in-header", "A U+0000 in a header gets 400.", 400, HOST, "X: a\0b", start=ROOMS)
_refused(
    "long-head",
    "A head beyond `head_limit` gets 431.",
    431,
    HOST,
    "X: " + "x" * 17_000,
    start=ROOMS,
)
_refused("many-headers", "Thousands of headers get 431.", 431, HOST, *["A: b"] * 4000, start=ROOMS)
_refused("http2", "The preface of HTTP/2 gets 505.", 505, start="PRI * HTTP/2.0")
_refused("proxying", "CONNECT gets 400.", 400, HOST, start="CONNECT evil.example:443 HTTP/1.1")
_refused(
    "upgrade-with-body",
    "A handshake with a body gets 400.",
    400,
    *(HOST, *UPGRADE, "Content-Length: 5"),
    start=GET,
)
_refused(
    "upgrade-elsewhere",
    "A handshake for another path gets 404.",
    404,
    *(HOST, *UPGRADE),
    start="GET /socket HTTP/1.1",
)


@attack()
async def rebound_name(assault: Assault, number: int) -> None:
    """Names that are not the server's get 421 where it can know its names."""
    lines = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    reply = await _answer(assault, lines.encode())
    if reply.status not in (302, 421):  # it leads to a room
        raise Wrong(f"status {reply.status}")


@attack()
async def request_behind_upgrade(assault: Assault, number: int) -> None:
    """Second requests behind an upgrade are faulty frames, which end with 1002."""
    peer = await Peer.connect(assault.target)
    await peer.send(handshake(assault.target) + get(assault.target, "/api/v1/rooms"))
    status, _ = await peer.head()
    if status != 101:
        raise Wrong(f"status {status}")
    if not await peer.ended(10) or peer.code != 1002:
        raise Wrong(f"ended with {peer.ending}")
    await peer.aclose()


@attack()
async def frames_behind_refusal(assault: Assault, number: int) -> None:
    """Frames behind a refused handshake are no second request."""
    peer = await Peer.connect(assault.target)
    wrong = handshake(assault.target, ["Origin: https://evil.example"])
    await peer.send(wrong + frame(get(assault.target, "/api/v1/rooms")))
    if (await peer.reply()).status != 403:
        raise Wrong("not refused")
    if await peer.first_status():
        raise Wrong("a second answer")
    await peer.aclose()


@attack()
async def request_in_a_body(assault: Assault, number: int) -> None:
    """On a connection that is kept, the bytes of a body are no request; the next one is checked."""
    path = "/api/v1/rooms/hostile-smuggled/messages"
    inner = get(assault.target, "/api/v1/rooms")
    outer = get(assault.target, path, f"Content-Length: {len(inner)}", method="POST")
    foreign = get(assault.target, path, "Sec-Fetch-Site: cross-site", method="POST")
    peer = await Peer.connect(assault.target)
    try:
        await peer.send(outer + inner + foreign + inner)
        statuses = [(await peer.reply()).status, (await peer.reply()).status]
        if set(statuses) & {429, 503}:
            raise TooMany(str(statuses))
        assault.endings[" ".join(map(str, statuses))] += 1
        if statuses != [201, 403] or await peer.first_status():
            raise Wrong(f"{statuses}, or a third answer")
    finally:
        assault.count(peer)
        await peer.aclose()


@attack()
async def path_traversal(assault: Assault, number: int) -> None:
    """No path leads to a file outside the page: each gets 400 or 404."""
    for path in PATHS:
        reply = await _answer(assault, get(assault.target, path))
        assault.endings[str(reply.status)] += 1
        if reply.status not in (400, 404) or SECRET in reply.body:
            raise Wrong(f"{reply.status} for {path}")


@attack()
async def header_injection(assault: Assault, number: int) -> None:
    """Line ends in a path, a query or an origin make no header of the answer."""
    for path in (
        "/%0d%0aX-Owned:%201",
        "/api/v1/rooms/a%0d%0aX-Owned:1/messages",
        "/ws?room=%0d%0aX-Owned:1",
    ):
        reply = await _answer(assault, get(assault.target, path, "Origin: http://a%0d%0aX-Owned:1"))
        assault.endings[str(reply.status)] += 1
        if "x-owned" in reply.headers or reply.status >= 500:
            raise Wrong(f"{reply.status} for {path}")


@attack()
async def log_injection(assault: Assault, number: int) -> None:
    """Peers make no line of their own in the log, and move no terminal's cursor."""
    evil = "%1b]0;x%07%0a{%22event%22:%22forged%22}"
    for host in ("evil\x1b[2J", "evil.example", "a" * 5000):
        await _answer(assault, f"GET /{evil} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    body = b'{"text": "x", "from": "a\\u001b[2Jb"}'
    head = get(
        assault.target,
        "/api/v1/rooms/hostile-log/messages",
        *("Content-Type: application/json", f"Content-Length: {len(body)}"),
        method="POST",
    )
    reply = await _answer(assault, head + body)
    if reply.status not in (400, 422):
        raise Wrong(f"{reply.status} for a nick with escapes")
