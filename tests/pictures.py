"""Pictures for tests, with what is hidden in them."""

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageCms, ImageDraw
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


def growing(side: int = 100, frames: int = 400) -> bytes:
    """Return a GIF of noise with frames of a pixel that leave holes: each has to be whole."""
    codes = []
    for n in range(side * side):
        codes += [] if n % 200 else [256]
        codes.append(n * n * n % 65521 % 251)
    noise, pixel = (_gif_data([*some, 257]) for some in (codes, [256, 1]))
    screen = struct.pack("<HHBBB", side, side, 0xF7, 0, 0)
    parts = [b"GIF89a", screen, bytes(n * k % 256 for n in range(256) for k in (1, 7, 31))]
    parts += [b"\x21\xf9\x04\x04\x01\0\0\0,", struct.pack("<HHHHB", 0, 0, side, side, 0), noise]
    for n in range(frames - 1):
        place = struct.pack("<HHHHB", n % side, n // side, 1, 1, 0)
        parts += [b"\x21\xf9\x04\x08\x01\0\0\0,", place, pixel]
    return b"".join(parts) + b";"


def _gif_data(codes: list[int]) -> bytes:
    """Return the data of a frame, by codes of 9 bits each, which have to be cleared often."""
    bits = sum(code << 9 * place for place, code in enumerate(codes))
    data = bits.to_bytes(9 * len(codes) // 8 + 1, "little")
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"\x08" + b"".join(bytes([len(one)]) + one for one in pieces) + b"\0"


def moving(*, corners: bool = False, disposal: int = 0) -> bytes:
    """Return a GIF in which little moves, maybe with corners that one can see through."""
    frames = []
    for step in range(40):
        frame = Image.new("RGBA", (400, 300), (0, 0, 0, 0) if corners else "white")
        draw = ImageDraw.Draw(frame)
        draw.rounded_rectangle((0, 0, 399, 299), 20, fill=(255, 255, 255, 255))
        for line in range(30):
            draw.text(
                (20, 8 * line + 20), f"{line * 7919} words that stay {line * 104729}", "black"
            )
        draw.rectangle((50 + step, 50, 70 + step, 70), fill=(0, 0, 255, 255))
        frames.append(frame)
    buffer = BytesIO()
    more = frames[1:]
    frames[0].save(buffer, "GIF", save_all=True, append_images=more, duration=80, disposal=disposal)
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


def with_scans(count: int, behind: bytes = b"") -> bytes:
    """Return a grey JPEG with so many scans, all but the first of them empty."""

    def part(marker: int, data: bytes) -> bytes:
        return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data

    tables = part(0xC4, b"\x00" + bytes([1, *[0] * 15, 0]))
    tables += part(0xC4, b"\x10" + bytes([0, 2, *[0] * 14, 0, 0xE0]))
    first = part(0xDA, b"\x01\x01\x00\x00\x00\x00") + b"\0"
    more = (part(0xDA, b"\x01\x01\x00\x01\x3f\x00") + b"\0\xff\x00") * (count - 1)
    frame = part(0xC2, struct.pack(">BHHB", 8, 8, 8, 1) + b"\x01\x11\x00")
    begin = b"\xff\xd8" + part(0xFE, b"\xff\xda") + part(0xDB, b"\0" + b"\x01" * 64)
    return begin + frame + tables + first + more + b"\xff\xd9" + behind
