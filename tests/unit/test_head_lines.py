"""The quick way to read a head's lines finds what the thorough way finds."""

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_chat.net import head_lines
from trio_chat.net.head_lines import read_lines

METHODS = ("GET", "POST", "get", "G-T")
TARGETS = ("/", "/r/tea?x=1", "*", " HTTP/1.1", " HTTP/1.0")
MARKS = tuple(' \t:,;"(\\aZ0~!')
ENDS = ("\r\n",) * 5
HEADERS = (
    *("Host", "host", "Host: a", "Content-Length: 1", "Transfer-Encoding: chunked", "X-Y: z z"),
    *("Connection: keep-alive", "Upgrade: websocket", "Expect: 100-continue", "Accept: */*", ": "),
)
PIECES = st.sampled_from(METHODS + TARGETS + MARKS + ENDS + HEADERS)
WELL_MADE = "GET / HTTP/1.1\r\nHost: a\r\n"


def thorough(text: str) -> head_lines.Lines | None:
    """Return what h11 reads."""
    try:
        return head_lines._read_any(text.encode())
    except h11.RemoteProtocolError:
        return None


@given(st.one_of(st.just(WELL_MADE), st.just("")), st.lists(PIECES, max_size=20).map("".join))
@example(WELL_MADE, "X-Empty:\r\nX-Blank: \r\nX-Tab:\ta\r\nX-Behind: a \r\n")
@example(WELL_MADE, "Host: b")
@example(WELL_MADE, "Content-Length: 1\r\nContent-Length: 1")
def test_whatever_the_quick_way_reads_the_thorough_one_reads_alike(begin: str, rest: str) -> None:
    """No head is read in two ways; what the quick one leaves, the other one judges."""
    text = f"{begin}{rest}\r\n\r\n"
    quick = head_lines._read_plain(text)
    if quick:
        assert quick == thorough(text)


@pytest.mark.parametrize(
    "header",
    [
        *("Connection: keep-alive, Upgrade", "User-Agent:Mozilla/5.0 (X11; Linux) x", "A: b\tc"),
        *('If-None-Match: "a", W/"b"', "Accept: text/html,*/*;q=0.8", "X: ", "Content-Length: 3"),
    ],
)
def test_headers_are_read_in_order_with_names_in_lower_case(header: str) -> None:
    """A head says the same whichever way it is read."""
    text = f"{WELL_MADE}{header}\r\n\r\n"
    name, _, value = header.partition(":")
    read = read_lines(text.encode())
    assert read.headers == [("host", "a"), (name.lower(), value.strip())]
    assert read == thorough(text)
    assert read[:3] == ("GET", "/", "1.1")


@pytest.mark.parametrize("blanks", [" " * 16_000, " a" * 8_000, "\t" * 16_000])
def test_a_long_value_costs_no_more_than_its_length(blanks: str) -> None:
    """Blanks that may or may not belong to a value are no work that grows with their square."""
    read = read_lines(f"{WELL_MADE}X: a{blanks} \r\n\r\n".encode())
    assert read.headers[1] == ("x", f"a{blanks}".strip())
