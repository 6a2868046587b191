"""The crowd, a program: clients that connect at once, leave, and later resume at once."""

import json
import re
import selectors
import socket
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from benchmarks.talker import UPGRADE, Object, Talker, frame, nick

ROOM = "crowd"
MARK = b"~said "  # begins every text, and occurs nowhere else in what the server sends
TEXT_SIZE = 64
SAID_BEFORE = 10  # messages that all receive before they leave
BATCH = 50  # messages that are sent in one frame
DEADLINE = 60.0  # seconds for all to have joined and received everything
PAUSE = 0.5  # seconds for the server to notice that all have left
READ_SIZE = 256 * 1024

SESSION = re.compile(rb'"session":"([^"]+)"')
JOINED = re.compile(rb'"t":"joined","room":"crowd","last":(\d+),"epoch":"(\w+)"')


class Comer:
    """One client: connects, says hello, and counts the messages it receives."""

    def __init__(self, port: int, hello: Object, missed: int) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)  # noqa: FBT003 - its only parameter
        self.socket.connect_ex(("127.0.0.1", port))
        self.is_lost = False
        self.count = 0  # messages received
        self._missed = missed
        self._hello = hello
        self._asked = False
        self._greeted = False
        self._head = b""  # received until it has joined the room
        self._tail = b""  # a mark may be split over two reads
        self.joined: re.Match[bytes] | None = None

    @property
    def has_all(self) -> bool:
        """Whether it has joined the room and received what it missed."""
        return self.joined is not None and self.count >= self._missed

    def ask(self) -> None:
        """Send the upgrade request; the socket is connected, or has failed to."""
        self._asked = True
        self._send(UPGRADE)

    def take(self) -> None:
        """Read from the socket."""
        try:
            data = self.socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.is_lost = True
        elif not self._greeted:
            self._greet(data)
        else:
            self._count(data)

    @property
    def memory(self) -> Object:
        """What it needs to resume."""
        session = SESSION.search(self._head)
        assert session
        assert self.joined
        last, epoch = self.joined.groups()
        return {"session": session[1].decode(), "last": int(last), "epoch": epoch.decode()}

    def _greet(self, data: bytes) -> None:
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self.is_lost = not head.startswith(b"HTTP/1.1 101")
            self._greeted = True
            self._head = b""
            self._send(frame(self._hello))
            self._count(rest)

    def _count(self, data: bytes) -> None:
        if not self.joined:
            self._head += data
            self.joined = JOINED.search(self._head)
        piece = self._tail + data
        self.count += piece.count(MARK)
        self._tail = piece[1 - len(MARK) :]

    def _send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError:
            self.is_lost = True


def come(port: int, hellos: Sequence[Object], missed: int) -> list[Comer]:
    """Connect all at once; return when each has everything or is lost, or at the deadline."""
    deadline = time.monotonic() + DEADLINE
    comers = [Comer(port, hello, missed) for hello in hellos]
    with selectors.DefaultSelector() as selector:
        for comer in comers:
            selector.register(comer.socket, selectors.EVENT_WRITE, comer)
        waiting = set(comers)
        while waiting and time.monotonic() < deadline:
            for key, events in selector.select(1.0):
                comer = key.data
                if events & selectors.EVENT_WRITE:
                    comer.ask()
                    selector.modify(comer.socket, selectors.EVENT_READ, comer)
                else:
                    comer.take()
                if comer.is_lost:
                    selector.unregister(comer.socket)
                if comer.is_lost or comer.has_all:
                    waiting.discard(comer)
    return comers


def leave(port: int, clients: int, messages: int, state: Path) -> None:
    """Connect all and disconnect them, send messages, and store what they need to resume."""
    with Talker(port, "speaker", ROOM) as speaker:
        say(speaker, SAID_BEFORE)
        names = [nick("c", number) for number in range(clients)]
        comers = come(port, [hello(name) for name in names], 0)
        memories = [comer.memory for comer in comers]
        for comer in comers:
            comer.socket.close()
        time.sleep(PAUSE)
        say(speaker, messages)
    state.write_text(json.dumps(dict(zip(names, memories, strict=True))), "utf-8")


def come_back(port: int, messages: int, state: Path) -> None:
    """Let all resume at once, and print the result."""
    memories = json.loads(state.read_text("utf-8"))
    hellos = [hello(name, **memory) for name, memory in memories.items()]
    began = time.monotonic()
    comers = come(port, hellos, messages)
    ended = time.monotonic()
    outcome = {
        "began": began,
        "ended": ended,
        "lost": sum(comer.is_lost for comer in comers),
        "incomplete": sum(not comer.has_all for comer in comers),
        "doubled": sum(comer.count > messages for comer in comers),
    }
    print(json.dumps(outcome), flush=True)


def hello(name: str, session: str | None = None, **progress: int | str) -> Object:
    """Return a hello; ``progress`` is the client's position in the room."""
    known = {"session": session} if session else {}
    return {"t": "hello", "nick": name, "rooms": [{"room": ROOM, **progress}], **known}


def say(speaker: Talker, messages: int) -> None:
    """Send messages, and wait until they are kept."""
    text = MARK.decode().ljust(TEXT_SIZE, "x")
    for start in range(0, messages, BATCH):
        speaker.ask(
            *(
                {"t": "send", "room": ROOM, "cid": str(uuid.uuid4()), "text": text}
                for _ in range(start, min(start + BATCH, messages))
            )
        )


if __name__ == "__main__":
    what, port, clients, messages, state = sys.argv[1:]
    if what == "leave":
        leave(int(port), int(clients), int(messages), Path(state))
    else:
        come_back(int(port), int(messages), Path(state))
