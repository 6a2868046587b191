"""URLs of databases: which they are, and what is shown of them."""

import pytest

from trio_chat.config import Config
from trio_chat.database_url import is_url, shown


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
