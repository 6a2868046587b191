"""A nick is one person's at all nodes: whoever asks, at whichever moment, and whatever breaks."""

from typing import Any

import psycopg
import pytest
import trio

from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, chatting, connected
from tests.integration.running import Running
from tests.integration.test_nodes import bus_of, two_nodes
from trio_chat.core import claims
from trio_chat.journal.postgres import claims as written
from trio_chat.journal.types import Claimed

ROUNDS = 30
GONE = "UPDATE nodes SET until = '-infinity' WHERE id = decode(%s, 'hex')"


def execute(url: str, statement: str, *parameters: object) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement, parameters)


async def test_of_two_who_want_a_nick_at_once_one_has_it(postgres_url: str) -> None:
    """Whether they come, are renamed, or ask for a session; the others are told in each round."""
    codes: list[str] = []

    async def rename(who: Chatter, nick: str) -> None:
        answer = await who.ask(t="nick", nick=nick)
        codes.append(answer.get("code", "ok"))

    async def come(node: Running, nick: str) -> None:
        async with connected(node) as who:
            codes.append((await who.hello(nick)).get("code", "ok"))

    async def begin(node: Running, nick: str) -> None:
        answer = await ask(node, "POST", "/sessions", {"nick": nick})
        codes.append("ok" if answer.status == 201 else answer.code)

    async with (
        two_nodes(postgres_url) as nodes,
        chatting(nodes[0], "Ann") as ann,
        chatting(nodes[1], "Ben") as ben,
    ):
        for number in range(ROUNDS):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(rename, ann, f"Kim {number}")
                nursery.start_soon(rename, ben, f"Kim {number}")
            async with trio.open_nursery() as nursery:
                for node in nodes:
                    nursery.start_soon(come, node, f"Lou {number}")
                    nursery.start_soon(begin, node, f"Lou {number}")
            assert sorted(codes) == 4 * ["nick_taken"] + 2 * ["ok"], number
            codes.clear()


async def test_a_dead_node_s_nick_is_free_after_its_lease(postgres_url: str) -> None:
    """If it lives on, it says nothing in the name of who has lost one, and then renames them."""
    async with (
        two_nodes(postgres_url, nick_keep_days=0) as (one, other),
        chatting(other, "Kim", "tea") as kim,
        chatting(other, "Lou", "tea") as lou,
        connected(one) as another,
    ):
        assert (await another.hello("Kim"))["code"] == "nick_taken"
        bus = bus_of(other)
        id, bus._id = bus._id, b"00"  # it lives, but nobody hears of it
        bus._leased_until = trio.current_time() - 1
        execute(postgres_url, GONE, id.decode())
        while (await another.hello("Kim", "tea"))["t"] != "welcome":
            execute(postgres_url, GONE, id.decode())
        bus._leased_until = trio.current_time() - 1  # a beat may have been under way
        refused = await kim.ask(t="send", room="tea", text="it is me", cid="a-cid-of-mine")
        assert (refused["code"], refused.get("retry_ms")) == ("unavailable", 1000)
        bus._id = id
        while (told := await lou.until("nick"))["who"]["id"] != kim.who["id"]:
            pass
        assert told["who"]["nick"] == "Kim-2"
        while (await kim.ask(t="send", room="tea", text="it was me", cid="another-of-mine"))[
            "t"
        ] != "ok":
            await trio.sleep(0.01)
        assert (await another.until("msg"))["from"] == {**kim.who, "nick": "Kim-2"}


async def test_a_nick_that_is_used_elsewhere_is_not_freed(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator frees one that nobody has at any node; then others can take it at each."""
    monkeypatch.setattr(claims, "LINGER", 0.0)
    async with two_nodes(postgres_url, presence_grace=0) as (one, other):
        secret = await one.server._hub.make_first_operator()
        async with chatting(one, "Op", link=secret) as op:

            async def free() -> str:
                answer = await op.ask(t="free_nick", nick="Kim")
                return str(answer.get("code", "ok"))

            async with chatting(other, "Kim"):
                while (code := await free()) == "not_found":  # until it is known here
                    await trio.sleep(0.01)
                assert code == "nick_taken"
            token = bearer(op.session)
            while (
                answer := await ask(one, "DELETE", "/nicks/Kim", authorization=token)
            ).status != 200:
                assert answer.code == "nick_taken"
                await trio.sleep(0.01)
            for node in (other, one):
                async with connected(node) as another:
                    while (await another.hello("Kim"))["t"] != "welcome":
                        await trio.sleep(0.01)
                    await another.ask(t="sign_out", forget=True)


async def test_a_nick_that_is_released_while_it_is_claimed(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the claim and the look who has it: it is claimed once more, at once."""
    put = written.Claims._put
    async with two_nodes(postgres_url) as (one, other):
        told: list[Claimed] = []
        monkeypatch.setattr(bus_of(one), "_emit", told.append)
        monkeypatch.setattr(bus_of(other), "_emit", lambda _: None)  # its hub has not asked for it

        def held() -> object:
            with psycopg.connect(postgres_url) as connection:
                return connection.execute(
                    "SELECT person FROM nicks WHERE folded = 'kim'"
                ).fetchone()

        async def late(self: written.Claims, ask: written.Ask, rows: list[Any]) -> dict[str, str]:
            async def asked(statement: str, *parameters: bytes) -> object:
                found = await ask(statement, *parameters)
                if statement == written.CLAIM and self is bus_of(one)._claims:
                    bus_of(other).claim({"kim": None})
                    while held() == ("theirs",):
                        await trio.sleep(0.01)
                return found

            return await put(self, asked, rows)

        bus_of(other).claim({"kim": "theirs"})
        while not held():
            await trio.sleep(0.01)
        monkeypatch.setattr(written.Claims, "_put", late)
        bus_of(one).claim({"kim": "ours"})
        while not told:
            await trio.sleep(0.01)
        assert told[0].holders["kim"] == "ours"


async def test_a_table_that_postgresql_has_emptied(postgres_url: str) -> None:
    """After a crash all claim again what they hold, and nobody gets anything new before."""
    async with (
        two_nodes(postgres_url, nick_keep_days=0) as (one, other),
        chatting(other, "Kim") as kim,
        connected(one) as another,
    ):
        execute(postgres_url, "TRUNCATE nicks")
        for nick in ("Kim", "Lou"):
            refused = await another.hello(nick)
            assert (refused["code"], refused.get("retry_ms")) == ("unavailable", 1000)
        bus_of(other)._claims.begin()
        bus_of(other)._wanted.set()
        assert (await kim.ask(t="nick", nick="Kam"))["code"] == "unavailable"
        execute(postgres_url, "UPDATE nicks SET since = '-infinity' WHERE folded = ''")
        assert (await another.hello("Kim"))["code"] == "nick_taken"
        assert (await another.hello("Lou"))["t"] == "welcome"
        assert (await kim.ask(t="nick", nick="Kam"))["t"] == "ok"
