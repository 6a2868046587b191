"""Every setting follows a reload as it follows a restart, or the docs say that it cannot."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import pytest
import trio

from tests.tokens import AUDIENCE, jwks, secret_file, secret_jwk
from tests.tokens import SECRET as SECRET_KEY
from trio_chat.auth.gate import load_ways
from trio_chat.config import Config, ConfigError
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.terms import Term, Terms
from trio_chat.live_config import RESTART, TLS, LiveConfig, differences, without_restart
from trio_chat.rates import Rate
from trio_chat.server import Server
from trio_chat.setting_fields import SECRET
from trio_chat.web.assets import Page, static_files
from trio_chat.web.look import read_look

TEXT = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
SECTION = TEXT.partition("## Changing settings")[2].partition("\n## ")[0]
ROW = re.compile(r"^\| (.*?) \| (.*?) \|$", re.MULTILINE)
RELOADED = [one.name for one in fields(Config) if one.name not in RESTART | TLS]
# Whose other values need more than themselves.
OTHERS: dict[str, dict[str, Any]] = {
    "access": {"access": ("password",), "access_password": "secret"},
    "access_password": {"access": ("password",), "access_password": "secret"},
    "access_header": {
        "access": ("proxy",),
        "access_header": "X-User",
        "trusted_proxy": ("10.0.0.0/8",),
    },
    "token_audience": {"access": ("token",), "token_audience": "us"},
    "allow_origin": {"allow_origin": ("https://a.example",)},
    "host_name": {"host_name": ("a.example",)},
    "base_url": {"base_url": "https://a.example/chat/"},
    "trusted_proxy": {"trusted_proxy": ("10.0.0.0/8",)},
    "title": {"title": "Tea"},
    "welcome": {"welcome": "Hello"},
    "color": {"color": "#123456"},
    "log_level": {"log_level": "error"},
    "loopback_limits": {"loopback_limits": "on"},
    "max_database": {"max_database": 5_000_000},
    "text_limit": {"text_limit": 77},
    "backup_every": {"backup_every": 2.0, "backup_folder": Path("backups")},
    "backup_folder": {"backup_folder": Path("backups")},
}
APART = (
    ".least_frames",
    ".least_bytes",
    ".inbox._messages",
    "._arrivals._started",
    "._pairings._node",  # by chance
)
PAGE = Page(static_files()).files()
WITH_KEYS = {"token_audience", "token_key"}


def changed(name: str, folder: Path) -> Config:
    """Return settings of which one, and what it needs, is not as by default."""
    default = getattr(Config(), name)
    if name == "access_password_file":
        path = folder / "password"
        path.write_text("secret")
        return Config(access=("password",), access_password_file=path)
    if name == "token_jwks":
        keys = jwks(folder, secret_jwk(SECRET_KEY, alg="HS256", kid="s"))
        return Config(access=("token",), token_jwks=keys, token_audience=AUDIENCE)
    if name in WITH_KEYS:
        key = secret_file(folder)
        return Config(access=("token",), token_key=key, token_audience=AUDIENCE)
    if name in OTHERS or name == "icon":
        path = folder / "icon.svg"
        path.write_text("<svg></svg>")
        return Config(**OTHERS.get(name, {"icon": path}))
    if isinstance(default, Rate):
        return with_one(name, Rate.parse("7/s:77"))
    higher = {
        "ping_interval": 27.5,
        "commit_interval": 0.5,
        "keep_days": 7.0,
        "changes_per_message": 1001,
    }
    return with_one(name, higher.get(name, type(default)(default * 1.25 + 1)))


def with_one(name: str, value: Any, **more: Any) -> Config:  # noqa: ANN401 - of any setting
    """Return settings of which one is given by its name."""
    return Config(**{name: value, **more})


def leaves(root: object, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield all plain values that are reachable from an object of ours, with the way to them."""
    seen = set() if seen is None else seen
    if isinstance(root, bool | int | float | str | bytes | Rate | Path | None):
        yield path, root
    elif id(root) not in seen and not isinstance(root, type | ModuleType):
        seen |= set() if isinstance(root, tuple) else {id(root)}  # equal ones may be the same one
        for name, value in parts(root):
            yield from leaves(value, f"{path}.{name}", seen)


def parts(thing: object) -> Iterator[tuple[str, Any]]:
    """Yield what is in an object: of ours all, of others what they were given to call."""
    if isinstance(thing, dict):
        yield from ((f"[{key!r}]" if isinstance(key, str) else "[]", thing[key]) for key in thing)
    elif isinstance(thing, list | tuple):
        yield from ((f"[{index}]", value) for index, value in enumerate(thing))
    elif isinstance(thing, partial):
        yield from (("func", thing.func), ("args", thing.args), ("keywords", thing.keywords))
    elif isinstance(thing, MethodType):
        yield "__self__", thing.__self__
    elif isinstance(thing, FunctionType):
        yield from ((f"<{index}>", one.cell_contents) for index, one in enumerate(closure(thing)))
    elif type(thing).__module__.startswith("trio_chat"):
        yield from own_parts(thing)
    elif isinstance(thing, trio.CapacityLimiter):
        yield "total_tokens", thing.total_tokens


