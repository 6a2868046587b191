"""A stand-in for the hub, with a real inbox: it keeps what clients tell it, and grants nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from trio_chat.core.inbox import Inbox
from trio_chat.core.messages import AnyAsked, Asked, Message, Unregister
from trio_chat.delivery.recipient import Recipient

NEVER = float("inf")


class Heard(NamedTuple):
    """Requests that were taken."""

    client: Recipient
    requests: Sequence[AnyAsked]


class StandIn:
    """Takes all that comes, and closes the send side of whoever is gone."""

    def __init__(self, request_limit: int = 10) -> None:
        self.inbox = Inbox(request_limit)
        self.heard: list[Message | Heard] = []
        self._is_closing = False

    def close(self) -> None:
        """Let ``run`` end."""
        self._is_closing = True
        self.inbox.wake()

    async def run(self) -> None:
        """Take messages until ``close`` is called."""
        while self.inbox or not self._is_closing:
            for message in await self.inbox.take(until=NEVER):
                self._take(message)

    def _take(self, message: Message) -> None:
        match message:
            case Asked():
                self.heard.append(Heard(message.client, list(message.requests)))
                message.requests.clear()
                message.finish()
            case Unregister(client):
                client.close()
                self.heard.append(message)
            case _:
                self.heard.append(message)
