"""Detects the encoding of text that does not state it and is not UTF-8.

chardet (0BSD) detects an encoding from the pairs of bytes that are frequent in each language. This module
decides which part of a file chardet gets, which encodings it may return, and when the text is too short.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

# The encodings that occur. If two differ only in control characters, the one with more letters is listed.
_CODECS = (
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874",
    "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-13", "iso8859-15",
    "koi8-r", "koi8-u", "cp437", "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp861", "cp862",
    "cp865", "cp866", "cp869", "cp1125", "mac-roman", "mac-latin2", "mac-cyrillic", "mac-turkish",
    "mac-greek", "mac-iceland", "big5hkscs", "gb18030", "cp949", "euc_jis_2004", "cp932",
)  # fmt: skip
_CJK = ("gb18030", "cp932", "euc_jis_2004", "cp949", "big5hkscs")
# chardet's names for rarer and larger codecs, with the usual codec for each.
_EVERYDAY = {"euc_jis_2004": "euc_jp", "big5hkscs": "big5"}
_WESTERN = "cp1252"
_SAMPLE = 1 << 16
_SHORT, _SHORT_WITH_FEW, _FEW = 40, 100, 4
"""A text with so few bytes, or so few non-ASCII ones, shows nothing: Windows-1252 if that reads well."""
_NEAR = 0.8
"""A codec is as good as the best one if its confidence is at least this share of the best confidence."""
_LINE = re.compile(rb"[^\n]+\n?")
_TYPOGRAPHY = frozenset("‚„“”‘’‹›«»–—…•·§©®™°±²³¹µ¶¡¿€£¥¢¼½¾ªº×÷\xa0\xad")


def legacy_codec(data: bytes) -> str:
    """Return the codec that reads ``data`` best, which is a guess; Windows-1252 if nothing shows it."""
    sample = sample_of(data).rstrip(b"\x1a")  # the end mark of texts in DOS
    if _is_plainly_western(sample):
        return _WESTERN
    best = _detected(sample)
    if best not in _CJK and 4 * _beyond_ascii(sample) >= len(sample):
        best = _damaged_cjk(sample) or best
    best = best or _WESTERN
    everyday = _EVERYDAY.get(best)
    return everyday if everyday and _reads(data, everyday) else best


def sample_of(data: bytes) -> bytes:
    """Return the beginning of a file, or of its lines that are not ASCII: the other lines show nothing."""
    if len(data) <= _SAMPLE:
        return data
    lines, size = [], 0
    for found in _LINE.finditer(data):
        if found[0].isascii():
            continue
        lines.append(found[0][: _SAMPLE - size])
        size += len(lines[-1])
        if size >= _SAMPLE:
            break
    sample = b"".join(lines)
    # The end may cut a character. In none of these encodings does a character contain a space or line end.
    end = max(sample.rfind(b" "), sample.rfind(b"\n"))
    return sample[: end + 1] if end > len(sample) // 2 else sample


def _detected(sample: bytes) -> str | None:
    """Return the likeliest codec that reads the whole sample; of several equally likely, the plainest."""
    import chardet

    found = chardet.detect_all(
        sample,
        ignore_threshold=True,
        max_bytes=len(sample),
        include_encodings=_CODECS,
        compat_names=False,
    )
    least = _NEAR * (found[0]["confidence"] or 0.0)
    near = [one["encoding"] for one in found[:4] if one["confidence"] >= least]
    read = {
        codec: _oddities(sample.decode(codec)) for codec in near if codec and _reads(sample, codec)
    }
    return min(read, key=lambda codec: read[codec], default=None)


def _beyond_ascii(data: bytes) -> int:
    return sum(byte >= 0x80 for byte in data)


def _reads(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


_ODD = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’‘·‐‑–—…\xad\xa0](?=[^\W\d_])")


def _oddities(text: str) -> int:
    """Count what is rare in text: a sign inside a word, a capital after a small letter."""
    count = len(_ODD.findall(text))
    for before, char in pairwise(text):
        if (
            (char > "\x7f" or before > "\x7f") and before.islower() and char.isupper()
        ) or "\x80" <= char <= "\x9f":
            count += 1
    return count


def _is_plainly_western(sample: bytes) -> bool:
    """Whether so few bytes are not ASCII that only Windows-1252, the most frequent encoding, is likely."""
    high = _beyond_ascii(sample)
    if len(sample) >= (_SHORT_WITH_FEW if high < _FEW else _SHORT):
        return False
    try:
        text = sample.decode(_WESTERN)
    except UnicodeDecodeError:
        return False
    beyond = [char for char in text if char > "\x7f"]
    return not _oddities(text) and all(char in _TYPOGRAPHY or char.isalpha() for char in beyond)


def _damaged_cjk(sample: bytes) -> str | None:
    """Return the encoding of a Chinese, Japanese or Korean text in which a few bytes are damaged."""
    for codec in _CJK:
        text = sample.decode(codec, "replace")
        strays = text.count("\ufffd")
        if 50 * strays <= len(text):
            whole = text.replace("\ufffd", "").encode(codec, "ignore")
            if _detected(whole) == codec:
                return codec
    return None


# --- UTF-16 without a mark -----------------------------------------------------------------------

_UTF16 = ("utf-16-le", "utf-16-be")
_TEXT_CONTROLS = b"\t\n\v\f\r\x1b"
_MIN_CONTROLS = 0.02
"""UTF-16 has bytes that no other text has: zeros next to ASCII, and the block numbers of many scripts."""
_MAX_BLOCKS = 12
"""Besides Chinese characters, a text has letters of a script or two, each of a few hundred characters."""
_COMMON = frozenset("\t\n\r、。「」・，！？：（）") | {
    chr(n) for n in (*range(32, 127), *range(0x3041, 0x30FF))
}


def unmarked_utf16(data: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark, in any script; None for other bytes."""
    sample = data[: _SAMPLE // 8]
    sample = sample[: len(sample) & ~1]
    controls = sum(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in sample)
    if len(sample) < 4 or controls < max(1, _MIN_CONTROLS * len(sample)):
        return None
    little, big = (_commonness(sample.decode(codec, "replace")) for codec in _UTF16)
    if not little and not big:
        return None
    return _UTF16[big > little]


def _commonness(text: str) -> int:
    """Count characters that every text has, such as spaces; bytes that are no text have none."""
    junk = sum(_is_junk(char) for char in text)
    blocks = {ord(char) >> 8 for char in text if not _is_chinese_or_korean(char)}
    if 50 * junk > len(text) or len(blocks) > _MAX_BLOCKS:
        return 0
    return sum(char in _COMMON for char in text)


def _is_junk(char: str) -> bool:
    kind = unicodedata.category(char)
    return (
        kind in ("Cn", "Co", "Cs")
        or char == "\ufffd"
        or (kind == "Cc" and char not in "\t\n\r\f\v\x1b")
    )


def _is_chinese_or_korean(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" or char > "\uffff"
