"""The trio-websocket peer: a hub task that awaits one send_message for each client."""

import sys

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket

INBOX = 1024  # messages that may wait for the hub

members: set[WebSocketConnection] = set()


async def fan_out(inbox: trio.MemoryReceiveChannel[str | bytes]) -> None:
    """Send every message to everybody, one client after the other."""
    async for message in inbox:
        for member in list(members):
            try:
                await member.send_message(message)
            except ConnectionClosed:
                members.discard(member)


async def main() -> None:
    """Serve until killed."""
    outbox, inbox = trio.open_memory_channel[str | bytes](INBOX)

    async def chat(request: WebSocketRequest) -> None:
        connection = await request.accept()
        members.add(connection)
        try:
            while True:
                await outbox.send(await connection.get_message())
        except ConnectionClosed:
            pass
        finally:
            members.discard(connection)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(fan_out, inbox)
        await nursery.start(serve_websocket, chat, "127.0.0.1", int(sys.argv[1]), None)
        print("listening", flush=True)


trio.run(main)
