"""A generation as it was written: it is opened, verified before it is read, and never changed.

``index/README.md`` describes the files; the manifest lists every file with its checksum.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.records import Document, IndexInfo, PassageId, Span
from qa.store.bm25 import mean_length
from qa.store.files.dense import DenseIndex, Mask, RowArray
from qa.store.files.disk import (
    SUMS_ENDING,
    BlockFile,
    FileSum,
    damaged,
    map_verified,
    read_array,
    read_verified,
)
from qa.store.files.documents import BLOCKS, DOCUMENTS, TEXTS, documents_of, span_of
from qa.store.files.lexical import LexicalIndex
from qa.store.files.manifest import MANIFEST, read_manifest, well_formed
from qa.store.files.pointer import version_of
from qa.store.files.words import WORDS, Words
from qa.store.ids import PassageIds
from qa.store.lifecycle import EncodedPassage, FileRecord
from qa.store.passage import stored_passage
from qa.store.protocol import StoredPassage, TokenCodes
from qa.store.recipe import Recipe
from qa.text.analysis import Analyzer

TOKENS = "tokens.bin"
BY_BLOCK = (TEXTS, BLOCKS, TOKENS)
"""Files that are verified block by block when they are used; all others are verified at opening."""
_LARGE = (".npy", ".faiss")
"""Name endings of files that grow with the passages."""
PASSAGE = np.dtype(
    [("document", "<i4"), ("section", "<i4"), ("start", "<i8"), ("end", "<i8"), ("key", "S16")]
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some adjacent documents of a generation as they were written, for the next generation."""

    entries: Sequence[Mapping[str, Any]]
    texts: memoryview
    blocks: memoryview
    rows: tuple[int, int]
    table: NDArray[Any]
    sections: Mapping[int, str]
    sentences: NDArray[np.int32]
    sentence_counts: RowArray
    vectors: FloatArray
    codes: memoryview
    token_counts: RowArray
    token_sentences: NDArray[np.uint8]
    token_ids: NDArray[np.uint32]


