"""URLs of a bus: what they say, what is wrong with them, and that no password is shown."""

import pytest

from trio_chat import bus_url
from trio_chat.bus_url import CLUSTER, SENTINEL, BusUrl, Login, parse
from trio_chat.cli import main
from trio_chat.config import Config

WRONG = "s3cret"


def url(*places: bus_url.Place, **more: object) -> BusUrl:
    base = {"kind": "", "is_tls": False, "name": "", "login": Login(), "sentinel_login": Login()}
    return BusUrl(places=places, **{**base, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "said", "shown"),
    [
        ("redis://Redis", url(("redis", 6379)), "redis://redis:6379"),
        ("redis://[::1]:7000/3", url(("::1", 7000)), "redis://[::1]:7000"),
        (
            "rediss://:p%40ss@db/?ca=/etc/ca.pem&cert=/c&key=/k",
            url(
                ("db", 6379),
                is_tls=True,
                login=Login(password="p@ss"),  # noqa: S106
                ca="/etc/ca.pem",
                cert="/c",
                key="/k",
            ),
            "rediss://:***@db:6379?ca=/etc/ca.pem&cert=/c&key=/k",
        ),
        (
            "redis+sentinel://ann:pass@a,b:7000,a:26379/chat?sentinel_user=eve&sentinel_password=pw",
            url(
                ("a", 26379),
                ("b", 7000),
                kind=SENTINEL,
                name="chat",
                login=Login(user="ann", password="pass"),  # noqa: S106
                sentinel_login=Login(user="eve", password="pw"),  # noqa: S106
            ),
            "redis+sentinel://ann:***@a:26379,b:7000/chat?sentinel_user=eve&sentinel_password=***",
        ),
        (
            "rediss+cluster://a,b",
            url(("a", 6379), ("b", 6379), kind=CLUSTER, is_tls=True),
            "rediss+cluster://a:6379,b:6379",
        ),
    ],
)
def test_what_a_url_says(text: str, said: BusUrl, shown: str) -> None:
    """With what it leaves out, and shown without passwords."""
    assert parse(text) == said
    assert str(said) == shown
    assert "pass" not in repr(said).replace("password", "")
    assert Config(database="postgresql:///chat", bus=f" {text} ").bus == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ann:s3cret@host", "bus must be like redis://"),
        ("http://:s3cret@host", "bus must be like redis://"),
        ("REDIS://:s3cret@a", "bus must be like redis://"),
        ("host=a password=s3cret", "bus must be like redis://"),
        ("redis://:a/s3cret@a", "of its hosts, one is none"),
        ("redis://:1/s3cret@a", "of its hosts, one is none"),
        ("redis://:s3cret@", "of its hosts, one is none"),
        ("redis://:s3cret@a b", "of its hosts, one is none"),
        ("redis://:s3cret@a:99999", "of its hosts, one is none"),
        ("redis://:s3cret@a,b", "several hosts need sentinels or a cluster"),
        ("redis://s3cret@a", "a password stands behind a colon"),
        ("redis://:s3cret@a/chat", "nothing but the number of a database"),
        ("redis://:s3cret@a?ca=/ca", "unknown parameter: there are none here"),
        ("redis://:s3c?s3cret@a", "unknown parameter: there are none here"),
        ("rediss://:s3cret@a?password=s3cret", "unknown parameter: known are ca, cert, key"),
        ("rediss://:s3cret@a?key=/k", "key needs cert"),
        ("redis+sentinel://:s3cret@a", "what they call the master"),
        ("redis+sentinel://:s3cret@a/m?sentinel_user=a", "sentinel_user needs sentinel_password"),
        (f"redis+cluster://{','.join(f's3cret{n}' for n in range(33))}", "more than 32 hosts"),
        ("redis://:s3cret\x07@a", "bus must have no control characters"),
        ("redis://:s3cret%FF@a", "what is percent-encoded in it has to be UTF-8"),
        ("redis://s3cret%FF:x@a", "what is percent-encoded in it has to be UTF-8"),
        ("rediss://:s3cret@a?ca=/%FF", "what is percent-encoded in it has to be UTF-8"),
    ],
)
def test_what_is_none_is_refused_without_its_password(text: str, why: str) -> None:
    """In a line that says what is wrong, and repeats nothing of it."""
    with pytest.raises(ValueError, match=r"^bus must ") as refused:
        Config(database="postgresql:///chat", bus=text)
    assert why in str(refused.value)
    assert WRONG not in str(refused.value)


def test_a_bus_needs_nodes() -> None:
    """Which share a database of PostgreSQL; and no text of settings has its password."""
    with pytest.raises(ValueError, match="bus needs a database of PostgreSQL"):
        Config(bus="redis://redis")
    assert WRONG not in repr(Config(database="postgresql:///c", bus=f"redis://:{WRONG}@redis"))


def test_check_config_shows_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a bus; without one there is nothing to show."""
    for given in ([], ["--bus", f"redis://ann:{WRONG}@redis"]):
        assert main(["check-config", "--database", "postgresql:///chat", *given]) == 0
    told = [one for one in capsys.readouterr().out.splitlines() if one.startswith("bus\t")]
    assert told == ["bus\t\tdefault", "bus\tredis://ann:***@redis:6379\t--bus"]
