"""Rules of what a worker does when its parent tells it to."""

import socket
from types import SimpleNamespace
from typing import cast

import trio

from trio_chat.protocol.close import CloseReason
from trio_chat.server import Server
from trio_chat.workers.boss import Boss
from trio_chat.workers.messages import Ask, Post, line


async def test_a_parent_in_a_hurry_cuts_everything_short() -> None:
    """A worker that is told so begins no goodbyes, and answers nothing."""
    ours, theirs = socket.socketpair()
    goodbyes: list[CloseReason] = []
    server = cast("Server", SimpleNamespace(health=SimpleNamespace(ready=trio.sleep_forever)))
    with ours:
        boss = Boss(Post(1, theirs.detach(), []))
        ours.sendall(line(Ask(0, "hurry")))
        with trio.CancelScope() as everything:
            await boss.attend(server, goodbyes.append, everything)
        assert everything.cancelled_caught
        assert ours.recv(1) == b""
    assert goodbyes == []