def closure(function: FunctionType) -> tuple[Any, ...]:
    return function.__closure__ or ()


def own_parts(thing: object) -> Iterator[tuple[str, Any]]:
    names = {name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())}
    for name in [*names, *getattr(thing, "__dict__", ())]:
        if hasattr(thing, name) and name not in ("_salt", "_digest", "__weakref__"):
            yield name, getattr(thing, name)


class Journal(MemoryJournal):
    """Is the same each time."""

    def __init__(self) -> None:
        super().__init__()
        self.terms, self.secret = Terms([Term(1, "epoch")]), b"secret"


def held(server: Server) -> dict[str, Any]:
    """Return what a server holds, without what says nothing of its settings."""
    return dict(leaves(server))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the look out, which a reload gives to the files by itself."""
    pages = SimpleNamespace(files=lambda _look: PAGE)
    monkeypatch.setattr("trio_chat.server.installed_page", lambda **_: pages)


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("name", RELOADED)
async def test_a_reload_makes_a_server_like_one_that_was_started_so(
    name: str, tmp_path: Path
) -> None:
    """No part keeps an old value: all that the server holds is as after a restart."""
    wanted = changed(name, tmp_path)
    assert name in differences(Config(), wanted)
    begun, server = Server(wanted, Journal()), Server(Config(), Journal())
    before = held(server)
    server.reconfigure(wanted, load_ways(wanted, server.marks), None)
    server.look = read_look(wanted)  # the files of the page are those of both
    # Outboxes that were made before hold at least that; the hub is told that access has changed;
    # and the two did not start at the same time.
    apart = dict.fromkeys(path for path in before if path.endswith(APART))
    assert {**held(server), **apart} == {**held(begun), **apart}
    assert held(server) != before


def test_what_is_equal_stays_the_same_object() -> None:
    """So a rate that is not changed is not begun anew."""
    live = LiveConfig.of(Config())
    before = live.send_rate
    live.change(Config(send_rate=Rate.parse(str(before)), text_limit=5))
    assert live.send_rate is before
    assert live.text_limit == 5


def test_every_setting_is_in_one_row_of_the_docs() -> None:
    """So whoever changes one knows when it holds."""
    rows = {when: re.findall(r"`--([a-z-]+)`", names) for when, names in ROW.findall(SECTION)}
    told = [name.replace("-", "_") for names in rows.values() for name in names]
    secrets = {one.name for one in fields(Config) if one.metadata["group"] == SECRET}
    assert sorted(told) == sorted({one.name for one in fields(Config)} - secrets)
    needs = {name.replace("-", "_") for name in rows["after a restart"]}
    assert needs == RESTART


@pytest.mark.parametrize("name", sorted(RESTART))
def test_what_needs_a_restart_stays_and_is_named(name: str) -> None:
    """All else is taken."""
    other: dict[str, Any] = {"host": "127.0.0.1", "database": "other.db", "sync": "full"}
    other |= {"files": Path("other.files"), "workers": 2}
    other |= {"metrics_listen": "127.0.0.1:9464"}
    other |= {"log_format": "json", "debug": "on", "fan_out": "loop"}
    other |= {"listen": ("unix:chat.sock",), "socket_mode": "600", "socket_group": "chat"}
    other |= {"bus": "redis://redis"}
    needs: dict[str, Any] = {"database": "postgresql:///chat"} if name == "bus" else {}
    wanted = with_one(name, other.get(name, 77), text_limit=5, **needs)
    config, left_out = without_restart(Config(**needs), wanted)
    assert (config, left_out) == (Config(text_limit=5, **needs), [name])


def test_tls_is_turned_on_and_off_by_a_restart_alone() -> None:
    """Another certificate is taken; what names both files goes together."""
    plain, secure = Config(), Config(certfile=Path("a"), keyfile=Path("b"))
    assert without_restart(plain, secure) == (plain, ["certfile", "keyfile"])
    assert without_restart(secure, plain) == (secure, ["certfile", "keyfile"])
    other = Config(certfile=Path("c"))
    assert without_restart(secure, other) == (other, [])


def test_what_contradicts_what_stays_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would, if a setting that stays were in such a relation."""
    monkeypatch.setattr("trio_chat.live_config.RESTART", {"outbox_bytes"})
    now = Config(outbox_bytes=200_000, page_bytes=1000)
    with pytest.raises(ConfigError, match="frame_limit"):
        without_restart(now, replace(Config(), frame_limit=300_000))
