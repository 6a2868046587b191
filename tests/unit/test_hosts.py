"""Rules of the names under which a request may address the server."""

import socket

import pytest
import structlog

from trio_chat.addresses import NAME_LIMIT
from trio_chat.config import Config
from trio_chat.net.head import HttpError, parse_head
from trio_chat.net.hosts import HostNames
from trio_chat.net.told import TOLD_LIMIT

LOOPBACK = "127.0.0.1"
LAN = "192.168.1.7"  # another machine of the network
EVERYWHERE = Config(host="0.0.0.0")  # noqa: S104 - this is what is tested
NAMED = Config(host="0.0.0.0", host_name=("chat.example.org",))  # noqa: S104 - likewise


def asks(hosts: HostNames, host: str, address: str = LOOPBACK, target: str = "/") -> int:
    """Return the status that a request to a host is refused with; 200 if it is not."""
    head = parse_head(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    try:
        hosts.check(head, address)
    except HttpError as refused:
        return int(refused.status)
    return 200


@pytest.mark.parametrize("config", [Config(), Config(host="::1"), EVERYWHERE, NAMED])
@pytest.mark.parametrize("address", [LOOPBACK, "::1", LAN])
@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8080",
        "localhost.",
        "chat.localhost",
        "127.0.0.1:8080",
        "127.9.9.9",
        "[::1]:8080",
        "192.0.2.1",
        "[2001:db8::1]",
        "::1:8080",
        "",
        socket.gethostname(),
    ],
)
def test_names_that_nobody_can_forge_are_always_known(
    host: str, address: str, config: Config
) -> None:
    """Names of loopback, addresses, the machine's name, and no name; ports do not count."""
    assert asks(HostNames(config), host, address) == 200


def test_a_request_of_http_1_0_needs_no_host() -> None:
    """No browser of today sends one."""
    HostNames(Config()).check(parse_head(b"GET / HTTP/1.0\r\n\r\n"), LOOPBACK)


@pytest.mark.parametrize("config", [Config(), Config(host="127.0.0.1"), EVERYWHERE, NAMED])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost:80:evil.example",
        "localhost:99999",
        "[evil.example]",
        "[::1].evil.example",
        "evil.example:",
    ],
)
def test_a_foreign_name_over_loopback_is_refused(host: str, config: Config) -> None:
    """Its page was loaded from elsewhere, and its name was resolved to this machine since."""
    assert asks(HostNames(config), host) == 421


def test_a_foreign_name_in_the_target_is_refused_too() -> None:
    """A target may be a whole URL."""
    hosts = HostNames(Config())
    assert asks(hosts, "localhost", target="http://evil.example/ws") == 421
    assert asks(hosts, "localhost", target="http://localhost/ws") == 200


def test_a_server_of_the_network_is_reached_by_machine_names() -> None:
    """By any name from elsewhere; from the machine itself only by names of the local network."""
    hosts = HostNames(EVERYWHERE)
    for name in ("box", "box.local", "box.fritz.box", "chat.example.org"):
        assert asks(hosts, name, LAN) == 200
    assert [asks(hosts, name) for name in ("box", "box.local", "box.example")] == [200, 200, 421]
    assert asks(HostNames(Config()), "box") == 421
    assert asks(HostNames(Config(host="Box.example")), "box.example:8080") == 200


def test_with_host_names_no_other_name_is_known() -> None:
    """From nowhere."""
    hosts = HostNames(NAMED)
    for address in (LOOPBACK, LAN):
        assert asks(hosts, "Chat.example.org:443", address) == 200
        assert asks(hosts, "box", address) == 421
        assert asks(hosts, "www.chat.example.org", address) == 421


def test_an_allowed_origin_is_no_host_name() -> None:
    """Whose pages may connect is another question than how the server is called."""
    assert asks(HostNames(Config(allow_origin=("*",))), "evil.example") == 421


def test_a_refused_name_is_logged_once_and_only_so_many_are() -> None:
    """Who puts a proxy before the server sees what is missing; nobody can fill the log."""
    hosts = HostNames(Config())
    with structlog.testing.capture_logs() as logged:
        for _ in range(2):
            asks(hosts, "chat.example.org")
        asks(hosts, "x" * 1000)
        for number in range(TOLD_LIMIT):
            asks(hosts, f"{number}.example")
    assert logged[0] == {
        "event": "unknown host name refused; see --host-name",
        "log_level": "warning",
        "name": "chat.example.org",
    }
    assert logged[1]["name"] == "x" * NAME_LIMIT
    assert len(logged) == TOLD_LIMIT


def test_the_answer_names_the_flag() -> None:
    """With the value it needs."""
    head = parse_head(b"GET / HTTP/1.1\r\nHost: Chat.example.org:8080\r\n\r\n")
    with pytest.raises(HttpError) as caught:
        HostNames(Config()).check(head, LOOPBACK)
    assert caught.value.detail.endswith(": --host-name chat.example.org")
