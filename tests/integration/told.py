"""Commands that run in a thread of the tests' own process, which takes less than another one."""

import pytest
import trio

from trio_chat.cli import main


async def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that has to succeed; return what it printed.

    If a server runs in the same process, lines of its log may be among that.
    """
    capsys.readouterr()
    status = await trio.to_thread.run_sync(main, arguments)
    printed = capsys.readouterr()
    assert status == 0, printed.err
    return printed.out
