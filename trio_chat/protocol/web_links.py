"""What a link in a text is: an address that readers can follow."""

import re

# The page shows fewer of them: none in code, and none right behind a letter. Readers can follow
# those all the same, so what the page shows is not what counts here.
LINK = re.compile(r"https?://[^\s\x00-\x20\x7f\"<>`]", re.IGNORECASE)


def has_link(text: str) -> bool:
    """Whether a text has a link: whatever the page shows as one, and what reads like one."""
    return LINK.search(text) is not None
