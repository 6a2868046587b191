"""Contents: what uploads are kept as, whole; of pictures without what is hidden in them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from trio_chat.config import Config
from trio_chat.files.blobs import Blobs
from trio_chat.files.incoming import Incoming
from trio_chat.files.kinds import Kind, picture_kind
from trio_chat.files.pictures import Pictures

GROWTH, SMALL = 4, 256 * 1024  # times what was sent that a picture may take, or so many bytes

log = structlog.get_logger()


class Content(NamedTuple):
    """What an upload is kept as, and where it is; of a picture with its kind and its sides."""

    path: Path
    digest: str
    size: int
    kind: Kind | None = None
    width: int = 0
    height: int = 0


class Contents:
    """Makes contents out of uploads of which all has come.

    Args:
        config: ``file_limit``.
        run: Does something with files, in a thread.
    """

    def __init__(self, config: Config, run: Callable[..., Awaitable[Any]]) -> None:
        self._config = config
        self._run = run
        self._pictures = Pictures()

    def warn(self) -> None:
        """Log if pictures cannot be shown."""
        if not self._pictures.is_on:
            log.info("pictures are files to save, as Pillow is missing")

    async def of(self, incoming: Incoming, blobs: Blobs) -> Content:
        """Return the content of an upload.

        Raises:
            BadPicture: it is a picture that is damaged, or too large.
            Unavailable: it cannot be looked at just now.
        """
        path = blobs.part(incoming.part)
        if incoming.taken < incoming.size:
            await self._run(incoming.catch_up, path)
        kind = picture_kind(incoming.head) if self._pictures.is_on else None
        if kind is None:
            return Content(path, incoming.digest.hexdigest(), incoming.size)
        clean = blobs.clean_part(incoming.part)
        most = min(self._config.file_limit, max(GROWTH * incoming.size, SMALL))
        whose = incoming.address or incoming.person_id
        sides = await self._pictures.clean(whose, path, clean, kind.type, most)
        digest, size = await self._run(blobs.measure, clean)
        return Content(clean, digest, size, kind, *sides)
