"""Rules of secrets that people copy."""

import pytest

from trio_chat.core.links import new_secret


def test_secrets_begin_and_end_with_a_letter_or_a_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command would take a dash before one for an option, and a mailer cuts it off behind one."""
    made = iter(["-abc", "abc_", "abc-", "_abc", "a-_c"])
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: next(made))
    assert new_secret(3) == "a-_c"
