"""The websockets peer: its asyncio server on uvloop, and its own broadcast."""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

members: set[ServerConnection] = set()


async def chat(connection: ServerConnection) -> None:
    """Hold one client."""
    members.add(connection)
    try:
        async for message in connection:
            broadcast(members, message)
    finally:
        members.discard(connection)


async def main() -> None:
    """Serve until killed."""
    async with serve(chat, "127.0.0.1", int(sys.argv[1]), compression=None, backlog=65535):
        print("listening", flush=True)
        await asyncio.get_running_loop().create_future()


uvloop.run(main())
