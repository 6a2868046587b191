"""Files that are uploaded to a running server, and fetched from it."""

from typing import Any

from tests.integration.asking import Answer, ask, bearer
from tests.integration.running import END_OF_HEAD, Running, status

JPEG = b"\xff\xd8\xff\xe0"  # how one begins; the rest of these is no picture
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="why"\r\n\r\nbecause\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
    b"Content-Type: text/html\r\n\r\n%b\r\n--x--\r\n"
)
FORM_TYPE = "multipart/form-data; boundary=x"


async def upload(
    server: Running, session: str, content: bytes, name: str = "", room: str = "tea"
) -> dict[str, Any]:
    """Upload a file; return what is told of it."""
    answer = await post(server, session, content, name, room)
    assert answer.status == 201, answer
    file: dict[str, Any] = answer.json["file"]
    return file


async def post(
    server: Running, session: str, content: bytes, name: str = "", room: str = "tea"
) -> Answer:
    """Try to upload a file."""
    path = f"/rooms/{room}/files" + (f"?name={name}" if name else "")
    return await ask(server, "POST", path, content, authorization=bearer(session))


async def fetch(
    server: Running, id: str, name: str = "x", method: str = "GET", **headers: str
) -> Answer:
    """Fetch a file."""
    lines = [f"{method} /files/{id}/{name} HTTP/1.1", "host: localhost"]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    answer = await server.exchange("\r\n".join([*lines, "", ""]).encode())
    head, _, body = answer.partition(END_OF_HEAD)
    return Answer(status(answer), head + END_OF_HEAD, body)
