"""Finds emoji by their names."""

import unicodedata

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
    try:
        found = NAMES.get(name) or unicodedata.lookup(name)
    except KeyError:
        found = text
    is_picture = any(unicodedata.category(part) == "So" for part in found)
    is_text = any(part.isalnum() or part.isspace() for part in found)
    return found if is_picture and not is_text else ""
