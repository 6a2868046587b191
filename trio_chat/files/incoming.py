"""An upload under way: its bytes as they come, until the file is complete."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trio_chat.files.kinds import HEAD

PIECE = 1024 * 1024  # bytes that are read at once


@dataclass
class Incoming:
    """What is known of a file whose bytes are coming.

    ``part`` names its content until it is complete.
    """

    part: str
    person_id: str
    room: str
    name: str
    since: int  # the last message of the room
    address: str = ""  # by which its sender is counted, too; empty if it has no limits
    size: int = 0  # bytes that have come
    head: bytes = b""  # the first of them, which tell what it is
    digest: Any = field(default_factory=hashlib.sha256)
    taken: int = 0  # bytes of which the digest is; fewer than have come, after a restart

    def take(self, data: bytes) -> None:
        """Take in more bytes; a long piece takes time, and is for a thread."""
        self.digest.update(data)
        self.taken += len(data)
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]

    def catch_up(self, part: Path) -> None:
        """Take in what had come before this server was started; blocks.

        Args:
            part: Where it is.

        Raises:
            OSError: it cannot be read.
        """
        if self.taken == self.size:
            return
        with part.open("rb") as file:
            file.seek(self.taken)
            while data := file.read(min(PIECE, self.size - self.taken)):
                self.take(data)
