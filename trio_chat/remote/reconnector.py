"""The reconnector: the task that holds the connection and makes a new one when it is lost."""

import logging

import trio

from trio_chat.protocol import answers
from trio_chat.remote.address import Address
from trio_chat.remote.backoff import Backoff
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.errors import ChatError, Ended, Refused, Unreachable
from trio_chat.remote.states import Connecting, Online, States, Waiting
from trio_chat.remote.transport import (
    BROKEN,
    NORMAL,
    PROTOCOL_ERROR,
    Dial,
    Loss,
    Transport,
    run_connection,
)
from trio_chat.remote.wire import Malformed, read

HELLO_TIMEOUT = 10.0  # seconds for the answer to hello
PING_INTERVAL = 25.0  # seconds between our pings, to a server that sends none
SILENCE_LIMIT = 2.0  # ping intervals without a byte after which the server counts as gone
STABLE_AFTER = 5.0  # seconds online after which a loss counts as the first one again
FINAL_CODES = {1000, 1002, 1007, 1009}  # of the close codes that RFC 6455 defines
FIRST_FINAL_CODE = 4500  # of our own close codes; those below are temporary
REMOVED = 4503  # one of those: we may not be in one of our rooms, but in the others
FIRST_CLOSE_CODE = 1000  # smaller codes are HTTP statuses that refuse the handshake
LEFT = "the chat was left"
WRONG_PROTOCOL = "the server does not speak trio-chat.v1"

log = logging.getLogger("trio_chat.remote")


class Reconnector:
    """Holds one connection after the other.

    Args:
        conversation: The state that all connections share.
        states: Where it reports the state of the connection.
        dial: Opens a stream to the server.
        address: The server's, for the handshake.
        backoff: Computes the delays between connections.
        connect_timeout: Seconds until the first welcome.
    """

    def __init__(
        self,
        conversation: Conversation,
        states: States,
        dial: Dial,
        address: Address,
        backoff: Backoff,
        connect_timeout: float,
    ) -> None:
        self._conversation = conversation
        self._states = states
        self._dial = dial
        self._address = address
        self._backoff = backoff
        self._connect_timeout = connect_timeout
        self._first_welcome = trio.CancelScope()  # its deadline is lifted by the first welcome
        self._reason = "the server does not answer"
        self._transport: Transport | None = None  # while online
        self._online_at = float("inf")  # when the present connection got its welcome
        self._attempt = 0  # since a connection was stable
        self._is_malformed = False
        self._is_leaving = False

    async def run(self) -> ChatError | None:
        """Hold connections until one ends for good; return why, ``None`` if we left."""
        self._first_welcome.deadline = trio.current_time() + self._connect_timeout
        with self._first_welcome:
            error = await self._reconnect()
            return None if self._is_leaving else error
        return Unreachable(self._reason)

    async def leave(self) -> None:
        """Close the connection, if there is one; it takes ``CLOSE_TIMEOUT`` at most."""
        self._is_leaving = True
        if self._transport:
            await self._transport.close(LEFT)

    async def _reconnect(self) -> ChatError:
        while True:
            self._attempt += 1
            self._states.set(Connecting(self._attempt))
            loss = await self._connect()
            error = self._final_error(loss)
            if error:
                return error
            await self._wait(loss)

    async def _connect(self) -> Loss:
        """Hold one connection; return why it ended, in the server's words if it said why."""
        conversation = self._conversation
        conversation.start_connection()
        self._is_malformed = False
        self._online_at = float("inf")
        loss = await run_connection(self._dial, self._address, self._use)
        self._transport = None
        last_word = conversation.bye or conversation.refusal
        if conversation.bye and loss.code == BROKEN:
            loss = Loss(conversation.bye.code, conversation.bye.reason)
        elif conversation.refusal:
            loss = Loss(BROKEN, conversation.refusal.text)
        if loss.code == REMOVED:
            conversation.be_removed()
        conversation.lose_connection()
        retry_ms = (last_word and last_word.retry_ms) or 0
        return loss._replace(retry_after=max(loss.retry_after, retry_ms / 1000))

    def _final_error(self, loss: Loss) -> ChatError | None:
        """Return the error with which the chat is over; ``None`` to connect again."""
        refusal = self._conversation.refusal
        if self._is_leaving:
            return Ended(NORMAL, LEFT)
        if refusal and refusal.retry_ms is None:
            return Refused(refusal.code, refusal.text, access=refusal.access)
        if self._is_malformed:
            return Ended(PROTOCOL_ERROR, WRONG_PROTOCOL)
        is_temporary = FIRST_CLOSE_CODE <= loss.code < FIRST_FINAL_CODE
        is_final = loss.code in FINAL_CODES or not is_temporary
        if is_final and loss.code != REMOVED:
            return Ended(loss.code, loss.reason)
        return None

    async def _wait(self, loss: Loss) -> None:
        """Wait before the next connection.

        The delay grows until a connection has been stable: a server that says welcome and then
        fails is not called more often than one that does not answer.
        """
        if trio.current_time() - self._online_at >= STABLE_AFTER:
            self._attempt = 0
            self._backoff.reset()
        delay = self._backoff.next_delay(loss.retry_after)
        self._reason = loss.reason
        self._states.set(Waiting(trio.current_time() + delay, loss.reason))
        log.info("connection lost: %s; connecting again in %.1f s", loss.reason, delay)
        await trio.sleep(delay)

    async def _use(self, transport: Transport) -> None:
        """Use one connection until it ends."""
        if not transport.speaks_our_protocol:
            self._is_malformed = True
        else:
            welcome = await self._say_hello(transport)
            if welcome:
                await self._run_online(transport, welcome)
        if self._is_malformed:
            await transport.close(WRONG_PROTOCOL, PROTOCOL_ERROR)
        await transport.close("the server did not answer hello")

    async def _say_hello(self, transport: Transport) -> answers.Welcome | None:
        conversation = self._conversation
        with trio.move_on_after(HELLO_TIMEOUT):
            await transport.send(conversation.hello())
            while not conversation.refusal and await self._receive(transport):
                if conversation.welcome:
                    return conversation.welcome
        return None

    async def _run_online(self, transport: Transport, welcome: answers.Welcome) -> None:
        self._first_welcome.deadline = float("inf")
        self._online_at = trio.current_time()
        self._transport = transport
        self._states.set(Online())
        transport.expect_within(SILENCE_LIMIT * (welcome.ping_interval or PING_INTERVAL))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write, transport)
            if not welcome.ping_interval:
                nursery.start_soon(self._ping, transport)
            while await self._receive(transport):
                pass
            nursery.cancel_scope.cancel()

    async def _receive(self, transport: Transport) -> bool:
        """Handle one frame; return whether more may come."""
        message = await transport.receive()
        if message is None:
            return False
        try:
            for received in read(message):
                await self._conversation.apply_backpressure(received)
                self._conversation.handle(received)
        except Malformed:
            self._is_malformed = True
        return not self._is_malformed

    async def _write(self, transport: Transport) -> None:
        pending = self._conversation.pending
        while True:
            for message in pending.outgoing(self._conversation.is_joined):
                await transport.send(message)
            await pending.wait_for_work()

    async def _ping(self, transport: Transport) -> None:
        while True:
            await trio.sleep(PING_INTERVAL)
            await transport.ping()
