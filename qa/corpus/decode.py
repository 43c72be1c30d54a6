"""Bytes to text, without moving an offset.

The text that comes out is what ``open(path, encoding=codec, newline="").read()`` returns:
line ends stay as they are, a byte order mark is a signature and not part of the text.
"""

from __future__ import annotations

import codecs

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
    zero bytes), then Windows-1252. Raises NotTextError for anything else.
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
    return _checked(data, "cp1252", max_control_share=0.0), "cp1252"


def _checked(data: bytes, codec: str, *, max_control_share: float = _MAX_CONTROL_SHARE) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        place = len(data) - len(error.object) + error.start  # a mark is not in error.object
        raise NotTextError(f"not valid {codec} at byte {place}") from error
    controls = sum(1 for char in text if char < " " and char not in _TEXT_CONTROLS)
    if controls > max_control_share * len(text):
        raise NotTextError("holds control characters: a binary file")
    return text


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
