"""The command that looks at a chat as a browser would, and says what stands in the way."""

import argparse
import ssl
from collections.abc import Sequence
from contextlib import suppress

import trio

from trio_chat.commands.doctor_answers import OK, WRONG, Finding, Patient
from trio_chat.commands.doctor_checks import CHECKS, Check
from trio_chat.commands.doctor_wire import Exchange, Fault, Target
from trio_chat.commands.tables import show
from trio_chat.config import ConfigError
from trio_chat.errors import FAILED, OutOfReach
from trio_chat.settings import CommandLine

STEP_TIMEOUT = 15.0  # seconds for one check, beside the wait for a ping
IDLE = 40.0  # seconds, by default, for that; pings come after 25 by default


def main(arguments: Sequence[str]) -> int:
    """Look, and print what was found; the status is 1 if something is wrong.

    Raises:
        ConfigError: the address is none.
        OutOfReach: nobody answers there.
    """
    options = _command_line().parse_args(arguments)
    context = ssl.create_default_context()
    context.check_hostname = False  # a check of its own tells what is wrong with it
    context.verify_mode = ssl.CERT_NONE
    try:
        target = Target(options.url, options.source, context)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    findings = trio.run(look, Patient(target, options.idle))
    show([finding._asdict() for finding in findings], as_json=options.json)
    return FAILED if any(finding.result == WRONG for finding in findings) else 0


async def look(patient: Patient) -> list[Finding]:
    """Make all checks, one after the other; each is bounded in time.

    Raises:
        OutOfReach: nobody answers.
    """
    await _reach(patient.target)
    return told_once([await _checked(check.__name__, check, patient) for check in CHECKS])


async def _reach(target: Target) -> None:
    """See that somebody answers, whatever they say, before check after check waits for that.

    Raises:
        OutOfReach: nobody does.
    """
    try:
        with trio.fail_after(STEP_TIMEOUT):
            stream = await target.open()
            try:
                with suppress(Fault):  # an odd answer is one, of which a check tells
                    await Exchange(target, stream).ask(target.path, {"Connection": "close"})
            finally:
                await trio.aclose_forcefully(stream)
    except Fault as fault:
        raise OutOfReach(str(fault)) from None
    except trio.TooSlowError:
        raise OutOfReach(f"nobody answers at {target.page} within {STEP_TIMEOUT:g} s") from None


def told_once(findings: list[Finding]) -> list[Finding]:
    """Return findings in which a fault that several checks met is told by the first of them."""
    wrong = [finding for finding in findings if finding.result == WRONG]
    first = {finding.text: finding for finding in reversed(wrong)}
    return [
        finding._replace(text=f"the same as {first[finding.text].check}")
        if finding.result == WRONG and first[finding.text] is not finding
        else finding
        for finding in findings
    ]


async def _checked(name: str, check: Check, patient: Patient) -> Finding:
    try:
        with trio.fail_after(STEP_TIMEOUT + (2 * patient.idle if name == "idle" else 0)):
            return await check(patient)
    except Fault as fault:
        return Finding(name, WRONG, str(fault))
    except OSError as error:
        return Finding(name, WRONG, str(error))
    except trio.TooSlowError:
        return Finding(name, WRONG, f"no answer within {STEP_TIMEOUT:g} s")


def _command_line() -> CommandLine:
    line = CommandLine(
        "doctor",
        "Connect to a chat as a browser would, through whatever stands in front of it, and say "
        f"what is wrong: check, result ('{OK}', 'warning', '{WRONG}'), text. Takes as long as two "
        "of the server's pings. The exit status is 1 if something is wrong, 3 if nobody answers.",
        [],
    )
    line.add_argument("url", metavar="URL", help="the address of the page")
    line.add_argument(
        "--idle",
        type=_seconds,
        default=IDLE,
        metavar="SECONDS",
        help=f"time from one ping to the next at most (default: {IDLE:g})",
    )
    line.add_argument("--source", metavar="ADDRESS", help="address to connect from")
    line.add_argument("--json", action="store_true", help="print JSON objects, one a line")
    return line


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):  # which NaN is not, either
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds
