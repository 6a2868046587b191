"""Which attacks are made, how hard, and on which server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.hostile.attack import ATTACKS, Attack, Settings, Variant
from tests.hostile.attacks import load
from tests.hostile.target import Problem


@dataclass(frozen=True)
class Form:
    """How thorough a run is; times are seconds.

    Args:
        is_short: Whether each attack is made once, at its hardest, and scaled down.
        flood: How long a flood lasts.
        warm_up: How long the good clients are measured first.
        rest: How long they are measured before each attack.
        repeats: Whether an attack that does harm is made again, on a new server, and that counts.
    """

    is_short: bool
    flood: float
    warm_up: float
    rest: float
    repeats: bool = False


SHORT = Form(is_short=True, flood=0.9, warm_up=1.2, rest=0.1)
LONG = Form(is_short=False, flood=5.0, warm_up=4.0, rest=0.8)


@dataclass(frozen=True)
class Round:
    """Attacks that are made on servers with the same settings."""

    settings: Settings
    attacks: Sequence[tuple[Attack, Variant]]


def rounds(form: Form, names: Sequence[str]) -> list[Round]:
    """Return what to do; ``names`` may be beginnings of attacks' names, none means all.

    Raises:
        Problem: there is no such attack.
    """
    load()
    by_settings: dict[str, Round] = {}
    for attack in _chosen(form, names):
        key = repr(sorted(attack.settings.items()))
        known = by_settings.get(key, Round(attack.settings, ()))
        more = [(attack, variant) for variant in _variants(form, attack)]
        by_settings[key] = Round(attack.settings, [*known.attacks, *more])
    return list(by_settings.values())


def _chosen(form: Form, names: Sequence[str]) -> list[Attack]:
    for name in names:
        if not any(known.startswith(name) for known in ATTACKS):
            raise Problem(f"there is no attack {name}; --list shows all")
    return [
        attack
        for name, attack in ATTACKS.items()
        if any(name.startswith(beginning) for beginning in names)
        or not (names or (form.is_short and attack.is_long))
    ]


def _variants(form: Form, attack: Attack) -> Iterator[Variant]:
    """Yield how hard an attack is made: in the short form with most connections, at full speed."""
    if not form.is_short:
        yield from attack.variants
        return
    yield max(attack.variants, key=lambda variant: (not variant.rate, variant.connections))
