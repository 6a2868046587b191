"""The password of the server: checked by scrypt, in a thread, so that guessing is dear."""

import hashlib
import hmac
import re
import secrets
from pathlib import Path

import trio

from trio_chat.config import Config, ConfigError
from trio_chat.named_files import SECRET_LIMIT, read
from trio_chat.protocol.text import is_blank
from trio_chat.protocol.unicode import normalize

# 16 MiB and about 50 ms of CPU for each check.
COST, BLOCK_SIZE, PARALLELISM = 2**14, 8, 1
SALT_BYTES = 16
LONGEST = 1024  # bytes of a password
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # and what was no UTF-8 in a variable


class PasswordCheck:
    """Compares what is shown with the password.

    Args:
        password: The right one.
        at_once: How many are checked at the same time; others wait.
    """

    def __init__(self, password: str, at_once: int) -> None:
        self._salt = secrets.token_bytes(SALT_BYTES)
        self._digest = self._hash(password)
        self._limiter = trio.CapacityLimiter(at_once)

    async def matches(self, shown: str) -> bool:
        """Whether it is the right one.

        Cancellation: the thread goes on to its end by itself, which takes no longer than one check.
        """
        if len(shown.encode()) > LONGEST:
            return False
        digest = await trio.to_thread.run_sync(
            self._hash, shown, abandon_on_cancel=True, limiter=self._limiter
        )
        return hmac.compare_digest(digest, self._digest)

    def _hash(self, password: str) -> bytes:
        data = normalize("NFC", password).encode()
        return hashlib.scrypt(data, salt=self._salt, n=COST, r=BLOCK_SIZE, p=PARALLELISM)


def load_password(config: Config) -> str:
    """Return the password that is configured; line ends behind it do not count.

    Raises:
        ConfigError: there is none, or its file cannot be read.
    """
    password = config.access_password or _read(config.access_password_file)
    if not password:
        raise ConfigError(f"{config.access_password_file} is empty")
    if is_blank(password) or CONTROLS.search(password):
        raise ConfigError("the password must be one line of characters that can be typed")
    if len(password.encode()) > LONGEST:
        raise ConfigError(f"the password must have at most {LONGEST} bytes")
    return password


def _read(path: Path | None) -> str:
    assert path  # without a password there is a file
    try:
        return read(path, SECRET_LIMIT).decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8") from None
