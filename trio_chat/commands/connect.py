"""The command that chats with a server, from a terminal or a pipe."""

import argparse
import getpass
import os
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from typing import TextIO, cast

import trio

from trio_chat.config import ConfigError
from trio_chat.errors import Failed
from trio_chat.named_files import SECRET_LIMIT, read
from trio_chat.protocol.names import BadName, check_nick, check_room
from trio_chat.remote.address import Link, parse, split_link
from trio_chat.settings import ENV_PREFIX, CommandLine
from trio_chat.standard_streams import LineWriter
from trio_chat.terminal.call import Call, NotLetIn
from trio_chat.terminal.pipe import Options, Pipe
from trio_chat.terminal.stdio import STDIN, STDOUT
from trio_chat.terminal.tasks import until_signal

ROOM = "lobby"
WARNINGS = 100  # lines that may wait for standard error
NAME_LIMIT = 1000  # characters; the server has a lower limit of its own
PASSWORD = f"{ENV_PREFIX}ACCESS_PASSWORD"  # the variable; the server's has the same name
LINK = f"{ENV_PREFIX}LINK"  # the variable
TIMEOUT = 10.0  # seconds
HISTORY = 10  # earlier messages that are printed, as with ``tail``
HISTORY_LIMIT = 10_000
CERTIFICATES_LIMIT = 1024 * 1024  # bytes; those of a whole system have a fifth of that


def main(arguments: Sequence[str]) -> int:
    """Chat until the end; return the exit status.

    Raises:
        ConfigError: wrong usage.
        Failed: the server cannot be reached, or refuses us.
        BrokenPipeError: the reader of standard output is gone.
    """
    options = _command_line().parse_args(arguments)
    call = _call(options)
    # A chat that follows a room waits for no reader of its warnings.
    with (
        LineWriter(sys.stderr, WARNINGS) as warnings,
        redirect_stderr(cast("TextIO", warnings)),
    ):
        try:
            return trio.run(until_signal, _job(options, call))
        except NotLetIn as error:
            has_shown = call.password or call.token
            if has_shown or not error.asks_password or not os.isatty(STDIN):
                raise
        call = replace(call, password=_ask())
        return trio.run(until_signal, _job(options, call))


def _ask() -> str:
    """Ask for the password, which the terminal does not show.

    Raises:
        Failed: there is no answer.
    """
    try:
        return getpass.getpass("Password of the server: ")
    except EOFError:
        raise Failed("no password was given") from None


def _command_line() -> CommandLine:
    line = CommandLine(
        "connect",
        "Chat with a server, on a full screen; /help there lists its commands. With pipes: --send "
        "sends each line of standard input and ends when all are acknowledged, --follow prints a "
        "line for each message until Ctrl-C. Without either, standard input is sent if it is no "
        "terminal; otherwise the room is followed. Exit status: 0 done, 1 something was refused, "
        "2 wrong usage, 3 the server cannot be reached or does not answer, 130 Ctrl-C.",
        (),
    )
    _add_place(line)
    _add_access(line)
    _add_modes(line)
    return line


def _add_place(line: CommandLine) -> None:
    """Add where to chat, and under which nick."""
    line.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        help="the address that the server prints, or a link to a room",
    )
    line.add_argument(
        "--link-file",
        metavar="FILE",
        help=f"file with a link whose secret others should not see in the list of processes; else "
        f"that is in {LINK}",
    )
    line.add_argument("--room", help=f"the room to join (default: {ROOM})")
    line.add_argument("--nick", help="your nick (default: your login name)")
    line.add_argument(
        "--cafile",
        metavar="FILE",
        help="file with certificates (PEM) of whom to believe who the server is, besides the "
        "system's, as of an authority of your own",
    )


def _add_access(line: CommandLine) -> None:
    """Add what lets one in."""
    line.add_argument(
        "--password-file",
        metavar="FILE",
        help="file with the password of the server; else that is in TRIO_CHAT_ACCESS_PASSWORD, "
        "or asked for on a terminal",
    )
    line.add_argument("--token-file", metavar="FILE", help="file with a token that lets you in")
    line.add_argument(
        "--pair",
        metavar="CODE",
        help="come as the same person as on another device, where /pair has shown this code",
    )


