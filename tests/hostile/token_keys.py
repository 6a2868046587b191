"""The keys of a server that lets people in by tokens; attackers use the public part alone."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

AUDIENCE = "hostile.example"
KID = "one"  # the name of the key
BITS = 2048


def make(folder: Path) -> list[str]:
    """Make keys in a folder; return the flags of a server that takes them, and everybody else."""
    key = new()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "private.pem").write_bytes(pem)
    (folder / "keys.json").write_text(json.dumps({"keys": [public(key)]}))
    return [
        *("--access", "open,token", "--token-audience", AUDIENCE),
        *("--token-jwks", str(folder / "keys.json")),
    ]


def load(folder: str) -> rsa.RSAPrivateKey:
    """Return the private key of a folder."""
    key = load_pem_private_key((Path(folder) / "private.pem").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def new() -> rsa.RSAPrivateKey:
    """Return a key that nobody knows."""
    return rsa.generate_private_key(65537, BITS)


@cache
def stranger() -> rsa.RSAPrivateKey:
    """Return a key that no server takes, always the same one."""
    return new()


def public(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Return the public part of a key as a set of keys has it."""
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": KID, "alg": "RS256", "n": _text(numbers.n), "e": _text(numbers.e)}


def _text(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
