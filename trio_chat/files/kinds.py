"""Kinds of files, told by their bytes: pictures that a page may show, and all else."""

from typing import NamedTuple

HEAD = 64  # bytes that tell what a file is
OTHER = "application/octet-stream"


class Kind(NamedTuple):
    """A kind of picture: its media type, and the ending of its names."""

    type: str
    endings: tuple[str, ...]


JPEG = Kind("image/jpeg", (".jpg", ".jpeg"))
PNG = Kind("image/png", (".png",))
GIF = Kind("image/gif", (".gif",))
WEBP = Kind("image/webp", (".webp",))
AVIF = Kind("image/avif", (".avif",))
PICTURES = {kind.type: kind for kind in (JPEG, PNG, GIF, WEBP, AVIF)}


def picture_kind(head: bytes) -> Kind | None:
    """Return the kind of picture that begins so; ``None`` for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    return AVIF if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis") else None
