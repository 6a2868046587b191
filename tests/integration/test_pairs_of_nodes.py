"""Codes for other devices are good at every node, once."""

import trio

from tests.integration.asking import ask
from tests.integration.chatters import chatting, connected
from tests.integration.running import Running
from tests.integration.test_nodes import two_nodes

ROUNDS = 4


def codes(node: Running) -> set[str]:
    """Return the digests of codes that a node knows."""
    return set(node.server._hub._chat._pairings._pairings)


async def test_a_code_is_good_at_another_node_once(postgres_url: str) -> None:
    """Of several devices that show it at all nodes at once one comes, over HTTP or not."""
    told: list[str] = []

    async def come(node: Running, code: str) -> None:
        async with connected(node) as phone:
            answer = await phone.hello("", pair=code)
            told.append(answer.get("code") or answer["you"]["id"])

    async def begin(node: Running, code: str) -> None:
        answer = await ask(node, "POST", "/sessions", {"nick": "Ann", "pair": code})
        told.append(answer.json["you"]["id"] if answer.status == 201 else answer.code)

    async with two_nodes(postgres_url) as nodes, chatting(nodes[0], "Ann") as ann:
        for _ in range(ROUNDS):
            code = (await ann.ask(t="pair"))["code"]
            while codes(nodes[0]) != codes(nodes[1]):
                await trio.sleep(0.01)
            async with trio.open_nursery() as nursery:
                for node in nodes:
                    nursery.start_soon(come, node, code)
                    nursery.start_soon(begin, node, code)
            assert sorted(told) == sorted([ann.who["id"], *3 * ["bad_pair"]])
            told.clear()
            while codes(nodes[0]) or codes(nodes[1]):
                await trio.sleep(0.01)
