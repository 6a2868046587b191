"""Messages that are wrong: as JSON, as text, as frames, or by what they mean for a terminal."""

from tests.frames import BINARY, CLOSE, CONTINUATION, PING, TEXT, unmasked
from tests.hostile.attack import CROWD, Assault, Attack, Variant, Wrong, add, attack
from tests.hostile.peer import Peer, frame, objects

DEEP = 60_000  # brackets
ESCAPES = '\x1b]0;owned\x07\x1b[2J\r\n{"event": "forged"}\u2028\u202e\x9b31m'


def _ended(name: str, outcome: str, code: int, *frames: bytes, greets: bool = True) -> None:
    """Put an attack into the table: frames, and the one close code that answers them."""

    async def run(assault: Assault, number: int) -> None:
        peer = await assault.open()
        if greets:
            await peer.hello()
        for data in frames:
            await peer.send(data)
        await _expect(assault, peer, code)

    add(Attack(name, outcome, run))


async def _expect(assault: Assault, peer: Peer, code: int) -> None:
    is_over = await peer.ended(10)
    await peer.aclose()
    assault.endings[peer.ending] += 1
    if not is_over or peer.code != code:
        raise Wrong(f"{peer.ending if is_over else 'open'} instead of {code}")


_ended("no-json", "What is no JSON ends the connection with 4501.", 4501, frame(b"tea?"))
_ended("deep-json", "60,000 brackets end with 4501.", 4501, frame(b"[" * DEEP))
_ended(
    "deep-objects",
    "JSON that is nested 10,000 times ends with 4501.",
    4501,
    frame(b'[{"t":"send","x":' + b'{"x":' * 10_000 + b"1" + b"}" * 10_000 + b"}]"),
)
_ended("bad-utf8", "Text that is no UTF-8 ends with 1007.", 1007, frame(b"\xc3\x28"))
_ended("overlong-utf8", "Overlong UTF-8 ends with 1007.", 1007, frame(b"\xc0\xaf"))
_ended("binary-json", "A binary frame ends with 4501.", 4501, frame(b"[]", BINARY))
_ended("unmasked", "A frame without a mask ends with 1002.", 1002, unmasked(TEXT, b"[]"))
_ended("reserved-bits", "A frame with a reserved bit ends with 1002.", 1002, b"\xc1\x80mask")
_ended("unknown-opcode", "A frame of no known type ends with 1002.", 1002, b"\x83\x80mask")
_ended("long-ping", "A ping of 126 bytes ends with 1002.", 1002, frame(b"x" * 126, PING))
_ended("split-ping", "A ping in fragments ends with 1002.", 1002, frame(b"", PING, fin=False))
_ended("stray-fragment", "A fragment of nothing ends with 1002.", 1002, frame(b"", CONTINUATION))
_ended("short-close", "A close with half a code ends with 1002.", 1002, frame(b"\x03", CLOSE))
_ended("bad-close", "A close with a reserved code ends with 1002.", 1002, frame(b"\x03\xed", CLOSE))
_ended(
    "surrogate",
    "Half a surrogate pair is no JSON: 4501.",
    4501,
    frame(b'[{"t":"send","text":"\\ud800"}]'),
)
_ended(
    "giant-message",
    "A message of 1 MiB in frames below the limit ends with 1009.",
    1009,
    frame(b"x" * 60_000, TEXT, fin=False),
    frame(b"x" * 60_000, CONTINUATION, fin=False),
)


async def _answered(assault: Assault, request: bytes, *codes: str) -> None:
    """Send a request that has to get one of these errors; the connection has to stay."""
    peer = await assault.open()
    await peer.hello(["hostile-faults"])
    await peer.send(request)
    error = await peer.until("error", "ok", "joined", "history", "found")
    answer = error.get("code", error["t"])
    assault.endings[answer] += 1
    if answer not in codes:
        raise Wrong(f"{answer} instead of {' or '.join(codes)}")
    await peer.send(objects({"t": "rooms", "id": 9}))
    await peer.until("rooms")
    await peer.aclose()


def _refused(name: str, outcome: str, request: bytes, *codes: str) -> None:
    async def run(assault: Assault, number: int) -> None:
        await _answered(assault, request, *codes)

    add(Attack(name, outcome, run))


def _send(text: object, **more: object) -> bytes:
    return objects({"t": "send", "id": 1, "room": "hostile-faults", "text": text, **more})


_refused("long-text", "A text beyond `text_limit` gets `too_long`.", _send("x" * 4001), "too_long")
_refused("control-text", "A text with escapes gets `bad_request`.", _send(ESCAPES), "bad_request")
_refused("null-text", "A text with U+0000 gets `bad_request`.", _send("a\0b"), "bad_request")
_refused("wrong-type", "A text that is a list gets `bad_request`.", _send(["x"]), "bad_request")
_refused(
    "room-traversal",
    "A room that is a path gets `bad_room`.",
    objects({"t": "join", "id": 1, "room": "../../etc/passwd"}),
    "bad_room",
)
_refused(
    "terminal-nick",
    "A nick with escapes gets `bad_nick`.",
    objects({"t": "nick", "id": 1, "nick": "a\x1b[31mb"}),
    "bad_nick",
)
_refused(
    "huge-number",
    "A number beyond all events gets an error or an empty answer.",
    frame(b'[{"t":"history","id":1,"room":"hostile-faults","before":' + b"9" * 400 + b"}]"),
    *("bad_request", "history"),
)
_refused(
    "search-injection",
    "A query in the index's own language is words or `bad_request`, and nothing else.",
    objects({"t": "search", "id": 1, "room": CROWD, "query": "a* NEAR/9 \"' OR 1=1; --"}),
    *("found", "bad_request"),
)


@attack()
async def wide_object(assault: Assault, number: int) -> None:
    """Objects with 4,000 unknown fields are taken as if they were not there."""
    peer = await assault.open()
    await peer.hello()
    wide = {f"f{number}": number for number in range(4_000)}
    await peer.send(objects({**wide, "t": "rooms", "id": 1}))
    await peer.until("rooms")
    await peer.aclose()


@attack()
async def many_objects(assault: Assault, number: int) -> None:
    """Of the objects in a frame beyond `frame_requests`, those with an id get `busy`."""
    peer = await assault.open()
    await peer.hello()
    await peer.send(objects(*({"t": "nick", "id": number, "nick": 7} for number in range(300))))
    codes = set[str]()
    while "busy" not in codes:
        codes.add((await peer.until("error"))["code"])
    await peer.aclose()


@attack(variants=(Variant(16, 0),))
async def hellos_of_many_rooms(assault: Assault, number: int) -> None:
    """Hellos with more rooms than a frame has requests get `bad_request`, and join none."""
    peer = await assault.open()
    rooms = [{"room": f"{number:x}{'é' * 2}"} for number in range(1_300)]
    await peer.send(objects({"t": "hello", "id": 1, "nick": "Many", "rooms": rooms}))
    error = await peer.until("error", "welcome")
    assault.endings[error.get("code", error["t"])] += 1
    if error.get("code") != "bad_request":
        raise Wrong(f"{error} instead of bad_request")
    await peer.hello()
    await peer.aclose()
