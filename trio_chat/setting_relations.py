"""How settings hang together: normal forms, choices, and values that contradict each other."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from trio_chat.addresses import bracketed
from trio_chat.database_url import check_scheme, is_url
from trio_chat.setting_values import (
    PASSWORD,
    PROXY,
    TOKEN,
    base_url,
    bus,
    host_name,
    listening_address,
    listening_host,
    listening_place,
    network,
    origin,
    socket_group,
    socket_mode,
    ways,
)

if TYPE_CHECKING:  # which is made of what is here
    from trio_chat.config import Config

MOST_TITLE = 60  # characters; the longest that fit the head of a tab or a dialog
MOST_WELCOME = 1000  # characters
COLOR = re.compile("#[0-9a-f]{6}")
LEAST_DATABASE = 1_000_000  # bytes; the log of an empty one may take as much
HEADER = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # the name of one
# Headers that mean something else: browsers or other programs send them, so that a proxy passes on
# what somebody has made up, or they never come this far.
TAKEN = """
accept accept-charset accept-encoding accept-language accept-patch accept-ranges age allow
alt-svc alt-used authorization cache-control connection content-disposition content-encoding
content-language content-length content-location content-range content-type cookie cookie2 date
dnt expect forwarded host http2-settings idempotency-key if-match if-modified-since
if-none-match if-range if-unmodified-since keep-alive last-event-id location max-forwards origin
pragma priority proxy-authenticate proxy-authorization proxy-connection proxy-status range
referer retry-after room-link save-data server set-cookie te trailer transfer-encoding upgrade
upgrade-insecure-requests user-agent vary via warning www-authenticate x-forwarded-for
x-forwarded-host x-forwarded-port x-forwarded-proto x-forwarded-scheme x-forwarded-server
x-http-method-override x-real-ip x-requested-with
"""
TAKEN_PREFIXES = ("access-control-", "sec-")  # of those that browsers alone may set


def normal_values(config: "Config") -> Iterator[tuple[str, object]]:
    """Yield the settings that can be written in more than one way, in their normal forms.

    Raises:
        ValueError: one has none; the message is one line for a person.
    """
    yield "host", listening_host(config.host)
    yield "listen", tuple(dict.fromkeys(map(listening_place, config.listen)))
    yield "socket_mode", socket_mode(config.socket_mode)
    yield "socket_group", socket_group(config.socket_group)
    yield "bus", bus(config.bus)
    yield "base_url", base_url(config.base_url)
    yield "metrics_listen", listening_address(config.metrics_listen)
    yield "host_name", tuple(map(host_name, config.host_name))
    yield "allow_origin", tuple(map(origin, config.allow_origin))
    yield "trusted_proxy", tuple(map(network, config.trusted_proxy))
    yield "access", ways(config.access)
    yield "title", config.title.strip()
    yield "welcome", config.welcome.strip()
    yield "color", config.color.strip().lower()


def check_relations(config: "Config") -> None:
    """Check settings in their normal forms against each other.

    Raises:
        ValueError: they cannot work together; the message is one line for a person.
    """
    _check_choices(config)
    _check_places(config)
    _check_look(config)
    _check_files(config)
    _check_workers(config)
    _check_times(config)
    _check_sizes(config)
    _check_shares(config)
    _check_access(config)


def _check_choices(config: "Config") -> None:
    for name, choices in (
        ("log_format", ("auto", "console", "json")),
        ("sync", ("normal", "full")),
        ("loopback_limits", ("off", "on")),
        ("debug", ("off", "on")),
        ("fan_out", ("auto", "ring", "loop")),
        ("log_level", ("debug", "info", "warning", "error")),
    ):
        if getattr(config, name) not in choices:
            listed = ", ".join(choices)
            raise ValueError(f"{name} must be one of {listed}, not {getattr(config, name)!r}")


def _check_places(config: "Config") -> None:
    """Check that it is clear where to listen."""
    given = [name for name in ("host", "port") if getattr(config, name) != _default(config, name)]
    if config.listen and given:
        raise ValueError(f"{given[0]} and listen cannot be given together: add it to listen")
    listened = config.listen or (f"{bracketed(config.host)}:{config.port}",)
    metrics = config.metrics_listen
    if metrics in listened and not metrics.endswith(":0"):
        raise ValueError(
            f"metrics_listen must be another port than that of the chat, not {metrics}"
        )


def _default(config: "Config", name: str) -> object:
    return next(setting.default for setting in fields(config) if setting.name == name)


def _check_look(config: "Config") -> None:
    """Check what the page says of whose chat it is; the file with its sign is read later."""
    if not config.title:
        raise ValueError("title must have something to see")
    for name, most in (("title", MOST_TITLE), ("welcome", MOST_WELCOME)):
        length = len(getattr(config, name))
        if length > most:
            raise ValueError(f"{name} must have {most} characters at most, not {length}")
    if config.color and not COLOR.fullmatch(config.color):
        raise ValueError(f"color must be like #3557d6, not {config.color!r}")


def _check_files(config: "Config") -> None:
    if not config.database:
        raise ValueError("database must be a file or ':memory:', not ''")
    check_scheme(config.database)
    if config.keyfile and not config.certfile:
        raise ValueError("keyfile needs certfile")
    if config.backup_every and not config.backup_folder:
        raise ValueError("backup_every needs backup_folder")
    if config.backup_every and (config.database == ":memory:" or is_url(config.database)):
        raise ValueError("backup_every needs a database that is a file")
    if config.bus and not is_url(config.database):
        raise ValueError("bus needs a database of PostgreSQL: database=postgresql://…")


def _check_workers(config: "Config") -> None:
    """Check that several processes can have the same chat."""
    if config.workers == 1:
        return
    if config.database == ":memory:":
        raise ValueError(f"workers ({config.workers}) need PostgreSQL; database is ':memory:'")
    for name in ("files", "backup_every"):
        if getattr(config, name):
            raise ValueError(f"{name} cannot be given with workers ({config.workers})")


def _check_times(config: "Config") -> None:
    if config.ping_interval and config.pong_timeout >= config.ping_interval:
        raise ValueError(
            f"pong_timeout ({config.pong_timeout}) must be less than "
            f"ping_interval ({config.ping_interval})"
        )
    # Otherwise the exchange ends before its answer is there.
    for name in ("call_timeout", "read_timeout"):
        if getattr(config, name) >= config.http_timeout:
            raise ValueError(
                f"{name} ({getattr(config, name)}) must be less than "
                f"http_timeout ({config.http_timeout})"
            )


def _check_sizes(config: "Config") -> None:
    if 0 < config.max_database < LEAST_DATABASE:
        raise ValueError(
            f"max_database must be 0 or at least {LEAST_DATABASE}, not {config.max_database}"
        )
    # A character has one byte at least.
    if config.text_limit > config.frame_limit:
        raise ValueError(
            f"text_limit ({config.text_limit}) must be at most frame_limit ({config.frame_limit})"
        )
    # A lone message must fit an empty outbox, or its first broadcast would evict everybody.
    if config.outbox_bytes <= config.frame_limit:
        raise ValueError(
            f"outbox_bytes ({config.outbox_bytes}) must be more than "
            f"frame_limit ({config.frame_limit})"
        )
    # A page is sent to a client that has room for it beside what happens meanwhile.
    if config.page_bytes > config.outbox_bytes // 2:
        raise ValueError(
            f"page_bytes ({config.page_bytes}) must be at most half of "
            f"outbox_bytes ({config.outbox_bytes})"
        )


def _check_shares(config: "Config") -> None:
    """See that what is allowed to one is allowed to all together."""
    for whole, part in (
        ("all_outbox_bytes", "outbox_bytes"),
        ("all_recent_bytes", "recent_bytes"),
        ("all_replay_bytes", "replay_bytes"),
        ("changes_per_message", "reactions_per_message"),  # each of which is a change
    ):
        if getattr(config, whole) < getattr(config, part):
            raise ValueError(
                f"{whole} ({getattr(config, whole)}) must be at least "
                f"{part} ({getattr(config, part)})"
            )


def _check_access(config: "Config") -> None:
    """Check that each way in has what it needs, and that nothing is given for another one."""
    # Either of two will do; the first one is named unless the other one is given.
    password = "access_password" if config.access_password else "access_password_file"
    key = "token_jwks" if config.token_jwks and not config.token_key else "token_key"
    needs: dict[str, dict[str, object]] = {
        PASSWORD: {password: config.access_password_file or config.access_password},
        TOKEN: {
            key: config.token_key or config.token_jwks,
            "token_audience": config.token_audience.strip(),
        },
        PROXY: {"access_header": config.access_header},
    }
    for way, settings in needs.items():
        for name, value in settings.items():
            if bool(value) > (way in config.access):
                raise ValueError(f"{name} needs access={way}")
            if bool(value) < (way in config.access):
                raise ValueError(f"access={way} needs {name}")
    _check_ways(config)


def _check_ways(config: "Config") -> None:
    """Check that nothing is given for a way in that contradicts what else is given for it."""
    if config.token_key and config.token_jwks:
        raise ValueError("token_key and token_jwks cannot be given together")
    if config.access_password and config.access_password_file:
        raise ValueError("access_password and access_password_file cannot be given together")
    if PROXY in config.access:
        _check_proxy(config)


def _check_proxy(config: "Config") -> None:
    """Check that nobody but the proxy can say who somebody is."""
    if not config.trusted_proxy:
        raise ValueError("access=proxy needs trusted_proxy")
    name = config.access_header.lower()
    if not HEADER.fullmatch(name):
        raise ValueError(f"access_header must be a header's name, not {config.access_header!r}")
    if name in TAKEN.split() or name.startswith(TAKEN_PREFIXES):
        raise ValueError(
            f"access_header must be a header for this alone, such as Remote-User: "
            f"{config.access_header} has another meaning"
        )
    for trusted in config.trusted_proxy:
        if trusted.endswith("/0"):
            raise ValueError(f"trusted_proxy {trusted} would let everybody be anybody")
    if "*" in config.allow_origin:
        raise ValueError(
            "allow_origin '*' would let any page act as whoever opens it, with access=proxy"
        )
