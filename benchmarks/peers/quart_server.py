"""The Quart-Trio peer: a websocket route on Hypercorn, with a channel for each client."""

import logging
import sys

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from quart import websocket
from quart_trio import QuartTrio

OUTBOX = 256  # messages that may wait for one client

app = QuartTrio(__name__)
outboxes: set[trio.MemorySendChannel[str | bytes]] = set()


async def write(inbox: trio.MemoryReceiveChannel[str | bytes]) -> None:
    """Send one client what waits for it."""
    async for message in inbox:
        await websocket.send(message)


async def read() -> None:
    """Put what one client says into everybody's channel; who has no room there misses it."""
    while True:
        message = await websocket.receive()
        for outbox in outboxes:
            try:
                outbox.send_nowait(message)
            except trio.WouldBlock:
                continue


@app.websocket("/ws")
async def chat() -> None:
    """Hold one client."""
    outbox, inbox = trio.open_memory_channel[str | bytes](OUTBOX)
    outboxes.add(outbox)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write, inbox)
            nursery.start_soon(read)
    finally:
        outboxes.discard(outbox)


@app.before_serving
async def announce() -> None:
    """Tell the benchmark, which then tries until the port is open."""
    print("listening", flush=True)


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
config.backlog = 65535
config.errorlog = logging.getLogger("silent")
logging.disable(logging.CRITICAL)
trio.run(serve, app, config)
