"""The keeper: the task that holds the connection, and comes back when it is lost."""

import logging

import trio

from trio_chat.protocol import answers
from trio_chat.remote.address import Address
from trio_chat.remote.backoff import Backoff
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.errors import ChatError, Ended, Refused, Unreachable
from trio_chat.remote.states import Connecting, Online, States, Waiting
from trio_chat.remote.transport import BROKEN, NORMAL, PROTOCOL_ERROR, Dial, Loss, Transport, hold
from trio_chat.remote.wire import Garbled, read

HELLO_TIMEOUT = 10.0  # seconds for the answer to hello
PING_INTERVAL = 25.0  # seconds between our pings, to a server that sends none
SILENCE = 2.0  # ping intervals without a byte, and the server counts as gone
STAY_AWAY = {1000, 1002, 1007, 1009}  # of the close codes that RFC 6455 defines
LEAST_AWAY = 4500  # and above, of ours
LEAST_CLOSE_CODE = 1000  # below are HTTP statuses, with which we are not let in
LEFT = "the chat was left"

log = logging.getLogger("trio_chat.remote")


class Reconnector:
    """Holds one connection after the other.

    Args:
        conversation: What is talked about.
        states: Where it tells how things are.
        dial: Opens a connection.
        address: What for.
        backoff: Tells how long to wait in between.
        patience: Seconds until the first welcome.
    """

    def __init__(
        self,
        conversation: Conversation,
        states: States,
        dial: Dial,
        address: Address,
        backoff: Backoff,
        patience: float,
    ) -> None:
        self._conversation = conversation
        self._states = states
        self._dial = dial
        self._address = address
        self._backoff = backoff
        self._patience = patience
        self._first = trio.CancelScope()  # all until the first welcome
        self._reason = "the server does not answer"
        self._line: Transport | None = None
        self._is_garbled = False
        self._is_leaving = False

    async def run(self) -> ChatError | None:
        """Hold connections until coming back is not wanted; return why, ``None`` if we left."""
        self._first.deadline = trio.current_time() + self._patience
        with self._first:
            error = await self._come_and_go()
            return None if self._is_leaving else error
        return Unreachable(self._reason)

    async def leave(self) -> None:
        """Say goodbye to the server, if it is there; it takes a short while at most."""
        self._is_leaving = True
        if self._line:
            await self._line.close(LEFT)

    async def _come_and_go(self) -> ChatError:
        attempt = 0
        while True:
            attempt += 1
            self._states.set(Connecting(attempt))
            loss = await self._converse()
            if self._conversation.welcome:
                attempt = 0
            error = self._final(loss)
            if error:
                return error
            await self._wait(loss)

    async def _converse(self) -> Loss:
        """Hold one connection; return why it is over, as far as the server has told."""
        conversation = self._conversation
        conversation.begin()
        self._is_garbled = False
        loss = await hold(self._dial, self._address, self._talk)
        self._line = None
        conversation.lose()
        last_word = conversation.bye or conversation.refusal
        if conversation.bye and loss.code == BROKEN:
            loss = Loss(conversation.bye.code, conversation.bye.reason)
        elif conversation.refusal:
            loss = Loss(BROKEN, conversation.refusal.text)
        rest = (last_word and last_word.retry_ms) or 0
        return loss._replace(rest=max(loss.rest, rest / 1000))

    def _final(self, loss: Loss) -> ChatError | None:
        """Return the error with which the chat is over; ``None``: come back."""
        refusal = self._conversation.refusal
        if self._is_leaving:
            return Ended(NORMAL, LEFT)
        if refusal and refusal.retry_ms is None:
            return Refused(refusal.code, refusal.text)
        if self._is_garbled:
            return Ended(PROTOCOL_ERROR, "the server does not speak trio-chat.v1")
        if loss.code in STAY_AWAY or loss.code >= LEAST_AWAY or loss.code < LEAST_CLOSE_CODE:
            return Ended(loss.code, loss.reason)
        return None

    async def _wait(self, loss: Loss) -> None:
        pause = self._backoff.pause(loss.rest)
        self._reason = loss.reason
        self._states.set(Waiting(trio.current_time() + pause, loss.reason))
        log.info("connection lost: %s; coming back in %.1f s", loss.reason, pause)
        await trio.sleep(pause)

    async def _talk(self, line: Transport) -> None:
        """Talk over one connection until it is over."""
        if not line.speaks_our_protocol:
            self._is_garbled = True
        else:
            welcome = await self._say_hello(line)
            if welcome:
                await self._go_on(line, welcome)
        if self._is_garbled:
            await line.close("the server does not speak trio-chat.v1", PROTOCOL_ERROR)
        await line.close("the server did not answer hello")

    async def _say_hello(self, line: Transport) -> answers.Welcome | None:
        conversation = self._conversation
        with trio.move_on_after(HELLO_TIMEOUT):
            await line.send(conversation.hello())
            while not conversation.refusal and await self._hear(line):
                if conversation.welcome:
                    return conversation.welcome
        return None

    async def _go_on(self, line: Transport, welcome: answers.Welcome) -> None:
        self._first.deadline = float("inf")
        self._backoff.reset()
        self._line = line
        self._states.set(Online())
        line.expect_within(SILENCE * (welcome.ping_interval or PING_INTERVAL))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write, line)
            if not welcome.ping_interval:
                nursery.start_soon(self._ping, line)
            while await self._hear(line):
                pass
            nursery.cancel_scope.cancel()

    async def _hear(self, line: Transport) -> bool:
        """Take one message in; return whether more may come."""
        message = await line.receive()
        if message is None:
            return False
        try:
            for told in read(message):
                await self._conversation.give_way(told)
                self._conversation.take(told)
        except Garbled:
            self._is_garbled = True
        return not self._is_garbled

    async def _write(self, line: Transport) -> None:
        asks = self._conversation.asks
        while True:
            for message in asks.outgoing(self._conversation.is_here):
                await line.send(message)
            await asks.news()

    async def _ping(self, line: Transport) -> None:
        while True:
            await trio.sleep(PING_INTERVAL)
            await line.ping()
