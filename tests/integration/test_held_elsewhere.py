"""What waits for approval is seen, approved and rejected at every node."""

import psycopg
import trio

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import PATIENCE
from tests.integration.test_approval import review, send, waiting
from tests.integration.test_links import join
from tests.integration.test_moderation import make_class
from tests.integration.test_nodes import two_nodes


async def until_waiting(moderator: Chatter, count: int) -> list[Object]:
    """Wait until so many messages wait, and return them."""
    with trio.fail_after(PATIENCE):
        while len(told := await waiting(moderator)) != count:
            await trio.sleep(0.01)
    return told


async def until_moderator(chatter: Chatter, room: str, link: str) -> None:
    """Come by a link as soon as this node has heard of it, within a second or so."""
    with trio.fail_after(PATIENCE):
        while (await join(chatter, room, link)).get("right") != "moderate":
            await trio.sleep(0.01)


async def test_moderators_at_any_node_decide(postgres_url: str) -> None:
    """What one approves is sent as any message of its author's, once; what one rejects is gone."""
    async with (
        two_nodes(postgres_url) as (one, other),
        chatting(one, "Ann") as ann,
        chatting(other, "Eve", "class") as eve,
    ):
        await make_class(ann)
        await ann.ask(t="rules", room="class", hold_links=True)
        await eve.until("rules")
        for number in range(3):
            answer = await send(eve, f"https://{number}.example/", f"a-cid-of-mine-{number}")
            assert answer["code"] == "held"
        told = await until_waiting(ann, 3)
        assert [one["text"] for one in told] == [f"https://{one}.example/" for one in range(3)]
        numbers = [one["held"] for one in told]
        assert (await review(ann, numbers[0], "approve"))["t"] == "ok"
        heard = await eve.until("msg")
        assert (heard["text"], heard["from"]) == ("https://0.example/", eve.who)
        assert (await review(ann, numbers[1], "reject"))["t"] == "ok"
        link = (await ann.ask(t="link", room="class", right="moderate"))["link"]
        async with chatting(other, "Bob") as bob:
            await until_moderator(bob, "class", link["secret"])
            [left] = await until_waiting(bob, 1)
            assert left["held"] == numbers[2]
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute("TRUNCATE held")
                count = "SELECT count(*) FROM held"
                while connection.execute(count).fetchone() != (2,):  # with the mark
                    await trio.sleep(0.01)
            assert [one["held"] for one in await waiting(ann)] == [numbers[2]]
            assert (await review(bob, numbers[2], "reject"))["t"] == "ok"
        await until_waiting(ann, 0)
