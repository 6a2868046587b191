"""The welcome: tells whoever says hello who they are, and what the limits are."""

from dataclasses import fields

from trio_chat.auth.grant import Grant
from trio_chat.config import Config
from trio_chat.core.epochs import Epochs
from trio_chat.core.pairs import Pairs
from trio_chat.core.people import People
from trio_chat.files.place import folder_of
from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.rights import Right
from trio_chat.rates import Rates


class Welcome:
    """Makes welcomes.

    Args:
        people: Gives each person the token with which they can come back.
        config: The limits.
        epochs: What the numbers in the journal belong to.
        pairs: Rooms for two.
    """

    def __init__(self, people: People, config: Config, epochs: Epochs, pairs: Pairs) -> None:
        self._people = people
        self._pairs = pairs
        self._epochs = epochs
        self._config = config
        self.reconfigure()

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        config = self._config
        self._limits = published_limits(config)
        self._rates = published_rates(config)

    def to(
        self,
        person: Person,
        request: requests.Hello,
        grant: Grant,
        known_since: int,
        right: Right = Right.SPEAK,
        *,
        session: str = "",
        marks: list[answers.Mark] | None = None,
    ) -> answers.Welcome:
        """Return what a person is told who has been let in and has said hello.

        Args:
            person: Who.
            request: The hello.
            grant: What has let them in.
            known_since: Since when the server has known them, in ms since 1970.
            right: What they may do on the whole server.
            session: The id of the session with which they can come back.
            marks: How far they have read.
        """
        return answers.Welcome(
            id=request.id,
            session=self._people.token(person, grant, known_since, session),
            unknown_session=bool(request.session) and not self._people.has_session(request.session),
            you=person,
            epoch=self._epochs.present,
            ping_interval=self._config.ping_interval,
            limits=self._limits,
            rates=self._rates,
            operator=right is Right.OPERATE,
            marks=marks or [],
            private=[] if grant.limits_to is not None else self._pairs.listed(person.id),
        )


def published_limits(config: Config) -> dict[str, int]:
    """Return the limits that clients need to know."""
    return {
        "text": config.text_limit,
        "topic": config.topic_limit,
        "nick": config.nick_limit,
        "room": config.room_limit,
        "frame": config.frame_limit,
        "requests": config.frame_requests,
        "rooms": config.rooms_per_connection,
        "reactions": config.reactions_per_message,
        "changes": config.changes_per_message,
        "file": config.file_limit if folder_of(config) else 0,
        "files": config.files_per_message,
    }


def published_rates(config: Config) -> dict[str, answers.RateInfo]:
    """Return how often each kind of thing may be asked for, as far as that is limited."""
    rates = {rate.name.removesuffix("_rate"): getattr(config, rate.name) for rate in fields(Rates)}
    return {
        name: answers.RateInfo(round(rate.per_second, 4), rate.burst)
        for name, rate in rates.items()
        if rate.per_second
    }
