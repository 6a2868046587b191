"""What people and their programs do, over real sockets."""

import trio
import trio_websocket

from tests.integration.running import running


async def lines(client: trio_websocket.WebSocketConnection) -> list[str]:
    """Return the lines of the next message."""
    message = await client.get_message()
    assert isinstance(message, str)
    return message.split("\n")


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
        trio.open_nursery() as nursery,
    ):

        async def listen(client: trio_websocket.WebSocketConnection) -> None:
            heard: list[str] = []
            while len(heard) < len(said):
                heard += await lines(client)
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
                while f"ready {number}" not in await lines(client):
                    pass
                ready[number].set()
                await everybody.wait()
                for count in range(each):
                    await client.send_message(f"{number} {count}")
                while len(heard[number]) < people * each:
                    new = [line for line in await lines(client) if not line.startswith("ready")]
                    heard[number] += new

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


async def test_the_address_can_be_opened_on_this_machine() -> None:
    """Whatever the host: 0.0.0.0 is no address that a browser could open."""
    async with running(host="0.0.0.0") as server:  # noqa: S104 - for the length of a test
        assert server.address == f"http://localhost:{server.port}/"
    async with running(host="127.0.0.1") as server:
        assert server.address == f"http://127.0.0.1:{server.port}/"
