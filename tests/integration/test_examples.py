"""The programs that are shown work as printed."""

import re
import sys
from pathlib import Path

import pytest
import trio

from tests.integration.commands import ROOT, command
from tests.integration.running import PATIENCE
from trio_chat.remote import Room, connect


async def answer(room: Room, question: str) -> str:
    """Say something until somebody else does: the program may not be there yet."""
    seq = 0
    with trio.fail_after(3 * PATIENCE):
        while True:
            with trio.move_on_after(1):
                await room.send(question)
                async for message in room:
                    if message.who and message.who.nick != "Ann":
                        seq = message.seq
                        break
                assert seq
                return message.text


async def run_while(program: list[str], port: int, name: str, question: str) -> str:
    """Run a program beside the server; return what it says."""
    async with (
        connect(f"http://localhost:{port}/", nick="Ann") as chat,
        trio.open_nursery() as nursery,
    ):
        await nursery.start(trio.run_process, program)
        said = await answer(chat.room(name), question)
        nursery.cancel_scope.cancel()
    return said


async def test_the_dice() -> None:
    """It answers a roll."""
    async with command() as server:
        url = f"http://localhost:{server.port}/"
        program = [sys.executable, str(ROOT / "examples/dice.py"), url]
        said = await run_while(program, server.port, "lobby", "!roll 2d6")
    assert re.fullmatch(r"\d \+ \d = \d+", said)


async def test_the_bridge(tmp_path: Path) -> None:
    """It posts lines that are appended, whole ones only."""
    log = tmp_path / "app.log"
    log.write_text("old\n")
    async with (
        command() as server,
        connect(f"http://localhost:{server.port}/", nick="Ann") as chat,
        trio.open_nursery() as nursery,
    ):
        url = f"http://localhost:{server.port}/"
        program = [sys.executable, str(ROOT / "examples/bridge.py"), str(log), url]
        room = chat.room("ops")
        await nursery.start(trio.run_process, program)
        with trio.fail_after(3 * PATIENCE):
            while "Log" not in [person.nick for person in room.members]:
                await trio.sleep(0.05)
            await trio.sleep(0.3)
            with log.open("a") as file:
                file.write("disk full\nand ")
            assert (await anext(room)).text == "disk full"
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
async def test_what_the_pages_show(page: str, tmp_path: Path) -> None:
    """The program on the page, as printed but for the port."""
    async with command() as server:
        text = (ROOT / page).read_text(encoding="utf-8")
        found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
        assert found
        program = tmp_path / "echo.py"
        program.write_text(found[1].replace("8080", str(server.port)))
        said = await run_while([sys.executable, str(program)], server.port, "lobby", "Hello?")
    assert said == "Hello?"
