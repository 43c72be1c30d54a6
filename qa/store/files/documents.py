"""The documents of a generation: what is known of each, its text, and which are hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qa.facets import Condition, Known, Sieve, conditions, known_of
from qa.records import About, Block, Document, FacetValue, Filters, Place, Published, Scan
from qa.store.files.dense import Mask
from qa.store.files.disk import BlockFile, FileSum, read_verified
from qa.store.files.manifest import read_manifest, well_formed
from qa.store.files.recent import RecentDocuments
from qa.text.folding import fold_name

DOCUMENTS, TEXTS, BLOCKS = "documents.json", "texts.bin", "blocks.bin"

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
    were written, with the hidden ones.
    """

    def __init__(
        self,
        written: Sequence[Mapping[str, Any]],
        texts: BlockFile,
        blocks: BlockFile,
        removed: Collection[str],
    ) -> None:
        self.written = written
        self._texts, self._blocks = texts, blocks
        self._place = {entry["id"]: n for n, entry in enumerate(written)}
        hidden = np.asarray([entry["id"] in removed for entry in written], bool)
        self.hidden: Mask | None = hidden if hidden.any() else None
        # The cache must not hold ``self``: a cycle would keep the maps of an unused generation.
        read = partial(_read, written, texts, blocks)
        self._recent = RecentDocuments(read, characters=_CACHED_CHARACTERS)
        # The same conditions are asked again and again, by a page whose filter is set.
        self._sifted = lru_cache(_CACHED_CONDITIONS)(partial(_sifted, written, self.hidden))

    def __len__(self) -> int:
        """How many documents there are, with the hidden ones."""
        return len(self.written)

    @property
    def shown(self) -> list[tuple[int, Mapping[str, Any]]]:
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

    def stored(self, first: int, last: int) -> tuple[memoryview, memoryview]:
        """Return the stored bytes of the texts and blocks of the documents ``first`` up to ``last``."""
        entries = self.written[first:last]
        return (
            self._texts.read(*_span(entries, "text_bytes")),
            self._blocks.read(*_span(entries, "block_bytes")),
        )

    def _is_hidden(self, place: int) -> bool:
        return self.hidden is not None and bool(self.hidden[place])


def document_ids(folder: Path, manifest_sha256: str) -> set[str]:
    """Return the ids of all documents in a generation. Raises IndexUnusableError."""
    manifest = read_manifest(folder, manifest_sha256)
    path = folder / DOCUMENTS
    with well_formed(path):
        data = read_verified(path, FileSum(**manifest["files"][DOCUMENTS]))
        return {str(entry["id"]) for entry in json.loads(data)}


def _span(entries: Sequence[Mapping[str, Any]], name: str) -> tuple[int, int]:
    return (entries[0][name][0], entries[-1][name][1]) if entries else (0, 0)


def _read(
    entries: Sequence[Mapping[str, Any]], texts: BlockFile, blocks: BlockFile, place: int
) -> Document:
    entry = entries[place]
    text = bytes(texts.read(*entry["text_bytes"])).decode("utf-8", "surrogatepass")
    written = json.loads(bytes(blocks.read(*entry["block_bytes"])))
    # A document without places has a list of blocks only: the older form of all documents.
    layout = written if isinstance(written, dict) else {"blocks": written, "places": []}
    return Document(
        id=entry["id"],
        source=entry["source"],
        sha256=entry["sha256"],
        encoding=entry["encoding"],
        text=text,
        title=entry["title"],
        published=Published(**entry["published"]) if entry["published"] else None,
        blocks=tuple(map(_block, layout["blocks"])),
        original_url=entry["original_url"],
        author=entry["author"],
        language=entry["language"],
        page_starts=tuple(entry["page_starts"]),
        places=tuple(Place(*place) for place in layout["places"]),
        # Older indexes do not have it. Files with these endings were always read unchanged.
        has_lines=entry.get("has_lines", entry["source"].lower().endswith(_WITH_LINES)),
        # Older versions wrote none. JSON keeps the order of names: it is the digest's.
        facets=tuple((name, tuple(values)) for name, values in entry.get("facets", {}).items()),
        scans=tuple(Scan(*scan) for scan in entry.get("scans", ())),
    )


def _block(entry: Sequence[Any]) -> Block:
    kind, start, end, level, *about = entry
    return Block(kind, start, end, level, _about(about[0]) if about else None)


def _about(entry: Mapping[str, Any]) -> About:
    published = entry["published"]
    return About(entry["title"], entry["url"], Published(**published) if published else None)


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
