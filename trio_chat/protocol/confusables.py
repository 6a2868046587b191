"""Letters that look alike: which one stands for all of them.

Taken from Unicode's security data (UTS 39, confusables), as far as whole names can be written in
the look of another alphabet: with variants of Latin letters, or with Cyrillic, Greek, Armenian,
Cherokee, Coptic and Lisu ones. Two letters that one alphabet tells apart have two stand-ins, with
the exception of those that Latin itself has: l, I and 1, O and 0.
"""

from trio_chat.protocol.unicode import normalize

_LATIN = {  # the letters as case folding leaves them
    "a": "аαɑᴀᎪꓮ",
    "b": "вβʙᏴꓐ",
    "c": "сᴄᏟꓚⲥ",
    "d": "ԁᴅᎠꓓ",
    "e": "еεᴇᎬꓰ",
    "f": "ꜰꓝ",
    "g": "ɡɢԍցᏀꓖ",
    "h": "нһʜհᎻꓧⲏ",
    "i": "іɪɩιⲓ",
    "j": "јϳᴊᎫꓙ",
    "k": "кκᴋĸᏦꓗⲕ",
    "l": "ӏǀʟᏞꓡꓲ",
    "m": "мᴍᎷꓟⲙ",
    "n": "ηɴոꓠⲛ",
    "o": "оοᴏօꓳ০੦૦୦௦०౦೦൦๐໐၀ဝ០〇ⲟ",
    "p": "рρᴘᏢꓑⲣ",
    "q": "ԛգ",
    "r": "гʀᎡꓣ",
    "s": "ѕꜱᏚꓢ",
    "t": "тτᴛᎢꓔⲧ",
    "u": "υᴜսꓴ",
    "v": "νѵᴠᏙꓦ",
    "w": "ԝωᴡᎳꓪ",
    "x": "хχꓫⲭ",
    "y": "уγʏᎽꓬⲩ",
    "z": "ᴢᏃꓜ",
}
# Arabic digits, and two letters, have a code point for Arabic and one for Persian and Urdu.
_ARABIC = dict(zip("۰۱۲۳۴۵۶۷۸۹یک", "٠١٢٣٤٥٦٧٨٩يك", strict=True))
_OTHER_ALPHABETS = str.maketrans(
    {other: letter for letter, others in _LATIN.items() for other in others} | _ARABIC
)
COLONS = ":ː˸։׃܃܄᛬⁚∶꞉︓﹕："  # a colon, and what looks like one
PARENTHESES = "(（﹙⁽"
_WITHIN_LATIN = str.maketrans({"0": "o", "1": "l", "i": "l", "ı": "l"})


def resembled(text: str) -> str:
    """Return a text, in lower case, with each letter replaced by the one that it looks like.

    Marks on letters stay: they can be seen.
    """
    bare = normalize("NFD", text).translate(_OTHER_ALPHABETS)
    whole = normalize("NFC", bare).translate(_WITHIN_LATIN)
    return normalize("NFC", whole)
