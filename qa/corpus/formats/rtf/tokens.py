"""RTF taken apart: groups, control words and text (Rich Text Format specification 1.9.1).

Libraries: striprtf (BSD) gives only lines of text, without styles, titles, raised digits or the places of
notes, and does not say what it left out; the others are not maintained or under the GPL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\\(?:([A-Za-z]{1,32})(-?\d{1,10})? ?|'([0-9A-Fa-f]{2})|([^A-Za-z]))|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\"
)
CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257",
    204: "cp1251", 222: "cp874", 238: "cp1250", 255: "cp437",
}  # fmt: skip
"""Codecs of the character sets of fonts; for any other one the document's codec is used."""
PAGES = {
    10000: "mac_roman",
    10006: "mac_greek",
    10007: "mac_cyrillic",
    65001: "utf-8",
    1361: "johab",
}


class Token(NamedTuple):
    """A piece of an RTF file.

    ``kind`` is "{", "}", "word" (a control word, with its number), "sign" (a control character) or
    "text" (bytes in the code page of their font; ``hexadecimal`` if they are one escaped byte).
    """

    kind: str
    name: str = ""
    number: int | None = None
    data: bytes = b""
    hexadecimal: bool = False


def tokens(data: bytes) -> Iterator[Token]:
    """Yield the pieces of a file; data after ``\\bin`` is skipped."""
    at, end = 0, len(data)
    while at < end:
        match = _TOKEN.match(data, at)
        if match is None:  # impossible: every byte begins a piece
            return
        at = match.end()
        word, number, byte, sign, brace, text = match.groups()
        if text is not None:
            yield Token("text", data=text)
        elif word is not None:
            value = None if number is None else int(number)
            if word == b"bin":
                at += max(0, value or 0)
            yield Token("word", word.decode("ascii"), value)
        elif byte is not None:
            yield Token("text", data=bytes([int(byte, 16)]), hexadecimal=True)
        elif brace is not None:
            yield Token(brace.decode("ascii"))
        elif sign is not None:
            yield Token("sign", sign.decode("latin-1"))


def codec(page: int | None) -> str:
    """Return the codec of a code page; Windows-1252 for an unknown one."""
    name = PAGES.get(page or 1252, f"cp{page or 1252}")
    try:
        b"".decode(name)
    except LookupError:
        return "cp1252"
    return name
