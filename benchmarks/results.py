"""Results: one for each trial, and the medians and ratios over the rounds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Figures = dict[str, float]


@dataclass(frozen=True)
class Result:
    """The result of one trial: figures, or the reason why there are none."""

    round: int
    work: str
    peer: str
    figures: Figures = field(default_factory=dict)
    failure: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON file, which has no infinity."""
        figures = {name: _finite(value) for name, value in self.figures.items()}
        about = {"round": self.round, "work": self.work, "peer": self.peer}
        return {**about, "figures": figures, "failure": self.failure}


class Results:
    """All that was measured in one run of the benchmark."""

    def __init__(self, results: Sequence[Result]) -> None:
        self.all = results

    def peers(self, work: str) -> list[str]:
        """Return the peers of a work, in order."""
        return list(dict.fromkeys(result.peer for result in self.all if result.work == work))

    def median(self, work: str, peer: str, figure: str) -> float | None:
        """Return the median of a figure; ``None`` if it was never measured."""
        values = self._by_round(work, peer, figure).values()
        return median(values) if values else None

    def ratio(self, figure: str, one: tuple[str, str], other: tuple[str, str]) -> float | None:
        """Return the median ratio of a figure of two (work, peer), each within one round."""
        ratios = self.ratios(figure, one, other)
        return median(ratios) if ratios else None

    def ratios(self, figure: str, one: tuple[str, str], other: tuple[str, str]) -> list[float]:
        """Return the ratio of a figure of two (work, peer) for each round that has both."""
        dividends = self._by_round(*one, figure)
        divisors = self._by_round(*other, figure)
        return [dividends[at] / divisors[at] for at in dividends if divisors.get(at)]

    def failures(self, work: str, peer: str) -> list[str]:
        """Return why trials failed."""
        mine = (result for result in self.all if (result.work, result.peer) == (work, peer))
        return [result.failure for result in mine if result.failure]

    def _by_round(self, work: str, peer: str, figure: str) -> dict[int, float]:
        return {
            result.round: result.figures[figure]
            for result in self.all
            if (result.work, result.peer) == (work, peer) and figure in result.figures
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
