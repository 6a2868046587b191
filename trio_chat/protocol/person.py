"""A person, as events and answers tell them."""

import msgspec


class Person(msgspec.Struct, frozen=True, gc=False):
    """A person: an id that never changes, and the present nick."""

    id: str
    nick: str
