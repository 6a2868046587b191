"""Cases: what a server must do, each with the sentence of the docs that says so."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.protocol.target import Target

DOCS = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Case:
    """One case: ``sentence`` stands in ``document``, and ``check`` raises if it does not hold."""

    name: str
    document: str
    sentence: str
    check: Callable[[Target], None]


CASES: list[Case] = []


def case(sentence: str, document: str = "protocol.md") -> Callable[..., Callable[[Target], None]]:
    """Make a case of a function, whose name is the case's."""

    def add(check: Callable[[Target], None]) -> Callable[[Target], None]:
        CASES.append(Case(check.__name__, document, sentence, check))
        return check

    return add


def is_said(one: Case) -> bool:
    """Return whether the docs have the sentence; how its lines are broken does not count."""
    text = (DOCS / one.document).read_text(encoding="utf-8")
    return " ".join(one.sentence.split()) in " ".join(text.split())
