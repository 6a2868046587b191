"""Whose chat the page says it is: the name, welcome, sign and colour that an operator gives it."""

import json
import re
from html import escape
from typing import NamedTuple

from trio_chat.config import Config, ConfigError
from trio_chat.named_files import read
from trio_chat.setting_values import OPEN

ICON_LIMIT = 64 * 1024  # bytes of a sign
SIDES = range(16, 1025)  # pixels of a side of a PNG
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PNG_END = b"IEND\xaeB`\x82"
# What an SVG begins with. With a DOCTYPE a small file could stand for a large one.
SVG = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<svg[\s>]", re.DOTALL)
SVG_END = re.compile(rb"</svg>\s*$")
OWN_ICON = "favicon.svg"  # where the page has its sign
TOUCH_ICON = re.compile(rb' *<link rel="apple-touch-icon"[^>]*>\n')
PAGE, MANIFEST, STYLES = "index.html", "chat.webmanifest", "css/first.css"
WEIGHTS = (0.2126, 0.7152, 0.0722)  # of red, green and blue in what the eye sees, by WCAG
FLARE, KNEE = 0.05, 0.04045  # likewise: of a screen; and where the formula changes
DARK, LIGHT = "#000000", "#ffffff"


class Icon(NamedTuple):
    """A sign."""

    content: bytes
    name: str  # of its file
    sizes: str  # as a manifest tells them


class Look(NamedTuple):
    """What an operator has chosen; all is empty, or as it is, by default."""

    title: str = Config.title
    welcome: str = ""
    color: str = ""
    icon: Icon | None = None
    is_open: bool = True  # whether everybody may know who is there


PLAIN = Look()


def read_look(config: Config) -> Look:
    """Return what settings choose. It reads the file with the sign, if there is one.

    Raises:
        ConfigError: the file cannot be read, or is no sign.
    """
    icon = None
    if config.icon:
        try:
            icon = check_icon(read(config.icon, ICON_LIMIT))
        except OSError as error:
            raise ConfigError(f"icon {config.icon}: {error.strerror}") from None
        except ValueError as error:
            raise ConfigError(f"icon {config.icon}: {error}") from None
    return Look(config.title, config.welcome, config.color, icon, OPEN in config.access)


def check_icon(content: bytes) -> Icon:
    """Return a sign, known by its bytes.

    Raises:
        ValueError: it is neither an SVG nor a PNG of a fitting size.
    """
    if content.startswith(PNG) and content.endswith(PNG_END):
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        if width not in SIDES or height not in SIDES:
            raise ValueError(
                f"a PNG has {SIDES[0]} to {SIDES[-1]} pixels a side, not {width}x{height}"
            )
        return Icon(content, "icon.png", f"{width}x{height}")
    if SVG.match(content) and SVG_END.search(content) and b"<!DOCTYPE" not in content.upper():
        return Icon(content, OWN_ICON, "any")
    raise ValueError("it is neither a PNG nor an SVG without a DOCTYPE")


def dress(contents: dict[str, bytes], look: Look) -> dict[str, bytes]:
    """Return the files of the page with a look. Those of the default one are as they are."""
    changes = {PAGE: _page, MANIFEST: _manifest, STYLES: _styles}
    dressed = {
        name: changes[name](content, look) if name in changes and look != PLAIN else content
        for name, content in contents.items()
    }
    if look.icon:
        dressed.pop(OWN_ICON, None)
        dressed[look.icon.name] = look.icon.content
    return dressed


def on_color(color: str) -> str:
    """Return black or white, whichever is read more easily on a colour; by WCAG 4.5 at least."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    weighted = zip(WEIGHTS, map(_linear, parts), strict=True)
    luminance = sum(weight * part for weight, part in weighted)
    return DARK if (luminance + FLARE) ** 2 > (1 + FLARE) * FLARE else LIGHT


def _linear(part: float) -> float:
    """Return how bright a part of a colour is; all are from 0 to 1. The formula is that of sRGB."""
    return part / 12.92 if part <= KNEE else ((part + 0.055) / 1.055) ** 2.4


def _page(content: bytes, look: Look) -> bytes:
    """Return the page with the name in its head, and name and welcome before the question."""
    title, welcome = (escape(text).encode() for text in (look.title, look.welcome))
    old = escape(PLAIN.title).encode()
    content = content.replace(b"<title>%b</title>" % old, b"<title>%b</title>" % title)
    named = b'name="application-name" content="%b"'
    content = content.replace(named % old, named % title)
    if look.title != PLAIN.title:
        content = content.replace(b'id="whose" hidden>', b'id="whose">%b' % title)
    if look.welcome:
        content = content.replace(b'id="welcome" hidden>', b'id="welcome">%b' % welcome)
    if not look.is_open:
        content = content.replace(b" data-open>", b">")
    if look.icon:
        content = TOUCH_ICON.sub(b"", content)
        content = content.replace(OWN_ICON.encode(), look.icon.name.encode())
        if look.icon.name != OWN_ICON:
            content = content.replace(b"image/svg+xml", b"image/png")
            touch = b'    <link rel="apple-touch-icon" href="../static/%b">\n  </head>'
            content = content.replace(b"  </head>", touch % look.icon.name.encode())
    return content


def _manifest(content: bytes, look: Look) -> bytes:
    manifest = json.loads(content)
    manifest |= {"name": look.title, "short_name": look.title}
    if look.color:
        manifest["theme_color"] = look.color
    if look.icon:
        media_type = "image/svg+xml" if look.icon.name == OWN_ICON else "image/png"
        one = {"src": f"static/{look.icon.name}", "sizes": look.icon.sizes, "type": media_type}
        manifest["icons"] = [one]
    return json.dumps(manifest, ensure_ascii=False).encode()


def _styles(content: bytes, look: Look) -> bytes:
    if not look.color:
        return content
    rule = f":root{{--brand:{look.color};--on-brand:{on_color(look.color)}}}\n"
    return content + rule.encode()
