"""How a client is let in by its hello, before the hub sees that."""

from collections.abc import Sequence

from trio_chat.auth.grant import Grant
from trio_chat.auth.shown import Shown
from trio_chat.client.lookups import ConnectionContext
from trio_chat.core.messages import AnyAsked
from trio_chat.protocol import answers, requests


async def let_in(
    asked: Sequence[AnyAsked], context: ConnectionContext, address: str
) -> Grant | None:
    """Return what the hello among requests is granted; ``None`` if there is no hello.

    The hub does not get the secrets. This takes ``access_timeout`` at most.

    Raises:
        Denied: the peer is not let in.
    """
    hello = _hello(asked)
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
    return await context.gate.admit(shown, address)


def hello_id(asked: Sequence[AnyAsked]) -> answers.Id:
    """Return the id of the hello among requests."""
    hello = _hello(asked)
    return hello.id if hello else None


def _hello(asked: Sequence[AnyAsked]) -> requests.Hello | None:
    return next((request for request in asked if isinstance(request, requests.Hello)), None)
