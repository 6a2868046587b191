"""A strategy for damaged input: known good input, with parts changed, moved, doubled or gone."""

from collections.abc import Sequence

from hypothesis import strategies as st

from tests import scripts

MUCH = 4000  # bytes that a part may be repeated to
# What readers stumble over, whatever they read.
TOKENS = (
    *(
        b"",
        b"\x00",
        b"\n",
        b"\r",
        b"\r\n",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\\u0000",
    ),
    *(
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"null",
        b"true",
        b"-1",
        b"0",
        b"1.0",
        b"1e999",
        b"NaN",
    ),
    *(
        b"9007199254740992",
        b"99999999999999999999",
        b"[" * 300,
        b'{"t":' * 300,
        b"%00",
        b"%ff",
        b"//",
        b"@",
    ),
    *(
        b"?",
        b"#",
        b"*",
        b" ",
        b"\t",
        b"..",
        b"[::1",
        b"xn--",
        b'"deleted":true',
        b'"seq":1',
        b'"text":""',
    ),
)
tokens = st.one_of(
    st.sampled_from(TOKENS), st.binary(max_size=8), scripts.pieces.map(lambda text: text.encode())
)
edits = st.lists(
    st.tuples(
        st.sampled_from(("insert", "delete", "replace", "double", "move", "cut", "repeat")),
        st.integers(0, 2000),
        st.integers(0, 200),
        tokens,
    ),
    min_size=1,
    max_size=6,
)


def damaged(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy for what becomes of good input by a few edits, or for any bytes."""
    return st.one_of(st.builds(apply, st.sampled_from(good), edits), st.binary(max_size=300))


def apply(data: bytes, wanted: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    """Return input after some edits; places are taken modulo its length."""
    for action, place, size, token in wanted:
        start = place % (len(data) + 1)
        before, part, after = data[:start], data[start : start + size], data[start + size :]
        match action:
            case "insert":
                data = before + token + part + after
            case "delete":
                data = before + after
            case "replace":
                data = before + token + after
            case "double":
                data = before + part + part + after
            case "move":
                data = part + before + after
            case "cut":
                data = before
            case _:
                count = MUCH // (len(token) + 1)
                data = before + token * count + part + after
    return data
