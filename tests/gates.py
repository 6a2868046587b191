"""A gate for tests whose matter is another one: it lets everybody in."""

from trio_chat.auth.gate import Gate
from trio_chat.config import Config
from trio_chat.core.people import People
from trio_chat.core.sessions import Sessions
from trio_chat.limits.attempts import Attempts
from trio_chat.limits.limits import Limits


def open_gate() -> Gate:
    """Return it."""
    config = Config()
    return Gate(config, People(Sessions(b"secret"), config), Attempts(Limits(config)))
