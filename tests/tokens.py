"""Tokens for tests: keys of each kind, and what is signed with them."""

import base64
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

AUDIENCE = "chat.example.org"
SECRET = b"a secret that is long enough, as RFC 7518 demands, even for another algorithm"
HOUR = 3600


@lru_cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return a key, always the same one."""
    return rsa.generate_private_key(65537, 2048)


@lru_cache
def ed25519_key() -> ed25519.Ed25519PrivateKey:
    """Return a key, always the same one."""
    return ed25519.Ed25519PrivateKey.generate()


def public_pem(key: PrivateKey) -> bytes:
    """Return the public key as a file has it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: PrivateKey) -> bytes:
    """Return the private key as a file has it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def jwks(folder: Path, *keys: dict[str, Any]) -> Path:
    """Return a file with a set of keys."""
    path = folder / "keys.json"
    path.write_text(json.dumps({"keys": keys}))
    return path


def secret_jwk(secret: bytes, **more: object) -> dict[str, Any]:
    """Return a secret as a set of keys has it."""
    value = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    return {"kty": "oct", "k": value, **more}


def claims(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON can have
    """Return good claims, but for what is changed; what is ``None`` is left out."""
    told = {"sub": "ann", "aud": AUDIENCE, "exp": int(time.time()) + HOUR, **changed}
    return {name: value for name, value in told.items() if value is not None}


def signed(
    key: Any = SECRET,  # noqa: ANN401 - whatever PyJWT takes
    algorithm: str = "HS256",
    *,
    kid: str | None = None,
    **changed: Any,  # noqa: ANN401 - likewise
) -> str:
    """Return a token."""
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def secret_file(folder: Path) -> Path:
    """Return a file with the secret."""
    path = folder / "token.key"
    path.write_bytes(SECRET + b"\n")
    return path
