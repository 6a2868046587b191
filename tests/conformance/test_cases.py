"""Plays the cases: exchanges that RFC 6455 asks for, or that we chose where it lets us."""

from collections import Counter
from urllib.parse import urlsplit

import pytest
import trio

from . import closing, fragments, framing, sizes, utf8
from .case import Case
from .peer import Peer

CASES = framing.CASES + fragments.CASES + utf8.CASES + closing.CASES + sizes.CASES


def by_id(case: Case) -> str:
    return case.id


def test_names() -> None:
    """Every case has a name of its own."""
    names = Counter(case.id for case in CASES + sizes.LARGE)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("case", CASES, ids=by_id)
async def test_case(echo: str, case: Case) -> None:
    """The server answers what the case says, echoes what is right, and fails what is not."""
    await _play(echo, case)


@pytest.mark.parametrize("case", sizes.LARGE, ids=by_id)
async def test_large(large_echo: str, case: Case) -> None:
    """A server that allows large messages echoes them, in whatever frames and pieces they come."""
    await _play(large_echo, case)


async def _play(url: str, case: Case) -> None:
    address = urlsplit(url)
    assert address.hostname
    async with await trio.open_tcp_stream(address.hostname, address.port or 80) as stream:
        peer = Peer(stream)
        await peer.shake_hands(url)
        await peer.play(case)
