"""URLs of databases: which they are, and what is shown of them."""

import pytest

from trio_chat.cli import main
from trio_chat.config import Config
from trio_chat.database_url import is_url, shown
from trio_chat.errors import BAD_USAGE


def test_a_url_is_no_file() -> None:
    """By how it begins alone: a file may be called as anything else."""
    assert is_url("postgresql://")
    assert is_url("postgres://db/chat")
    for name in ("chat.db", "postgresql.db", "postgresql:/chat", ":memory:"):
        assert not is_url(name)
        assert shown(name) == name


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://", "postgresql://"),
        ("postgresql://db/chat", "postgresql://db/chat"),
        ("postgresql://ann@db/chat", "postgresql://ann@db/chat"),
        ("postgresql://ann:secret@db:5432,db2/chat", "postgresql://ann:***@db:5432,db2/chat"),
        ("postgres://ann:se@cret:secret@db/chat", "postgres://ann:***@db/chat"),
        ("postgresql://ann:se?cret@db:5432/chat", "postgresql://ann:***@db:5432/chat"),
        ("postgresql://ann:se/cr?et@db/chat?a=b", "postgresql://ann:***@db/chat?a=b"),
        ("postgresql://ann:s#e&c=ret@db/chat", "postgresql://ann:***@db/chat"),
        ("postgresql://ann@db/chat?password=se@cret", "postgresql://ann@db/chat?password=***"),
        ("postgresql://db:1/chat?password=se@cret", "postgresql://db:***@cret"),
        ("postgresql:///chat?password=secret", "postgresql:///chat?password=***"),
        ("postgresql:///c?a=b&PassWord=secret&d=e", "postgresql:///c?a=b&PassWord=***&d=e"),
    ],
)
def test_no_password_is_shown(url: str, told: str) -> None:
    """Wherever it is in the URL."""
    assert shown(url) == told


def test_a_url_that_cannot_be_is_refused_without_its_password() -> None:
    """The message may be logged."""
    with pytest.raises(ValueError, match="control characters") as refused:
        Config(database="postgresql://ann:secret@db/chat\x07")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["mysql://ann:secret@db/chat", "SQLite://chat.db", "file:///a.db"])
def test_a_url_of_something_else_is_no_name_of_a_file(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told what there is, and nothing of the URL but its scheme."""
    for command in (["rooms", "--database", url], ["migrate", url, "a"], ["migrate", "a", url]):
        assert main(command) == BAD_USAGE
        scheme = url.partition("//")[0]
        expected = f"a file, ':memory:' or postgresql://…; {scheme}// is not known"
        assert capsys.readouterr().err == f"trio-chat: database must be {expected}\n"
    assert Config(database="file:chat.db").database == "file:chat.db"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("POSTGRESQL://ann:secret@db/chat", ", which begins so, in small letters"),
        (" postgres://ann:secret@db/chat", ", which begins so, in small letters"),
        ("host=db password=secret dbname=chat", "; pairs such as host=… are not known"),
        ("port = 1 sslmode=require password = secret", "; pairs such as host=… are not known"),
        ("password='secret'", "; pairs such as host=… are not known"),
    ],
)
def test_what_was_meant_for_postgresql_is_no_name_of_a_file(
    name: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No chat begins in a file that is called so, and nothing of it is told."""
    for command in (["rooms", "--database", name], ["migrate", name, "a"], ["migrate", "a", name]):
        assert main(command) == BAD_USAGE
        expected = f"database must be a file, ':memory:' or postgresql://…{why}"
        assert capsys.readouterr().err == f"trio-chat: {expected}\n"
    for file in ("superuser=1.db", "a=b.db", "./user=ann.db", "port=1"):
        assert Config(database=file).database == file
