"""Names of OpenDocument (ODF 1.3) in the form in which this reader looks up attributes."""

from __future__ import annotations

from qa.corpus.formats.markup import Element

_URN = "urn:oasis:names:tc:opendocument:xmlns:"
TEXT = f"{{{_URN}text:1.0}}"
STYLE = f"{{{_URN}style:1.0}}"
TABLE = f"{{{_URN}table:1.0}}"
OFFICE = f"{{{_URN}office:1.0}}"
DRAW = f"{{{_URN}drawing:1.0}}"
FORM = f"{{{_URN}form:1.0}}"
META = f"{{{_URN}meta:1.0}}"
FO = f"{{{_URN}xsl-fo-compatible:1.0}}"
XLINK = "{http://www.w3.org/1999/xlink}"
XML = "{http://www.w3.org/XML/1998/namespace}"


def count(node: Element, name: str, default: int = 1) -> int:
    """Return the whole number in an attribute; the default if there is no sensible number."""
    words = (node.get(name) or "").strip()
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 7 else default
