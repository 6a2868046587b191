"""What people and their programs do, over real sockets."""

import trio
import trio_websocket

from tests.integration.running import running


async def test_a_message_reaches_everybody_and_its_sender() -> None:
    """That is what a chat is."""
    async with (
        running() as server,
        trio_websocket.open_websocket_url(server.ws) as one,
        trio_websocket.open_websocket_url(server.ws) as two,
    ):
        await one.send_message("hello")
        assert await one.get_message() == "hello"
        assert await two.get_message() == "hello"


async def test_localhost_is_served_on_both_loopback_addresses() -> None:
    """Whichever way the name resolves, it works."""
    async with running() as server:
        for host in ("127.0.0.1", "[::1]"):
            url = f"ws://{host}:{server.port}/ws"
            async with trio_websocket.open_websocket_url(url) as client:
                await client.send_message("hello")
                assert await client.get_message() == "hello"


async def test_a_burst_arrives_complete_and_in_order() -> None:
    """Messages may come joined by newlines; none is lost, doubled or out of order."""
    said = [f"message {count}" for count in range(500)]
    async with (
        running() as server,
        trio_websocket.open_websocket_url(server.ws) as one,
        trio_websocket.open_websocket_url(server.ws) as two,
    ):
        async with trio.open_nursery() as nursery:

            async def listen(client: trio_websocket.WebSocketConnection) -> None:
                heard: list[str] = []
                while len(heard) < len(said):
                    heard += (await client.get_message()).split("\n")
                assert heard == said

            nursery.start_soon(listen, one)
            nursery.start_soon(listen, two)
            for message in said:
                await one.send_message(message)


async def test_who_leaves_gets_nothing_more_and_others_chat_on() -> None:
    """A close is answered with its own code."""
    async with running() as server, trio_websocket.open_websocket_url(server.ws) as one:
        async with trio_websocket.open_websocket_url(server.ws) as two:
            await two.send_message("bye")
            assert await one.get_message() == "bye"
        assert two.closed is not None
        assert two.closed.code == 1000
        await one.send_message("alone")
        assert await one.get_message() == "alone"


async def test_two_hundred_clients_get_every_message_once_and_in_order() -> None:
    """Everybody hears the same: a small load test, judged by what arrives."""
    people, each = 200, 5
    async with running() as server, trio.open_nursery() as nursery:
        heard: list[list[str]] = [[] for _ in range(people)]
        ready = [trio.Event() for _ in range(people)]
        everybody = trio.Event()

        async def take_part(number: int) -> None:
            async with trio_websocket.open_websocket_url(server.ws) as client:
                await client.send_message(f"ready {number}")
                while f"ready {number}" not in (await client.get_message()).split("\n"):
                    pass
                ready[number].set()
                await everybody.wait()
                for count in range(each):
                    await client.send_message(f"{number} {count}")
                while len(heard[number]) < people * each:
                    lines = (await client.get_message()).split("\n")
                    heard[number] += [line for line in lines if not line.startswith("ready")]

        for number in range(people):
            nursery.start_soon(take_part, number)
        for event in ready:
            await event.wait()
        everybody.set()
    expected = {f"{number} {count}" for number in range(people) for count in range(each)}
    assert set(heard[0]) == expected
    assert len(heard[0]) == len(expected)
    assert all(other == heard[0] for other in heard)
    for number in range(people):
        own = [line for line in heard[0] if line.split()[0] == str(number)]
        assert own == [f"{number} {count}" for count in range(each)]
