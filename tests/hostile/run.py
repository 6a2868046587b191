"""Runs attacks in turn: starts servers, keeps the good clients going, and collects results."""

from collections.abc import Callable, Iterable

import trio

from tests.hostile.attack import Attack, Variant
from tests.hostile.crowd import Crowd
from tests.hostile.hand import Hand
from tests.hostile.meter import Meter
from tests.hostile.plan import Form, Round
from tests.hostile.result import Result
from tests.hostile.server import Server, missing, started
from tests.hostile.target import Target
from tests.hostile.trial import Trial

Told = Callable[[Result], None]
LOG_CONTROLS = frozenset(map(chr, (*range(10), *range(11, 32), 127, 0x2028, 0x202E)))


async def on_own_servers(form: Form, rounds: Iterable[Round], tell: Told) -> None:
    """Make all attacks, on servers that are started for them; ``tell`` gets each result."""
    hand = Hand(is_short=form.is_short)
    try:
        await _all_rounds(form, rounds, tell, hand)
    finally:
        hand.end()


async def _all_rounds(form: Form, rounds: Iterable[Round], tell: Told, hand: Hand) -> None:
    for one in rounds:
        if absent := missing(one.settings):
            for attack, variant in one.attacks:
                tell(_impossible(attack, variant, f"no setting {', '.join(absent)}"))
            continue
        await _round(form, one, tell, hand)


async def _round(form: Form, one: Round, tell: Told, hand: Hand) -> None:
    """Make attacks one after the other; after one that did harm, go on with a new server.

    So is one repeated, as what it needs, such as names that are free, may be used up.
    """
    todo = list(one.attacks)
    results: list[Result] = []  # of the first of them
    while todo:
        with started(one.settings) as server:
            harmed = False
            async with trio.open_nursery() as nursery:
                crowd = Crowd(server.inside, taken=server.meter.waited)
                nursery.start_soon(crowd.run)
                trial = Trial(server.target, crowd, server.meter, hand, form.flood, form.rest)
                await trial.warm_up(form.warm_up)
                while todo and not harmed:
                    result = await trial.run(*todo[0])
                    _check_server(server, result)
                    results.append(result)
                    if is_open(results, repeats=form.repeats):
                        break
                    harmed = result.harm_lasts or not server.is_alive
                    tell(result)
                    del todo[0]
                    results.clear()
                nursery.cancel_scope.cancel()


def is_open(results: list[Result], *, repeats: bool) -> bool:
    """Tell whether an attack has to be made again; the last of its results counts.

    If nothing is wrong but a delay, two of three have to agree: one that comes from the machine
    does not come again. Other harm is looked at twice if a run ``repeats``.
    """
    harm = [one for one in results if not one.passed and not one.is_only_late]
    if harm:
        return repeats and len(harm) == 1 and results[-1] is harm[0]
    late = [one for one in results if one.is_only_late]
    return bool(late) and len(late) < 2 and len(results) < 3


def _check_server(server: Server, result: Result) -> None:
    """Look at the server's log, and whether it still runs."""
    if not server.is_alive and "the server ended" not in result.faults:
        result.faults.append("the server ended")
    text = server.meter.new_log()
    if LOG_CONTROLS & set(text):
        result.faults.append("control characters in the log")
    if "Traceback" in text or "connection crashed" in text:
        result.faults.append("an exception in the log")


async def on_foreign_server(
    form: Form, target: Target, rounds: Iterable[Round], tell: Told
) -> None:
    """Make those attacks that need no settings on a server that runs already."""
    meter = Meter(target.pid, None) if target.pid else None
    hand = Hand(is_short=form.is_short)
    async with trio.open_nursery() as nursery:
        crowd = Crowd(target, taken=meter.waited) if meter else Crowd(target)
        nursery.start_soon(crowd.run)
        trial = Trial(target, crowd, meter, hand, form.flood, form.rest)
        await trial.warm_up(form.warm_up)
        for one in rounds:
            for attack, variant in one.attacks:
                if one.settings:
                    settings = ", ".join(f"{key}={value}" for key, value in one.settings.items())
                    tell(_impossible(attack, variant, f"needs a server with {settings}"))
                    continue
                results: list[Result] = []
                while not results or is_open(results, repeats=False):
                    results.append(await trial.run(attack, variant))
                tell(results[-1])
        nursery.cancel_scope.cancel()
    hand.end()


def _impossible(attack: Attack, variant: Variant, reason: str) -> Result:
    result = Result.of(attack, variant)
    result.left_out = reason
    return result


async def main(form: Form, target: Target | None, rounds: Iterable[Round], tell: Told) -> None:
    """Make all attacks, on a server that runs already or on new ones."""
    if target:
        await on_foreign_server(form, target, rounds, tell)
    else:
        await on_own_servers(form, rounds, tell)
