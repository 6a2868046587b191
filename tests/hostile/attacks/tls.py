"""Attacks on the TLS handshake, on a server with a certificate made for it."""

import ssl

import trio

from tests.hostile.attack import Assault, Attack, Run, Variant, Wrong, add, attack
from tests.hostile.peer import GONE
from tests.hostile.target import trusting

TLS = {"tls": 1, "head_timeout": 1}
BURST, PER_SECOND = 200, 25
LIMITED = {**TLS, "tls_rate": f"{PER_SECOND}/s:{BURST}"}
VARIANTS = (Variant(1, 0), Variant(16, 0))


async def _handshakes(assault: Assault, number: int) -> None:
    """Make full handshakes and hang up."""
    context = trusting()
    begun = trio.current_time()
    while True:
        try:
            tcp = await assault.target.connect_tcp()
            stream = trio.SSLStream(tcp, context, server_hostname="localhost")
            with trio.move_on_after(10):
                await stream.do_handshake()
                assault.endings["made"] += 1
            allowed = BURST + PER_SECOND * (trio.current_time() - begun + 1)
            if assault.endings["made"] > allowed + assault.variant.connections:
                raise Wrong("more handshakes are made than tls_rate allows")
            await trio.aclose_forcefully(tcp)
        except GONE:
            assault.endings["cut"] += 1


async def _hellos(assault: Assault, number: int) -> None:
    """Send the first flight alone, which costs the sender nothing and the server a key."""
    hello = client_hello()
    while True:
        try:
            tcp = await assault.target.connect_tcp()
            await tcp.send_all(hello)
            with trio.move_on_after(1):
                await tcp.receive_some(1)
            await trio.aclose_forcefully(tcp)
            assault.endings["left"] += 1
        except GONE:
            assault.endings["cut"] += 1


def client_hello() -> bytes:
    """Return the first flight of a TLS client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = trusting().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError


KINDS: dict[str, tuple[Run, str]] = {
    "tls-handshakes": (_handshakes, "Who makes TLS handshakes without end"),
    "tls-first-flights": (_hellos, "Who begins TLS handshakes without end"),
}
for name, (run, who) in KINDS.items():
    outcome = f"{who} is slowed down or cut off by `tls_rate`, and others go on."
    add(Attack(name, outcome, run, VARIANTS, LIMITED, is_flood=True))


@attack(variants=(Variant(16, 0),), settings=TLS)
async def tls_stalls(assault: Assault, number: int) -> None:
    """Handshakes that stop half-way are over after `head_timeout`."""
    tcp = await assault.target.connect_tcp()
    await tcp.send_all(client_hello()[:100])
    with trio.move_on_after(5):
        try:
            while await tcp.receive_some(4096):
                pass
        except GONE:
            pass
        return
    raise Wrong("not over after 5 s")


@attack(settings=TLS)
async def plain_http_to_tls(assault: Assault, number: int) -> None:
    """Plain HTTP to a TLS port ends the connection."""
    tcp = await assault.target.connect_tcp()
    await tcp.send_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with trio.move_on_after(5):
        try:
            while await tcp.receive_some(4096):
                pass
        except GONE:
            pass
        return
    raise Wrong("not over after 5 s")
