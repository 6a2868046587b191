"""Pictures for tests, with what is hidden in them."""

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

HIDDEN = b"<script>alert(1)</script> at 48.2082 N"
TURNED = 6  # the orientation of a picture that is shown turned to the right
ORIENTATION, DESCRIPTION = 0x0112, 0x010E


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), frames: int = 1) -> bytes:
    """Return a picture that is stored lying on its side, and has a text hidden in it."""
    exif = Image.Exif()
    exif[DESCRIPTION] = HIDDEN.decode()
    options: dict[str, object] = {"exif": exif}
    if frames == 1:
        exif[ORIENTATION] = TURNED
    if kind in ("JPEG", "GIF"):
        options["comment"] = HIDDEN
    if kind == "PNG":
        options["pnginfo"] = info = PngInfo()
        info.add_text("Comment", HIDDEN.decode())
    if kind == "GIF":
        del options["exif"]
    first, *rest = [Image.effect_noise(size, 20 + 9 * n).convert("RGB") for n in range(frames)]
    if rest:
        options |= {"save_all": True, "append_images": rest, "duration": 70}
    buffer = BytesIO()
    first.save(buffer, kind, **options)
    return buffer.getvalue()


def with_profile(profile: bytes = b"") -> bytes:
    """Return a picture that tells how its colours are meant, by default in a way that is good."""
    profile = profile or ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    buffer = BytesIO()
    Image.new("RGB", (60, 40), "red").save(buffer, "JPEG", icc_profile=profile)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG that says that it is large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(3 * width + 1) * 10, 9)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum
