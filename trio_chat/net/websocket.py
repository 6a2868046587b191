"""The server's end of one WebSocket, without I/O: bytes in, messages and bytes to send out."""

from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

from trio_chat.net.transport import Received
from trio_chat.protocol.close import NOT_UTF8, TOO_MANY_FRAGMENTS, CloseReason, Violation


class WebSocket:
    """One WebSocket after its handshake, over the sans-I/O core of ``websockets``.

    No extension is offered, so a frame prepared once can be sent to everybody.
    """

    is_one_way = False

    def __init__(
        self, protocol: ServerProtocol, subprotocol: str | None, fragment_limit: int
    ) -> None:
        self.subprotocol = subprotocol
        self._protocol = protocol
        self._fragment_limit = fragment_limit
        self._opcode = Opcode.TEXT  # of the message that is being put together
        self._fragments: list[bytes] = []

    @property
    def is_open(self) -> bool:
        """Whether neither side has sent a close frame yet."""
        return self._protocol.state is State.OPEN

    def feed(self, data: bytes) -> Received:
        """Take what was read from the peer. Must not be called again after ``ended``."""
        self._protocol.receive_data(data)
        messages: list[str | bytes] = []
        controls = 0
        frames = self._protocol.events_received()
        try:
            for frame in frames:
                assert isinstance(frame, Frame)
                if frame.opcode < Opcode.CLOSE:
                    messages += self._assemble(frame)
                else:
                    controls += 1
        except Violation as violation:
            self._protocol.fail(*violation.reason)
        writes = self._protocol.data_to_send()
        ended = SEND_EOF in writes
        fault = self._fault() if ended else None
        reply = b"".join(writes)
        return Received(messages, reply, ended, fault, len(frames) - controls, controls)

    def _fault(self) -> CloseReason | None:
        """Return how the peer made us close, if it did not close itself."""
        sent = self._protocol.close_sent
        return (
            CloseReason(sent.code, sent.reason) if sent and not self._protocol.close_rcvd else None
        )

    def ping(self) -> bytes:
        """Return a ping frame to send."""
        self._protocol.send_ping(b"")
        return b"".join(self._protocol.data_to_send())

    def close(self, reason: CloseReason) -> bytes:
        """Return the close frame to send; nothing if one was sent already."""
        if self.is_open:
            self._protocol.send_close(*reason)
        return b"".join(self._protocol.data_to_send())

    def release(self) -> None:
        """Let go of the parser, which holds the core, and of its last error, which holds both.

        The collector would find them after a quarter of an hour. Nothing may be fed afterwards.
        """
        self._protocol.parser_exc = None
        del self._protocol.parser

    def _assemble(self, frame: Frame) -> list[str | bytes]:
        """Add a data frame to the message under way; return the message if it is complete."""
        if frame.opcode is not Opcode.CONT:
            self._opcode = frame.opcode
        self._fragments.append(bytes(frame.data))
        if len(self._fragments) > self._fragment_limit:
            raise Violation(TOO_MANY_FRAGMENTS)
        if not frame.fin:
            return []
        data = b"".join(self._fragments)
        self._fragments.clear()
        if self._opcode is Opcode.BINARY:
            return [data]
        try:
            return [data.decode()]
        except UnicodeDecodeError:
            raise Violation(NOT_UTF8) from None
