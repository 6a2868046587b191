"""Rules of log lines: which keys they have, and about whom they say they are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from trio_chat import log_context

ROOT = Path(log_context.__file__).parent
TEXT = (ROOT.parent / "docs" / "operating.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("As JSON, a line is an object")[2].partition("\nIn log lines")[0]
OTHERS = ("remote", "terminal")  # programs that are no server
# Of every line; of lines about a connection; what ``exc_info`` becomes; what is taken out again.
ADDED = {"event", "level", "timestamp", "connection", "peer", "exception"}
TAKEN_OUT = {"exc_info", "kind"}


def logged_keys() -> Iterator[str]:
    """Yield the keys that any call of a logger of the server gives."""
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] in OTHERS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_log(node.func):
                for keyword in node.keywords:
                    assert keyword.arg, f"{path}:{node.lineno}: keys that nobody can list"
                    yield keyword.arg


def _is_log(function: ast.expr) -> bool:
    """Whether this is ``log.info``, ``log.error``, and so on."""
    is_attribute = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return is_attribute and function.value.id == "log"  # type: ignore[attr-defined]


def test_every_key_is_documented_and_every_documented_one_is_used() -> None:
    """Programs read them, so there are no others, and none that depends on what is logged."""
    documented = re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE)
    told = [key for cell in documented for key in re.findall(r"`(\w+)`", cell)]
    assert len(told) == len(set(told))
    assert set(told) == (set(logged_keys()) - TAKEN_OUT) | ADDED


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1", "machine"),
        ("::1", "machine"),
        ("::ffff:127.0.0.1", "machine"),
        ("192.168.1.7", "private"),
        ("fe80::1%eth0", "private"),
        ("fd00::1", "private"),
        ("8.8.8.8", "public"),
        ("2a00:1450::1", "public"),
        ("unix", "machine"),
        ("@", "unknown"),
    ],
)
def test_an_address_has_a_class(address: str, told: str) -> None:
    """That tells from where it is, and nobody who it is."""
    assert log_context.peer_class(address) == told


async def test_lines_are_about_the_connection_whose_task_logs() -> None:
    """Also those of tasks that it has started; what is told of another peer stays so."""

    def line(**more: object) -> dict[str, object]:
        return dict(log_context.add_subject(None, "", {"event": "x", **more}))

    lines: list[dict[str, object]] = []

    async def connection(number: int) -> None:
        log_context.begin(number, log_context.PROXY)
        await trio.lowlevel.checkpoint()
        log_context.reveal("public")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(part)

    async def part() -> None:
        await trio.lowlevel.checkpoint()
        lines.append(line())

    log_context.reveal("public")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection, 1)
        nursery.start_soon(connection, 2)
    assert sorted(lines, key=str) == [
        {"event": "x", "connection": number, "peer": "public"} for number in (1, 2)
    ]
    assert line() == {"event": "x"}
    async with trio.open_nursery() as nursery:
        log_context.begin(3, "machine")
        assert line(peer="private") == {"event": "x", "connection": 3, "peer": "private"}
