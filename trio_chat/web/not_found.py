"""The page that browsers get for an address where nothing is, in the language of whoever asks."""

from html import escape

from werkzeug.datastructures import LanguageAccept

# What is said, why that may be, and the way to the chat.
TEXTS = {
    "en": (
        "There is nothing here",
        "The link may have been cut, or the address mistyped.",
        "To the chat",
    ),
    "de": (
        "Hier ist nichts",
        "Vielleicht wurde der Link abgeschnitten oder die Adresse falsch getippt.",
        "Zum Chat",
    ),
    "fr": (
        "Il n\u2019y a rien ici",
        "Le lien a peut-être été coupé, ou l\u2019adresse mal saisie.",
        "Vers le chat",
    ),
    "es": (
        "Aquí no hay nada",
        "Puede que el enlace se cortara o que la dirección esté mal escrita.",
        "Ir al chat",
    ),
    "ar": ("لا شيء هنا", "ربما قُطع الرابط أو كُتب العنوان خطأ.", "إلى الدردشة"),
}
RIGHT_TO_LEFT = ("ar",)
PAGE = """\
<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{reason}</p>
<p><a href="{chat}">{way}</a></p>
</main>
</body>
</html>
"""


def not_found(accepted: LanguageAccept, prefix: str) -> str:
    """Return the page; it tells nothing of the address, which may be anything.

    Args:
        accepted: The languages of whoever asks; English if there are texts in none of them.
        prefix: What is before the server's own paths.
    """
    wanted = (one.partition("-")[0].lower() for one in accepted.values())
    language = next((one for one in wanted if one in TEXTS), "en")
    title, reason, way = (escape(text) for text in TEXTS[language])
    return PAGE.format(
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        title=title,
        reason=reason,
        way=way,
        chat=escape(f"{prefix}/r/"),
    )
