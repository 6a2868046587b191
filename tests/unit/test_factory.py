"""Rules of how clients begin."""

from dataclasses import replace

import pytest
import trio

from trio_chat.auth.gate import Gate
from trio_chat.auth.grant import Grant
from trio_chat.client.factory import ClientFactory
from trio_chat.client.lookups import make_context
from trio_chat.config import Config
from trio_chat.hub import Hub
from trio_chat.journal.history import History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.limits.attempts import Attempts
from trio_chat.limits.limits import Limits
from trio_chat.net.problems import Problem
from trio_chat.net.visitor import Visitor
from trio_chat.protocol import requests


async def test_nobody_comes_in_by_what_holds_no_more() -> None:
    """The journal was asked in between, and the hub does not know of them yet."""
    config, journal = Config(access=("invite",)), MemoryJournal()
    limits = Limits(config)
    hub = Hub(journal, config, limits)
    context = make_context(hub.inbox, config, History(journal, config, dict), limits)
    gate = Gate(config, hub.people, Attempts(limits), hub.invitations)
    factory = ClientFactory(replace(context, gate=gate), hub.readers, lambda: "")
    visitor = Visitor("192.0.2.1", Grant(mark="of before"))
    ours, theirs = map(trio.SocketStream, trio.socket.socketpair())
    async with ours, theirs:
        with pytest.raises(Problem, match="what has let you in holds no more"):
            await factory.on_events(ours, requests.Join(room="tea"), b"", b"", visitor)
