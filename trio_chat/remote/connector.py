"""Connects to a server: opens a chat, and owns the nursery that keeps its connection."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from trio_chat.protocol import requests
from trio_chat.remote.address import parse
from trio_chat.remote.backoff import Backoff
from trio_chat.remote.chat import Chat
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.errors import ChatError
from trio_chat.remote.reconnector import Reconnector
from trio_chat.remote.states import States
from trio_chat.remote.transfers import Transfers
from trio_chat.remote.transport import dialer

QUEUE_LIMIT = 1000  # events of a room that may wait to be read


@asynccontextmanager
async def connect(  # noqa: PLR0913 - each has a name, and most are left out
    url: str,
    *,
    nick: str = "",
    session: str | None = None,
    key: str | None = None,
    pair: str | None = None,
    password: str | None = None,
    token: str | None = None,
    operator: str | None = None,
    link: str | None = None,
    ssl_context: ssl.SSLContext | None = None,
    connect_timeout: float = 10.0,
    wait: bool = True,
    queue_limit: int = QUEUE_LIMIT,
) -> AsyncIterator[Chat]:
    """Chat with a server for the block.

    A lost connection is made again, after a random delay with a ceiling that doubles from 0.5 to
    20 s until a connection lasts for 5 s, and at least as long as the server asks for. Rooms
    resume behind the last event that came, and requests without an answer are sent again; so
    nothing is lost and nothing comes twice.

    Up to ``queue_limit`` events of each room wait to be read. Events that come when the queue is
    full are dropped, and requested again when all that waits has been read. So a slow reader
    costs a bounded amount of memory, does not delay others, and loses nothing.

    When the chat is over, the block is cancelled and the error raised. An exception in the block
    is raised as it is, not in a group.

    Args:
        url: The address that the server prints (``http://localhost:8080/``), or that of its
            WebSocket (``wss://chat.example.org/ws``).
        nick: The nick to ask for; none is needed with ``pair``.
        session: The token from ``Chat.session`` of an earlier time, to be the same person.
        key: A secret of yours that does the same, 16 to 64 characters made at random; it works
            also if the first welcome was lost.
        pair: A code from ``Chat.pair`` of another device, to be the same person as there.
        password: The password of the server, if it asks for one.
        token: A token (JWT) that says who you are, if it asks for that. The chat ends when it
            expires.
        operator: The secret of an operator's link, ``#operator=SECRET``: we may moderate all rooms
            from then on, and need not show it again as the same person.
        link: The secret of a link to any room, which lets us in if the server asks for one; we need
            not show it again as the same person. ``operator`` lets in, too.
        ssl_context: For ``wss`` and ``https``, if not Python's default.
        connect_timeout: Seconds in which the server must say welcome for the first time.
        wait: Whether to wait for the welcome before the block begins.
        queue_limit: Events of a room that may wait to be read.

    Raises:
        ValueError: the URL is not valid.
        Unreachable: the server did not say welcome in time.
        Refused: the server does not accept the nick, or the code (``bad_pair``), or does not let
            us in (``unauthorized``).
        Ended: the server has ended the chat for good, or does not speak this protocol.
    """
    address = parse(url)
    dial = dialer(address, ssl_context)
    access = requests.Access(password, token) if password or token else None
    conversation = Conversation(nick, session, key, queue_limit, access, operator or link, pair)
    conversation.transfers = Transfers(dial, address, lambda: token or conversation.session)
    states = States()
    reconnector = Reconnector(conversation, states, dial, address, Backoff(), connect_timeout)
    async with running(Chat(conversation, states), reconnector, wait=wait) as chat:
        yield chat


@asynccontextmanager
async def running(
    chat: Chat, reconnector: Reconnector, *, wait: bool = True
) -> AsyncIterator[Chat]:
    """Run the reconnector of a chat for the block."""
    over: ChatError | None = None
    failure: BaseException | None = None
    async with trio.open_nursery() as nursery:

        async def reconnect() -> None:
            nonlocal over
            over = await reconnector.run()
            chat.close(over)
            nursery.cancel_scope.cancel(reason="the chat is over")

        nursery.start_soon(reconnect)
        try:
            if wait:
                await chat.online()
            yield chat
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the nursery would wrap it
            failure = error
        await reconnector.leave()
        nursery.cancel_scope.cancel(reason="the block is over")
    chat.close(over)
    outcome = failure or over
    if outcome:
        raise outcome
