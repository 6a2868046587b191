"""Readers of what strangers send, by name.

Each function tries one with any bytes, and raises an error if the reader breaks a rule.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

from trio_chat.addresses import normal_host, split_port
from trio_chat.commands.lines import Line, RoomLine
from trio_chat.commands.reading import ExportedFile
from trio_chat.config import Config, ConfigError
from trio_chat.errors import Failed
from trio_chat.journal.search.query import BadQuery, parse
from trio_chat.journal.search.snippets import SNIPPET, snippet
from trio_chat.journal.search.tokens import locate, tokenize
from trio_chat.journal.stored import understood
from trio_chat.net import eventstream
from trio_chat.net.head import HttpError, check_encoding, parse_head
from trio_chat.net.hosts import HostNames
from trio_chat.net.origins import is_welcome
from trio_chat.protocol import answers, requests
from trio_chat.protocol.close import Violation
from trio_chat.protocol.dialects import plain, v1
from trio_chat.protocol.emoji import normal_emoji
from trio_chat.protocol.events import AnyStoredEvent, encode
from trio_chat.protocol.names import BadName, check_nick, check_room, fold
from trio_chat.protocol.request_texts import text_fault
from trio_chat.protocol.text import has_controls
from trio_chat.remote import address, wire

CONFIG = Config()
LONG = "tea 茶 e\u0301 か\u3099 👩\u200d💻 " * 20


def read_export(data: bytes) -> None:
    """Read an exported file: it is refused by a line, or what is in it can be told."""
    refusal = ""
    lines: list[RoomLine | AnyStoredEvent] = []
    try:
        lines += ExportedFile(io.BytesIO(data), CONFIG)
    except Failed as error:
        refusal = str(error)
    assert not refusal or refusal.startswith("line ")
    assert not has_controls(refusal)
    for event in lines:
        if not isinstance(event, RoomLine):
            assert understood(event.room, event.seq, encode(event)) == event


def mend_export(data: bytes) -> None:
    """Mend an exported file: what comes of it can be read without mending."""
    with suppress(Failed):
        file = ExportedFile(io.BytesIO(data), CONFIG, mends=True)
        header, lines = wire_line(file.header), [wire_line(line) for line in file]
        read = ExportedFile(io.BytesIO(header + b"".join(lines)), CONFIG, mends=False)
        assert [wire_line(line) for line in read] == lines


def wire_line(line: Line) -> bytes:
    return encode(line) + b"\n"


def read_v1(data: bytes) -> None:
    """Read a frame: it ends the connection, or holds requests with normal texts."""
    try:
        found = v1.read(data.decode("utf-8", "replace"), CONFIG)
    except Violation:
        return
    assert len(found) <= CONFIG.frame_requests + data.count(b"{")
    for request in found:
        if isinstance(request, requests.InvalidRequest):
            answers.encode(answers.Error(id=request.id, code=request.code, text=request.text))
        elif isinstance(request, requests.Request):
            assert text_fault(request, CONFIG) is None


def read_plain(data: bytes) -> None:
    """Read a message of the plain dialect: it ends the connection, or is one line."""
    with suppress(Violation):
        for request in plain.read(data, CONFIG):
            assert isinstance(request, requests.Send)
            assert plain.one_line(request.text) == request.text
            assert "\n" not in request.text


def read_query(data: bytes) -> None:
    """Search: the query is refused, or marks are in order and within what is shown."""
    text, _, searched = data.decode("utf-8", "replace").partition("\n")
    try:
        query = parse(searched[: requests.QUERY_LIMIT])
    except BadQuery:
        return
    for where in (text, text + LONG, searched):
        found = query.find(where)
        assert query.matches(where) == bool(found)
        shown, marks = snippet(where, found)
        assert len(shown) <= max(SNIPPET, 0)
        assert all(0 <= start < end <= len(shown) for start, end in marks)
        assert all(one[1] <= other[0] for one, other in pairwise(marks))
    assert [token.text for token in locate(text)] == tokenize(text)


def read_head(data: bytes) -> None:
    """Read a request's head: it is refused as the client's fault, or all that reads it can."""
    status = 400
    try:
        head = parse_head(data.replace(b"\n", b"\r\n") + b"\r\n\r\n")
        check_encoding(head)
        HostNames(CONFIG).check(head, "127.0.0.1")
        for origin in head.values("origin"):
            is_welcome(origin, "".join(head.values("host")), ())
        if eventstream.is_asked_for(head):
            eventstream.begin(head, CONFIG)
    except HttpError as error:
        status = error.status
        error.answer()
    assert 400 <= status < 500 or status in (501, 505)  # another coding, another version


def read_url(data: bytes) -> None:
    """Read an address, a host's name and an origin: each is refused in words, or right."""
    text = data.decode("utf-8", "replace")
    with suppress(ValueError):
        assert address.parse(text).host_header
    with suppress(ValueError):
        host, _ = split_port(text)
        assert normal_host(host) == host
    with suppress(ConfigError):
        Config(host_name=(text,))
    with suppress(ConfigError):
        Config(allow_origin=(text,))
    with suppress(ConfigError):
        Config(trusted_proxy=(text,))


def read_name(data: bytes) -> None:
    """Check a name and an emoji: each is refused, or stays as it is from then on."""
    text = data.decode("utf-8", "replace")
    for check in (check_nick, check_room):
        with suppress(BadName):
            name = check(text, 32)
            assert check(name, 32) == name
            assert fold(fold(name)) == fold(name)
    emoji = normal_emoji(text)
    assert emoji is None or normal_emoji(emoji) == emoji


def read_server(data: bytes) -> None:
    """Read a frame of a server: it is refused, or holds objects of known types."""
    with suppress(wire.Malformed):
        for thing in wire.read(data.decode("utf-8", "replace")):
            repr(thing)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "export": read_export,
    "mend": mend_export,
    "v1": read_v1,
    "plain": read_plain,
    "query": read_query,
    "head": read_head,
    "url": read_url,
    "name": read_name,
    "server": read_server,
}
