"""Listening sockets that a parent has opened and hands over to processes that it starts."""

import os
import socket
from collections.abc import Sequence

import msgspec
import trio

from trio_chat.config import Config
from trio_chat.net.listeners import set_options
from trio_chat.net.places import AnyListener, Place
from trio_chat.net.unix_sockets import UnixListener


class HandedPlace(msgspec.Struct):
    """A place to listen at: how it is called, as in ``Place``, and its sockets' descriptors."""

    host: str
    path: str
    descriptors: list[int]


def hand_over(places: Sequence[Place]) -> list[HandedPlace]:
    """Return what a process that inherits the sockets has to know of them."""
    return [
        HandedPlace(place.host, place.path, [each.socket.fileno() for each in place.listeners])
        for place in places
    ]


def take_over(handed: Sequence[HandedPlace], config: Config) -> list[Place]:
    """Return the places whose sockets this process has inherited.

    All processes accept from the same queue, so that one which is late or gone leaves nobody
    unanswered. The files of Unix sockets stay the parent's.
    """
    return [
        Place([_listener(each, config) for each in place.descriptors], place.host, place.path)
        for place in handed
    ]


def _listener(descriptor: int, config: Config) -> AnyListener:
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - it has no name
    sock = socket.socket(fileno=descriptor)
    sock.setblocking(False)  # noqa: FBT003 - likewise
    if sock.family == socket.AF_UNIX:
        return UnixListener(sock, config)
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(sock))
    set_options(listener, config)
    return listener
