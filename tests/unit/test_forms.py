"""Forms that bring a file: it is what was sent, however the form comes."""

from typing import cast

import pytest

from tests.turns import counted_turns
from trio_chat.net.problems import Problem
from trio_chat.web.api.file_bodies import Body, Form

HEAD = b'--X\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\n'
FIELD = b'--X\r\nContent-Disposition: form-data; name="why"\r\n\r\nbecause\r\n'


class Coming:
    """A body that comes in pieces of some length."""

    def __init__(self, body: bytes, size: int) -> None:
        self._pieces = [body[at : at + size] for at in range(0, len(body), size)]

    async def next(self) -> bytes | None:
        return self._pieces.pop(0) if self._pieces else None


async def file_of(body: bytes, size: int) -> bytes:
    """Return the file that is found in a form."""
    form = Form("X", cast("Body", Coming(body, size)))
    assert await form.find_file() == "a.txt"
    found = b""
    while (piece := await form.next()) is not None:
        found += piece
    return found


async def test_a_file_of_any_length_is_what_was_sent() -> None:
    """Wherever the form is cut to be searched for it."""
    wrong = []
    for length in range(3_900, 4_300):
        content = b"a" * length
        if await file_of(HEAD + content + b"\r\n--X--\r\n", 1_000_000) != content:
            wrong.append(length)
    assert wrong == []


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
@pytest.mark.parametrize("end", [b"\r\n--X--\r\n", b"\r\n--X--", b"\r\n--X \r\n" + FIELD[5:]])
async def test_a_file_that_comes_in_small_pieces_is_what_was_sent(size: int, end: bytes) -> None:
    """With what looks like the end of it, and is not."""
    content = b"a\r\n--Xa\r\n--\r\n-\r\r\n\n" * 9 + b"--X-\r\n--X-a\r"
    assert await file_of(FIELD + HEAD + content + b"." + end, size) == content + b"."


async def test_a_form_that_ends_in_the_middle_is_refused() -> None:
    """Also where the line between two parts was to come."""
    with pytest.raises(Problem, match="cannot be read"):
        await file_of(HEAD + b"a\r\n--X-", 1_000_000)


async def test_others_are_served_while_a_form_is_searched() -> None:
    """The event loop gets on after each part, though all of them have come."""
    form = Form("X", cast("Body", Coming(FIELD * 20, 1_000_000)))
    async with counted_turns() as turns:
        with pytest.raises(Problem):
            await form.find_file()
    assert turns.count >= 20
