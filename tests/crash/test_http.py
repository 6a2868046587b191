"""The server is killed at random moments while scripts post and follow over HTTP."""

import json
import random
import uuid
from contextlib import suppress

import pytest
import trio

from tests.crash.conftest import MakeServer
from tests.sse import parse

PATH = "/api/v1/rooms/tea"
PATIENCE = 3  # seconds for the first answer; twice as long after each that was too late
SETTLING = 600  # seconds for all to have heard everything in the end
POSTERS, FOLLOWERS = 5, 5
GONE = (OSError, trio.BrokenResourceError, trio.TooSlowError)


class Poster:
    """A script that posts, and sends again with the same key what it has no answer to."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}  # numbers of what was acknowledged, by key
        self.is_posting = True
        self.is_done = False

    async def live(self, port: int) -> None:
        while self.is_posting:
            key, patience = str(uuid.uuid4()), PATIENCE
            while key not in self.kept:
                try:
                    with trio.fail_after(patience):
                        self.kept[key] = await post(port, key)
                except GONE:
                    patience *= 2
                    await trio.sleep(random.uniform(0, 0.2))  # noqa: S311 - no secret
            await trio.sleep(random.uniform(0, 0.05))  # noqa: S311 - no secret
        self.is_done = True


async def post(port: int, key: str) -> int:
    """Post a message and return its number."""
    head = (
        f"POST {PATH}/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(key)}\r\n\r\n"
    )
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all((head + key).encode())
        answer = b"".join([bytes(data) async for data in stream]).decode()
    if not answer.startswith(("HTTP/1.1 200", "HTTP/1.1 201")) or not answer.endswith("}\n"):
        raise ConnectionError(answer)  # cut, or to come again
    number: int = json.loads(answer.partition("\r\n\r\n")[2])["seq"]
    return number


class Follower:
    """Somebody who follows from the beginning, and comes back with the last id that it got."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []  # numbers and keys
        self.connections = 0
        self._last_id = "0"

    async def live(self, port: int) -> None:
        while True:
            with suppress(*GONE):
                await self._follow(port)
            await trio.sleep(random.uniform(0, 0.3))  # noqa: S311 - no secret

    async def _follow(self, port: int) -> None:
        request = f"GET {PATH}/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {self._last_id}"
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(f"{request}\r\n\r\n".encode())
            received = ""
            async for data in stream:
                received += bytes(data).decode()
                _, found, events = received.partition("\r\n\r\n")
                whole, end, rest = events.rpartition("\n\n")
                if found and end:
                    self._take(whole + end)
                    received = f"\r\n\r\n{rest}"

    def _take(self, events: str) -> None:
        for told in parse(events):
            assert not {"gap", "reset"} & told.data.keys(), told
            self.connections += told.event == "joined"
            if told.event == "msg":
                self.heard.append((told.data["seq"], told.data["cid"]))
            self._last_id = told.id or self._last_id


@pytest.mark.timeout(3600)
async def test_posts_are_kept_once_and_followers_hear_each_once(
    request: pytest.FixtureRequest, make_server: MakeServer
) -> None:
    """Promises 1 to 4 over HTTP: by the key of each post, and by the id of the last event."""
    crashes = request.config.getoption("--crashes")
    server = make_server()
    posters = [Poster() for _ in range(POSTERS)]
    followers = [Follower() for _ in range(FOLLOWERS)]
    await server.start()
    try:
        async with trio.open_nursery() as nursery:
            for poster in posters:
                nursery.start_soon(poster.live, server.port)
            for follower in followers:
                nursery.start_soon(follower.live, server.port)
            await server.live(crashes)
            for poster in posters:
                poster.is_posting = False
            with trio.fail_after(SETTLING):
                while not all(poster.is_done for poster in posters):
                    await trio.sleep(0.05)
                kept = sorted((seq, key) for one in posters for key, seq in one.kept.items())
                while any(len(one.heard) < len(kept) for one in followers):
                    await trio.sleep(0.05)
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await server.kill()
    assert '"level": "error"' not in server.log.read_text(encoding="utf-8")
    assert [seq for seq, _ in kept] == [*range(1, len(kept) + 1)]
    for follower in followers:
        assert follower.heard == kept
        assert follower.connections > 1
    print(f"{crashes} crashes: {len(kept)} posts, {followers[0].connections} connections each")
