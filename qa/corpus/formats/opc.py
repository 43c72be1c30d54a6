"""Office's packages (ECMA-376 part 2): parts, their references, and the file's own metadata.

zipfile and lxml read the parts. Libraries for each format were not used: they unpack every part,
pictures too, without a limit.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from qa.corpus.formats.markup import Element, local_name, parse_xml, text_of
from qa.corpus.formats.properties import Properties, keywords_and_more, written
from qa.corpus.formats.zipped import Package
from qa.corpus.reading import UnreadableError, language_code

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(?:(officeDocument)/(\w+)|(\w+)/(\w+))")


class Target(NamedTuple):
    """The target of a reference: the last word of its type, and the part's name."""

    kind: str
    name: str


class Parts:
    """The parts of a package, found by following their references."""

    def __init__(self, data: bytes) -> None:
        self._package = Package(data)

    def root(self, name: str | None) -> Element | None:
        """Return the root of a part, with the names of the transitional standard; None without the part."""
        data = self._package.part(name) if name else None
        if data is None:
            return None
        return parse_xml(_STRICT.sub(_transitional, data) if b"purl.oclc.org" in data else data)

    def targets(self, name: str) -> Mapping[str, Target]:
        """Return what a part refers to within the package, by the relation's id."""
        folder, file = posixpath.split(name)
        try:
            root = self.root(posixpath.join(folder, "_rels", f"{file}.rels"))
        except UnreadableError:  # the part is read without its references
            root = None
        found = {}
        for node in () if root is None else root:
            if local_name(node) == "relationship" and node.get("TargetMode") != "External":
                target = unquote(node.get("Target", ""))
                path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found[node.get("Id", "")] = Target(node.get("Type", "").rpartition("/")[2], path)
        return found

    def start(self, default: str) -> str:
        """Return the name of the part that the document begins with."""
        for kind, name in self.targets("").values():
            if kind == "officeDocument" and name in self._package:
                return name
        return default

    def __contains__(self, name: str) -> bool:
        return name in self._package


def _transitional(match: re.Match[bytes]) -> bytes:
    office, last, format_, end = match.groups()
    at = b"http://schemas.openxmlformats.org/"
    return at + (office + b"/2006/" + last if office else format_ + b"/2006/" + end)


def properties(parts: Parts) -> Properties:
    """Return a package's core properties; the text does not depend on them."""
    try:
        root = parts.root("docProps/core.xml")
    except UnreadableError:
        root = None
    if root is None:
        return Properties()
    told = {local_name(node): text_of(node) for node in root if local_name(node)}
    creator = told.get("creator", "")
    return Properties(
        title=told["title"] if len(told.get("title", "")) > 2 else None,
        author=creator if " " in creator else None,
        language=language_code(told.get("language")),
        made=written(told.get("created"), told.get("modified"), told.get("description")),
        gathered=keywords_and_more(
            told.get("keywords"),
            subject=told.get("subject"),
            category=told.get("category"),
            status=told.get("contentstatus"),
        ),
    )
