"""Sockets that whoever has started the server has opened and passes on, such as systemd.

They are told in the environment (sd_listen_fds(3)): from descriptor 3 on, ``LISTEN_FDS`` of them,
for the process ``LISTEN_PID``, with the names in ``LISTEN_FDNAMES``. As their opener keeps them
open, whoever connects while one server has ended and the next one starts waits, and is not refused.
"""

import os
import socket
from collections.abc import MutableMapping
from typing import NamedTuple

from trio_chat.config import ConfigError

FIRST = 3  # descriptor
PID, COUNT, NAMES = "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"
MOST = 64  # sockets
FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)


class Passed(NamedTuple):
    """A socket that was passed on, and its name; empty if it has none."""

    name: str
    socket: socket.socket


def take(environment: MutableMapping[str, str], pid: int) -> list[Passed]:
    """Return the sockets that were passed to a process. Once taken, nothing tells of them.

    Args:
        environment: Of the process.
        pid: Its number: what was meant for another one, such as a parent, is not taken.

    Raises:
        ConfigError: what was passed on is no socket that listens.
    """
    told = [environment.pop(name, "") for name in (PID, COUNT, NAMES)]
    meant_for, count, names = told
    if meant_for != str(pid) or not count.isdecimal():
        return []
    if int(count) > MOST:
        raise ConfigError(f"{COUNT} is {count}, and may be {MOST} at most")
    listed = names.split(":") if names else []
    listed += [""] * (int(count) - len(listed))
    return [Passed(listed[place], _socket(FIRST + place)) for place in range(int(count))]


def _socket(descriptor: int) -> socket.socket:
    """Return the socket with a descriptor, which no program gets that is started from here.

    Raises:
        ConfigError: it is none that listens.
    """
    try:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - it has no name
        found = socket.socket(fileno=descriptor)
    except OSError:
        raise ConfigError(f"descriptor {descriptor}, which was passed on, is no socket") from None
    is_stream = found.type == socket.SOCK_STREAM and found.family in FAMILIES
    if not is_stream or not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        found.detach()
        raise ConfigError(f"descriptor {descriptor}, which was passed on, is no listening socket")
    found.setblocking(False)  # noqa: FBT003 - likewise
    return found
