"""The URL of a Redis that carries hints between nodes, as ``--bus`` has it.

It may have passwords, which are neither logged nor shown; so no error repeats any of it.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from trio_chat.addresses import bracketed, split_port
from trio_chat.database_url import HIDDEN

NEEDS_HIREDIS = "a bus of Redis needs the package hiredis: trio-chat[redis]"
SENTINEL, CLUSTER = "sentinel", "cluster"
PORT, SENTINEL_PORT = 6379, 26379  # where none is given
MOST_PLACES = 32  # sentinels, or nodes of a cluster, of which one has to answer
FORM = (
    "bus must be like redis://:password@host:6379, rediss://… for TLS, "
    "redis+sentinel://host1,host2/NAME or redis+cluster://host1,host2"
)

_SCHEME = re.compile(r"redis(s?)(?:\+(sentinel|cluster))?")
_NUMBER = re.compile(r"[0-9]*")  # of a database: what is told is told in all
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_TLS_FILES = ("ca", "cert", "key")
_SENTINEL_LOGIN = ("sentinel_user", "sentinel_password")

Place = tuple[str, int]  # a host, and a port


@dataclass(frozen=True, kw_only=True)
class Login:
    """How to get in; without a password nobody asks for one."""

    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class BusUrl:
    """What a URL says.

    ``kind`` is ``sentinel``, ``cluster``, or empty for one server; ``places`` are those of
    sentinels or of nodes, ``name`` is what sentinels call their master. ``ca``, ``cert`` and
    ``key`` name files for TLS.
    """

    kind: str
    is_tls: bool
    places: tuple[Place, ...]
    name: str
    login: Login
    sentinel_login: Login
    ca: str = ""
    cert: str = ""
    key: str = ""

    def __str__(self) -> str:
        """Return it without passwords."""
        scheme = f"redis{'s' * self.is_tls}{self.kind and f'+{self.kind}'}"
        user, hidden = quote(self.login.user), f":{HIDDEN}@"
        at = f"{user}{hidden}" if self.login.password else ""
        places = ",".join(f"{bracketed(host)}:{port}" for host, port in self.places)
        given = {name: getattr(self, name) for name in _TLS_FILES}
        given["sentinel_user"] = self.sentinel_login.user
        given["sentinel_password"] = HIDDEN if self.sentinel_login.password else ""
        query = "&".join(f"{name}={value}" for name, value in given.items() if value)
        return f"{scheme}://{at}{places}{self.name and f'/{self.name}'}{query and f'?{query}'}"


def parse(text: str) -> BusUrl:
    """Return what a URL says.

    Raises:
        ValueError: it is none; the message is one line for a person, without the URL.
    """
    scheme, _, rest = text.partition("://")
    found = _SCHEME.fullmatch(scheme)
    if not found:
        raise ValueError(FORM)
    kind, is_tls = found[2] or "", bool(found[1])
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    userinfo, at, hosts = authority.rpartition("@")
    given = _parameters(query, (_TLS_FILES * is_tls) + (_SENTINEL_LOGIN * (kind == SENTINEL)))
    password = given.get("sentinel_password", "")
    return BusUrl(
        kind=kind,
        is_tls=is_tls,
        places=_places(hosts, kind),
        name=_name(path, kind),
        login=_login(userinfo) if at else Login(),
        sentinel_login=Login(user=given.get("sentinel_user", ""), password=password),
        **{name: given.get(name, "") for name in _TLS_FILES},
    )


def _parameters(query: str, known: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name not in known:
            listed = f"known are {', '.join(known)}" if known else "there are none here"
            raise ValueError(f"{FORM}; it has an unknown parameter: {listed}")
        given[name] = _decoded(value)
    for name, needed in (("key", "cert"), ("sentinel_user", "sentinel_password")):
        if given.get(name) and not given.get(needed):
            raise ValueError(f"{FORM}; {name} needs {needed}")
    return given


def _login(userinfo: str) -> Login:
    user, _, password = userinfo.partition(":")
    if not password:
        raise ValueError(f"{FORM}; a password stands behind a colon, and a user needs one")
    return Login(user=_decoded(user), password=_decoded(password))


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"{FORM}; what is percent-encoded in it has to be UTF-8") from None


def _places(hosts: str, kind: str) -> tuple[Place, ...]:
    """Return where to ask, each place once."""
    default = SENTINEL_PORT if kind == SENTINEL else PORT
    places: dict[Place, None] = {}
    try:
        for part in hosts.split(","):
            host, port = split_port(part)
            places[host, port or default] = None
    except ValueError:
        raise ValueError(f"{FORM}; of its hosts, one is none") from None
    if not kind and len(places) > 1:
        raise ValueError(f"{FORM}; several hosts need sentinels or a cluster")
    if len(places) > MOST_PLACES:
        raise ValueError(f"{FORM}; it has more than {MOST_PLACES} hosts")
    return tuple(places)


def _name(path: str, kind: str) -> str:
    """Return what sentinels call their master; nothing if there are none."""
    if kind == SENTINEL and not _NAME.fullmatch(path):
        raise ValueError(f"{FORM}; behind the sentinels it needs what they call the master")
    if kind != SENTINEL and not _NUMBER.fullmatch(path):
        raise ValueError(f"{FORM}; behind the hosts is nothing but the number of a database")
    return path if kind == SENTINEL else ""
