"""The members of a room: who is there by name, and how many they are."""

from collections.abc import Sequence

from trio_chat.protocol import events
from trio_chat.protocol.events import Person

PEOPLE_LIMIT = 10_000  # people of a room that are known by name; the others are counted


class Members:
    """Follows who comes and goes. In a large room the server names only some."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.population = 0

    def reset(self, people: Sequence[Person], population: int) -> None:
        """Take the list that comes when we join."""
        self.people = {person.id: person for person in people[:PEOPLE_LIMIT]}
        self.population = max(population, len(people))

    def update(self, event: events.Event, my_id: str) -> None:
        """Follow an event, if it is about who comes, goes or is renamed, or their number."""
        match event:
            case events.Presence(state="joined", who=who):
                self.population += who.id not in self.people and who.id != my_id
                self._know(who)
            case events.Presence(state="left", who=who):
                self.people.pop(who.id, None)
                self.population = max(self.population - 1, len(self.people))
            case events.Renamed(who=who) if who.id in self.people:
                self.people[who.id] = who
            case events.Population(count=count):
                self.population = max(count, len(self.people))

    def _know(self, person: Person) -> None:
        if person.id in self.people or len(self.people) < PEOPLE_LIMIT:
            self.people[person.id] = person
            self.population = max(self.population, len(self.people))
