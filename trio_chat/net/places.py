"""Where a server listens: opens all that its settings name, or what was passed on to it."""

import socket
from collections.abc import Sequence
from typing import NamedTuple

import structlog
import trio

from trio_chat.addresses import bracketed, split_port
from trio_chat.config import Config, ConfigError
from trio_chat.net.activation import Passed
from trio_chat.net.listeners import PortInUse, open_tcp, port_of, set_options
from trio_chat.net.unix_sockets import UnixListener, open_unix
from trio_chat.setting_values import SYSTEMD, UNIX_PREFIX

AnyListener = trio.SocketListener | UnixListener

log = structlog.get_logger()


class Place(NamedTuple):
    """Listeners that are reached in the same way: several for a name with several addresses.

    ``host`` is how it is called; empty for a Unix socket, which ``path`` names.
    """

    listeners: Sequence[AnyListener]
    host: str = ""
    path: str = ""

    def address(self, scheme: str) -> str:
        """Return what to open in a browser, or where the Unix socket is."""
        if not self.host:
            return f"{UNIX_PREFIX}{self.path}"
        any_address = self.host in ("0.0.0.0", "::")  # noqa: S104 - it is only compared
        host = "localhost" if any_address else bracketed(self.host)
        return f"{scheme}://{host}:{self.listeners[0].socket.getsockname()[1]}/"

    def reconfigure(self, config: Config) -> None:
        """Have connections that are accepted from now on follow changed settings."""
        for listener in self.listeners:
            if isinstance(listener, trio.SocketListener):
                set_options(listener, config)


async def open_places(config: Config, passed: Sequence[Passed] = ()) -> list[Place]:
    """Listen wherever the settings say.

    Args:
        config: ``listen``, or else ``host`` and ``port``; options of the sockets.
        passed: Sockets that are open already. Without ``listen`` these take the place of ``host``
            and ``port``.

    Raises:
        ConfigError: something cannot be used; the message says what. Then nothing stays open.
    """
    rest, places = list(passed), list[Place]()
    try:
        if config.listen or not passed:
            for name in config.listen or (f"{bracketed(config.host)}:{config.port}",):
                places += await _open(name, config, rest, places)
        else:
            places += _taken(rest, "", config)
    except ConfigError:
        await close_places(places)
        raise
    finally:
        _leave(rest)
    return places


async def close_places(places: Sequence[Place]) -> None:
    """Close all of them."""
    for place in places:
        for listener in place.listeners:
            await listener.aclose()


async def _open(
    name: str, config: Config, rest: list[Passed], places: Sequence[Place]
) -> list[Place]:
    """Open one of ``listen``; take what is passed on out of what is left of that.

    Args:
        name: Which one.
        config: Options of the sockets.
        rest: What is passed on and not taken yet.
        places: What is open already.

    Raises:
        ConfigError: it cannot be used.
    """
    if name.startswith(UNIX_PREFIX):
        path = name.removeprefix(UNIX_PREFIX)
        return [Place([open_unix(path, config)], path=path)]
    word, _, wanted = name.partition(":")
    if word != SYSTEMD:
        host, port = split_port(name)
        flag = "--listen" if config.listen else "--port"
        try:
            return [Place(await open_tcp(host, port or 0, config, flag=flag), host)]
        except PortInUse:
            _refuse_twice(name, port or 0, places)
            raise
    if taken := _taken(rest, wanted, config):
        return taken
    named = f" with the name {wanted}" if wanted else ""
    raise ConfigError(f"listen {name}: systemd has passed no socket{named}; is its unit started?")


def _refuse_twice(name: str, port: int, places: Sequence[Place]) -> None:
    """Tell if it is the server itself that listens on a port already.

    Raises:
        ConfigError: it is.
    """
    for place in places:
        if any(_port_of(listener) == port for listener in place.listeners):
            other = f"{bracketed(place.host)}:{port}"
            raise ConfigError(f"listen {name}: {other}, which is given too, has this port already")


def _port_of(listener: AnyListener) -> int | None:
    return port_of(listener) if isinstance(listener, trio.SocketListener) else None


def _taken(rest: list[Passed], name: str, config: Config) -> list[Place]:
    """Take the sockets with a name, all without one, out of what is left."""
    wanted = [each for each in rest if name in ("", each.name)]
    rest[:] = [each for each in rest if each not in wanted]
    return [_place_of(each.socket, config) for each in wanted]


def _place_of(sock: socket.socket, config: Config) -> Place:
    address = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return Place([UnixListener(sock, config)], path=address)
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(sock))
    set_options(listener, config)
    return Place([listener], str(address[0]))


def _leave(rest: Sequence[Passed]) -> None:
    for each in rest:
        log.warning("a socket that was passed on is not used; see --listen", name=each.name)
        each.socket.close()
