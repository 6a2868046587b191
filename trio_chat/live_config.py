"""The settings of a running server: what changes at a reload, and what needs a restart."""

from dataclasses import replace

from trio_chat.config import Config

# Settings that hold until the server is started again: what is open, or agreed on, depends on them.
RESTART = frozenset(
    {
        *("host", "port", "listen", "socket_mode", "socket_group", "metrics_listen"),
        *("workers", "database", "bus", "files", "sync"),
        *("log_format", "debug", "fan_out", "inbox_requests"),
    }
)
TLS = frozenset({"certfile", "keyfile"})  # other files can be taken; turning it on or off cannot


class LiveConfig(Config):
    """Settings that can change.

    The parts of a server get this as their ``Config``. A part that reads a setting whenever it
    needs it follows by itself; one that has made something of settings has ``reconfigure``, and
    ``Server.reconfigure`` has it called.
    """

    @classmethod
    def of(cls, config: Config) -> "LiveConfig":
        """Return these settings, which can change."""
        return cls(**vars(config))

    def change(self, config: Config) -> None:
        """Take other settings, all in one step. What is equal stays the same object."""
        changed = {name: vars(config)[name] for name in differences(self, config)}
        vars(self).update(changed)


def differences(now: Config, wanted: Config) -> list[str]:
    """Return the names of the settings that differ."""
    return [name for name, value in vars(wanted).items() if value != getattr(now, name)]


def without_restart(now: Config, wanted: Config) -> tuple[Config, list[str]]:
    """Return wanted settings without those that need a restart, and the names of those.

    Raises:
        ConfigError: what is left contradicts what stays.
    """
    fixed = RESTART if bool(now.certfile) == bool(wanted.certfile) else RESTART | TLS
    left_out = [name for name in differences(now, wanted) if name in fixed]
    return replace(wanted, **{name: getattr(now, name) for name in left_out}), left_out
