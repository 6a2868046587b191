"""What an address may do it may do at all nodes together, a second later at most."""

import trio

from tests.integration.asking import ask
from tests.integration.chatters import connected
from tests.integration.running import Running, status
from tests.integration.test_nodes import two_nodes
from trio_chat.rates import Rate

HERE = "127.0.0.1"
FEW = Rate(3 / 3600, 3)


async def until_counted(node: Running, rate: str) -> None:
    """Wait until a node has heard that nothing is left of a bucket."""
    limits = node.server._limits
    while not limits.addresses.of(HERE, 0).bucket(rate).delay(trio.current_time()):
        await trio.sleep(0.01)


async def test_limits_by_address_are_one_for_all_nodes(postgres_url: str) -> None:
    """Guesses, new names and open connections; of a node that ends those are free again."""
    settings = {"loopback_limits": "on", "link_guess_rate": FEW, "new_name_rate": FEW}
    async with two_nodes(postgres_url, **settings, connections_per_address=3) as (one, other):
        for number in range(3):
            answer = await ask(one, "GET", "/rooms/tea/messages", room_link=f"wrong {number}")
            assert answer.status == 200
            assert (await ask(one, "POST", "/sessions", {"nick": f"Ann {number}"})).status == 201
        await until_counted(other, "link_guess_rate")
        await until_counted(other, "new_name_rate")
        assert (await ask(other, "POST", "/sessions", {"nick": "Eve"})).code == "busy"
        assert (await ask(other, "GET", "/rooms/tea/messages", room_link="no")).code == "busy"
        async with connected(one), connected(one), connected(other):
            shared = one.server._limits.shared
            assert shared
            while not shared.connections_elsewhere(HERE):
                await trio.sleep(0.01)
            refused = await one.exchange(b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert status(refused) == 429
