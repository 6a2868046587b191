"""Scrapes: writes down all figures in the form that a scraper asks for."""

from collections.abc import Callable, Iterable, Iterator

import trio
from prometheus_client import ProcessCollector
from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder

Collect = Callable[[], Iterable[Metric]]


class Scraper:
    """Collects figures in the event loop, which takes less than a millisecond, and writes a thread.

    The thread also looks at the process, whose open descriptors are counted one by one.

    Args:
        collect: Returns the figures as they are now.
    """

    def __init__(self, collect: Collect) -> None:
        self._collect = collect

    async def scrape(self, accept: str) -> tuple[str, bytes]:
        """Return the media type and the text of all figures; ``accept`` is the scraper's header."""
        found = list(self._collect())
        return await trio.to_thread.run_sync(_write, found, accept)


class _Found:
    """Figures that are collected already, as a registry expects it."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._found


def _write(found: Iterable[Metric], accept: str) -> tuple[str, bytes]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(found))
    ProcessCollector(registry=registry)
    encode, media_type = choose_encoder(accept)
    return media_type, encode(registry)
