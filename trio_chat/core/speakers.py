"""Speakers: as whom somebody speaks who has no connection, such as a script over HTTP."""

from collections.abc import Callable

from trio_chat.auth.grant import Grant
from trio_chat.core.people import People
from trio_chat.core.sessions import Claim, Sessions
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import fold
from trio_chat.protocol.request_error import RequestError


class Speakers:
    """Tells who speaks, by what they show. They take nobody's nick.

    Args:
        people: Have the sessions and nicks.
        sessions: Tell the ids of those without one.
    """

    def __init__(self, people: People, sessions: Sessions) -> None:
        self._people = people
        self._sessions = sessions

    def introduce(
        self,
        token: str | None,
        nick: str,
        subject: str | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> Person:
        """Return a person for a session without a connection.

        Raises:
            RequestError: the nick cannot be, or it is kept for somebody else; or the session was
                ended.
        """
        if subject is None and self._people.is_ended(token):
            raise _over()
        person_id = self._people.identify(token, subject=subject, new_id=new_id)
        return self._people.nicks.check_free(Person(person_id, nick))

    def of_id(self, person_id: str, nick: str) -> Person:
        """Return a person by their id, as they are called now, or say if nobody knows.

        Raises:
            RequestError: the nick cannot be, or it is kept for somebody else.
        """
        return self._people.nicks.check_free(self._people.now(person_id) or Person(person_id, nick))

    def speaker(self, token: str | None, nick: str | None, grant: Grant) -> Person | None:
        """Return as whom somebody without a connection speaks; ``None``: as nobody.

        Whom a grant names is that person. With a token it is its person, as they are called now or
        said to be by ``nick``. A nick alone makes a person whom no token can tell, the same one
        each time.

        Raises:
            RequestError: the nick cannot be, it is kept for somebody else, or the token is not one
                of ours, or over.
        """
        if grant.subject is not None:
            return self._named(self._sessions.id_of_subject(grant.subject), grant.nick or nick)
        if token is not None:
            claim = self._good_claim(token)
            self._people.see(claim.person.id)
            now = self._people.now(claim.person.id) or claim.person
            return self._people.nicks.check_free(Person(now.id, now.nick if nick is None else nick))
        if nick is not None:
            return self._people.nicks.check_free(Person(self._sessions.id_of(fold(nick)), nick))
        return None

    def holder_of(self, token: str | None, grant: Grant) -> tuple[Person, str]:
        """Return whose a token is, and the id of its session; or whom a grant names.

        Raises:
            RequestError: the token is not one of ours, or over.
        """
        if grant.subject is not None:
            person_id = self._sessions.id_of_subject(grant.subject)
            return self._people.now(person_id) or Person(person_id, ""), ""
        claim = self._good_claim(token)
        return claim.person, claim.session

    def _good_claim(self, token: str | None) -> Claim:
        claim = self._people.claim(token)
        if claim is None:
            raise _over()
        return claim

    def _named(self, person_id: str, nick: str | None) -> Person:
        """Return a person by their id, and the nick that they give or have now.

        Raises:
            RequestError: there is none, or it cannot be.
        """
        now = self._people.now(person_id)
        nick = nick or (now.nick if now else None)
        if nick is None:
            raise RequestError("bad_nick", "say how you are called: from=NAME")
        return self._people.nicks.check_free(Person(person_id, nick))


def _over() -> RequestError:
    return RequestError(
        "unauthorized", "the session is over, or the token is not one of this server"
    )
