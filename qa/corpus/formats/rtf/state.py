"""The state within a group of an RTF file, and the tables in the file's head."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"toc (?:\d|heading)|contents \d", re.IGNORECASE)
POINTS = 12.0
"""The size of letters if nothing gives it."""


@dataclass(frozen=True, slots=True)
class State:
    """The look of letters, their target, and how many stand for a character that was given by number."""

    target: str = "text"
    font: int | None = None
    bold: bool = False
    points: float = POINTS
    raised: int = 0
    hidden: bool = False
    deleted: bool = False
    fallback: int = 1


@dataclass(slots=True)
class Font:
    """A font: its name, and the codec of its letters; None means the document's codec."""

    name: str = ""
    codec: str | None = None


@dataclass(slots=True)
class Style:
    """A style of the style sheet."""

    name: str = ""
    outline: int | None = None
    bold: bool = False
    points: float | None = None

    @property
    def level(self) -> int | None:
        """The level of a heading, 0 for a title, None for text."""
        name = self.name.strip().rstrip(";").strip()
        match = _HEADING.fullmatch(name)
        if name.lower() == "title":
            return 0
        return int(match[1]) if match else self.outline

    @property
    def is_contents(self) -> bool:
        """Whether it is one of a table of contents."""
        return bool(_CONTENTS.match(self.name.strip()))


@dataclass(slots=True)
class Head:
    """What the head of a file declares."""

    codec: str = "cp1252"
    default_font: int = 0
    fonts: dict[int, Font] = field(default_factory=dict)
    styles: dict[int, Style] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    """The file's metadata: title, author, doccomm, keywords, subject, category."""
    times: dict[str, list[int]] = field(default_factory=dict)
    """Year, month and day of ``creatim`` and ``revtim``."""
