"""Rules of crowds: who goes at once, however many they are, must not hold up those who stay."""

from itertools import pairwise

import trio
import trio.testing

from tests import frames
from tests.unit.members import house
from trio_chat.client.client import Client
from trio_chat.client.lookups import EXITS, make_context
from trio_chat.config import Config
from trio_chat.journal.history import History
from trio_chat.net.head import parse_head
from trio_chat.net.websocket import shake_hands
from trio_chat.protocol import requests
from trio_chat.protocol.dialects import plain

CROWD = 20 * EXITS
CONFIG = Config()
LOBBY = requests.Join(room="lobby")


async def test_a_crowd_that_hangs_up_is_let_go_by_and_by() -> None:
    """So many in a round of Trio; the others have their turn in between."""
    gone: list[Client] = []

    async def live(client: Client) -> None:
        await client.run()
        gone.append(client)

    async with house() as home, trio.open_nursery() as nursery:
        history = History(home.journal, CONFIG, home.hub.populations)
        context = make_context(home.inbox, CONFIG, history)
        peers = []
        for _ in range(CROWD):
            ours, peer = trio.testing.memory_stream_pair()
            websocket, _ = shake_hands(parse_head(frames.upgrade()), CONFIG)
            nursery.start_soon(live, Client(ours, websocket, plain, context, LOBBY))
            peers.append(peer)
        await trio.testing.wait_all_tasks_blocked()
        assert len(home.connections) == CROWD
        for peer in peers:
            peer.send_stream.close()
            peer.receive_stream.close()
        count = [0]
        while count[-1] < CROWD:
            await trio.lowlevel.checkpoint()
            count.append(len(gone))
        # In each round Trio runs the tasks in any order: there may be two rounds between two looks.
        assert max(after - before for before, after in pairwise(count)) <= 2 * EXITS
    assert not home.connections
