"""The documents of a generation as any store has them: their entries, which are hidden, how they are read.

An entry is what is known of a document beside its text and its blocks; it is JSON, and small. Entries
are held in memory, so that filters, listings and counts ask nothing of where the texts lie.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple
from fnmatch import translate
from functools import cached_property, lru_cache, partial
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.facets import Condition, Known, Sieve, conditions, known_of
from qa.records import (
    About,
    Archive,
    Block,
    Document,
    FacetValue,
    Filters,
    Place,
    Published,
    Scan,
)
from qa.store.lifecycle import document_digest
from qa.store.protocol import DocumentEntry, summarise
from qa.store.recent import RecentDocuments
from qa.text.folding import fold_name

Mask = NDArray[np.bool_]
Entry = Mapping[str, Any]

_CACHED_CHARACTERS = 4_000_000
_WITH_LINES = (".txt", ".text", ".md", ".markdown")
_CACHED_CONDITIONS = 16


class Sifted(NamedTuple):
    """Which documents fit conditions on their facets, and which names and values none has."""

    keep: Mask
    unknown: tuple[str, ...]
    unmet: tuple[tuple[str, FacetValue], ...]


class Left(NamedTuple):
    """What a filter leaves: which documents, without how many for lack of a date.

    ``sifted`` is None where nothing is asked of facets.
    """

    keep: Mask
    undated: int
    sifted: Sifted | None


class Documents:
    """Documents by their place in the generation; those in ``removed`` are hidden.

    ``hidden``: bool, shape (documents,); None if no document is hidden. ``written``: the entries as they
    were written, with the hidden ones. ``read`` returns the document at a place.
    """

    def __init__(
        self,
        written: Sequence[Entry],
        read: Callable[[int], Document],
        removed: Collection[str],
    ) -> None:
        self.written = written
        self._place = {entry["id"]: n for n, entry in enumerate(written)}
        hidden = np.asarray([entry["id"] in removed for entry in written], bool)
        self.hidden: Mask | None = hidden if hidden.any() else None
        self._recent = RecentDocuments(read, characters=_CACHED_CHARACTERS)
        # The same conditions are asked again and again, by a page whose filter is set.
        self._sifted = lru_cache(_CACHED_CONDITIONS)(partial(_sifted, written, self.hidden))

    def __len__(self) -> int:
        """How many documents there are, with the hidden ones."""
        return len(self.written)

    @property
    def shown(self) -> list[tuple[int, Entry]]:
        """The place and entry of each document that is not hidden."""
        return [
            (place, entry) for place, entry in enumerate(self.written) if not self._is_hidden(place)
        ]

    def at(self, place: int) -> Document:
        """Return the document at a place."""
        return self._recent(place)

    def find(self, document_id: str) -> Document | None:
        """Return the document with an id; None if there is none or it is hidden."""
        place = self._place.get(document_id)
        return None if place is None or self._is_hidden(place) else self.at(place)

    def facets(self) -> Iterator[Known]:
        """Yield the facets of each that is not hidden."""
        return (_facets(entry) for _, entry in self.shown)

    def matching(self, filters: Filters) -> Left:
        """Return what is left by a filter; an undated document counts where all else fits."""
        sifted = self._sifted(conditions(filters.where)) if filters.where else None
        patterns = [re.compile(translate(fold_name(glob))) for glob in filters.source]
        dated = bool(filters.published_from or filters.published_to)
        keep = np.zeros(len(self.written), bool)
        undated = 0
        for place, entry in self.shown:
            if sifted is not None and not sifted.keep[place]:
                continue
            if patterns:
                name = fold_name(entry["source"])
                if not any(pattern.match(name) for pattern in patterns):
                    continue
            published = entry["published"]
            if dated and published is None:
                undated += 1
                continue
            keep[place] = not dated or _in_period(published["value"], filters)
        return Left(keep, undated, sifted)

    def _is_hidden(self, place: int) -> bool:
        return self.hidden is not None and bool(self.hidden[place])


class Catalogue:
    """What a store lists of its documents; ``passages`` says how many each has, int64."""

    def __init__(self, documents: Documents, passages: NDArray[np.int64]) -> None:
        self._documents, self._passages = documents, passages
        # It has one entry for each glob, and a limit, because clients can send many globs.
        self._fits = lru_cache(maxsize=256)(_Fits(documents, passages))

    def unmatched(self, globs: Sequence[str]) -> tuple[str, ...]:
        """Return the globs that no source with a passage matches, each once."""
        return tuple(glob for glob in dict.fromkeys(globs) if not self._fits(glob))

    def listing(self, after: str = "", limit: int | None = None) -> list[DocumentEntry]:
        """Return documents by source; see ``Store.listing``."""
        first = bisect_right(self._listing, after, key=attrgetter("source")) if after else 0
        return self._listing[first : None if limit is None else first + limit]

    def summary(self) -> Archive:
        """Count the documents by month, by folder and by facet."""
        return summarise(self._listing, self._documents.facets())

    def extracts(self, documents: int, places: int, characters: int) -> Iterator[str]:
        """Yield stretches of text; see ``Store.extracts``."""
        entries = self._listing
        for entry in entries[:: max(1, len(entries) // documents)][:documents]:
            document = self._documents.find(entry.id)
            text = document.text if document else ""
            step = max(characters, len(text) // places)
            for start in range(0, min(len(text), step * places), step):
                yield text[start : start + characters]

    @cached_property
    def _listing(self) -> list[DocumentEntry]:
        passages = self._passages.tolist()
        listing = [
            DocumentEntry(
                id=entry["id"],
                source=entry["source"],
                title=entry["title"],
                published=entry["published"]["value"] if entry["published"] else None,
                characters=entry["characters"],
                passages=passages[place],
            )
            for place, entry in self._documents.shown
        ]
        return sorted(listing, key=attrgetter("source"))


class _Fits:
    """Whether a source that has a passage matches a glob."""

    def __init__(self, documents: Documents, passages: NDArray[np.int64]) -> None:
        self._documents, self._passages = documents, passages

    def __call__(self, glob: str) -> bool:
        left = self._documents.matching(Filters(source=(glob,)))
        return bool(self._passages[left.keep].any())


def document_entry(document: Document) -> dict[str, Any]:
    """Return what is known of a document beside its text and blocks."""
    return {
        "id": document.id,
        "source": document.source,
        "sha256": document.sha256,
        "encoding": document.encoding,
        "title": document.title,
        "published": asdict(document.published) if document.published else None,
        "original_url": document.original_url,
        "author": document.author,
        "language": document.language,
        "page_starts": list(document.page_starts),
        "has_lines": document.has_lines,
        "characters": len(document.text),
        "furniture": sum(block.kind == "furniture" for block in document.blocks),
        "digest": document_digest(document),
        **({"facets": dict(document.facets)} if document.facets else {}),
        **({"scans": [astuple(scan) for scan in document.scans]} if document.scans else {}),
    }


def layout_bytes(document: Document) -> bytes:
    """Return the blocks of a document as JSON, with its places if it has any."""
    blocks = [_block_entry(block) for block in document.blocks]
    if not document.places:
        return json_bytes(blocks)
    places = [(place.start, place.label, place.part) for place in document.places]
    return json_bytes({"blocks": blocks, "places": places})


def document_of(entry: Entry, text: bytes, layout: bytes) -> Document:
    """Return a document from its entry, its text in UTF-8, and what ``layout_bytes`` made of it."""
    written = json.loads(layout)
    # A document without places has a list of blocks only: the older form of all documents.
    parts = written if isinstance(written, dict) else {"blocks": written, "places": []}
    return Document(
        id=entry["id"],
        source=entry["source"],
        sha256=entry["sha256"],
        encoding=entry["encoding"],
        text=text.decode("utf-8", "surrogatepass"),
        title=entry["title"],
        published=Published(**entry["published"]) if entry["published"] else None,
        blocks=tuple(map(_block, parts["blocks"])),
        original_url=entry["original_url"],
        author=entry["author"],
        language=entry["language"],
        page_starts=tuple(entry["page_starts"]),
        places=tuple(Place(*place) for place in parts["places"]),
        # Older indexes do not have it. Files with these endings were always read unchanged.
        has_lines=entry.get("has_lines", entry["source"].lower().endswith(_WITH_LINES)),
        # Older versions wrote none. JSON keeps the order of names: it is the digest's.
        facets=tuple((name, tuple(values)) for name, values in entry.get("facets", {}).items()),
        scans=tuple(Scan(*scan) for scan in entry.get("scans", ())),
    )


def about_of(entry: Entry) -> About:
    """Return what ``asdict`` made of an About."""
    published = entry["published"]
    return About(entry["title"], entry["url"], Published(**published) if published else None)


def json_bytes(value: object) -> bytes:
    """Return a value as JSON, the same for equal ones."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _block_entry(block: Block) -> tuple[Any, ...]:
    entry = (block.kind, block.start, block.end, block.level)
    return (*entry, asdict(block.about)) if block.about else entry


def _block(entry: Sequence[Any]) -> Block:
    kind, start, end, level, *about = entry
    return Block(kind, start, end, level, about_of(about[0]) if about else None)


def _facets(entry: Mapping[str, Any]) -> Known:
    """Return the facets of a document as it was written; older versions wrote none of its own."""
    published = entry["published"]
    return known_of(
        entry.get("facets", {}).items(),
        author=entry["author"],
        language=entry["language"],
        published=published["value"] if published else None,
    )


def _sifted(
    written: Sequence[Mapping[str, Any]], hidden: Mask | None, asked: Sequence[Condition]
) -> Sifted:
    sieve = Sieve(asked)
    keep = np.asarray(
        [
            (hidden is None or not hidden[place]) and sieve.passes(_facets(entry))
            for place, entry in enumerate(written)
        ],
        bool,
    )
    return Sifted(keep, sieve.unknown, sieve.unmet)


def _in_period(published: str, filters: Filters) -> bool:
    """Whether a date, which may be a year or a month, overlaps a period."""
    first, last = filters.published_from or "", filters.published_to or ""
    # Dates are compared only to the precision that both have.
    after = published[: len(first)] >= first[: len(published)]
    before = published[: len(last)] <= last[: len(published)]
    return after and before
