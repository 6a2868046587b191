"""Finds emoji by their names."""

from trio_chat.protocol.emoji import normal_emoji
from trio_chat.protocol.unicode import character_named

# Short names for frequent emoji, as in the page; all have their Unicode names as well.
NAMES = {
    name: emoji
    for emoji, names in {
        "👍": "thumbsup +1 yes",
        "❤️": "heart love",
        "😂": "joy laugh",
        "🎉": "tada party",
        "😮": "wow surprised",
        "😢": "sad cry",
        "🙏": "thanks pray",
        "👀": "eyes look",
    }.items()
    for name in names.split()
}


def emoji_of(text: str) -> str:
    """Return the emoji for a name, with or without colons, or for an emoji; else nothing."""
    name = text.replace(":", "").replace("_", " ").lower()
    found = NAMES.get(name) or character_named(name) or text
    return normal_emoji(found) or ""
