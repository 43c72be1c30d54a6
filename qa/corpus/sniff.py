"""The kind of a file whose name does not show it, from its first bytes; nothing is parsed.

Plain text may have any name ending or none. Only bytes are looked at here, so that a build can do this
outside the readers' process. Whether the whole file is text is decided there, when it is decoded.
"""

from __future__ import annotations

import codecs
import re

HEAD = 1 << 16
"""How many first bytes are looked at."""

_SIGNATURES = {b"%PDF-": ".pdf", b"{\\rtf": ".rtf", b"%!PS": None, b"PK": None}
_MARKS = (
    codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE,
)  # fmt: skip
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\b\t\n\v\f\r\x1b"))
_MAX_CONTROLS = 0.01
_MIN_PLAIN = 0.02
_PAGE = re.compile(rb"\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,200})?<(?:!doctype\s+html|html)\b", re.I)
# The line between the messages of a mail archive, and the headers below it.
_MBOX = re.compile(rb"From \S+[^\r\n]{0,200}\d{4}[^\r\n]{0,40}\r?\n[\w-]{1,80}:")
_MESSAGE = re.compile(
    rb"(?:[A-Za-z][\w-]{0,80}:[^\r\n]{0,4000}\r?\n(?:[ \t][^\r\n]{0,4000}\r?\n){0,200}){3}"
)
_OF_A_MESSAGE = re.compile(rb"^(?:message-id|received|mime-version|return-path):", re.I | re.M)
_SENDER = re.compile(rb"^from:", re.I | re.M)


def kind_by_content(head: bytes) -> str | None:
    """Return the ending that fits the beginning of a file; None if it is no text."""
    for mark, kind in _SIGNATURES.items():
        if head.startswith(mark):
            return kind
    if not _is_text(head):
        return None
    if _PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        return ".html"
    if _MBOX.match(head):
        return ".mbox"
    if _MESSAGE.match(head) and _OF_A_MESSAGE.search(head) and _SENDER.search(head):
        return ".eml"
    return ".txt"


def _is_text(head: bytes) -> bool:
    if head.startswith(_MARKS):
        return True
    if 0 in head:
        return _is_utf16(head[::2], head[1::2]) or _is_utf16(head[1::2], head[::2])
    return _has_few_controls(head)


def _is_utf16(low: bytes, high: bytes) -> bool:
    """Whether bytes are halves of UTF-16: for spaces and digits of any script the high one is zero."""
    plain = bytes(byte for byte, above in zip(low, high, strict=False) if not above)
    return 0 not in plain and len(plain) > _MIN_PLAIN * len(high) and _has_few_controls(plain)


def _has_few_controls(data: bytes) -> bool:
    controls = len(data) - len(data.translate(None, _CONTROLS))
    return controls <= _MAX_CONTROLS * len(data)


__all__ = ["HEAD", "kind_by_content"]
