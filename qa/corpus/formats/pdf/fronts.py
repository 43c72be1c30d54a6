"""What stands on the first page beside the title, often in the same type: versions, numbers of a series, institutes."""

from __future__ import annotations

import re

_MARKED = r"[A-Z]{0,6}[-/ ]?\d+(?:[-./:]?\w+)*"
_YEAR = r"(?:19|20)\d\d\b(?![-./:\w])"
_VERSION = re.compile(
    r"\(?(?:(?:version|release|revision|rev\.|issue|edition|auflage|ausgabe|versión|édition|versione|versão|"
    r"for version|draft version|document version|software version)\s*[:#]?\s*[\dv].{0,40}|v\d+(?:\.\d+)+.{0,30}|"
    r"(?:first|second|third|fourth|fifth|\d+(?:st|nd|rd|th)|revised|draft)\s+edition)\)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"(?:no|nr|num|number|nummer|número|numéro|numero|vol|volume|band)\b[.:]?\s*{_MARKED}(?:[,;]?\s.{{0,30}})?|"
    rf"(?:(?:technical|research|working|discussion|policy|occasional|internal|interim|conference)\s+)?"
    rf"(?:report|paper|preprint|memo|memorandum|note|bulletin|circular|document|publication|order|series|bericht)s?"
    rf"(?:\s+series)?(?:\s*[,:#–—-]?\s*(?:no|nr|number|nummer|id)\b[.:]?)?\s+(?!{_YEAR}){_MARKED}|"
    r"(?:arxiv|doi|issn|isbn|rfc|urn)\s*:?\s*\S*\d\S*(?:\s.{0,40})?",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?=(?:\D*\d){3})(?=.*[A-Z])[A-Z\d]+(?:[-./:_][A-Z\d]+)*")
"""A number of a paper: "AIECE2021-0002", "GC-2021-114"."""
_PLACE = (
    r"department|dept\.?|institut\w*|universit\w+|universidad\w*|facult\w+|fakultät|school|college|laborator\w+|"
    r"division|center|centre|academy|akademie|ministry|ministerium|office"
)
_OF_INSTITUTE = re.compile(
    rf"(?:the\s+)?(?:{_PLACE})\s+(?:of|for|für|de|di|der|des)\b.{{1,80}}|"
    rf"(?:[A-ZÄÖÜ][\w’'.-]*\s+(?:(?:and|of|for|und|&)\s+)?){{1,7}}(?:{_PLACE})(?:,.{{0,60}})?",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:(?i:written|edited|prepared|compiled)\s+)?[Bb]y\s+[A-Z].{0,80}|by|von|par|por", re.ASCII
)
_GOES_ON = re.compile(
    r"(?:[,:(&/–—-]|\b(?:a|an|the|and|or|of|for|in|on|at|to|with|from|by|as|und|oder|der|die|das|des|dem|den|für|"
    r"von|zu|im|am|et|de|du|la|le|les|des|pour|y|el|los|las|del|para|e|di|il))$",
    re.IGNORECASE,
)
"""A line that is no end of a title."""


def is_imprint(line: str) -> bool:
    """Whether a line says which version or number of a series a document is, and names nothing."""
    line = line.strip(" .*∗†")
    return any(kind.fullmatch(line) for kind in (_VERSION, _NUMBER, _CODE))


def parts_title(above: str, line: str) -> bool:
    """Whether a title ends between two lines of one type: a version, an institute or an author begins."""
    if is_imprint(line) or is_imprint(above):
        return True
    if _GOES_ON.search(above):
        return False
    return (_OF_INSTITUTE.fullmatch(line) is not None and line[:1].isupper()) or _BY.fullmatch(
        line
    ) is not None
