"""Callers: what those may ask for who have no connection, such as scripts over HTTP."""

from trio_chat.auth.grant import Grant
from trio_chat.config import Config
from trio_chat.core import policy
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.claims import Unclaimed
from trio_chat.core.devices import Devices
from trio_chat.core.effects import Turn
from trio_chat.core.introductions import Introductions
from trio_chat.core.judge import Asker, Judge
from trio_chat.core.links import Link
from trio_chat.core.marks import Marks, Reading
from trio_chat.core.moderation import Moderation
from trio_chat.core.pairs import Pairs
from trio_chat.core.people import People
from trio_chat.core.redemption import Redemption
from trio_chat.core.registry import SERVER
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.requested import Requested
from trio_chat.core.rooms import Rooms, proper_name
from trio_chat.core.speakers import Speakers
from trio_chat.core.welcome import Welcome
from trio_chat.delivery.recipient import Requester
from trio_chat.files.uploads import Uploads
from trio_chat.journal.types import Write
from trio_chat.protocol import answers, governing, requests


class Callers:
    """Grants what callers ask for. A caller has joined no room, and may write to any without.

    Args:
        people: Have the sessions.
        speakers: Tell who a caller is.
        welcome: Makes the answer to a hello.
        rooms: Those that are open.
        limits: Tell who has asked for too much.
        config: ``room_limit``.
        judge: Tells who may do what they ask for.
        redemption: Looks at links.
        moderation: Does what moderators ask for.
        devices: Tell of sessions, and end them.
        marks: Tell how far somebody has read.
        pairs: Rooms for two.
        arrivals: Remember who has written.
        introductions: Look at hellos.
        turn: Where answers go.
        uploads: The files that messages may have.
    """

    def __init__(  # noqa: PLR0913 - the parts of the chat
        self,
        people: People,
        speakers: Speakers,
        welcome: Welcome,
        rooms: Rooms,
        limits: RequestLimits,
        config: Config,
        *,
        judge: Judge,
        redemption: Redemption,
        moderation: Moderation,
        devices: Devices,
        marks: Marks,
        pairs: Pairs,
        arrivals: Arrivals,
        introductions: Introductions,
        turn: Turn,
        uploads: Uploads,
    ) -> None:
        self._people = people
        self._speakers = speakers
        self._welcome = welcome
        self._rooms = rooms
        self._limits = limits
        self._config = config
        self._judge = judge
        self._redemption = redemption
        self._moderation = moderation
        self._devices = devices
        self._marks = marks
        self._pairs = pairs
        self._arrivals = arrivals
        self._introductions = introductions
        self._turn = turn
        self._uploads = uploads

    def introduce(
        self,
        caller: Requester,
        request: requests.Hello,
        now: float,
        grant: Grant,
        label: str,
        again: Unclaimed | None = None,
    ) -> answers.Welcome:
        """Begin a session for a caller who says hello, and return the welcome.

        Args:
            caller: Who.
            request: The hello.
            now: Trio's time.
            grant: What has let them in.
            label: Of the device that the session is for.
            again: What was claimed for them, if they had to wait for that.

        Raises:
            RequestError: it cannot be granted.
            Unclaimed: the nick is not theirs yet.
        """
        if again is None:
            self._limits.check(None, request, None, caller.address, now)
        pairing, is_named = self._introductions.look(caller, request, grant)
        is_new = not (is_named or pairing)
        if is_new:
            self._introductions.check_new(caller, "http")
        nick = grant.nick or request.nick or ""
        if pairing:
            person = self._speakers.of_id(pairing.person_id, nick)
        else:
            new_id = None if again is None else lambda: again.person_id
            person = self._speakers.introduce(request.session, nick, grant.subject, new_id)
        self._redemption.check_invited(grant, person.id)
        if grant.subject is None:
            self._people.check_name(person)
        known_since, session, has_ended = self._introductions.introduce(
            caller, person, request, grant, pairing, is_new=is_new, label=label
        )
        if has_ended:
            self._devices.end_over(person.id)
        if session:
            self._people.name(person)
        return self._welcome.to(person, request, grant, known_since, session=session)

    def see_to_devices(
        self,
        caller: Requester,
        credentials: requests.Credentials,
        request: requests.Marks | requests.Sessions | requests.SignOut | requests.Pair,
        now: float,
        grant: Grant,
    ) -> None:
        """Do what the holder of a session asks for about it.

        That is: list their sessions or marks, end sessions, or make a code for another device.

        Raises:
            RequestError: it cannot be granted.
        """
        person, here = self._speakers.holder_of(credentials.token, grant)
        self._judge.check(Asker(person, caller.address, grant=grant), request, SERVER, now)
        self._limits.check(person.id, request, None, caller.address, now)
        if isinstance(request, requests.SignOut):
            self._devices.sign_out(caller, request, person.id)
        elif isinstance(request, requests.Marks):
            marks = self._marks.of(person.id)
            self._turn.reply(caller, answers.MarkList(id=request.id, marks=marks))
        elif isinstance(request, requests.Pair):
            known_since = self._judge.known_since(credentials.token, grant)
            self._introductions.pair(caller, request, grant, person.id, known_since)
        else:
            self._devices.tell(caller, request, person.id, here)

    def read(
        self,
        caller: Requester,
        credentials: requests.Credentials,
        request: requests.Read,
        now: float,
        grant: Grant,
    ) -> None:
        """Take in how far a caller has read a room, and answer with the mark that holds now.

        Raises:
            RequestError: it cannot be granted.
        """
        asker, room, link = self._asker(caller, credentials, request.room, now, grant)
        self._judge.check(asker, request, room, now, link=link)
        assert asker.person  # or the policy has said no
        self._limits.check(asker.person.id, request, None, caller.address, now)
        self._marks.read(
            Reading(
                caller,
                asker.person.id,
                room,
                request,
                lambda back, seq: answers.Read(id=request.id, room=room, seq=seq, back=back),
            )
        )

    def upload(
        self,
        caller: Requester,
        credentials: requests.Credentials,
        request: requests.Upload,
        now: float,
        grant: Grant,
    ) -> None:
        """Tell a caller that they may upload a file, and for whom and what it is then.

        Raises:
            RequestError: they may not.
        """
        asker, room, link = self._asker(caller, credentials, request.room, now, grant)
        self._judge.check(asker, request, room, now, link=link)
        assert asker.person  # or the policy has said no
        self._limits.check(asker.person.id, request, None, caller.address, now)
        answer = answers.MayUpload(id=request.id, who=asker.person.id, room=room)
        self._turn.reply(caller, answer)

    def write(
        self,
        caller: Requester,
        credentials: requests.Credentials,
        request: requests.WriteRequest,
        now: float,
        grant: Grant,
    ) -> Write:
        """Return what is to be kept for a caller.

        Raises:
            RequestError: it cannot be granted.
        """
        asker, room, link = self._asker(caller, credentials, request.room, now, grant)
        principal = self._judge.check(asker, request, room, now, link=link)
        person_id = asker.person.id if asker.person else None
        self._limits.check(person_id, request, self._rooms.get(room), caller.address, now)
        self._arrivals.write(room, asker.person, asker.address, asker.known_since)
        self._judge.has_asked(asker, request, room, now)
        if isinstance(request, requests.Send):
            self._pairs.note_said(room, asker.person)
        may_begin = self._judge.is_made(room) or self._limits.may_begin_room(caller.address, now)
        event = policy.as_allowed(principal, request).event(room, asker.person)
        condition = policy.target_author(principal, request)
        is_held = self._judge.needs_approval(principal, request, room)
        refused = self._uploads.take_into(event)
        return Write(event, condition, may_begin, needs_approval=is_held, refused=refused)

    def govern(
        self,
        caller: Requester,
        credentials: requests.Credentials,
        request: governing.AnyGoverning,
        now: float,
        grant: Grant,
        again: Unclaimed | None = None,
    ) -> None:
        """Do what a caller asks for about rooms, rights or people, or begin to.

        Raises:
            RequestError: it cannot be granted.
            Unclaimed: it is not clear yet whether a nick is used.
        """
        room = getattr(request, "room", SERVER)
        asker, room, link = self._asker(caller, credentials, room, now, grant)
        person_id = asker.person.id if asker.person else None
        if again is None:
            self._limits.check(person_id, request, None, caller.address, now)
        self._moderation.carry_out(Requested(caller, None, asker, link), request)

    def _asker(
        self,
        caller: Requester,
        credentials: requests.Credentials,
        room: str,
        now: float,
        grant: Grant,
    ) -> tuple[Asker, str, Link | None]:
        """Return who asks, the room's name in its normal form, and the link that they show.

        Raises:
            RequestError: the credentials, or the name, cannot be.
        """
        who = self._speakers.speaker(credentials.token, credentials.nick, grant)
        known_since = self._judge.known_since(credentials.token, grant)
        is_proven = bool(credentials.token or grant.subject)
        asker = Asker(who, caller.address, known_since, grant=grant, is_proven=is_proven)
        room = proper_name(room, self._config.room_limit) if room else SERVER
        person_id = who.id if who else None
        link = self._redemption.look(credentials.link, room, person_id, caller.address, now)
        if link and who and is_proven:
            self._redemption.come_by(link, who)
        return asker, room, link
