"""Rules of tokens: which let somebody in, and what they say."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from tests.tokens import (
    AUDIENCE,
    SECRET,
    PrivateKey,
    ed25519_key,
    jwks,
    private_pem,
    public_pem,
    rsa_key,
    secret_file,
    secret_jwk,
    signed,
)
from trio_chat.auth.grant import BadToken, Grant
from trio_chat.auth.keys import Key, load_keys
from trio_chat.auth.tokens import LONGEST, TokenCheck
from trio_chat.config import Config, ConfigError
from trio_chat.protocol.rights import Right

ACCESS: dict[str, Any] = {"access": ("token",), "token_audience": AUDIENCE}
CHECK = TokenCheck([Key("HS256", SECRET)], Config(**ACCESS, token_key=Path("unused")))

PROOF = CHECK.grant(signed()).proof  # stands for the key, and for the audience


def check(path: Path, **settings: object) -> TokenCheck:
    """Return a check with the key in a file."""
    config = Config(**{**ACCESS, "token_key": path, **settings})
    return TokenCheck(load_keys(config), config)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_token_says_who_somebody_is_and_what_they_may() -> None:
    """Names are in their normal form; nothing but subject, audience and end has to be there."""
    end = int(time.time()) + 60
    rooms = {"Tea": "moderate", "jam": "speak", "ops": "read"}
    full = signed(nick=" Ann ", rooms=rooms, role="operator", exp=end)
    assert CHECK.grant(full) == Grant(
        subject="token:ann",
        nick="Ann",
        rooms={"tea": Right.MODERATE, "jam": Right.SPEAK, "ops": Right.READ},
        role="operator",
        expires_at=end,
        proof=PROOF,
    )
    least = Grant("token:ann", expires_at=end, proof=PROOF)
    assert CHECK.grant(signed(exp=end)) == least
    assert CHECK.grant(signed(exp=end, aud=["other", AUDIENCE])).subject == "token:ann"


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e400},
        {"nbf": int(time.time()) + 3600},
        {"aud": "another.example.org"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 257},
        {"nick": "\u200b"},
        {"nick": 7},
        {"role": "god"},
        {"role": ["operator"]},
        {"rooms": ["tea"]},
        {"rooms": {"tea": "own"}},
        {"rooms": {"tea": 3}},
        {"rooms": {"tea": "none"}},
        {"rooms": {"tea": "operate"}},
        {"rooms": {"tea": "Read"}},
        {"rooms": {"tea": ["read"]}},
        {"rooms": {"tea": "read", "Tea": "moderate"}},
        {"rooms": {"": "read"}},
        {"role": "moderator"},
        {"role": ""},
        {"rooms": {"-": "read"}},
        {"rooms": {f"room{number}": "read" for number in range(1001)}},
        {"key": SECRET + b"!"},
        {"algorithm": "HS512"},
    ],
)
def test_what_is_wrong_lets_nobody_in(changed: dict[str, Any]) -> None:
    """Neither what is missing, nor what is signed by another key or in another way."""
    with pytest.raises(BadToken):
        CHECK.grant(signed(**changed))


def test_a_token_has_to_be_signed() -> None:
    """``alg: none`` is no signature, in whatever case."""
    header, body, _ = signed().split(".")
    for name in ("none", "None", "NONE", "nOnE"):
        data = json.dumps({"alg": name, "typ": "JWT"}).encode()
        unsigned = base64.urlsafe_b64encode(data).decode().rstrip("=")
        for signature in ("", "AAAA"):
            with pytest.raises(BadToken):
                CHECK.grant(f"{unsigned}.{body}.{signature}")
    with pytest.raises(BadToken):
        CHECK.grant(f"{header}.{body}.")
    with pytest.raises(BadToken, match="too long"):
        CHECK.grant(signed() + "x" * LONGEST)


@given(st.text(max_size=50))
def test_garbage_is_no_token(text: str) -> None:
    """Nor does it do any harm."""
    with pytest.raises(BadToken):
        CHECK.grant(text)


def test_public_keys_check_what_private_keys_sign(tmp_path: Path) -> None:
    """RSA and Ed25519; which algorithm counts, the key says, even behind a byte order mark."""
    write(tmp_path / "marked.pem", b"\xef\xbb\xbf" + public_pem(rsa_key()))
    assert check(tmp_path / "marked.pem").grant(signed(rsa_key(), "RS256")).subject == "token:ann"
    for key, algorithm in ((rsa_key(), "RS256"), (ed25519_key(), "EdDSA")):
        checks = check(write(tmp_path / "key.pem", public_pem(key)))
        assert checks.grant(signed(key, algorithm)).subject == "token:ann"
        with pytest.raises(BadToken):
            checks.grant(signed())
    with pytest.raises(BadToken):
        check(tmp_path / "key.pem").grant(signed(rsa_key(), "RS256"))


def test_a_public_key_is_no_secret(tmp_path: Path) -> None:
    """Whoever signs with it by HS256 is not let in, although everybody may know the key."""
    pem = public_pem(rsa_key())
    forged = _signed_by_hmac(pem)
    with pytest.raises(BadToken):
        check(write(tmp_path / "key.pem", pem)).grant(forged)


def _signed_by_hmac(key: bytes) -> str:
    """Return a token that PyJWT refuses to make."""
    header, body, _ = signed().split(".")
    digest = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = digest.sign(f"{header}.{body}".encode(), key)
    return f"{header}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def public_jwk(algorithm: str, key: PrivateKey, **more: object) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**made, **more}


def test_a_set_of_keys_has_one_for_each_name(tmp_path: Path) -> None:
    """The token names its key; without a name, or with another one, nothing is guessed."""
    path = jwks(
        tmp_path,
        public_jwk("RS256", rsa_key(), kid="r"),
        public_jwk("EdDSA", ed25519_key(), kid="e"),
        secret_jwk(SECRET, kid="s", alg="HS256"),
        {**public_jwk("RS256", rsa_key(), kid="r512"), "alg": "RS512"},
    )
    checks = check(tmp_path, token_key=None, token_jwks=path)
    for key, algorithm, kid in (
        (rsa_key(), "RS256", "r"),
        (ed25519_key(), "EdDSA", "e"),
        (SECRET, "HS256", "s"),
    ):
        assert checks.grant(signed(key, algorithm, kid=kid)).subject == "token:ann"
        for wrong in ({"e", "r", "s"} - {kid}) | {"other", None, "r512"}:
            with pytest.raises(BadToken):
                checks.grant(signed(key, algorithm, kid=wrong))
    alone = check(tmp_path, token_key=None, token_jwks=jwks(tmp_path, secret_jwk(SECRET, kid="s")))
    assert alone.grant(signed()).subject == "token:ann"


def test_keys_that_cannot_be_used_are_refused_at_the_start(tmp_path: Path) -> None:
    """In one line that says why."""
    private = write(tmp_path / "private", private_pem(rsa_key()))
    curve = write(tmp_path / "curve", public_pem(ec.generate_private_key(ec.SECP256R1())))
    noise = write(tmp_path / "noise", b"-----BEGIN PUBLIC KEY-----\n")
    short = write(tmp_path / "short", b"too short")
    for path, message in (
        (private, "has a private key; the server needs only the public one"),
        (curve, "has no public key of RSA or Ed25519"),
        (noise, "has no public key of RSA or Ed25519"),
        (short, "is 9 bytes long"),
        (tmp_path / "missing", "cannot read"),
    ):
        with pytest.raises(ConfigError, match=message):
            check(path)
    other = public_jwk("RS256", rsa_key(), alg="RS512")
    for path, message in (
        (jwks(tmp_path), "has no JWKS that can be used"),
        (noise, "has no JWKS that can be used"),
        (write(tmp_path / "list", b"[]"), "has no JWKS that can be used"),
        (write(tmp_path / "other", json.dumps({"keys": [other]}).encode()), "has no key for HS256"),
        (
            write(tmp_path / "weak", json.dumps({"keys": [secret_jwk(b"too short")]}).encode()),
            "is 9 bytes long",
        ),
    ):
        with pytest.raises(ConfigError, match=message):
            check(path, token_key=None, token_jwks=path)


def test_public_keys_need_cryptography(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is asked for by its name; a secret needs nothing."""
    path = write(tmp_path / "key.pem", public_pem(rsa_key()))
    monkeypatch.setattr(jwt.algorithms, "get_default_algorithms", lambda: {"HS256": None})
    with pytest.raises(ConfigError, match=r"need the package cryptography: trio-chat\[jwt\]"):
        check(path)
    assert check(secret_file(tmp_path)).grant(signed()).subject == "token:ann"
