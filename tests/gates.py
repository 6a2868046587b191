"""A gate for tests whose matter is another one: it lets everybody in."""

from trio_chat.auth.gate import Gate
from trio_chat.config import Config
from trio_chat.hub import Hub
from trio_chat.journal.memory import MemoryJournal
from trio_chat.limits.attempts import Attempts
from trio_chat.limits.limits import Limits


def open_gate() -> Gate:
    """Return it."""
    config = Config()
    limits = Limits(config)
    hub = Hub(MemoryJournal(), config, limits)
    return Gate(config, hub.people, Attempts(limits), hub.invitations)
