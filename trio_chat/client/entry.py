"""How a client is let in by its hello, before the hub sees that."""

from collections.abc import Sequence

from trio_chat.auth.grant import Denied, Grant
from trio_chat.auth.shown import Shown
from trio_chat.client.lookups import ConnectionContext
from trio_chat.core.messages import AnyAsked
from trio_chat.protocol import answers, requests
from trio_chat.protocol.close import CloseReason


class HelloDenied(Exception):
    """A hello does not let its peer in.

    Args:
        answer: What the peer is told.
        close_reason: With what the connection ends.
    """

    def __init__(self, answer: answers.Error, close_reason: CloseReason) -> None:
        super().__init__(answer.text)
        self.answer = answer
        self.close_reason = close_reason


async def let_in(
    asked: Sequence[AnyAsked], context: ConnectionContext, address: str
) -> Grant | None:
    """Return what the hello among requests is granted; ``None`` if there is no hello.

    The hub does not get the secrets. This takes ``access_timeout`` at most.

    Raises:
        HelloDenied: the peer is not let in.
    """
    hello = next((request for request in asked if isinstance(request, requests.Hello)), None)
    if hello is None:
        return None
    assert context.gate
    secrets, hello.access = hello.access or requests.Access(), None
    links = [hello.link, *(wanted.link for wanted in hello.rooms)]
    shown = Shown(
        password=secrets.password,
        token=secrets.token,
        session=hello.session,
        key=hello.key,
        pair=hello.pair,
        links=tuple(link for link in links if link),
    )
    try:
        return await context.gate.admit(shown, address)
    except Denied as denied:
        raise HelloDenied(denied.answer(hello.id), denied.close_reason) from None
