"""Rules of what proxies tell: who sent a request, under which name, by which scheme."""

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.config import Config, ConfigError
from trio_chat.net.forwarded import FORWARDED, Forwarding, normal_address
from trio_chat.net.head import Head, parse_head
from trio_chat.net.told import TOLD_LIMIT

PROXY = "127.0.0.1"
ANN = "203.0.113.5"
TRUSTING = Config(trusted_proxy=("127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"))


def request(*lines: str, host: str = "inside:8080") -> Head:
    """Return a request with some header lines."""
    return parse_head("\r\n".join(["GET / HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode())


def sender(*lines: str, peer: str = PROXY, config: Config = TRUSTING) -> str:
    """Return whom a request is taken to come from."""
    return Forwarding(config).reveal(request(*lines), peer)[1]


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.2", "::1", "fe80::1%eth0"])
def test_nobody_but_a_trusted_proxy_is_believed(peer: str) -> None:
    """Not even this machine, unless it is named; the request stays as it is."""
    head = request(f"X-Forwarded-For: {ANN}", "X-Forwarded-Host: chat.example.org")
    assert Forwarding(TRUSTING).reveal(head, peer) == (head, peer)
    assert Forwarding(Config()).reveal(head, PROXY) == (head, PROXY)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"X-Forwarded-For: {ANN}", ANN),
        (f"X-Forwarded-For: {ANN}:4711", ANN),
        ("X-Forwarded-For: 2001:DB8:0::1", "2001:db8::1"),
        ("X-Forwarded-For: [2001:db8::1]", "2001:db8::1"),
        ("X-Forwarded-For: [2001:db8::1]:4711", "2001:db8::1"),
        ("X-Forwarded-For: fe80::1%eth0", "fe80::1"),
        (f"X-Forwarded-For: ::ffff:{ANN}", ANN),
        (f"X-Forwarded-For: 198.51.100.1, {ANN}", ANN),
        (f"X-Forwarded-For: 198.51.100.1, {ANN}, 10.1.2.3,127.0.0.1", ANN),
        (f"X-Forwarded-For: {ANN}, 2001:db8:ffff::7", ANN),
        ("X-Forwarded-For: 10.1.2.3, 10.1.2.4", "10.1.2.3"),
        (f"X-Forwarded-For: , {ANN},,", ANN),
        (f"Forwarded: for={ANN}", ANN),
        (f'Forwarded: For="{ANN}:4711";proto=https', ANN),
        ('Forwarded: for="[2001:db8::1]:4711"', "2001:db8::1"),
        (f"Forwarded: for=198.51.100.1, for={ANN};by=10.1.2.3, for=10.1.2.3", ANN),
        ('Forwarded: for="\\2\\0\\3.0.113.5"; host="a,b;c"', ANN),
        (f"Forwarded: , for={ANN};,", ANN),
    ],
)
def test_the_last_address_that_is_no_trusted_proxys_counts(line: str, expected: str) -> None:
    """What is further left, the sender may have made up."""
    assert sender(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "X-Forwarded-For: unknown",
        "X-Forwarded-For: ",
        f"X-Forwarded-For: {ANN}, <script>",
        f"X-Forwarded-For: {ANN}, 999.0.0.1",
        f"X-Forwarded-For: {ANN}, [2001:db8::1",
        "Forwarded: for=_hidden",
        "Forwarded: for=unknown;proto=https",
        "Forwarded: ",
        "Forwarded: proto=https",
        f'Forwarded: for="{ANN}',
        f'Forwarded: for="x, for={ANN}',
        f"Forwarded: for={ANN} for=198.51.100.1",
        "Forwarded: for==",
        "X-Forwarded-Proto: https",
    ],
)
def test_garbage_stands_for_the_proxy_that_tells_it(line: str) -> None:
    """What is left of it cannot be relied on."""
    assert sender(line) == PROXY


def test_garbage_behind_a_second_proxy_stands_for_that() -> None:
    """It is the last one that is known."""
    assert sender(f"X-Forwarded-For: {ANN}, garbage, 10.1.2.3") == "10.1.2.3"


def test_lines_of_one_header_are_one_list() -> None:
    """As HTTP says."""
    assert sender("X-Forwarded-For: 198.51.100.1", f"X-Forwarded-For: {ANN}") == ANN


