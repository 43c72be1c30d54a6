"""From bytes to text, without moving an offset.

The result is what ``open(path, encoding=codec, errors="replace", newline="").read()`` returns. Line ends
stay as they are, a byte order mark is a signature and not part of the text, and bytes that are no
character in the codec become U+FFFD. A stray byte costs one character, never the rest.
"""

from __future__ import annotations

import codecs
import re
from typing import IO

from qa.corpus.legacy import legacy_codec, sample_of, unmarked_utf16

# Longest first, because the UTF-32 mark begins with the UTF-16 mark.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset("\t\n\v\f\r\x1b\x85")
# Scraped text has stray control characters; if one character in twenty is one, it is not text.
_MAX_CONTROL_SHARE = 0.05
_MAX_DAMAGED_SHARE = 0.05
"""This share of characters may be damaged in a text whose encoding is known."""
REPLACED = "\ufffd"
_PIECE = 1 << 16


class NotTextError(ValueError):
    """The bytes are not text in a known encoding."""


def decode(data: bytes) -> tuple[str, str]:
    """Return ``(text, codec)`` for the bytes of a plain-text file.

    These are tried in order: byte order marks, UTF-8, UTF-16 without a mark, UTF-8 that is damaged in a
    few places, and the letters and letter pairs of older encodings. The last is a guess (see
    ``is_guess``). Raises NotTextError if the bytes are no text.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _mended(data, codec), codec
    escaped = _escaped(data)
    if escaped:
        return escaped
    try:
        return _checked(data, "utf-8"), "utf-8"
    except NotTextError:
        utf16 = unmarked_utf16(data)
        if utf16:
            return _mended(data, utf16), utf16
        if b"\0" in data:
            raise
    if _is_damaged_utf8(data):
        return _mended(data, "utf-8"), "utf-8"
    codec = legacy_codec(data)
    return _mended(data, codec, max_control_share=0.0), codec


def codec_of_file(file: IO[bytes]) -> str:
    """Return the codec of an open file of any size: it is read once, in pieces.

    Raises NotTextError if it is no text.
    """
    file.seek(0)
    head = piece = file.read(_PIECE)
    codec = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    codec = codec or unmarked_utf16(head)
    decoder, beyond, strays, whole = codecs.getincrementaldecoder("utf-8")("replace"), b"", 0, 0
    while piece and not codec:
        text = decoder.decode(piece)
        if not text.isascii():
            count = text.count(REPLACED)
            strays, whole = strays + count, whole + sum(map("\x7f".__lt__, text)) - count
            beyond += sample_of(piece) if len(beyond) < _PIECE else b""
        piece = file.read(_PIECE)
    file.seek(0)
    if strays and b"\0" in head:
        _checked(head, "utf-8")  # its error names the place
    if not codec:
        codec = "utf-8" if _is_utf8(strays, whole) else legacy_codec(beyond)
    share = 0.0 if is_guess(codec) else _MAX_CONTROL_SHARE
    _refuse_controls(head.decode(codec, "replace"), share)
    return codec


def is_guess(codec: str) -> bool:
    """Whether ``decode`` chose that codec because the text reads well, without proof."""
    return not codec.startswith(("utf", "iso2022"))


def _mended(data: bytes, codec: str, *, max_control_share: float = _MAX_CONTROL_SHARE) -> str:
    """Decode with U+FFFD for damaged places; refuse bytes that are damaged in more than a few."""
    text = data.decode(codec, "replace")
    if text.count(REPLACED) > _MAX_DAMAGED_SHARE * len(text):
        _checked(data, codec)  # its error names the place
    _refuse_controls(text, max_control_share)
    return text


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8 except for a few places: valid characters outnumber stray bytes.

    In other encodings, bytes hardly ever form valid UTF-8 characters, and never in most places.
    """
    text = data.decode("utf-8", "replace")
    strays = text.count(REPLACED)
    whole = sum(char > "\x7f" for char in text) - strays
    return _is_utf8(strays, whole)


