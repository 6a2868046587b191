"""Rules of session tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.requests import TOKEN_LIMIT
from trio_chat.sessions import Sessions

SESSIONS = Sessions(b"secret")
ANN = SESSIONS.new_id()
TOKEN = SESSIONS.token(ANN)


def test_a_token_tells_whose_it_is() -> None:
    """To whoever has the secret, also after a restart."""
    assert Sessions(b"secret").person(TOKEN) == ANN
    assert len(TOKEN) <= TOKEN_LIMIT


def test_people_have_different_ids() -> None:
    """Which nobody can guess."""
    assert len({SESSIONS.new_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "token",
    {
        "nothing": "",
        "an id without signature": ANN,
        "an empty signature": f"{ANN}.",
        "nobody": ".",
        "another signature": f"{ANN}.{'0' * 32}",
        "half a signature": TOKEN[:-1],
        "more than a signature": TOKEN + "0",
        "a signature twice": f"{TOKEN}.{TOKEN.partition('.')[2]}",
        "another's signature": f"{ANN}.{SESSIONS.token('somebody').partition('.')[2]}",
        "an id that begins so": f"{ANN}x.{TOKEN.partition('.')[2]}",
        "another server's": Sessions(b"another").token(ANN),
        "without secret": Sessions(b"").token(ANN),
        "not ASCII": TOKEN + "é",
        "full width": TOKEN.replace("0", "０"),  # noqa: RUF001 - on purpose
        "upper case": TOKEN.upper() + "A",
        "very long": TOKEN * 1000,
    }.values(),
)
def test_a_forged_token_is_nobody_s(token: str) -> None:
    """However it is made."""
    assert SESSIONS.person(token) is None


@given(st.text())
def test_no_text_is_a_token_by_chance(token: str) -> None:
    """And none makes the check crash."""
    assert SESSIONS.person(token) is None
