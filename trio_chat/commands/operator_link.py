"""The command that makes a link with which somebody becomes an operator of the server."""

import os
from collections.abc import Sequence
from contextlib import suppress

from trio_chat import server_file
from trio_chat.commands.files import database_path
from trio_chat.commands.ledgers import Ledger, opened_ledger
from trio_chat.config import Config, ConfigError
from trio_chat.core.links import new_link
from trio_chat.core.registry import SERVER
from trio_chat.database_url import is_url
from trio_chat.named_files import resolved
from trio_chat.protocol import acts
from trio_chat.protocol.events import ActKept, decode
from trio_chat.protocol.rights import Right
from trio_chat.remote.address import parse
from trio_chat.settings import CommandLine
from trio_chat.standard_streams import say

DEFAULT_URL = "http://localhost:8080/"


def main(arguments: Sequence[str]) -> int:
    """Make a link, print it, and end those of before once it is written.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: the database cannot be written.
        OSError: the link cannot be printed; then it ends, and those of before stay.
    """
    options, config = _command_line().read(arguments, os.environ)
    if options.url is not None and not _is_page(options.url):
        raise ConfigError(f"--url must be like {DEFAULT_URL}, not {options.url!r}")
    url = options.url or _address(config)
    with opened_ledger(config) as ledger:
        before = _live(ledger)
        link = new_link(SERVER, Right.OPERATE)
        ledger.keep([link.act])
        try:
            print(f"{(url or DEFAULT_URL).rstrip('/')}/#operator={link.secret}", flush=True)
        except (OSError, KeyboardInterrupt):  # nobody has seen it
            _end(ledger, [link.act.link])
            raise
        _end(ledger, before)
    if url is None:
        say(f"no running server tells its address: the link assumes {DEFAULT_URL} (see --url)")
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "operator-link",
        "Print a link that makes whoever opens it an operator, who may moderate all rooms. Those "
        "that were made before end, with the rights of whoever came by them. The server may run "
        "meanwhile.",
        ["database"],
    )
    line.add_argument(
        "--url",
        help="the address that people open (default: where the running server listens, as seen "
        f"from this machine; without one {DEFAULT_URL})",
    )
    return line


def _address(config: Config) -> str | None:
    """Return the address of the server that has a database; ``None`` if it is not known."""
    if is_url(config.database):
        return None
    notice = server_file.read(resolved(database_path(config, "operator-link")))
    return notice.address if notice else None


def _is_page(url: str) -> bool:
    """Whether a URL is that of a server's page."""
    with suppress(ValueError):
        parse(url)
        return url.lower().startswith(("http://", "https://")) and not {"?", "#"} & set(url)
    return False


def _live(ledger: Ledger) -> list[str]:
    """Return the public ids of operators' links that are not revoked."""
    live: dict[str, None] = {}
    last = 0
    while page := ledger.after(last):
        last = page[-1][0]
        for _, data in page:
            event = decode(data)
            act = event.act if isinstance(event, ActKept) else None
            if isinstance(act, acts.LinkMade) and act.about == SERVER:
                live[act.link] = None
            elif isinstance(act, acts.LinkEnded):
                live.pop(act.link, None)
    return list(live)


def _end(ledger: Ledger, links: Sequence[str]) -> None:
    """Revoke links, by their public ids."""
    ledger.keep([acts.LinkEnded(link=id) for id in links])
