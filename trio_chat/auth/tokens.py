"""Tokens: signed claims (JWT) of who somebody is and what they may."""

from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from trio_chat.auth.grant import OPERATOR, BadToken, Grant
from trio_chat.auth.keys import Key, load_keys
from trio_chat.config import Config
from trio_chat.protocol.names import check_nick, check_room
from trio_chat.protocol.rights import Right

LONGEST = 8192  # characters of a token
MOST_ROOMS = 1000  # that a token names
LONGEST_SUBJECT = 256  # characters
REQUIRED = ["exp", "aud", "sub"]
RIGHTS = {right.word: right for right in (Right.READ, Right.SPEAK, Right.MODERATE)}  # in a room


class TokenCheck:
    """Checks tokens.

    Args:
        keys: Any of which may have signed a token.
        config: The audience, and the limits of names.
    """

    def __init__(self, keys: Sequence[Key], config: Config) -> None:
        self._keys = keys
        self._nick_limit, self._room_limit = config.nick_limit, config.room_limit
        self._audience = config.token_audience
        self._proofs = {self._proof(key) for key in keys}

    def grant(self, token: str) -> Grant:
        """Return what a token grants.

        Raises:
            BadToken: nothing, as it is not valid, or not valid any more.
        """
        if len(token) > LONGEST:
            raise BadToken("the token is too long")
        try:
            key = self._key(jwt.get_unverified_header(token).get("kid"))
            return self._read(self._claims(token, key), self._proof(key))
        except jwt.PyJWTError as error:
            raise BadToken(f"the token is not valid: {error}") from None
        except (ValueError, TypeError, OverflowError) as error:
            raise BadToken(f"the token cannot be used: {error}") from None

    def knows(self, proof: bytes) -> bool:
        """Whether a grant comes of a key that still is one, for the same audience."""
        return proof in self._proofs

    def _proof(self, key: Key) -> bytes:
        """Return what stands for a key, and for whom its tokens are made."""
        return key.digest + self._audience.encode()

    def _claims(self, token: str, key: Key) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=self._audience,
            options={"require": REQUIRED},
        )
        return claims

    def _key(self, kid: str | None) -> Key:
        """Return the key that a token names; without a name the only one."""
        found = [key for key in self._keys if kid is None or key.kid in (kid, None)]
        if len(found) != 1:
            raise BadToken("the token does not name a key of this server (kid)")
        return found[0]

    def _read(self, claims: Mapping[str, Any], proof: bytes) -> Grant:
        if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise BadToken(f"sub has 1 to {LONGEST_SUBJECT} characters")
        nick = claims.get("nick")
        role = claims.get("role")
        if role not in (None, OPERATOR):
            raise BadToken(f"there is no role {role!r}")
        return Grant(
            subject=f"token:{claims['sub']}",
            nick=None if nick is None else check_nick(_text(nick), self._nick_limit),
            rooms=self._rooms(claims["rooms"]) if "rooms" in claims else None,
            role=role,
            expires_at=float(claims["exp"]),
            proof=proof,
        )

    def _rooms(self, rooms: object) -> Mapping[str, Right]:
        if not isinstance(rooms, dict) or len(rooms) > MOST_ROOMS:
            raise BadToken(f"rooms is an object with at most {MOST_ROOMS} names")
        rights = {check_room(name, self._room_limit): _right(one) for name, one in rooms.items()}
        if len(rights) < len(rooms):
            raise BadToken("rooms names a room twice, in other letters")
        return rights


def load_check(config: Config) -> TokenCheck:
    """Return what checks tokens by the configured keys.

    Raises:
        ConfigError: there are none, or they cannot be used.
    """
    return TokenCheck(load_keys(config), config)


def _right(name: object) -> Right:
    if not isinstance(name, str) or name not in RIGHTS:
        raise BadToken(f"{name!r} is no right in a room: read, speak or moderate")
    return RIGHTS[name]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadToken("nick is a text")
    return value