class WrittenGeneration:
    """A generation opened for reading, by row; removed documents are included."""

    def __init__(
        self,
        *,
        folder: Path,
        index_name: str,
        manifest: Mapping[str, Any],
        files: Mapping[str, bytes],
        large: Mapping[str, bytes | memoryview],
        by_block: Mapping[str, BlockFile],
        manifest_sha256: str = "",
        removed: Collection[str] = (),
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.version = version_of(manifest_sha256, removed)
        arrays = {
            name.removesuffix(".npy"): read_array(data)
            for name, data in large.items()
            if name.endswith(".npy")
        }
        self._documents = documents_of(
            json.loads(files[DOCUMENTS]), by_block[TEXTS], by_block[BLOCKS], removed
        )
        self._files: list[dict[str, Any]] = json.loads(files["files.json"])
        self._sections: list[str] = json.loads(files["sections.json"])
        self.table = arrays["passages"]
        self._sentences, self._sentence_bounds = arrays["sentences"], arrays["sentence_bounds"]
        self._token_bounds, self._token_ids = arrays["token_bounds"], arrays["token_ids"]
        self._token_sentences = arrays["token_sentences"]
        self.token_frequency = arrays["token_frequency"]
        """In how many passages each token of the model stands."""
        self._by_block, self._tokens = by_block, by_block[TOKENS]
        self._width = int(manifest["code_width"])
        count = len(self.table)
        self.dense = DenseIndex(
            large["vectors.faiss"], dimension=int(manifest["dimension"]), count=count
        )
        terms = files["lexical_terms.txt"].decode("utf-8", "surrogatepass")
        self.lexical = LexicalIndex(
            terms=terms.split("\n") if terms else [],
            starts=arrays["lexical_starts"],
            rows=arrays["lexical_rows"],
            counts=arrays["lexical_counts"],
            lengths=arrays["lexical_lengths"],
            impacts=arrays["lexical_impacts"],
        )
        self.recipe = Recipe.of_manifest(manifest)
        self.analyzer = Analyzer(self.recipe.language)
        self._check_shapes(folder, arrays)
        self.mean_length = mean_length(self.lexical.lengths)
        hidden = self._documents.hidden
        self._visible: Mask | None = None if hidden is None else ~hidden[self.table["document"]]
        # Words are not stored by document, so some may stand only in a removed document.
        self.spellings = Words(files.get(WORDS, b"") if hidden is None else b"")
        self.info = IndexInfo(
            name=index_name,
            generation=str(manifest["generation"]),
            model=str(manifest["model"]),
            passages=count if self._visible is None else int(self._visible.sum()),
            documents=len(self._documents) - (0 if hidden is None else int(hidden.sum())),
        )

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        index_name: str,
        manifest_sha256: str,
        removed: Collection[str] = (),
        mapped: bool = False,
    ) -> Self:
        """Open a generation whose manifest has the given checksum.

        Every file is verified before it is parsed; the largest ones are verified block by block when they
        are used. Arrays are read into memory, so that later changes to their files change no answer. A
        build may have them ``mapped`` instead, which needs little memory even for a large index. The
        ``removed`` documents are hidden. Raises IndexDamagedError, or IndexForeignError for another
        format version.
        """
        manifest = read_manifest(folder, manifest_sha256)
        return cls.of_manifest(
            folder, index_name, manifest, manifest_sha256, removed, mapped=mapped
        )

    @classmethod
    def of_manifest(
        cls,
        folder: Path,
        index_name: str,
        manifest: Mapping[str, Any],
        manifest_sha256: str = "",
        removed: Collection[str] = (),
        *,
        mapped: bool = False,
    ) -> Self:
        """Open the generation of a manifest; each file is verified. Raises IndexDamagedError."""
        with well_formed(folder / MANIFEST):
            sums = {name: FileSum(**entry) for name, entry in manifest["files"].items()}
            load = map_verified if mapped else read_verified
            whole = [name for name in sums if name not in BY_BLOCK]
            files = {
                name: read_verified(folder / name, sums[name])
                for name in whole
                if not name.endswith(_LARGE)
            }
            opened = cls(
                folder=folder,
                index_name=index_name,
                manifest=manifest,
                files=files,
                large={
                    name: load(folder / name, sums[name]) for name in whole if name.endswith(_LARGE)
                },
                by_block={
                    name: BlockFile(folder / name, sums[name], files[name + SUMS_ENDING])
                    for name in BY_BLOCK
                },
                manifest_sha256=manifest_sha256,
                removed=removed,
            )
            if not mapped:  # a build checks only the vectors that it reuses
                opened.dense.check_vectors()
            return opened

    def verify_all(self) -> None:
        """Verify the files that are verified by block; the others were verified at opening."""
        for file in self._by_block.values():
            file.verify_all()

    def _check_shapes(self, folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Refuse a generation whose parts do not fit each other, though each part was verified."""
        count, tokens = len(self.table), len(self._token_ids)
        fits = (
            self.table.dtype == PASSAGE
            and len(self._token_bounds) == len(self._sentence_bounds) == count + 1
            and self._token_bounds[-1] == tokens == len(self._token_sentences)
            and self._sentence_bounds[-1] == len(self._sentences)
            and len(self._tokens) == tokens * self._width
            and len(arrays["lexical_starts"]) == len(self.lexical.terms) + 1
            and len(self.lexical.rows) == len(self.lexical.counts) == len(self.lexical.impacts)
            and self.lexical.count == count
            and (count == 0 or self.table["document"].min() >= 0)
            and (count == 0 or self.table["document"].max() < len(self._documents))
            and sum(file["documents"] for file in self._files) == len(self._documents)
        )
        if not fits:
            raise damaged(folder / MANIFEST, "its parts do not fit each other")

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """The calibration that the build stored."""
        return self.manifest.get("calibration")

    # --- by row ------------------------------------------------------------------------------

    @cached_property
    def ids(self) -> PassageIds:
        filled = [file for file in self._files if file["documents"]]
        places = bounds_of([file["documents"] for file in filled])[:-1]
        # Of a file without passages the first row is that of the next one.
        firsts = np.searchsorted(self.table["document"], places.astype(np.int32))
        return PassageIds([str(file["source"]) for file in filled], firsts, len(self.table))

    def passage(self, row: int) -> StoredPassage:
        """Return the passage at ``row``, even of a removed document."""
        (id,) = self.ids.ids(np.asarray([row]))
        return self.stored(id, row)

    def stored(self, id: PassageId, row: int) -> StoredPassage:
        """Return the passage at ``row``, whose id is ``id``."""
        document, start, end, section = self._span(row)
        sentences = tuple((start + a, start + b) for a, b in self._sentences_of(row))
        return stored_passage(document, id, start, end, section, sentences)

    def _span(self, row: int) -> tuple[Document, int, int, str | None]:
        place, section, start, end, _ = self.table[row].tolist()
        title = self._sections[section] if section >= 0 else None
        return self._documents.at(place), start, end, title

    def _sentences_of(self, row: int) -> tuple[Span, ...]:
        first, last = self._sentence_bounds[row : row + 2].tolist()
        return tuple((a, b) for a, b in self._sentences[first:last].tolist())

    def token_codes(self, rows: RowArray) -> TokenCodes:
        """Return the coded tokens of ``rows``, in that order."""
        starts, ends = self._token_bounds[rows], self._token_bounds[rows + 1]
        offsets = bounds_of(ends - starts)
        # For each token its place in the file: the place of the passage's first token, and counting on.
        places = np.repeat(starts - offsets[:-1], ends - starts) + np.arange(offsets[-1])
        codes = self._tokens.gather(starts, ends, places, self._width)
        return TokenCodes(codes, offsets[:-1], self._token_sentences[places])

    # --- what a later build reuses -----------------------------------------------------------

    @property
    def files(self) -> list[FileRecord]:
        """The files that the documents were read from, in the order of the documents."""
        return [FileRecord(**entry) for entry in self._files]

    @property
    def sections(self) -> int:
        """How many headings the passages name."""
        return len(self._sections)

    @property
    def bounds(self) -> Mapping[str, RowArray]:
        """Where each passage's tokens and sentences begin, by the file's name."""
        return {
            "token_bounds.npy": self._token_bounds,
            "sentence_bounds.npy": self._sentence_bounds,
        }

    def document_at(self, place: int) -> Document:
        """Return the document at a place, even if it was removed."""
        return self._documents.at(place)

    @property
    def written(self) -> Sequence[Mapping[str, Any]]:
        """The documents' entries as they were written, with those of removed documents."""
        return self._documents.written

    @cached_property
    def _by_key(self) -> tuple[NDArray[Any], RowArray]:
        keys = self.table["key"]
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def row_of(self, key: bytes) -> int | None:
        """Return a row that has the given key, for ``encoded_passage``."""
        keys, rows = self._by_key
        at = int(np.searchsorted(keys, np.bytes_(key)))
        return int(rows[at]) if at < len(keys) and keys[at] == key else None

    def encoded_passage(self, row: int) -> EncodedPassage:
        """Return the stored vectors of a row."""
        codes = self.token_codes(np.asarray([row]))
        start, end = self._token_bounds[row : row + 2].tolist()
        return EncodedPassage(
            key=bytes(self.table["key"][row]),
            vector=self.dense.vectors[row],
            codes=codes.codes,
            ids=self._token_ids[start:end],
            sentences=codes.sentences,
        )

    def part(self, first: int, last: int) -> Part:
        """Return all that was written of the documents ``first`` up to ``last``; ``last`` not included."""
        begin, end = np.searchsorted(
            # Compare in the column's own type; else NumPy converts the whole column each time.
            self.table["document"],
            np.asarray([first, last], np.int32),
        ).tolist()
        entries = self._documents.written[first:last]
        tokens = slice(*self._token_bounds[[begin, end]].tolist())
        spans = slice(*self._sentence_bounds[[begin, end]].tolist())
        sections = {
            n: self._sections[n] for n in np.unique(self.table["section"][begin:end]) if n >= 0
        }
        return Part(
            entries=entries,
            texts=self._by_block[TEXTS].read(*span_of(entries, "text_bytes")),
            blocks=self._by_block[BLOCKS].read(*span_of(entries, "block_bytes")),
            rows=(begin, end),
            table=self.table[begin:end],
            sections=sections,
            sentences=self._sentences[spans],
            sentence_counts=np.diff(self._sentence_bounds[begin : end + 1]),
            vectors=self.dense.vectors[begin:end],
            codes=self._tokens.read(tokens.start * self._width, tokens.stop * self._width),
            token_counts=np.diff(self._token_bounds[begin : end + 1]),
            token_sentences=self._token_sentences[tokens],
            token_ids=self._token_ids[tokens],
        )


def bounds_of(lengths: Sequence[int] | RowArray) -> RowArray:
    """Return where each of some adjacent stretches begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
