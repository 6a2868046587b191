"""The PROXY protocol: how a proxy that only passes on bytes tells who is behind it.

Versions 1 and 2, as https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt has them. The
header comes before all else, before TLS, too; nothing behind it is read.
"""

import re
import socket
from ipaddress import ip_address

from trio.socket import SocketType

from trio_chat.net.forwarded import normal_address
from trio_chat.net.head import HttpError

LINE = b"PROXY "  # how a header of version 1 begins
LONGEST_LINE = 107  # bytes, with its end
TOLD = re.compile(rb"PROXY TCP[46] ([0-9a-fA-F.:]+) [0-9a-fA-F.:]+ \d{1,5} \d{1,5}\r\n")
UNKNOWN = re.compile(rb"PROXY UNKNOWN[^\r\n]*\r\n")

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"  # how a header of version 2 begins
FIXED = len(SIGNATURE) + 4  # bytes: the signature, version and command, family, length
LONGEST_REST = 1024  # bytes behind that: the addresses, and more that is not looked at
LOCAL, PROXIED = 0x20, 0x21  # version 2 and the command
ADDRESS_BYTES = {0x11: 4, 0x21: 16}  # by family; of the others the proxy itself is the sender


def is_proxy_header(begun: bytes) -> bool:
    """Whether what comes first is a header of the PROXY protocol, if it is no request."""
    return begun.startswith((LINE, SIGNATURE))


async def read_proxy_header(sock: SocketType) -> tuple[str, bytes]:
    """Read the header with which a trusted proxy may begin. The caller sets the deadline.

    Returns:
        The sender's address, or nothing if it is not told; and what has been read of what comes
        behind it, if there is no header.

    Raises:
        HttpError: it is not clean.
    """
    first = await sock.recv(1, socket.MSG_PEEK)
    if first == SIGNATURE[:1]:
        return await _read_binary(sock), b""
    if first != LINE[:1]:
        return "", b""
    begin = await _exactly(sock, len(LINE))  # no request is shorter
    return (await _read_line(sock), b"") if begin == LINE else ("", begin)


async def _read_line(sock: SocketType) -> str:
    line = LINE
    while not line.endswith(b"\n"):
        seen = await sock.recv(LONGEST_LINE - len(line), socket.MSG_PEEK)
        line += await _exactly(sock, seen.find(b"\n") + 1 or len(seen))
        if not seen or len(line) >= LONGEST_LINE:
            break
    told = TOLD.fullmatch(line)
    address = normal_address(told[1].decode()) if told else ""
    if not address and not UNKNOWN.fullmatch(line):
        raise _unclean()
    return address


async def _read_binary(sock: SocketType) -> str:
    head = await _exactly(sock, FIXED)
    command, family, size = head[-4:-3], head[-3:-2], int.from_bytes(head[-2:])
    if len(head) < FIXED or not head.startswith(SIGNATURE) or size > LONGEST_REST:
        raise _unclean()
    rest = await _exactly(sock, size)
    length = ADDRESS_BYTES.get(family[0], 0) if command[0] == PROXIED else 0
    if command[0] not in (LOCAL, PROXIED) or len(rest) < size or size < 2 * length:
        raise _unclean()
    return normal_address(str(ip_address(rest[:length]))) if length else ""


async def _exactly(sock: SocketType, size: int) -> bytes:
    """Return so many bytes; fewer if the peer has hung up."""
    data = b""
    while len(data) < size and (more := await sock.recv(size - len(data))):
        data += more
    return data


def _unclean() -> HttpError:
    return HttpError(400, "not a PROXY header")
