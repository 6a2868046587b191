"""All ways in ask the policy, for reads too."""

import pytest

from tests.frames import upgrade
from tests.integration.asking import ask
from tests.integration.chatters import chatting
from tests.integration.followers import request
from tests.integration.running import read_answer, running, status
from trio_chat.core import policy
from trio_chat.core.policy import Denial
from trio_chat.protocol import requests

DENIAL = Denial("not_yours", "not today")


async def test_what_the_policy_denies_is_denied_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over the socket, over HTTP, as a stream of events, and without a name."""
    allows = policy.allows

    def deny(
        principal: policy.Principal,
        asked: requests.Request,
        rules: policy.Rules,
        now: float,
        wall: int = 0,
    ) -> Denial | None:
        is_hello = isinstance(asked, requests.Hello)
        return allows(principal, asked, rules, now, wall) if is_hello else DENIAL

    async with running() as server, chatting(server, "Ann", "tea") as ann:
        monkeypatch.setattr(policy, "allows", deny)
        for asked in (
            {"t": "send", "room": "tea", "text": "x"},
            {"t": "history", "room": "tea"},
            {"t": "search", "room": "tea", "query": "x"},
            {"t": "rooms"},
            {"t": "join", "room": "jam"},
            {"t": "nick", "nick": "Anna"},
        ):
            assert (await ann.ask(**asked))["code"] == "not_yours"
        for method, path, body in (
            ("GET", "/rooms", None),
            ("GET", "/rooms/tea/messages", None),
            ("GET", "/rooms/tea/search?q=x", None),
            ("POST", "/rooms/tea/messages", "x"),
        ):
            answer = await ask(server, method, path, body)
            assert (answer.status, answer.code) == (403, "not_yours")
        async with await server.connect() as stream:
            await stream.send_all(request("tea"))
            assert status(await read_answer(stream)) == 403
        plain = upgrade().replace(b"/ws ", b"/ws?room=tea ")
        assert status(await server.exchange(plain)) == 403
        monkeypatch.setattr(policy, "allows", allows)
