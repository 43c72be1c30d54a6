"""Bytes to text, without moving an offset.

The text that comes out is what ``open(path, encoding=codec, newline="").read()`` returns:
line ends stay as they are, a byte order mark is a signature and not part of the text.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

# Longest first: the UTF-32 mark begins with the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset("\t\n\v\f\r\x1b\x85")
# A stray control character happens in scraped text; one in twenty means it is not text.
_MAX_CONTROL_SHARE = 0.05


class NotTextError(ValueError):
    """The bytes are not text in an encoding that is recognised."""


def decode(data: bytes) -> tuple[str, str]:
    """Return ``(text, codec)`` for the bytes of a plain-text file.

    Byte order marks decide first, then valid UTF-8, then UTF-16 without a mark (told by its
    zero bytes), then the older encodings of other scripts than Latin, where the text is mostly of
    one, then Windows-1252. Raises NotTextError for anything else.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _checked(data, codec), codec
    utf16 = _unmarked_utf16(data)
    if utf16:
        return _checked(data, utf16), utf16
    try:
        return _checked(data, "utf-8"), "utf-8"
    except NotTextError:
        if b"\0" in data:
            raise
    other = _other_script(data)
    if other:
        return _checked(data, other, max_control_share=0.0), other
    return _checked(data, "cp1252", max_control_share=0.0), "cp1252"


_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']?\s*([\w.:-]{2,40})|<meta\b[^>]{0,400}?\bcharset\s*=\s*["']?\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_DECLARED_WITHIN = 8192
_DAMAGED = 5
"""Of so many characters that are not ASCII one may be damaged."""
# Names that pages give and browsers read as a larger set of characters than Python does.
_LARGER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "iso8859-9": "cp1254",
    "iso8859-11": "cp874", "tis-620": "cp874", "shift_jis": "cp932", "x-sjis": "cp932",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949", "big5": "big5hkscs", "utf-16": "utf-8", "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}  # fmt: skip


def decode_page(data: bytes) -> tuple[str, str]:
    """Return ``(text, codec)`` for the bytes of a web page, as a browser would read them.

    A byte order mark decides first, then what the page declares of itself where its bytes bear
    that out, then what ``decode`` makes of them. Single bytes that fit nothing become U+FFFD.
    Raises NotTextError for what is no text.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            text = data.decode(codec, "replace")
            _refuse_controls(text, _MAX_CONTROL_SHARE)
            return text, codec
    declared = _declared(data)
    if declared:
        try:
            return _checked(data, declared), declared
        except NotTextError:
            pass
    for codec in dict.fromkeys((declared or "utf-8", "utf-8")):
        text = data.decode(codec, "replace")
        # A page that was cut, or put together of others, is damaged in a place or two.
        bad = text.count("\ufffd")
        if bad and _DAMAGED * bad <= sum(char > "\x7f" for char in text):
            _refuse_controls(text, _MAX_CONTROL_SHARE)
            return text, codec
    try:
        return decode(data)
    except NotTextError:
        text = data.decode("cp1252", "replace")
        _refuse_controls(text, _MAX_CONTROL_SHARE)
        return text, "cp1252"


def _declared(data: bytes) -> str | None:
    """Return the codec that a page declares, None where it names none that is known."""
    found = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    if not found:
        return None
    name = (found[1] or found[2]).decode("ascii", "replace").lower()
    try:
        name = codecs.lookup(_LARGER.get(name, name)).name
        "".encode(name)  # some codecs are not of text
    except (LookupError, ValueError, TypeError):
        return None
    return _LARGER.get(name, name)


def _checked(data: bytes, codec: str, *, max_control_share: float = _MAX_CONTROL_SHARE) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        place = len(data) - len(error.object) + error.start  # a mark is not in error.object
        raise NotTextError(f"not valid {codec} at byte {place}") from error
    _refuse_controls(text, max_control_share)
    return text


def _refuse_controls(text: str, max_share: float) -> None:
    controls = sum(1 for char in text if char < " " and char not in _TEXT_CONTROLS)
    if controls > max_share * len(text):
        raise NotTextError("holds control characters: a binary file")


_OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "gb18030", "big5", "cp932", "euc_jp", "cp949",
)  # fmt: skip
_SAMPLE = 16_384
_MIN_SHARE = 0.25
_MIN_LETTERS = 20


def _other_script(data: bytes) -> str | None:
    """Name the older encoding that text in another script than Latin is in, None for other text.

    Only a text whose letters are mostly of that script counts: what tells Western texts in
    Windows-1252 from each other's neighbours is a handful of accents, and a guess there would be
    wrong more often than not.
    """
    sample = data[:_SAMPLE]
    if sum(byte >= 0x80 for byte in sample) < _MIN_SHARE * len(sample):
        return None
    from charset_normalizer import from_bytes  # reading only, and few files of it

    for cut in range(4):  # the last character may be cut
        best = from_bytes(sample[: len(sample) - cut], cp_isolation=[*_OTHER_SCRIPTS]).best()
        if best is not None and _is_foreign(str(best)):
            try:
                data.decode(best.encoding)
            except UnicodeDecodeError:
                return None
            return best.encoding
        if len(data) <= _SAMPLE:
            break
    return None


def _is_foreign(text: str) -> bool:
    """Whether the letters of a text that are not ASCII are many, and next to none of them Latin."""
    letters = [char for char in text if char > "\x7f" and char.isalpha()]
    latin = sum(unicodedata.name(char, "").startswith("LATIN") for char in letters)
    return len(letters) >= _MIN_LETTERS and latin <= len(letters) // 20


def _unmarked_utf16(data: bytes) -> str | None:
    """Name the UTF-16 codec whose zero bytes ``data`` shows: mostly Latin text has them in one half."""
    sample = data[:4096]
    if len(data) % 2 or len(sample) < 4:
        return None
    half = len(sample) / 2
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    if even > 0.4 and odd < 0.05:
        return "utf-16-be"
    return None