def _is_utf8(strays: int, whole: int) -> bool:
    return not strays or (whole > 0 and strays <= max(1, whole // 2))


def _escaped(data: bytes) -> tuple[str, str] | None:
    """Decode text that changes its character set by escapes, as Japanese and Korean mail did."""
    for shift, codec in (
        (b"\x1b$B", "iso2022_jp"),
        (b"\x1b$@", "iso2022_jp"),
        (b"\x1b$)C", "iso2022_kr"),
    ):
        if shift in data:
            try:
                return _checked(data, codec), codec
            except NotTextError:
                pass
    return None


READ_AS = "read as "
"""The note about a guess begins with this."""


def guessed(codec: str) -> str | None:
    """Return the note about a text that ``decode`` read with ``codec``; None if that is no guess."""
    if not is_guess(codec):
        return None
    return f"{READ_AS}{codec}, a guess (the setting encodings can name another)"


def told(data: bytes, codec: str, *, given: bool = False) -> str | None:
    """Return the note about reading ``data`` with ``codec``; None if there is nothing to say.

    The note says that the codec is a guess, unless it was ``given``, and how much is damaged.
    """
    notes = [None if given else guessed(codec)]
    # U+FFFD that was in the text before belongs to the text.
    read, whole = data.decode(codec, "replace"), data.decode(codec, "ignore")
    damaged = read.count(REPLACED) - whole.count(REPLACED)
    if damaged:
        notes.append(f"{damaged:,} damaged character{'s' if damaged > 1 else ''} read as U+FFFD")
    return "; ".join(filter(None, notes)) or None


_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']?\s*([\w.:-]{2,40})|<meta\b[^>]{0,400}?\bcharset\s*=\s*["']?\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_DECLARED_WITHIN = 8192
_DAMAGED = 5
"""One in this many characters that are not ASCII may be damaged."""
# Names for which browsers use a larger character set than Python does.
_LARGER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "iso8859-9": "cp1254",
    "iso8859-11": "cp874", "tis-620": "cp874", "shift_jis": "cp932", "x-sjis": "cp932",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949", "big5": "big5hkscs", "utf-16": "utf-8", "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}  # fmt: skip


def decode_page(data: bytes) -> tuple[str, str]:
    """Return ``(text, codec)`` for the bytes of a web page, as a browser would read them.

    The order is: a byte order mark, the encoding that the page declares if its bytes agree with it, and
    the result of ``decode``. Single bytes that fit nothing become U+FFFD. Raises NotTextError if the
    bytes are no text.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            text = data.decode(codec, "replace")
            _refuse_controls(text, _MAX_CONTROL_SHARE)
            return text, codec
    declared = declared_codec(data)
    if declared:
        try:
            return _checked(data, declared), declared
        except NotTextError:
            pass
    for codec in dict.fromkeys((declared or "utf-8", "utf-8")):
        text = data.decode(codec, "replace")
        # A page that was cut, or joined from parts, is damaged in a place or two.
        bad = text.count(REPLACED)
        if bad and _DAMAGED * bad <= sum(char > "\x7f" for char in text):
            _refuse_controls(text, _MAX_CONTROL_SHARE)
            return text, codec
    try:
        return decode(data)
    except NotTextError:
        text = data.decode("cp1252", "replace")
        _refuse_controls(text, _MAX_CONTROL_SHARE)
        return text, "cp1252"


def declared_codec(data: bytes) -> str | None:
    """Return the codec that a page declares; None if it names no known one."""
    found = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    if not found:
        return None
    name = (found[1] or found[2]).decode("ascii", "replace").lower()
    codec = codec_of(_LARGER.get(name, name))
    return _LARGER.get(codec, codec) if codec else None


def agreed(data: bytes, name: str | None) -> str | None:
    """Return the codec of a declared ``name`` if the bytes agree with it, as a mail program reads them.

    It is the larger character set where programs use the name for it. None if the name tells nothing: ASCII is
    declared for all sorts of texts, and a byte order mark is better evidence.
    """
    codec = codec_of(name) if name else None
    if codec is None or codec == "ascii" or data.startswith(tuple(mark for mark, _ in _MARKS)):
        return None
    codec = codec if codec.startswith("utf") else _LARGER.get(codec, codec)
    try:
        data.decode(codec)
    except ValueError:
        return None
    return codec


_NO_ENCODINGS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined"})
"""Codecs of Python for parts of programs and of addresses."""


def codec_of(name: str) -> str | None:
    """Return Python's name of a text encoding; None if Python does not know the name."""
    try:
        found = codecs.lookup(name).name
        "".encode(found)  # raises for codecs that are not for text
    except (LookupError, ValueError, TypeError):
        return None
    return None if found.replace("-", "_") in _NO_ENCODINGS else found


def _checked(data: bytes, codec: str, *, max_control_share: float = _MAX_CONTROL_SHARE) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        place = len(data) - len(error.object) + error.start  # error.object lacks a byte order mark
        raise NotTextError(f"not valid {codec} at byte {place}") from error
    _refuse_controls(text, max_control_share)
    return text


def _refuse_controls(text: str, max_share: float) -> None:
    text = text.rstrip("\x1a")  # the end mark of texts in DOS
    controls = sum(1 for char in text if char < " " and char not in _TEXT_CONTROLS)
    if controls > max_share * len(text):
        raise NotTextError("holds control characters: a binary file")
