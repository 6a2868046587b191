"""The gate: lets somebody in for what they show, whichever way they come."""

import math
from typing import NamedTuple, Protocol

import trio

from trio_chat.auth.grant import ANYBODY, BadToken, Denied, Grant
from trio_chat.auth.password import PasswordCheck, load_password
from trio_chat.auth.shown import Shown
from trio_chat.config import Config
from trio_chat.protocol.names import BadName, check_nick
from trio_chat.protocol.request_error import RequestError
from trio_chat.setting_values import INVITE, OPEN, PASSWORD, PROXY, TOKEN

# What people and programs can show themselves, in words.
SHOWABLE = {PASSWORD: "a password", TOKEN: "a token", INVITE: "an invitation link"}
BUSY_MS = 1000  # after which a password that could not be checked in time is tried again


class Marks(Protocol):
    """The marks of sessions, which show that somebody has been let in before."""

    def mark_for(self, password: str) -> str:
        """Return the mark of those who know a password. It ends with the password."""
        ...

    def mark_of(self, token: str) -> str | None:
        """Return the mark of a session; ``None`` if it has none, or is none."""
        ...


class Tokens(Protocol):
    """Checks signed tokens."""

    def grant(self, token: str) -> Grant:
        """Return what a token grants.

        Raises:
            BadToken: nothing.
        """
        ...

    def knows(self, proof: bytes) -> bool:
        """Whether the key that a proof stands for is still in use, for the same audience."""
        ...


class Attempts(Protocol):
    """Limits how often an address may be wrong."""

    def begin(self, address: str) -> float:
        """Count an attempt; return in how many seconds one is possible, 0 if this one is."""
        ...

    def forgive(self, address: str) -> None:
        """Take an attempt back: the password was right, or was not checked."""
        ...


class Invitations(Protocol):
    """Knows the links to rooms, and who has come by one."""

    def find(self, shown: Shown, address: str) -> str | None:
        """Return the public id of a link by which somebody may come; ``None`` if there is none.

        It is empty if they have come by one before.

        Raises:
            RequestError: too many wrong ones came from there.
        """
        ...


class Ways(NamedTuple):
    """The ways in that there are, with their secrets and keys."""

    names: tuple[str, ...]
    password: PasswordCheck | None = None
    mark: str | None = None  # of sessions of those who know the password
    tokens: Tokens | None = None


def load_ways(config: Config, marks: Marks) -> Ways:
    """Return the ways in that are configured. It reads files and computes a hash, so it blocks.

    Raises:
        ConfigError: one of them cannot work; the message says why.
    """
    ways = Ways(config.access)
    if PASSWORD in config.access:
        password = load_password(config)
        check = PasswordCheck(password, config.access_checks)
        ways = ways._replace(password=check, mark=marks.mark_for(password))
    if TOKEN in config.access:
        # Servers without tokens do not load PyJWT, which takes 8 MiB.
        from trio_chat.auth.tokens import load_check  # noqa: PLC0415

        ways = ways._replace(tokens=load_check(config))
    return ways


class Gate:
    """Checks what somebody shows. Any of the ways in ``--access`` lets them in.

    Args:
        config: The ways, and their secrets and keys.
        marks: Of sessions.
        attempts: Limits guessing.
        invitations: Know the links.

    Raises:
        ConfigError: a way cannot work; the message says why.
    """

    def __init__(
        self, config: Config, marks: Marks, attempts: Attempts, invitations: Invitations
    ) -> None:
        self._config = config
        self._marks = marks
        self._attempts = attempts
        self._invitations = invitations
        self._ways = load_ways(config, marks)

    def change(self, ways: Ways) -> None:
        """Let people in by other ways from now on; ``admits`` tells whom it still lets in."""
        self._ways = ways

    @property
    def is_open(self) -> bool:
        """Whether everybody is let in, and nobody shows anything."""
        return self._ways.names == (OPEN,)

    @property
    def ways(self) -> list[str]:
        """What can be shown to be let in."""
        return [way for way in SHOWABLE if way in self._ways.names]

    def admits(self, grant: Grant) -> bool:
        """Whether somebody who was let in before would be let in by that now."""
        names, _, mark, tokens = self._ways
        if grant.proof is not None:
            return tokens is not None and tokens.knows(grant.proof)
        if grant.subject is not None:
            return PROXY in names
        is_invited = grant.invitation is not None and INVITE in names
        knows_password = grant.mark is not None and grant.mark == mark
        return OPEN in names or is_invited or knows_password

    async def admit(self, shown: Shown, address: str) -> Grant:
        """Let somebody in.

        Args:
            shown: What they show. The first thing that counts here decides, but for links and
                sessions that are not good.
            address: Whence; guesses are counted by it.

        Raises:
            Denied: they are not let in.
        """
        names, password, mark, tokens = self._ways
        if shown.user is not None and PROXY in names:
            return self._for_user(shown.user)
        if shown.token is not None and tokens:
            return self._for_token(tokens, shown.token)
        if shown.session is not None and mark and self._marks.mark_of(shown.session) == mark:
            return Grant(mark=mark)
        invitation = self._invitation(shown, address)
        if invitation is not None:
            return Grant(invitation=invitation)
        if shown.password is not None and password:
            return await self._for_password(password, mark, shown.password, address)
        if OPEN in names:
            return ANYBODY
        raise self._denied(self._request())

    def _for_user(self, user: str) -> Grant:
        try:
            nick = check_nick(user, self._config.nick_limit)
        except BadName as error:
            raise self._denied(f"your user name cannot be a nick: {error}") from None
        return Grant(subject=f"proxy:{user}", nick=nick)

    def _for_token(self, tokens: Tokens, token: str) -> Grant:
        try:
            return tokens.grant(token)
        except BadToken as error:
            raise self._denied(str(error)) from None

    def _invitation(self, shown: Shown, address: str) -> str | None:
        if INVITE not in self._ways.names:
            return None
        try:
            return self._invitations.find(shown, address)
        except RequestError as error:
            raise self._denied(error.answer.text, error.answer.retry_ms) from None

    async def _for_password(
        self, check: PasswordCheck, mark: str | None, shown: str, address: str
    ) -> Grant:
        delay = self._attempts.begin(address)
        if delay:
            text = "too many wrong passwords from your address"
            raise self._denied(text, math.ceil(delay * 1000))
        with trio.move_on_after(self._config.access_timeout):
            if not await check.matches(shown):
                raise self._denied("the password is wrong")
            self._attempts.forgive(address)
            if mark != self._ways.mark:
                raise self._denied("the password has just been changed", BUSY_MS)
            return Grant(mark=mark)
        self._attempts.forgive(address)
        raise self._denied("too many passwords are being checked", BUSY_MS)

    def _request(self) -> str:
        """Return what somebody is told who has shown nothing that counts."""
        if not self.ways:
            return "this server is entered by way of its proxy alone"
        return f"this server asks for {' or '.join(SHOWABLE[way] for way in self.ways)}"

    def _denied(self, text: str, retry_ms: int | None = None) -> Denied:
        return Denied(text, self.ways, retry_ms)
