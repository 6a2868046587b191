"""Scrapes: writes down all figures in the form that a scraper asks for."""

from collections.abc import Callable, Iterable, Iterator

import trio
from prometheus_client import ProcessCollector
from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder

Collect = Callable[[], Iterable[Metric]]


class Scraper:
    """Collects figures in the event loop, which takes less than a millisecond; a thread does more.

    The thread also looks at the process, whose open descriptors are counted one by one.

    Args:
        collect: Returns the figures as they are now.
    """

    def __init__(self, collect: Collect) -> None:
        self._collect = collect

    async def collect(self) -> list[Metric]:
        """Return all figures, those of the process among them."""
        found = list(self._collect())
        return found + await trio.to_thread.run_sync(_of_the_process)

    async def scrape(self, accept: str) -> tuple[str, bytes]:
        """Return the media type and the text of all figures; ``accept`` is the scraper's header."""
        found = list(self._collect())
        return await trio.to_thread.run_sync(_write_with_process, found, accept)


class _Found:
    """Figures that are collected already, as a registry expects it."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._found


def write(found: Iterable[Metric], accept: str) -> tuple[str, bytes]:
    """Return the media type and the text of figures; ``accept`` is the scraper's header."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(found))
    encode, media_type = choose_encoder(accept)
    return media_type, encode(registry)


def _write_with_process(found: list[Metric], accept: str) -> tuple[str, bytes]:
    return write(found + _of_the_process(), accept)


def _of_the_process() -> list[Metric]:
    return list(ProcessCollector(registry=None).collect())
