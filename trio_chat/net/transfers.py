"""Which requests bring or fetch the files that people send."""

import re

UPLOAD = re.compile(r"(?:POST|PATCH) /api/v1/rooms/[^/? ]+/files(?:/[^/? ]*)?[? ]")
DOWNLOAD = re.compile(r"(?:GET|HEAD) /files/")


def is_upload(request: bytes) -> bool:
    """Whether a request, or its beginning, brings a file."""
    return UPLOAD.match(request[:1024].decode("latin-1")) is not None


def is_download(request: bytes) -> bool:
    """Whether a request, or its beginning, fetches a file."""
    return DOWNLOAD.match(request[:32].decode("latin-1")) is not None
