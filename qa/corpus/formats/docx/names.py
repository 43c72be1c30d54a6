"""Names of WordprocessingML (ECMA-376 part 1, 17), and how to read its switches and values."""

from __future__ import annotations

from qa.corpus.formats.markup import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def value(node: Element | None, path: str = "", name: str = "val") -> str | None:
    """Return an attribute of the element at a path of W's names below a node; None without it."""
    if node is not None and path:
        node = node.find("/".join(f"{W}{step}" for step in path.split("/")))
    found: str | None = None if node is None else node.get(f"{W}{name}")
    return found


def number(words: str | None, default: int = 0) -> int:
    """Return a whole number; the default for anything else, and for more digits than real numbers have."""
    words = (words or "").strip()
    digits = words.removeprefix("-")
    return int(words) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else default


def is_on(node: Element | None) -> bool:
    """Whether a switch exists and is not turned off."""
    return node is not None and node.get(f"{W}val", "1") not in ("0", "false", "off", "none")
