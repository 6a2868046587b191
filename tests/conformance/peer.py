"""A client on a raw socket, that sends a case's bytes as they are and checks what comes back."""

from urllib.parse import urlsplit

import trio

from tests.frames import CLOSE, Seen, close, upgrade

from .case import OPEN, Case, Maybe, Step

PATIENCE = 60  # seconds for anything to come; the machine may be busy
SETTLE = 0.002  # seconds in which a server most likely reads what was sent; no result depends on it
GRACEFUL = 1000
NO_CODE = 1005  # what a close without a code counts as
READ_SIZE = 1 << 18


class Peer:
    """A client behind its handshake."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._unread = bytearray()

    async def shake_hands(self, url: str) -> None:
        """Ask for a WebSocket, and read the whole answer."""
        target = urlsplit(url).path or "/"
        await self._stream.send_all(upgrade().replace(b" /ws ", f" {target} ".encode(), 1))
        head = await self._read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head

    async def play(self, case: Case) -> None:
        """Do what the case says, and see that all comes back, and that the end is as it says."""
        steps = list(case.steps)
        while steps:
            step = steps.pop(0)
            if isinstance(step, bytes):
                await self._send(step, case)
            elif isinstance(step, Maybe):
                steps = await self._see_maybe(step, steps, case)
            else:
                assert await self.frame() == step
        await self._end(case.close)

    async def _see_maybe(self, step: Maybe, steps: list[Step], case: Case) -> list[Step]:
        """Read a frame; if it is not the one that may come, the close must be what it is."""
        frame = await self.frame()
        if frame != step.frame:
            assert frame.opcode == CLOSE, frame
            self._unread[:0] = bytes((0x80 | CLOSE, len(frame.payload))) + frame.payload
            return [step for step in steps if not isinstance(step, Maybe)]
        return steps

    async def _send(self, data: bytes, case: Case) -> None:
        size = case.piece or len(data)
        try:
            for at in range(0, len(data), size):
                await self._stream.send_all(data[at : at + size])
                if case.settles:
                    await trio.sleep(SETTLE)
        except trio.BrokenResourceError:
            pass  # the server has closed in the midst of it: what it said is still to be read

    async def _end(self, code: int | None) -> None:
        if code is OPEN:
            await self._stream.send_all(close(GRACEFUL))
        frame = await self.frame()
        assert frame.opcode == CLOSE, frame
        sent = int.from_bytes(frame.payload[:2]) if frame.payload else NO_CODE
        assert sent == (GRACEFUL if code is OPEN else code), frame
        frame.payload[2:].decode()  # a reason is UTF-8
        assert not await self._rest(), "something came behind the close frame"

    async def frame(self) -> Seen:
        """Read a frame; a server's are whole messages, have no reserved bits, and no mask."""
        first, second = await self._read(2)
        assert first & 0xF0 == 0x80, f"first byte {first:#x}"
        assert second < 0x80, "a server's frame is masked"
        length = second
        if second > 125:
            length = int.from_bytes(await self._read(2 if second == 126 else 8))
        return Seen(first & 0x0F, await self._read(length))

    async def _read(self, size: int) -> bytes:
        while len(self._unread) < size:
            with trio.fail_after(PATIENCE):
                data = await self._stream.receive_some(READ_SIZE)
            assert data, f"the connection ended; unread: {bytes(self._unread)!r}"
            self._unread += data
        found = bytes(self._unread[:size])
        del self._unread[:size]
        return found

    async def _read_until(self, mark: bytes) -> bytes:
        head = b""
        while not head.endswith(mark):
            head += await self._read(1)
        return head

    async def _rest(self) -> bytes:
        """Read until the server ends the connection, which it may do without ceremony."""
        rest = bytes(self._unread)
        try:
            with trio.fail_after(PATIENCE):
                while data := await self._stream.receive_some(READ_SIZE):
                    rest += data
        except trio.BrokenResourceError:
            pass
        return rest
