"""What the parent tells of its workers: their figures together, and how they are."""

from collections.abc import Sequence

import trio

from trio_chat.metrics.scrape import write
from trio_chat.metrics.sums import Family, Sample, counted, merge, unflatten
from trio_chat.workers.crew import Crew
from trio_chat.workers.member import Member
from trio_chat.workers.messages import Told, What

ENDS = "trio_chat_worker_ends"
NOBODY = "no worker serves"
STOPPING = "it stops"


class Figures:
    """Asks all workers that serve, at the same time.

    Args:
        crew: The workers.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._latest: dict[int, list[Family]] = {}  # of those that run
        self._ended: list[Family] = []  # what those have counted that have ended
        crew.on_end = self._forget

    def _forget(self, number: int) -> None:
        """Keep what a worker has counted, so that sums do not go back when it is replaced."""
        latest = self._latest.pop(number, [])
        self._ended = merge([self._ended, counted(latest)])

    async def _ask(self, what: What) -> dict[int, Told | None]:
        """Return what each worker answers; ``None`` for one that does not in time.

        Figures are taken in as they come: a worker may be replaced before the slowest has answered.
        """
        answers: dict[int, Told | None] = {}

        async def one(member: Member) -> None:
            told = answers[member.number] = await member.ask(what)
            if what == "figures" and told and member in self._crew.up:
                self._latest[member.number] = told.figures

        async with trio.open_nursery() as nursery:
            for member in self._crew.up:
                nursery.start_soon(one, member)
        return dict(sorted(answers.items()))

    async def scrape(self, accept: str) -> tuple[str, bytes]:
        """Return all figures for a scraper; of a worker that does not answer those of before."""
        await self._ask("figures")
        return await trio.to_thread.run_sync(self._write, list(self._latest.values()), accept)

    def _write(self, latest: Sequence[list[Family]], accept: str) -> tuple[str, bytes]:
        ends = Family(ENDS, "", "counter", [Sample(f"{ENDS}_total", {}, self._crew.ends)])
        return write(unflatten(merge([*latest, self._ended, [ends]])), accept)

    async def alive(self) -> str | None:
        """Return why the parent has to be started again; ``None`` if one worker lives."""
        return await self._fault("alive")

    async def ready(self) -> str | None:
        """Return why nobody should be led here now; ``None`` if one worker is ready."""
        return STOPPING if self._crew.is_stopping else await self._fault("ready")

    async def _fault(self, what: What) -> str | None:
        answers = await self._ask(what)
        faults = [told.fault if told else "it does not answer" for told in answers.values()]
        if None in faults:
            return None
        listed = (
            f"worker {number}: {fault}" for number, fault in zip(answers, faults, strict=True)
        )
        return "; ".join(listed) or NOBODY
