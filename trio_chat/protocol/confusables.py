"""Letters that look alike: which one stands for all of them.

Taken from Unicode's security data (UTS 39, confusables), as far as whole names can be written in
the look of another alphabet: with variants of Latin letters, with Cyrillic, Greek, Armenian,
Cherokee, Coptic, Lisu and Deseret ones, with syllables of Canada, or with letters of old alphabets.
Two letters that one alphabet tells apart have two stand-ins, with the exception of those that Latin
itself has (l, I and 1, O and 0) and of some syllables.
"""

from trio_chat.protocol.unicode import normalize

_LATIN = {  # the letters as case folding leaves them
    "a": "аαɑᴀᎪꓮᗅᗩ𖽀𐊠",
    "b": "вβʙᏴꓐᗷᑲ𐊂𐊡𐌁",
    "c": "сᴄᏟꓚⲥᑕ𐐽𐊢𐌂𐔜",
    "d": "ԁᴅᎠꓓᗪᗞ",
    "e": "еεᴇᎬꓰꬲᗴⴹ𐊆",
    "f": "ꜰꓝꬵꞙẝքᖴ𐊇𐊥𐔥",
    "g": "ɡɢԍցᏀꓖᶃƍ",
    "h": "нһʜհᎻꓧⲏᕼ𐋏",
    "i": "іɪɩιⲓᎥ𑣃",
    "j": "јϳᴊᎫꓙʝᒍ",
    "k": "кκᴋĸᏦꓗⲕᛕ𐔘",
    "l": "ӏǀʟᏞꓡꓲⵏᛁᒪ𖼨𖼖𐊊𐌉𐌠𐔦ⳑ",
    "m": "мᴍᎷꓟⲙᗰᛖ𐊰𐌑",
    "n": "ηɴոꓠⲛᑎ𐔓",
    "o": "оοᴏօꓳ০੦૦୦௦०౦೦൦๐໐၀ဝ០〇ⲟᴑꬽഠଠⵔዐ𐓪𑣈𐐬𐊒𐊫𐔖",
    "p": "рρᴘᏢꓑⲣᑭ𐊕",
    "q": "ԛգզᑫⵕ",
    "r": "гʀᎡꓣꭇꭈᴦⲅᖇ𖼵",
    "s": "ѕꜱᏚꓢƽᔕ𑣁𐑈𖼺𐊖",
    "t": "тτᴛᎢꓔⲧ𖼊𐊗𐊱𐌕",
    "u": "υᴜսꓴꞟꭎꭒᑌሀ𐓶𑣘𖽂",
    "v": "νѵᴠᏙꓦᐯⴸꛟ𖼈𐔝𑜆𑣀",
    "w": "ԝωᴡᎳꓪɯѡաᗯ",
    "x": "хχꓫⲭꭓᕁⵝᚷ𐊐𐊴𐌗𐔧",
    "y": "уγʏᎽꓬⲩᶌỿꭚყ𖽃𐊲𑣜",
    "z": "ᴢᏃꓜᘔ𑣄",
}
# Arabic digits, and two letters, have a code point for Arabic and one for Persian and Urdu.
_ARABIC = dict(zip("۰۱۲۳۴۵۶۷۸۹یک", "٠١٢٣٤٥٦٧٨٩يك", strict=True))
_OTHER_ALPHABETS = str.maketrans(
    {other: letter for letter, others in _LATIN.items() for other in others} | _ARABIC
)
# Capitals that look like another letter than their small ones do, and a small letter that loses its
# look when it is folded.
_CAPITALS = {
    "B": "ЬƄ",
    "C": "Ϲϲ𐐕",
    "E": "𑢦𑢮",
    "F": "Ϝ𑢢",
    "H": "Η",
    "L": "ԼⳐ𐐛𑢣𑢲",
    "M": "ΜϺ",
    "N": "Ν",
    "O": "𐓂𐐄𑢵",
    "R": "𐒴",
    "S": "Տ𐐠",
    "T": "𑢼",
    "U": "𐓎𑢸",
    "V": "𑢠",
    "X": "Ꭓ",
    "Y": "ΥϒҮ𑢤",
    "Z": "Ζ𑢩",
}
_DRAWN = str.maketrans({other: letter for letter, others in _CAPITALS.items() for other in others})
COLONS = ":ː˸։׃܃܄᛬⁚∶꞉︓﹕："  # a colon, and what looks like one
PARENTHESES = "(（﹙⁽"
_WITHIN_LATIN = str.maketrans({"0": "o", "1": "l", "i": "l", "ı": "l"})


def as_drawn(text: str) -> str:
    """Return a text with capitals as the Latin ones that they look like, before case is folded."""
    return normalize("NFKD", text.translate(_DRAWN)).translate(_DRAWN)


def resembled(text: str) -> str:
    """Return a text, in lower case, with each letter replaced by the one that it looks like.

    Marks on letters stay: they can be seen.
    """
    bare = normalize("NFD", text).translate(_OTHER_ALPHABETS)
    whole = normalize("NFC", bare).translate(_WITHIN_LATIN)
    return normalize("NFC", whole)
