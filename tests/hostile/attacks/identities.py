"""Who says to be somebody else: by tokens that nobody signed, or names that look like others'."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.hostile import token_keys
from tests.hostile.attack import Assault, Variant, Wrong, attack
from tests.hostile.peer import Gone, Peer, get, objects

HARD = (Variant(1, 0), Variant(16, 0))
LONGEST = 8192  # characters of a token that are looked at
HOUR = 3600
DEEP = 2_500  # brackets, more than a reader may call itself
NAME = "Teacher"
# The name in letters of other scripts, in other shapes, and with what makes no difference.
LOOK_ALIKES = (
    *("TEACHER", "teacher", "\u0422eacher", "T\u0435acher", "Te\u0430cher", "Tea\u0441her"),
    *("\u03a4eacher", "\uff34\uff45\uff41\uff43\uff48\uff45\uff52", "\u0422\u0435\u0430\u0441her"),
    *("\U0001d413\U0001d41e\U0001d41a\U0001d41c\U0001d421\U0001d41e\U0001d42b", "\u24c9eacher"),
    *("Teacher!", "T.e.a.c.h.e.r", "Teacher \U0001f34b", "Tea\u200dcher", "Teach\u2060er"),
    *("Teacher\ufe0f", "\u202eTeacher", "Teacher\u3164", "T\u00adeacher"),
)
NOT_THEIRS = {"nick_taken", "bad_nick"}


@attack(variants=HARD, settings={"tokens": True})
async def token_forgery(assault: Assault, number: int) -> None:
    """No forged token lets anybody in: 4500 on a socket, 401 over HTTP; a right one does.

    They are unsigned, signed by other keys and algorithms, with the public key as a secret, for
    others, over, or made to be misread; one after the other as fast as they are refused.
    """
    key = token_keys.load(assault.target.keys)
    for what, token in _forgeries(key):
        await _expect_on_socket(assault, token, what)
        await _expect_over_http(assault, token, 401, what)
    right = _signed(key, sub=f"ann-{assault.label(number)}")
    await _expect_over_http(assault, right, 200, "a right token")
    peer = await assault.open()
    answer = await _greet(peer, nick=f"Ann {assault.label(number)}", access={"token": right})
    await _leave(assault, peer)
    if answer["t"] != "welcome":
        raise Wrong(f"a right token gets {answer.get('code')}")


async def _expect_on_socket(assault: Assault, token: str, what: str) -> None:
    peer = await assault.open()
    hello = {"t": "hello", "id": 1, "nick": "Ann", "access": {"token": token}}
    await peer.send(objects(hello))
    is_over = await peer.ended(10)
    await _leave(assault, peer)
    if not is_over or peer.code != 4500:
        raise Wrong(f"{what}: {peer.ending if is_over else 'open'} instead of 4500")
    assault.endings["4500"] += 1


async def _expect_over_http(assault: Assault, token: str, status: int, what: str) -> None:
    peer = await Peer.connect(assault.target)
    try:
        header = f"Authorization: Bearer {token}"
        await peer.send(get(assault.target, "/api/v1/sessions", header, "Connection: close"))
        answered, _, _ = await peer.reply()
    finally:
        await _leave(assault, peer)
    if answered != status:
        raise Wrong(f"{what}: {answered} instead of {status} over HTTP")
    assault.endings[str(status)] += 1


def _forgeries(key: rsa.RSAPrivateKey) -> Iterator[tuple[str, str]]:
    """Yield what each forged token is, and the token."""
    yield from _unsigned()
    yield from _with_other_keys(key)
    yield from _for_others(key)
    yield from _misread(key)


def _unsigned() -> Iterator[tuple[str, str]]:
    for name in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {name!r}", _raw({"alg": name, "kid": token_keys.KID}, _claims())
    yield "no alg", _raw({"kid": token_keys.KID}, _claims())
    yield "no signature", _raw({"alg": "RS256", "kid": token_keys.KID}, _claims())


def _with_other_keys(key: rsa.RSAPrivateKey) -> Iterator[tuple[str, str]]:
    public, ours = key.public_key(), token_keys.stranger()
    for encoding in (Encoding.PEM, Encoding.DER):
        for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
            secret = public.public_bytes(encoding, form)
            for digest in ("sha256", "sha512"):
                yield "the public key as a secret", _keyed(secret, digest)
    yield "the modulus as a secret", _keyed(token_keys.public(key)["n"].encode(), "sha256")
    yield "no secret", _keyed(b"", "sha256")
    yield "another key", _signed(ours)
    yield "another algorithm", _signed(key, algorithm="RS512")
    yield "another kind of key", _signed(ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    yield "another curve", _signed(ed25519.Ed25519PrivateKey.generate(), algorithm="EdDSA")
    yield "a key in the token", _signed(ours, headers={"jwk": token_keys.public(ours)})
    for header in ("jku", "x5u"):
        yield f"a key elsewhere ({header})", _signed(ours, headers={header: "http://127.0.0.1:9/"})
    head, _, signature = _signed(key).split(".")
    yield "other claims", f"{head}.{_part(_claims(sub='somebody else'))}.{signature}"
    yield "half a signature", f"{head}.{_part(_claims())}.{signature[:171]}"


def _for_others(key: rsa.RSAPrivateKey) -> Iterator[tuple[str, str]]:
    now = int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "another audience": {"aud": "elsewhere.example"},
        "other audiences": {"aud": ["elsewhere.example", "there.example"]},
        "no audience": {"aud": None},
        "an audience of everybody": {"aud": "*"},
        "an expired one": {"exp": now - 1},
        "one that expired long ago": {"exp": 0},
        "one without an end": {"exp": None},
        "one that ends with a word": {"exp": "never"},
        "one that is not good yet": {"nbf": now + HOUR},
        "one of nobody": {"sub": None},
        "one of an empty name": {"sub": ""},
        "one of a number": {"sub": 7},
        "one of a role that there is not": {"role": "root"},
        "rights that there are not": {"rooms": {"tea": "operate"}},
    }
    for what, claims in wrong.items():
        yield what, _signed(key, **claims)


def _misread(key: rsa.RSAPrivateKey) -> Iterator[tuple[str, str]]:
    ours = token_keys.stranger()
    for kid in ("", "two", "../../../../dev/null", "one' OR 1=1 --", "one\0", "x" * 3000):
        yield f"kid {kid[:9]!r}", _signed(ours, kid=kid)
    for odd in (["one"], {"one": 1}, 1):
        yield f"kid {odd!r}", _raw({"alg": "RS256", "kid": odd}, _claims(), b"x" * 256)
    deep = b"[" * DEEP + b"]" * DEEP
    head = b'{"alg":"RS256","x":' + deep + b"}"
    yield "a deep head", f"{_encoded(head)}.{_part(_claims())}.AA"
    yield "a deep body", _signed_bytes(ours, b'{"sub":' + deep + b"}")
    yield "a large one", _signed(ours, more="x" * 5000)
    yield "one that is too long", "x" * (LONGEST - 2) + ".."
    for nonsense in ("a.b.c", "....", "a", "e30.e30.", "\u00e9.\u00e9.\u00e9", "a.b.c.d.e"):
        yield f"nonsense {nonsense!r}", nonsense.encode("ascii", "replace").decode()


def _claims(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON can have
    """Return claims that are right but for what is changed; what is ``None`` is left out."""
    exp = int(time.time()) + HOUR
    told = {"sub": "ann", "aud": token_keys.AUDIENCE, "exp": exp, **changed}
    return {name: value for name, value in told.items() if value is not None}


def _signed(
    key: Any,  # noqa: ANN401 - a key of any kind
    *,
    algorithm: str = "RS256",
    kid: str = token_keys.KID,
    headers: dict[str, Any] | None = None,
    **changed: Any,  # noqa: ANN401 - whatever JSON can have
) -> str:
    head = {"alg": algorithm, "kid": kid, **(headers or {})}
    return _sign(key, algorithm, f"{_part(head)}.{_part(_claims(**changed))}")


def _signed_bytes(key: rsa.RSAPrivateKey, body: bytes) -> str:
    head = {"alg": "RS256", "kid": token_keys.KID}
    return _sign(key, "RS256", f"{_part(head)}.{_encoded(body)}")


def _sign(key: Any, algorithm: str, content: str) -> str:  # noqa: ANN401 - a key of any kind
    signature = jwt.get_algorithm_by_name(algorithm).sign(content.encode(), key)
    return f"{content}.{_encoded(signature)}"


def _keyed(secret: bytes, digest: str) -> str:
    """Return a token that is signed by a secret, as PyJWT would not with a public key."""
    head = {"alg": f"HS{digest.removeprefix('sha')}", "kid": token_keys.KID}
    content = f"{_part(head)}.{_part(_claims())}"
    signature = hmac.new(secret, content.encode(), getattr(hashlib, digest)).digest()
    return f"{content}.{_encoded(signature)}"


def _raw(head: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    return f"{_part(head)}.{_part(claims)}.{_encoded(signature)}"


def _part(told: dict[str, Any]) -> str:
    return _encoded(json.dumps(told).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@attack(variants=HARD)
async def look_alikes(assault: Assault, number: int) -> None:
    """Nobody gets a name that looks like one that is kept: `nick_taken`; its owner comes back.

    Whoever has it is away meanwhile. Others come under it, and take it when they are there.
    """
    mark = f" {assault.label(number)}"
    owner = await assault.open()
    welcome = await _greet(owner, nick=NAME + mark)
    if welcome["t"] != "welcome":
        raise Wrong(f"a new name gets {welcome.get('code')}")
    await _leave(assault, owner)
    inside = await assault.open()
    await inside.hello()
    for name in (NAME, *LOOK_ALIKES):
        peer = await assault.open()
        answer = await _greet(peer, nick=name + mark)
        await _leave(assault, peer)
        _expect_taken(assault, name, answer)
        await inside.send(objects({"t": "nick", "id": 2, "nick": name + mark}))
        _expect_taken(assault, name, await _answered(inside, 2))
    await _leave(assault, inside)
    owner = await assault.open()
    again = await _greet(owner, nick=NAME + mark, session=welcome["session"])
    await _leave(assault, owner)
    if again.get("you") != welcome["you"]:
        raise Wrong("the owner of the name does not come back under it")


def _expect_taken(assault: Assault, name: str, answer: dict[str, Any]) -> None:
    code = answer.get("code", answer["t"])
    if code not in {*NOT_THEIRS, "busy"}:  # by then too many were asked for
        raise Wrong(f"{name.encode('unicode_escape').decode()} gets {code}")
    assault.endings[code] += 1


async def _greet(peer: Peer, **hello: object) -> dict[str, Any]:
    """Say hello; return the answer."""
    told = {name: value for name, value in hello.items() if value}
    await peer.send(objects({"t": "hello", "id": 1, **told}))
    return await _answered(peer, 1)


async def _answered(peer: Peer, number: int) -> dict[str, Any]:
    while True:
        try:
            found = await peer.objects()
        except Gone as gone:
            return {"t": "error", "code": str(gone)}
        for one in found:
            if one.get("id") == number:
                return one


async def _leave(assault: Assault, peer: Peer) -> None:
    assault.count(peer)
    await peer.aclose()
