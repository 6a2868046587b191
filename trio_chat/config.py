"""Every limit and time of the server, with its unit and what it must satisfy."""

import re
import resource
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

# Descriptors that are not connections: listeners, Trio's own, the log, files being sent.
DESCRIPTOR_RESERVE = 64


LEAST_DATABASE = 1_000_000  # bytes; the log of an empty one may take as much
HIGHEST_PORT = 65535
IN_MEMORY = ":memory:"  # a database that is no file
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?(:[0-9]{1,5})?")
ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)(://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\]))(:[0-9]{1,5})?/?")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}  # browsers leave these out of an origin


class ConfigError(ValueError):
    """A setting has a value that cannot work; the message is one line for a person."""


def option(default: Any, help: str, *, least: float | None = None) -> Any:
    """Return a field for an everyday option, with its help text and least allowed value."""
    return field(default=default, metadata={"help": help, "least": least, "group": "options"})


def limit(default: float, help: str, *, least: float) -> Any:
    """Return a field for a limit or a time, with its help text and least allowed value."""
    return field(default=default, metadata={"help": help, "least": least, "group": "limits"})


def host_of(host: str) -> str:
    """Return the name or the address in a host with or without a port, in lower case."""
    host = host.lower()
    if host.startswith("["):  # an IPv6 address
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one server. Times are seconds, sizes bytes, unless the help says otherwise.

    Raises:
        ConfigError: a value is below its minimum, or two values contradict each other.
    """

    host: str = option(
        "localhost",
        "address to listen on; 'localhost' means 127.0.0.1 and ::1, 0.0.0.0 everyone on IPv4",
    )
    port: int = option(8080, "TCP port to listen on; 0 picks a free one", least=0)
    certfile: Path | None = option(None, "TLS certificate chain (PEM); turns on https and wss")
    keyfile: Path | None = option(None, "private key of --certfile (PEM), if not in the same file")
    host_name: tuple[str, ...] = option(
        (),
        "name under which browsers reach the server, such as chat.example.org, if that is neither "
        "an address nor this machine's name; may be given several times",
    )
    allow_origin: tuple[str, ...] = option(
        (),
        "web origin, such as https://example.org, whose pages may connect besides our own; "
        "may be given several times; '*' allows all",
    )
    database: str = option(
        "trio-chat.db", "file that keeps what is said; ':memory:' forgets all at the end"
    )
    sync: str = option("normal", "'full': what is kept survives a power loss too, which costs time")
    keep_days: float = option(0.0, "days after which messages are deleted; 0 for never", least=0)
    keep_messages: int = option(0, "messages of a room that are kept; 0 for all", least=0)
    max_database: int = option(
        10_000_000_000,
        "bytes of the database at most; then messages are refused until some are deleted; "
        "0 for no limit",
        least=0,
    )
    keep_free: int = option(
        256_000_000,
        "bytes that stay free on the database's disk; below that messages are refused",
        least=0,
    )
    log_format: str = option(
        "auto", "'console' for people, 'json' for programs; 'auto': console on a terminal"
    )
    log_level: str = option("info", "'debug', 'info', 'warning' or 'error'")

    max_connections: int = limit(
        0, "open connections at most; 0 takes what the descriptor limit allows", least=0
    )
    connections_per_address: int = limit(
        16, "open connections of one address at most, loopback exempt; 0 for no limit", least=0
    )
    head_timeout: float = limit(10.0, "time for a request head, and for a TLS handshake", least=0.1)
    head_limit: int = limit(16 * 1024, "bytes of a request head at most", least=1024)
    http_timeout: float = limit(60.0, "time for one whole HTTP exchange", least=1)
    keep_alive_timeout: float = limit(
        5.0, "time for a further request on a connection, after a file of the page", least=0.1
    )

    call_timeout: float = limit(
        5.0, "time for the hub to take and answer what an HTTP request asks for", least=0.1
    )

    frame_limit: int = limit(64 * 1024, "bytes of a WebSocket message at most", least=125)
    fragment_limit: int = limit(256, "frames of one WebSocket message at most", least=1)
    frame_requests: int = limit(256, "requests in one WebSocket message at most", least=1)
    text_limit: int = limit(4000, "characters of a chat message at most", least=1)
    topic_limit: int = limit(250, "characters of a topic at most", least=1)

    nick_limit: int = limit(32, "characters of a nick at most", least=1)
    room_limit: int = limit(64, "characters of a room's name at most", least=1)
    rooms_per_connection: int = limit(128, "rooms one client can be in at once", least=1)
    hello_timeout: float = limit(10.0, "time for a client to say hello", least=0.1)
    presence_grace: float = limit(
        15.0, "time for which who is cut off keeps place and nick", least=0
    )
    history_page: int = limit(100, "messages of a page of history at most", least=1)
    page_bytes: int = limit(
        256 * 1024, "bytes of one page of history or of what was missed, at most", least=512
    )
    catch_up_bytes: int = limit(
        64 * 1024 * 1024,
        "bytes of pages that are read for all clients and not sent yet, at most; one at least",
        least=512,
    )
    resume_limit: int = limit(1000, "events of a room that are kept at hand", least=1)

    erase_within: float = limit(
        3600.0,
        "time in which the words of deleted messages are gone from all files of the database",
        least=120,
    )
    read_timeout: float = limit(5.0, "time for one look-up in the journal", least=0.1)

    ping_interval: float = limit(25.0, "time between pings to a client; 0 sends none", least=0)
    pong_timeout: float = limit(10.0, "time for a client to show life after a ping", least=0.1)
    write_timeout: float = limit(10.0, "time for a client to take what is written", least=0.1)
    send_buffer: int = limit(
        128 * 1024, "bytes the kernel holds for a client that is slow to read", least=4096
    )
    close_timeout: float = limit(5.0, "time for a client to answer a close", least=0.1)
    outbox_frames: int = limit(256, "frames that may wait for one slow client", least=1)
    outbox_bytes: int = limit(1024 * 1024, "bytes that may wait for one slow client", least=1024)
    inbox_requests: int = limit(1024, "requests that may wait for the hub", least=1)
    drain_timeout: float = limit(10.0, "time for all clients to say goodbye at shutdown", least=0)

    def __post_init__(self) -> None:
        """Check the values, one by one and against each other."""
        for setting in fields(self):
            least = setting.metadata["least"]
            value = getattr(self, setting.name)
            if least is not None and value < least:
                raise ConfigError(f"{setting.name} must be at least {least}, not {value}")
        object.__setattr__(self, "host_name", tuple(map(_host_name, self.host_name)))
        object.__setattr__(self, "allow_origin", tuple(map(_origin, self.allow_origin)))
        self._check_choices()
        self._check_relations()

    def _check_choices(self) -> None:
        for name, choices in (
            ("log_format", ("auto", "console", "json")),
            ("sync", ("normal", "full")),
            ("log_level", ("debug", "info", "warning", "error")),
        ):
            if getattr(self, name) not in choices:
                listed = ", ".join(choices)
                raise ConfigError(f"{name} must be one of {listed}, not {getattr(self, name)!r}")

    def _check_relations(self) -> None:
        if self.port > HIGHEST_PORT:
            raise ConfigError(f"port must be at most {HIGHEST_PORT}, not {self.port}")
        if self.keyfile and not self.certfile:
            raise ConfigError("keyfile needs certfile")
        if self.ping_interval and self.pong_timeout >= self.ping_interval:
            raise ConfigError(
                f"pong_timeout ({self.pong_timeout}) must be less than "
                f"ping_interval ({self.ping_interval})"
            )
        if 0 < self.max_database < LEAST_DATABASE:
            raise ConfigError(
                f"max_database must be 0 or at least {LEAST_DATABASE}, not {self.max_database}"
            )
        # A lone message must fit an empty outbox, or its first broadcast would evict everybody.
        if self.outbox_bytes <= self.frame_limit:
            raise ConfigError(
                f"outbox_bytes ({self.outbox_bytes}) must be more than "
                f"frame_limit ({self.frame_limit})"
            )
        # A page is sent to a client that has room for it beside what happens meanwhile.
        if self.page_bytes > self.outbox_bytes // 2:
            raise ConfigError(
                f"page_bytes ({self.page_bytes}) must be at most half of "
                f"outbox_bytes ({self.outbox_bytes})"
            )

    def connection_cap(self) -> int:
        """Return how many connections may be open: what is asked for, or what descriptors allow."""
        if self.max_connections:
            return self.max_connections
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return max(1, soft - DESCRIPTOR_RESERVE)


def _host_name(text: str) -> str:
    """Return a host name as it is compared: in lower case, without a port.

    Raises:
        ConfigError: it is none.
    """
    host = text.strip().lower()
    if not HOST_NAME.fullmatch(host):
        raise ConfigError(f"host_name must be a name such as chat.example.org, not {text!r}")
    return host_of(host)


def _origin(text: str) -> str:
    """Return an origin as browsers send it: in lower case, without a default port or a slash.

    Raises:
        ConfigError: it is none.
    """
    if text in ("*", "null"):
        return text
    found = ORIGIN.fullmatch(text.strip().lower())
    if not found:
        raise ConfigError(f"allow_origin must be like https://example.org, not {text!r}")
    scheme, host, port = found.groups(default="")
    return scheme + host + ("" if port == DEFAULT_PORTS.get(scheme) else port)
