"""Words at the place of a title that are no title: a file's name, an address, "Untitled", "Contents"."""

from __future__ import annotations

import re

_FILE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) - .*|[^\s/\\][^/\\]{0,120}\.(?:x?html?|php\d?|aspx?|jsp|docx?|dotx?|"
    r"odt|rtf|pdf|txt|md|pptx?|xlsx?|ods|odp|indd|qxd|pages|tex|dvi|ps|wpd|pmd|cdr|epub|xml|tmp))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:https?|file|ftp)://\S*|www\.\S+", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:untitled|unbenannt|sans titre|sin título|senza titolo|без названия)(?:[ -]?(?:document|page|\d+))*|"
    r"(?:new )?(?:document|page|dokument|slide|presentation)[ -]?\d*|no title|unknown|unnamed|title",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(?:table of )?contents|index|home(?: ?page)?|start(?:seite)?|homepage|welcome|main page|"
    r"inhalt(?:sverzeichnis|sübersicht)?|índice|contenido|inicio|sommaire|table des matières|accueil|"
    r"indice|sommario|inhoud(?:sopgave)?|innehåll|indhold|spis treści|оглавление|содержание",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\d{1,3}\.)+(?:\d{1,3})?\s+\S|(?:§|chapter|kapitel|chapitre|part) *\d", re.I
)


def is_no_title(words: str) -> bool:
    """Whether words say nothing about the subject of a document, so that they cannot be its title."""
    words = words.strip(" .:-–—")
    forms = (_FILE, _ADDRESS, _PLACEHOLDER, _PART)
    return not words or any(form.fullmatch(words) for form in forms)


def is_numbered(words: str) -> bool:
    """Whether a heading has a number and so is one of several: "2.1 Fees"."""
    return _NUMBERED.match(words) is not None