def _add_modes(line: CommandLine) -> None:
    """Add what is done there."""
    line.add_argument("--send", action="store_true", help="send each line of standard input")
    line.add_argument(
        "--whole",
        action="store_true",
        help="send standard input as one message, with its line ends",
    )
    line.add_argument("--follow", action="store_true", help="print messages as they come")
    line.add_argument(
        "--json", action="store_true", help="follow, and print JSON objects as in docs/protocol.md"
    )
    line.add_argument(
        "-n",
        "--history",
        metavar="N",
        type=_count,
        default=HISTORY,
        help=f"print N earlier messages first (default: {HISTORY})",
    )
    line.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=TIMEOUT,
        help=f"time limit to connect and for each acknowledgement (default: {TIMEOUT:g})",
    )


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text) <= HISTORY_LIMIT):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {HISTORY_LIMIT:,}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def _call(options: argparse.Namespace) -> Call:
    """Return what to connect to.

    Raises:
        ConfigError: the URL, room or nick is not valid.
    """
    try:
        link = _link(options)
        return Call(
            url=link.url,
            room=link.room,
            link=link.secret,
            operator=link.operator,
            pair=options.pair or link.pair,
            nick=check_nick(options.nick or _login(), NAME_LIMIT),
            timeout=options.timeout,
            password=_secret(options.password_file) or os.environ.get(PASSWORD) or None,
            token=_secret(options.token_file),
            ssl_context=_context(options.cafile),
        )
    except ConfigError:
        raise
    except BadName as error:
        raise ConfigError(str(error)) from None
    except ValueError as error:
        raise ConfigError(f"the URL is not valid: {error}") from None


def _link(options: argparse.Namespace) -> Link:
    """Return the link to open: the URL, one that is not on the command line, or both if they fit.

    Raises:
        ConfigError: there is none, or they do not fit.
        ValueError: a URL or the name of a room is not valid.
    """
    kept = (_secret(options.link_file) or os.environ.get(LINK, "")).strip()
    links = [split_link(url) for url in (options.url, kept) if url]
    if not links:
        raise ConfigError(f"give the URL of a server, --link-file, or {LINK}")
    if len({parse(link.url) for link in links}) > 1:
        raise ConfigError("the link is to another server than the URL")
    rooms = [options.room, *(link.room for link in links)]
    names = dict.fromkeys(check_room(room, NAME_LIMIT) for room in rooms if room)
    secret = next((link.secret for link in links if link.secret), None)
    if secret and len(names) > 1:
        raise ConfigError("the link is to another room")
    operator = next((link.operator for link in links if link.operator), None)
    pair = next((link.pair for link in links if link.pair), None)
    return Link(links[0].url, next(iter(names), ROOM), secret, operator, pair)


def _context(path: str | None) -> ssl.SSLContext | None:
    """Return what believes the certificates in a file, too; nothing without one.

    Raises:
        ConfigError: it cannot be read, or has none.
    """
    if path is None:
        return None
    try:
        certificates = read(Path(path), CERTIFICATES_LIMIT).decode("ascii", "replace")
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError):  # the latter if it is empty
        raise ConfigError(f"{path} has no certificates (PEM)") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    return context


def _secret(path: str | None) -> str | None:
    """Return the secret in a file; line ends behind it do not count.

    Raises:
        ConfigError: it cannot be read.
    """
    if path is None:
        return None
    try:
        return read(Path(path), SECRET_LIMIT).decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8") from None


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("there is no login name: choose one with --nick") from None


def _job(options: argparse.Namespace, call: Call) -> Callable[[], Awaitable[int]]:
    """Return what to run: the full screen, unless there is none or a pipe is asked for."""
    send = options.send or options.whole
    follow = options.follow or options.json
    is_asked = send or follow
    if is_asked or not os.isatty(STDIN) or not os.isatty(STDOUT):
        is_piped = not is_asked and not os.isatty(STDIN)
        send, follow = send or is_piped, follow or not (send or is_piped)
    elif os.environ.get("TERM", "dumb") == "dumb":  # it has no cursor movements
        send = follow = True
    else:
        from trio_chat.terminal.app import App  # noqa: PLC0415 - slow to import, and pipes do not need it

        return App(call).run
    pipe_options = Options(send, options.whole, follow, options.json, options.history)
    return Pipe(call, pipe_options).run
