"""Every limit and time of the server, with its unit and what it must satisfy."""

import resource
from dataclasses import dataclass, fields
from pathlib import Path

from trio_chat.addresses import HIGHEST_PORT
from trio_chat.errors import BAD_USAGE
from trio_chat.rates import Rates
from trio_chat.setting_fields import MOST, check_value, limit, option, secret
from trio_chat.setting_relations import check_relations, normal_values

# Descriptors that are not connections: listeners, Trio's own, the log, files being sent.
DESCRIPTOR_RESERVE = 64

LARGEST_BUFFER = 2**30  # bytes of a buffer of the kernel, which counts them in 31 bits
LONGEST_NAME = 1000  # characters
# Changes of a message. The next one reads and writes again what they add up to, a deletion rewrites
# them all at once, and an answer has them all: 4,000 reactions are 1 MB at most.
MOST_CHANGES = 4000
MOST_EMOJI = 1000  # different ones on a message
LEAST_ROOM = 5  # characters; the room "lobby", where whoever names none is, has as many
MOST_WORKERS = 64  # on one machine
IN_MEMORY = ":memory:"  # a database that is no file


class ConfigError(ValueError):
    """A setting has a value that cannot work; the message is one line for a person."""

    status = BAD_USAGE  # with which a command ends


@dataclass(frozen=True, kw_only=True)
class Config(Rates):
    """The settings of one server. Times are seconds, sizes bytes, unless the help says otherwise.

    Raises:
        ConfigError: a value is below its minimum, or two values contradict each other.
    """

    title: str = option(
        "Chat",
        "name of this chat, in the page and for who installs it; 60 characters at most",
    )
    welcome: str = option(
        "",
        "what the page says before it asks for a name, marked as messages are; 1,000 characters "
        "at most",
    )
    icon: Path | None = option(
        None, "sign of this chat: a PNG of 16 to 1,024 pixels a side, or an SVG; 64 KiB at most"
    )
    color: str = option("", "colour of this chat's buttons, such as #3557d6")
    host: str = option(
        "localhost",
        "address to listen on; 'localhost' means 127.0.0.1 and ::1, 0.0.0.0 everyone on IPv4",
    )
    port: int = option(
        8080, "TCP port to listen on; 0 picks a free one", least=0, most=HIGHEST_PORT
    )
    listen: tuple[str, ...] = option(
        (),
        "where to listen, instead of --host and --port: HOST:PORT, [::1]:8080, "
        "unix:/run/chat.sock, or systemd for the sockets that it passes (systemd:NAME: those of a "
        "name); may be given several times",
        is_path=True,
        shown_as="ADDRESS",
    )
    socket_mode: str = option(
        "660", "who may connect to Unix sockets of --listen: the mode of their files, octal"
    )
    socket_group: str = option(
        "", "group of the files of Unix sockets, a name or a number (default: that of the server)"
    )
    metrics_listen: str = option(
        "",
        "address and port, such as 127.0.0.1:9464, where Prometheus gets figures, and supervisors "
        "learn why the server is not ready; nobody is asked who they are there",
        shown_as="ADDRESS",
    )
    certfile: Path | None = option(
        None, "TLS certificate chain (PEM); turns on https and wss, but for Unix sockets"
    )
    keyfile: Path | None = option(None, "private key of --certfile (PEM), if not in the same file")
    host_name: tuple[str, ...] = option(
        (),
        "name under which browsers reach the server, such as chat.example.org, if that is neither "
        "an address nor this machine's name; may be given several times",
    )
    base_url: str = option(
        "",
        "address of the page behind a proxy, such as https://example.org/chat/, if that is not "
        "where the server listens; its name counts as one of --host-name",
    )
    allow_origin: tuple[str, ...] = option(
        (),
        "web origin, such as https://example.org, whose pages may connect besides our own; "
        "may be given several times; '*' allows all",
    )
    trusted_proxy: tuple[str, ...] = option(
        (),
        "address or network, such as 127.0.0.1 or 10.0.0.0/8, of a proxy that tells who is behind "
        "it (Forwarded, X-Forwarded-For, PROXY protocol), or 'unix' for whoever connects by a Unix "
        "socket; may be given several times",
    )
    access: tuple[str, ...] = option(
        (),
        "who may come in: 'open' (whoever can reach the server), 'password', 'token', 'proxy' or "
        "'invite' (by a link); may be given several times, and any of them lets in; without it "
        "'open'",
    )
    access_password: str = secret("password that lets in, with --access password")
    access_password_file: Path | None = option(
        None, "file with the password that lets in, with --access password"
    )
    token_key: Path | None = option(
        None, "file with the public key (PEM) or the secret of tokens (JWT), with --access token"
    )
    token_jwks: Path | None = option(
        None, "file with several keys of tokens (JWKS), instead of --token-key"
    )
    token_audience: str = option("", "audience (aud) that tokens are made for")
    access_header: str = option(
        "",
        "header, such as Remote-User, in which a trusted proxy names whom it has let in, with "
        "--access proxy",
    )
    database: str = option(
        "trio-chat.db",
        "file that keeps what is said, or the postgresql:// URL of a database; ':memory:' forgets "
        "all at the end",
        is_path=True,
    )
    bus: str = option(
        "",
        "Redis by which nodes that share a database of PostgreSQL tell each other what is new, "
        "where that is too much for PostgreSQL itself: redis://[user:password@]host[:port], "
        "rediss:// for TLS, redis+sentinel://host1,host2/NAME or redis+cluster://host1,host2",
        has_password=True,
    )
    workers: int = option(
        1,
        "processes that serve the chat together, on more cores than one; more than one need "
        "PostgreSQL: that of --database postgresql://…, or one of their own beside the database, "
        "where its programs are",
        least=1,
        most=MOST_WORKERS,
    )
    sync: str = option("normal", "'full': what is kept survives a power loss too, which costs time")
    keep_days: float = option(
        0.0, "days after which messages are deleted; 0 for never", least=0, most=36_500
    )
    keep_messages: int = option(
        0, "messages of a room that are kept; 0 for all", least=0, most=MOST
    )
    forget_rooms_days: float = option(
        30.0,
        "days after which a room is forgotten in which nothing is kept and nobody is; 0 for never",
        least=0,
        most=36_500,
    )
    nick_keep_days: float = option(
        30.0,
        "days for which a nick is kept for its owner after they were seen last; 0: it is free when "
        "they are gone",
        least=0,
        most=36_500,
    )
    session_days: float = option(
        90.0,
        "days for which somebody can come back as the same person; 0 for ever",
        least=0,
        most=36_500,
    )
    max_database: int = option(
        10_000_000_000,
        "bytes of the database at most; then messages are refused until some are deleted; "
        "0 for no limit",
        least=0,
        most=MOST,
    )
    keep_free: int = option(
        256_000_000,
        "bytes that stay free on the database's disk; below that messages are refused",
        least=0,
        most=MOST,
    )
    files: Path | None = option(
        None,
        "folder of the files that people send (default: beside the database; with PostgreSQL and "
        "with ':memory:' there are none without it)",
    )
    max_files: int = option(
        1_000_000_000,
        "bytes of all files together at most; then files are refused until some are deleted; "
        "0 for no limit",
        least=0,
        most=MOST,
    )
    backup_every: float = option(
        0.0, "hours between two backups of the database; 0 for none", least=0, most=8760
    )
    backup_folder: Path | None = option(None, "folder of these backups; it has to be there")
    backup_keep: int = option(
        7, "backups that stay there; older ones are deleted", least=1, most=10_000
    )
    log_format: str = option(
        "auto", "'console' for people, 'json' for programs; 'auto': console on a terminal"
    )
    log_level: str = option("info", "'debug', 'info', 'warning' or 'error'")
    debug: str = option("off", "'on': browsers get the page's scripts as they are, one by one")
    fan_out: str = option(
        "auto", "how to write to many: 'ring' (Linux's io_uring), 'loop', 'auto'", shown_as="WAY"
    )
    log_lines: int = limit(
        1000, "log lines that may wait for standard error; further ones are counted", least=1
    )
    log_rate: int = limit(10, "log lines of one kind in a second at most; 0 for no limit", least=0)
    log_timeout: float = limit(
        1.0, "time for standard error to take the last log lines at the end", least=0
    )

    max_connections: int = limit(
        0,
        "open connections at most; 0, or more than descriptors allow: what these allow",
        least=0,
    )
    connections_per_address: int = limit(
        512,
        "open WebSockets, event streams and HTTP requests of one address at most; 0 for no limit",
        least=0,
    )
    waiting_per_address: int = limit(
        1024,
        "other connections of one address at most, which have asked for nothing or for files alone,"
        " and no more than half of all; 0 for no limit",
        least=0,
    )
    loopback_limits: str = limit(
        "off", "'on': limits by address are for those of this machine, too", least=None
    )
    head_timeout: float = limit(10.0, "time for a request head, and for a TLS handshake", least=0.1)
    head_limit: int = limit(16 * 1024, "bytes of a request head at most", least=1024)
    http_timeout: float = limit(60.0, "time for one whole HTTP exchange", least=1)
    keep_alive_timeout: float = limit(
        5.0, "time for a further request on a connection, after the answer to one", least=0.1
    )
    keep_alive_requests: int = limit(
        1000, "HTTP requests on one connection at most, one after the other", least=1
    )

    call_timeout: float = limit(
        5.0, "time for the hub to take and answer what an HTTP request asks for", least=0.1
    )

    frame_limit: int = limit(64 * 1024, "bytes of a WebSocket message at most", least=125)
    fragment_limit: int = limit(256, "frames of one WebSocket message at most", least=1)
    frame_requests: int = limit(256, "requests in one WebSocket message at most", least=1)
    text_limit: int = limit(4000, "characters of a chat message at most", least=1)
    topic_limit: int = limit(250, "characters of a topic at most", least=1)

    file_limit: int = limit(10_000_000, "bytes of a file at most; 0: nobody sends files", least=0)
    files_per_message: int = limit(10, "files of one message at most", least=1, most=100)
    unused_file_timeout: float = limit(
        3600.0, "time after which a file is deleted that no message has", least=60
    )
    upload_timeout: float = limit(
        600.0, "time for one upload, for its next piece, and for one download", least=10
    )
    reactions_per_message: int = limit(
        50, "different emoji on one message at most", least=1, most=MOST_EMOJI
    )
    changes_per_message: int = limit(
        1000,
        "edits and reactions of one message at most; it can be deleted beyond that",
        least=1,
        most=MOST_CHANGES,
    )
    nick_limit: int = limit(32, "characters of a nick at most", least=1, most=LONGEST_NAME)
    room_limit: int = limit(
        64, "characters of a room's name at most", least=LEAST_ROOM, most=LONGEST_NAME
    )
    rooms_per_connection: int = limit(128, "rooms one client can be in at once", least=1)
    private_rooms: int = limit(10_000, "private rooms at most", least=0)
    links_per_room: int = limit(100, "links to one room at most", least=3)
    members_listed: int = limit(
        1000, "people of a room that are listed; others are counted", least=1
    )
    access_checks: int = limit(2, "passwords that are checked at the same time", least=1)
    access_timeout: float = limit(5.0, "time for a password to be checked", least=0.1)
    hold_links_for: float = limit(
        86_400.0,
        "time for which links of somebody new are held, in rooms that hold links for approval",
        least=0,
    )
    hello_timeout: float = limit(10.0, "time for a client to say hello", least=0.1)
    presence_grace: float = limit(
        15.0, "time for which who is cut off keeps place and nick", least=0
    )
    names_kept: int = limit(
        100_000,
        "people who are not connected and of whom nick, sessions and marks are kept; beyond that "
        "those are forgotten first who have not come back on another day",
        least=1,
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
    look_ups: int = limit(
        16,
        "searches, pages of history and lists that may wait on one connection; "
        "further ones are refused as 'busy'",
        least=1,
    )
    rate_patience: float = limit(
        2.0, "time for which a request over a rate waits; then it is refused as 'busy'", least=0
    )
    flood_timeout: float = limit(
        10.0, "time far over a rate after which a connection is ended", least=0.1
    )
    resume_limit: int = limit(1000, "events of a room that are kept at hand", least=1)
    recent_bytes: int = limit(
        1024 * 1024, "bytes of a room's events that are kept at hand, at most", least=0
    )
    all_recent_bytes: int = limit(
        64 * 1024 * 1024, "bytes of all rooms' events that are kept at hand, at most", least=0
    )
    replay_bytes: int = limit(
        256 * 1024,
        "bytes of what many have missed alike that are kept ready to be sent, at most",
        least=0,
    )
    all_replay_bytes: int = limit(
        32 * 1024 * 1024, "bytes of all that is kept ready to be sent so, at most", least=0
    )

    commit_interval: float = limit(
        0.001,
        "time from one commit to the next: what is said meanwhile is written together",
        least=0,
        most=1,
    )
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
        128 * 1024,
        "bytes the kernel holds for a client that is slow to read",
        least=4096,
        most=LARGEST_BUFFER,
    )
    close_timeout: float = limit(5.0, "time for a client to answer a close", least=0.1)
    outbox_frames: int = limit(256, "frames that may wait for one slow client", least=1)
    outbox_bytes: int = limit(1024 * 1024, "bytes that may wait for one slow client", least=1024)
    all_outbox_bytes: int = limit(
        256 * 1024 * 1024,
        "bytes that may wait for all slow clients together; the slowest are ended first",
        least=1024,
    )
    lag_limit: float = limit(
        3.0, "time by which the server may be late before it takes nobody in any more", least=0.1
    )
    inbox_requests: int = limit(1024, "requests that may wait for the hub", least=1)
    drain_delay: float = limit(
        0.0,
        "time between SIGTERM, when the server is not ready any more, and its goodbyes: for a load "
        "balancer to notice",
        least=0,
    )
    return_window: float = limit(
        10.0, "time over which those who were connected come back after a restart", least=0
    )
    drain_timeout: float = limit(10.0, "time for all clients to say goodbye at shutdown", least=0)

    def __post_init__(self) -> None:
        """Check the values, one by one and against each other."""
        try:
            for setting in fields(self):
                check_value(setting, getattr(self, setting.name))
            for name, value in normal_values(self):
                object.__setattr__(self, name, value)
            check_relations(self)
        except ValueError as error:
            raise ConfigError(str(error)) from None

    def connection_cap(self) -> int:
        """Return how many connections may be open: no more than there are descriptors for."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = max(1, soft - DESCRIPTOR_RESERVE)
        return min(self.max_connections or allowed, allowed)
