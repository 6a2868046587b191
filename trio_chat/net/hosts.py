"""The names under which a request may address this server.

A page of ``evil.example`` can have its name resolved to this machine once it is loaded (DNS
rebinding). Its requests then have equal ``Host`` and ``Origin`` headers, so the rule for origins
lets them pass. Only the name itself gives them away.
"""

import socket
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address

import structlog

from trio_chat.addresses import NAME_LIMIT, authority_of, is_address, split_port
from trio_chat.config import Config
from trio_chat.limits.addresses import is_loopback as is_of_this_machine
from trio_chat.net.head import Head, HttpError
from trio_chat.net.told import Told
from trio_chat.setting_values import split_base

log = structlog.get_logger()


class HostNames:
    """The names of one server.

    Literal addresses, the names of loopback (``localhost`` and below), this machine's own name,
    ``--host`` and every ``--host-name`` are always known: nobody else can give them an address.

    A server that listens beyond loopback also has names that it cannot know, such as those of a
    local network. Without ``--host-name`` it takes any name from other machines. From its own
    machine, where a rebound page would come from, it takes in addition only names of the local
    network: who can forge those can reach the server without any browser.

    ``own`` are the hosts on which the server listens; without one it has Unix sockets alone.

    Args:
        config: ``host``, ``host_name`` and ``base_url``.
    """

    def __init__(self, config: Config) -> None:
        machine = socket.gethostname().lower()
        self._machine = (machine, f"{machine}.local")
        self._config = config
        self.own: tuple[str, ...] = (config.host,)
        self._told = Told()

    def check(self, head: Head, address: str) -> None:
        """Refuse a request that addresses another server; ``address`` is the peer's.

        Raises:
            HttpError: it does.
        """
        for host in filter(None, _hosts(head)):
            name = _name_of(host)
            if name is None or not self._is_known(name, address):
                shown = (name or host)[:NAME_LIMIT]
                self._log(shown)
                raise HttpError(
                    421, f"{shown} is no name of this server; to add it: --host-name {shown}"
                )

    def _is_known(self, name: str, address: str) -> bool:
        given = self._given()
        if name in (*self.own, *given, *self._machine) or is_address(name) or is_loopback(name):
            return True
        is_open = not given and not all(map(is_loopback, self.own))
        return is_open and (not is_of_this_machine(address) or _is_local(name))

    def _given(self) -> tuple[str, ...]:
        """Return the names that the settings tell, among them that of the page's address."""
        base = self._config.base_url
        return (*self._config.host_name, *([split_base(base)[0].host] if base else []))

    def _log(self, name: str) -> None:
        if self._told.is_new(name):
            log.warning("unknown host name refused; see --host-name", name=name)


def _hosts(head: Head) -> list[str]:
    """Return every host that a request names: in its header, and in a target that is a URL."""
    target = [] if head.target.startswith("/") else [authority_of(head.target)]
    return head.values("host") + target


@lru_cache
def _name_of(host: str) -> str | None:
    """Return the name or address in a host, in normal form; ``None`` if it is neither.

    Some programs write an IPv6 address without its brackets. No browser does.
    """
    with suppress(ValueError):
        return split_port(host)[0]
    address = host.rpartition(":")[0]
    return address if is_address(address) else None


@lru_cache
def is_loopback(host: str) -> bool:
    """Return whether an address, or a name, is of the machine's loopback interface."""
    if is_address(host):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _is_local(name: str) -> bool:
    """Return whether a name has a meaning in the local network only."""
    return "." not in name or name.endswith(".local")


def has_public_name(head: Head) -> bool:
    """Return whether a request addresses the server by none of this machine's loopback names."""
    names = map(_name_of, head.values("host"))
    return not any(name is None or is_loopback(name) for name in names)
