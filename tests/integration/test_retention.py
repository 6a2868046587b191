"""What retention has deleted is gone for whoever comes back, also while it is still at work."""

from pathlib import Path

import pytest
import trio

from tests.integration.chatters import chatting
from tests.integration.running import PATIENCE, serving
from trio_chat.journal import retention
from trio_chat.journal.sqlite.upkeep import Upkeep


async def test_nobody_gets_from_memory_what_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Be there any amount left to do: whoever missed it is told of the gap."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server, chatting(server, "Ann", "tea") as ann:
        for number in range(5):
            await ann.send("tea", f"{number}")
    is_loaded = trio.Event()

    async def wait_for_it(_: object) -> None:
        await is_loaded.wait()

    async def go_on_for_ever(_: object) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(retention, "_known_time", wait_for_it)
    monkeypatch.setattr(Upkeep, "_erase", go_on_for_ever)
    async with (
        serving(keep_messages=2, database=database) as server,
        chatting(server, "Ben", {"room": "tea", "last": 0, "epoch": ann.epoch}) as ben,
    ):
        assert await ben.seqs_until(5) == [1, 2, 3, 4, 5]
        is_loaded.set()
        with trio.fail_after(PATIENCE):
            while len((await ben.ask(t="history", room="tea"))["messages"]) > 2:
                await trio.sleep(0.01)
        joined = await ben.ask(t="join", room="tea", last=0)
        assert joined["gap"] == 4
        assert await ben.seqs_until(5) == [4, 5]