def test_contradicting_headers_are_not_believed() -> None:
    """A proxy that sets one may pass on the other, made up by the sender; it is logged once."""
    lines = f"X-Forwarded-For: {ANN}", "Forwarded: for=198.51.100.1;host=evil.example"
    forwarding = Forwarding(TRUSTING)
    with structlog.testing.capture_logs() as logged:
        for _ in range(2):
            head, address = forwarding.reveal(request(*lines), PROXY)
            assert (head.values("host"), address) == (["inside:8080"], PROXY)
    assert [entry["address"] for entry in logged] == [PROXY]
    assert sender(f"X-Forwarded-For: {ANN}", f"Forwarded: for={ANN}") == ANN


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["X-Forwarded-Host: chat.example.org"], "chat.example.org"),
        (["X-Forwarded-Host: chat.example.org", "X-Forwarded-Proto: HTTPS"], None),
        (["X-Forwarded-Host: chat.example.org:", "X-Forwarded-Proto: https"], None),
        (["Forwarded: for=203.0.113.5;host=chat.example.org;proto=https"], None),
        (
            [
                f"X-Forwarded-For: {ANN}, 10.1.2.3",
                "X-Forwarded-Proto: https, http",
                "X-Forwarded-Host: chat.example.org, inside",
            ],
            None,
        ),
        (
            [
                f"X-Forwarded-For: {ANN}, 10.1.2.3",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: chat.example.org",
            ],
            None,
        ),
        (["X-Forwarded-Proto: https"], "inside:8080"),
        (["X-Forwarded-Proto: gopher"], "inside:8080"),
        (["X-Forwarded-Host: [bad", "X-Forwarded-Proto: https"], "[bad"),
    ],
)
def test_the_host_is_that_of_the_sender(lines: list[str], expected: str | None) -> None:
    """With the port of the scheme, so that pages of another scheme are of another origin."""
    head, _ = Forwarding(TRUSTING).reveal(request(*lines), PROXY)
    assert head.values("host") == [expected or "chat.example.org:443"]


def test_what_is_led_on_has_only_what_the_sender_said() -> None:
    """Whoever reads the request later cannot take the headers for true again."""
    lines = f"X-Forwarded-For: {ANN}", "X-Forwarded-Host: chat.example.org", "Accept: */*"
    head, _ = Forwarding(TRUSTING).reveal(request(*lines), PROXY)
    assert head.raw == b"GET / HTTP/1.1\r\nhost: chat.example.org\r\naccept: */*\r\n\r\n"
    assert parse_head(head.raw).headers == head.headers
    plain = parse_head(b"GET / HTTP/1.0\r\nX-Forwarded-For: 203.0.113.5\r\n\r\n")
    assert Forwarding(TRUSTING).reveal(plain, PROXY)[0].raw == b"GET / HTTP/1.0\r\n\r\n"


def test_an_untrusted_proxy_is_logged_once_with_the_flag() -> None:
    """Whoever runs one sees what is missing; strangers cannot fill the log, nor keep it out."""
    forwarding = Forwarding(Config())
    with structlog.testing.capture_logs() as logged:
        for peer in (*(f"8.8.{n}.8" for n in range(2 * TOLD_LIMIT)), PROXY, PROXY, "10.0.0.1"):
            forwarding.reveal(request(f"X-Forwarded-For: {ANN}"), peer)
        forwarding.reveal(request(), "10.0.0.2")
    told = [entry["setting"] for entry in logged]
    assert told[TOLD_LIMIT:] == ["--trusted-proxy 127.0.0.1", "--trusted-proxy 10.0.0.1"]


def test_networks_are_read_strictly() -> None:
    """A name could be anybody's."""
    assert Config(trusted_proxy=(" 10.1.2.3/8 ", "::1")).trusted_proxy == ("10.0.0.0/8", "::1/128")
    with pytest.raises(ConfigError, match=r"^trusted_proxy must be an address or a network"):
        Config(trusted_proxy=("proxy.example",))


def test_networks_of_ipv4_may_be_written_as_those_of_ipv6() -> None:
    """As some systems show them; peers of IPv4 are known by their own addresses."""
    config = Config(trusted_proxy=("::ffff:10.0.0.1", "::ffff:192.168.0.0/112"))
    assert config.trusted_proxy == ("10.0.0.1/32", "192.168.0.0/16")
    assert Forwarding(config).is_trusted("10.0.0.1")
    assert Config(trusted_proxy=("::ffff:0:0/95",)).trusted_proxy == ("::fffe:0:0/95",)


@given(st.text(st.sampled_from('for=";,\\ x[]:1.%'), max_size=60))
def test_whatever_comes_is_an_address_or_the_proxys(text: str) -> None:
    """Nothing that a peer makes up stops the server, or becomes a key of its own making."""
    for name in (FORWARDED, "X-Forwarded-For"):
        found = sender(f"{name}: {text}".rstrip())
        assert normal_address(found) == found


def test_who_is_told_by_the_proxy_protocol_is_no_proxy() -> None:
    """What is told of the request besides is taken out, and nobody is advised to trust a visitor.

    A proxy whose address is told so may be trusted as any other.
    """
    forwarding = Forwarding(TRUSTING)
    head = request("X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "Accept: */*")
    with structlog.testing.capture_logs() as logged:
        restored, address = forwarding.reveal(head, ANN, is_told=True)
        assert restored.headers == [("host", "inside:8080"), ("accept", "*/*")]
        assert address == ANN
        assert forwarding.reveal(head, "10.0.0.2", is_told=True)[1] == "203.0.113.9"
    assert logged == []
