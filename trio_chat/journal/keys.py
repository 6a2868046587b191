"""Keys of requests (``cid``): what makes a resend one, and tells it from another request.

A key belongs to the person who used it first. A caller without a name cannot be told from another
one, so for them it is the key together with the content that makes a resend.
"""

from hashlib import blake2b
from typing import NamedTuple

import msgspec

from trio_chat.journal.types import CID_TAKEN, KEY_REUSED, Duplicate, Rejected
from trio_chat.protocol.events import AnyStoredEvent, Edit, File, Message, encode

DIGEST_BYTES = 16


class Use(NamedTuple):
    """What a key was used for; without a digest for anything, as earlier releases kept it."""

    seq: int
    ts: int
    author: str | None
    digest: bytes | None

    def judge(self, author: str | None, digest: bytes | None) -> Duplicate | Rejected:
        """Return what becomes of another request with this key."""
        if author != self.author:
            return CID_TAKEN
        if self.digest is None or self.digest == digest:
            return Duplicate(self.seq, self.ts)
        return KEY_REUSED

    def is_free_for(self, author: str | None, digest: bytes | None) -> bool:
        """Whether both are without a name, and ask for something else with the same key."""
        return author is None and self.judge(author, digest) is KEY_REUSED


def author_of(event: AnyStoredEvent) -> str | None:
    """Return the id of the person who does something; ``None`` without a name."""
    return event.who.id if event.who else None


def digest_of(event: AnyStoredEvent) -> bytes | None:
    """Return a digest of what a request asks for, whoever asks; ``None`` if the text is gone."""
    if is_bare(event):
        return None
    content = msgspec.structs.replace(event, room="", seq=0, ts=0, cid=None, who=None)
    if isinstance(content, Message) and content.files:  # of which the request has that much
        content.files = [File(file.id, "", "", 0, alt=file.alt) for file in content.files]
    return blake2b(encode(content), digest_size=DIGEST_BYTES).digest()


def is_bare(event: AnyStoredEvent) -> bool:
    """Whether the text of an event has been deleted."""
    return (isinstance(event, Message) and event.deleted) or (
        isinstance(event, Edit) and not event.text
    )


def stored_key(key: str) -> bytes:
    """Return what PostgreSQL keeps of a key, and an SQLite file of one that came from there."""
    return blake2b(key.encode(), digest_size=DIGEST_BYTES).digest()


def own_key(cid: str, digest: bytes | None) -> str:
    """Return the key of a caller without a name, if another one has used the same before."""
    return f"{cid}\0{(digest or b'').hex()}"
