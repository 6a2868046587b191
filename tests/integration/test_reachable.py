"""A page that gets no WebSocket can ask how its requests come."""

import structlog

from tests import frames
from tests.integration.asking import ask
from tests.integration.running import read_all, serving, status

PAGE = "https://chat.example.org"


def reach(host: str, *, welcome: bool) -> dict[str, object]:
    """Return what is told of a request from this machine."""
    more = {"ignored": False, "address": "127.0.0.1", "ping_interval": 0.0}
    return {"host": host, "welcome": welcome, **more}


async def test_the_host_is_told_as_it_came() -> None:
    """A proxy may have put another one in the place of the page's."""
    async with serving() as server:
        answer = await ask(server, "GET", f"/reachable?origin={PAGE}", host="127.0.0.1:8080")
        assert answer.json == reach("127.0.0.1:8080", welcome=False)
        own = await ask(server, "GET", "/reachable?origin=http://localhost")
        assert own.json == reach("localhost", welcome=True)


async def test_a_program_has_no_origin_and_is_welcome() -> None:
    """As everywhere else."""
    async with serving() as server:
        answer = await ask(server, "GET", "/reachable")
        assert answer.json["welcome"] is True


async def test_a_proxy_that_is_not_trusted_is_told_from_one_that_is() -> None:
    """What it tells of the host is ignored, or is what the answer tells."""
    query, told = f"/reachable?origin={PAGE}", {"X_Forwarded_Host": "chat.example.org"}
    told |= {"X_Forwarded_For": "203.0.113.5", "X_Forwarded_Proto": "https"}
    async with serving() as server:
        assert (await ask(server, "GET", query, **told)).json["ignored"] is True
    async with serving(trusted_proxy=("127.0.0.1",), host_name=("chat.example.org",)) as server:
        answer = await ask(server, "GET", query, **told)
        assert answer.json == {
            **reach("chat.example.org:443", welcome=True),
            "address": "203.0.113.5",
        }


async def test_whoever_is_not_let_in_may_ask_that() -> None:
    """The question comes before the one for a password."""
    async with serving(access=("invite",)) as server:
        assert (await ask(server, "GET", "/rooms")).status == 401
        assert (await ask(server, "GET", "/reachable")).status == 200


async def test_the_log_says_why_a_websocket_is_refused() -> None:
    """A page whose proxy rewrites the host is of a foreign origin to the server."""
    async with serving() as server:
        with structlog.testing.capture_logs() as logged:
            async with await server.connect() as stream:
                await stream.send_all(frames.upgrade(b"Origin: https://chat.example.org"))
                assert status(await read_all(stream)) == 403
    assert [line["advice"] for line in logged if line["event"] == "WebSocket refused"] == [
        "have the proxy pass on Host; see --allow-origin and --trusted-proxy"
    ]
