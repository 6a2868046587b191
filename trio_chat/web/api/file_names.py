"""Names of files in headers of requests: what is not UTF-8 is refused, and never kept garbled."""

import base64
import re
from urllib.parse import unquote_to_bytes

from werkzeug.http import parse_options_header

from trio_chat.net.problems import Problem

# What is percent-encoded in a header: ``filename*=UTF-8''%E2%82%AC.txt`` (RFC 8187).
ENCODED = re.compile(
    r"\*[ \t]*=[ \t]*(?:(utf-8|us-ascii|ascii|iso-8859-1)?'[^']*')?([^;]*)", re.IGNORECASE
)


def name_in_disposition(header: str) -> str:
    """Return the file's name in a ``Content-Disposition``; empty if it has none.

    Raises:
        Problem: the name is not in the encoding that it names.
    """
    check_disposition(header)
    return parse_options_header(header)[1].get("filename", "")


def check_disposition(header: str) -> None:
    """Refuse a ``Content-Disposition`` of which werkzeug would garble what is percent-encoded.

    Raises:
        Problem: it is not in the encoding that it names.
    """
    try:
        for charset, value in ENCODED.findall(header):
            unquote_to_bytes(value).decode(charset or "utf-8")
    except UnicodeDecodeError:
        raise _not_utf_8() from None


def name_in_metadata(metadata: str) -> str:
    """Return the file's name among what a tus client tells of an upload; empty if it has none.

    Raises:
        Problem: it is not UTF-8.
    """
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key in ("filename", "name"):
            try:
                return base64.b64decode(value, validate=True).decode()
            except UnicodeDecodeError:
                raise _not_utf_8() from None
            except ValueError:
                continue  # it is no name
    return ""


def _not_utf_8() -> Problem:
    return Problem("bad_request", "the name of the file is not UTF-8")
