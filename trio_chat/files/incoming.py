"""An upload under way: its bytes as they come, until the file is complete."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from trio_chat.files.kinds import HEAD


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
    size: int = 0  # bytes that have come
    head: bytes = b""  # the first of them, which tell what it is
    digest: Any = field(default_factory=hashlib.sha256)

    def take(self, data: bytes) -> None:
        """Take in more bytes; a long piece takes time, and is for a thread."""
        self.digest.update(data)
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
