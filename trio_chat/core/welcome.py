"""The welcome: tells whoever says hello who they are, and what the limits are."""

from trio_chat.config import Config
from trio_chat.core.people import People
from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import Person


class Welcome:
    """Makes welcomes.

    Args:
        people: Gives each person the token with which they can come back.
        config: The limits.
        epoch: What the numbers in the journal belong to.
    """

    def __init__(self, people: People, config: Config, epoch: str) -> None:
        self._people = people
        self._config = config
        self._epoch = epoch

    def to(self, person: Person, request: requests.Hello) -> answers.Welcome:
        """Return what a person is told who has said hello."""
        config = self._config
        return answers.Welcome(
            id=request.id,
            session=self._people.token(person),
            unknown_session=self._people.is_unknown(request.session),
            you=person,
            epoch=self._epoch,
            ping_interval=config.ping_interval,
            limits={
                "text": config.text_limit,
                "topic": config.topic_limit,
                "nick": config.nick_limit,
                "room": config.room_limit,
                "frame": config.frame_limit,
                "requests": config.frame_requests,
                "rooms": config.rooms_per_connection,
            },
        )
