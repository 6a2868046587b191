"""The keys that tokens are signed with. A key, and never a token, says by which algorithm."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jwt

from trio_chat.config import Config, ConfigError
from trio_chat.named_files import SECRET_LIMIT, read
from trio_chat.protocol.text import BYTE_ORDER_MARK

SECRET_ALGORITHM = "HS256"  # noqa: S105 - a name
ALGORITHMS = (SECRET_ALGORITHM, "RS256", "EdDSA")
FILE_LIMIT = 1_000_000  # bytes of a file with keys
PEM = b"-----BEGIN "


class Key(NamedTuple):
    """A key; ``kid`` is its name in a set of keys."""

    algorithm: str
    key: Any  # as PyJWT takes it
    kid: str | None = None

    @property
    def digest(self) -> bytes:
        """A hash that differs from that of any other key, and from which the key cannot be had."""
        name = f"{self.algorithm} {self.kid or ''}\n".encode()
        return hashlib.sha256(name + _material(self.key)).digest()


def _material(key: Any) -> bytes:  # noqa: ANN401 - as PyJWT takes it
    if isinstance(key, bytes):
        return key
    # Public keys are objects of ``cryptography``: without that package there are none.
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    material: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return material


def load_keys(config: Config) -> Sequence[Key]:
    """Return the keys that are configured.

    Raises:
        ConfigError: there are none, or they cannot be used.
    """
    if config.token_jwks:
        return _of_set(config.token_jwks)
    assert config.token_key
    data = _read(config.token_key)
    if data.lstrip().startswith(PEM):
        return [_of_pem(config.token_key, data)]
    return [_checked(config.token_key, Key(SECRET_ALGORITHM, data.rstrip(b"\r\n")))]


def _of_pem(path: Path, data: bytes) -> Key:
    """Return the public key in a PEM file; its kind says by which algorithm it signs."""
    for algorithm in ALGORITHMS[1:]:
        if algorithm not in jwt.algorithms.get_default_algorithms():
            raise ConfigError("public keys need the package cryptography: trio-chat[jwt]")
        try:
            key = jwt.get_algorithm_by_name(algorithm).prepare_key(data)
        except (TypeError, ValueError, jwt.InvalidKeyError):
            continue
        if not hasattr(key, "public_bytes"):
            raise ConfigError(f"{path} has a private key; the server needs only the public one")
        return _checked(path, Key(algorithm, key))
    raise ConfigError(f"{path} has no public key of RSA or Ed25519")


def _of_set(path: Path) -> Sequence[Key]:
    """Return the keys in a file with a JWKS whose algorithms are known; others are left out."""
    data = _read(path)
    try:
        found = jwt.PyJWKSet.from_json(data.decode()).keys
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"{path} has no JWKS that can be used: {error}") from None
    keys = [
        _checked(path, Key(each.algorithm_name, each.key, each.key_id))
        for each in found
        if each.algorithm_name in ALGORITHMS
    ]
    if not keys:
        raise ConfigError(f"{path} has no key for {', '.join(ALGORITHMS)}")
    return keys


def _checked(path: Path, key: Key) -> Key:
    """Return a key, if it is long enough not to be guessed.

    Raises:
        ConfigError: it is too short.
    """
    fault = jwt.get_algorithm_by_name(key.algorithm).check_key_length(key.key)
    if fault:
        raise ConfigError(f"{path}: {fault}")
    return key


def _read(path: Path) -> bytes:
    try:
        return read(path, SECRET_LIMIT).removeprefix(BYTE_ORDER_MARK.encode())
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
