"""Writing a generation: documents come one behind the other and go to the disk as they come.

What grows with the text (texts, token codes, the rows of every array) waits on the disk and not in
memory, so that a folder of any size can be read. Documents of the generation before are taken over
as they were written, neither read nor split nor embedded again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.analysis import Analyzer
from qa.records import Block, Document, Passage
from qa.store.dense import DenseIndex
from qa.store.disk import (
    FORMAT,
    BlockWriter,
    Column,
    FileSum,
    array_bytes,
    sync_folder,
    write_file,
)
from qa.store.documents import BLOCKS, DOCUMENTS, TEXTS
from qa.store.generation import (
    PASSAGE,
    TOKENS,
    EncodedPassage,
    FileRecord,
    Generation,
    bounds_of,
)
from qa.store.lexical import Bm25, LexicalIndex
from qa.store.manifest import MANIFEST, METRIC

_NO_SECTION = -1


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a build makes of a corpus; two builds of one recipe and corpus agree."""

    model: str
    fingerprint: str
    dimension: int
    code_width: int
    vocabulary: int
    language: str
    bm25: Bm25
    settings: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Names the recipe; the same whether it was just made or read from a manifest."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Recipe:
        """Return the recipe that a generation was made by."""
        fields = {name: manifest[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"bm25": Bm25(**fields["bm25"])})


def document_digest(document: Document) -> str:
    """Name all that is known of a document."""
    text = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
    read = repr(replace(document, text=text)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(read).hexdigest()


class GenerationWriter:
    """Writes a generation into an empty folder."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder = folder
        self._recipe = recipe
        self._analyzer = Analyzer(recipe.language)
        self._texts = BlockWriter(folder / TEXTS)
        self._blocks = BlockWriter(folder / BLOCKS)
        self._codes = BlockWriter(folder / TOKENS)
        self._columns = {
            "passages": Column(folder, PASSAGE),
            "vectors": Column(folder, np.float32, (recipe.dimension,)),
            "sentences": Column(folder, np.int32, (2,)),
            "sentence_counts": Column(folder, np.int64),
            "token_counts": Column(folder, np.int64),
            "token_sentences": Column(folder, np.uint8),
            "token_ids": Column(folder, np.uint32),
            "postings": Column(folder, np.int32, (3,)),
            "lengths": Column(folder, np.int32),
        }
        self._entries: list[dict[str, Any]] = []
        self._sections: dict[str, int] = {}
        self._terms: dict[str, int] = {}
        self._token_frequency = np.zeros(recipe.vocabulary, np.int64)
        self._kept: list[tuple[int, int, int]] = []
        self._before: Generation | None = None

    def __enter__(self) -> GenerationWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in (self._texts, self._blocks, self._codes):
            file.close()
        for column in self._columns.values():
            column.close()

    @property
    def documents(self) -> Sequence[Mapping[str, Any]]:
        """The entries of the documents so far."""
        return self._entries

    @property
    def passages(self) -> int:
        """How many passages there are so far."""
        return self._columns["passages"].rows

    @property
    def corpus(self) -> str:
        """A digest of the recipe and of every document so far."""
        digest = hashlib.sha256(self._recipe.digest.encode())
        for entry in self._entries:
            digest.update(entry["digest"].encode())
        return digest.hexdigest()

    def add(
        self,
        document: Document,
        passages: Iterable[Passage],
        encoded: Iterable[EncodedPassage],
    ) -> None:
        """Add a document that was read, with its passages in order; ``encoded`` as they come.

        Raises OSError, and ValueError for vectors of another dimension.
        """
        texts, blocks = self._texts.size, self._blocks.size
        self._texts.write(document.text.encode("utf-8", "surrogatepass"))
        self._blocks.write(_json_bytes([_block_entry(block) for block in document.blocks]))
        place, columns = len(self._entries), self._columns
        self._entries.append(
            _document_entry(document)
            | {"text_bytes": [texts, self._texts.size], "block_bytes": [blocks, self._blocks.size]}
        )
        for passage, kept in zip(passages, encoded, strict=True):
            self._add_terms(self.passages, passage)
            row = (place, self._section(passage.section), passage.start, passage.end, kept.key)
            spans = [(s - passage.start, e - passage.start) for s, e in passage.sentences]
            columns["passages"].append(np.asarray([row], PASSAGE))
            columns["sentences"].append(np.asarray(spans, np.int32).reshape(-1, 2))
            columns["sentence_counts"].append(np.asarray([len(spans)]))
            columns["vectors"].append(kept.vector[None, :])
            columns["token_sentences"].append(kept.sentences)
            columns["token_ids"].append(kept.ids)
            columns["token_counts"].append(np.asarray([len(kept.ids)]))
            self._codes.write(kept.codes.tobytes())
            self._token_frequency[np.unique(kept.ids)] += 1

    def _add_terms(self, row: int, passage: Passage) -> None:
        context = f"{passage.context}. " if passage.context else ""
        terms = self._analyzer.terms(context + passage.text)
        counts = [
            (self._terms.setdefault(term, len(self._terms)), row, count)
            for term, count in Counter(terms).items()
        ]
        self._columns["postings"].append(np.asarray(counts, np.int32).reshape(-1, 3))
        self._columns["lengths"].append(np.asarray([len(terms)]))

    def _section(self, title: str | None) -> int:
        if title is None:
            return _NO_SECTION
        return self._sections.setdefault(title, len(self._sections))

    def keep(self, before: Generation, first: int, last: int) -> None:
        """Take the documents ``first`` up to ``last`` over from the generation before.

        It must be made by a recipe that gives the same passages and vectors, and be the same one
        each time. Raises OSError, IndexDamagedError.
        """
        self._before = before
        part = before.part(first, last)
        text, block = self._texts.size, self._blocks.size
        for entry in part.entries:
            moved = {
                name: [at - part.entries[0][name][0] + start for at in entry[name]]
                for name, start in (("text_bytes", text), ("block_bytes", block))
            }
            self._entries.append({**entry, **moved})
        self._texts.write(part.texts)
        self._blocks.write(part.blocks)
        self._codes.write(part.codes)
        table = part.table.copy()
        table["document"] += len(self._entries) - len(part.entries) - first
        for number, title in part.sections.items():
            table["section"][part.table["section"] == number] = self._section(title)
        begin, end = part.rows
        self._kept.append((begin, end, self.passages))
        for name, rows in (
            ("passages", table),
            ("vectors", part.vectors),
            ("sentences", part.sentences),
            ("sentence_counts", part.sentence_counts),
            ("token_counts", part.token_counts),
            ("token_sentences", part.token_sentences),
            ("token_ids", part.token_ids),
            ("lengths", before.lexical.lengths[begin:end]),
        ):
            self._columns[name].append(rows)

    def _count_kept_tokens(self) -> None:
        """Count in how many of the passages taken over each token stands: all but those left behind."""
        if self._before is None:
            return
        self._token_frequency += self._before.token_frequency
        kept = sorted((begin, end) for begin, end, _ in self._kept)
        edges = [0, *(edge for run in kept for edge in run), len(self._before.lexical.lengths)]
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            for row in range(begin, end):
                self._token_frequency[np.unique(self._before.encoded_passage(row).ids)] -= 1

    def finish(
        self,
        *,
        name: str,
        model_manifest: str,
        files: Sequence[FileRecord],
        calibrate: Callable[[Generation], Mapping[str, Any] | None],
    ) -> tuple[dict[str, Any], str]:
        """Write what is left; return the manifest and its SHA-256.

        ``calibrate`` gets the generation as it will be and returns what is kept with it of its
        calibration. Raises OSError, and UsageError for vectors that are none.
        """
        sums = self._texts.finish() | self._blocks.finish() | self._codes.finish()
        self._count_kept_tokens()
        columns = self._columns
        sections = sorted(self._sections)
        plain: dict[str, bytes] = {
            "files.json": _json_bytes([asdict(record) for record in files]),
            "sections.json": _json_bytes(sections),
            DOCUMENTS: _json_bytes(self._entries),
            "token_frequency.npy": array_bytes(self._token_frequency),
            "passages.npy": array_bytes(self._table(sections)),
            "sentence_bounds.npy": array_bytes(bounds_of(columns["sentence_counts"].array())),
            "token_bounds.npy": array_bytes(bounds_of(columns["token_counts"].array())),
            **self._lexical(),
        }
        for file_name, data in plain.items():
            sums[file_name] = write_file(self._folder / file_name, [data])
        plain.clear()
        for column in ("sentences", "token_sentences", "token_ids"):
            sums[f"{column}.npy"] = write_file(
                self._folder / f"{column}.npy", columns[column].npy()
            )
        vectors = DenseIndex.build(columns["vectors"].parts(), self._recipe.dimension)
        sums["vectors.faiss"] = write_file(self._folder / "vectors.faiss", [vectors.to_bytes()])
        del vectors
        manifest = self._manifest(name, model_manifest, sums)
        draft = Generation.of_manifest(self._folder, self._folder.parent.parent.name, manifest)
        manifest["calibration"] = calibrate(draft)
        written = write_file(self._folder / MANIFEST, [_json_bytes(manifest)])
        sync_folder(self._folder)
        return manifest, written.sha256

    def _manifest(
        self, name: str, model_manifest: str, sums: Mapping[str, FileSum]
    ) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "generation": name,
            "metric": METRIC,
            **asdict(self._recipe),
            "model_manifest": model_manifest,
            "corpus": self.corpus,
            "counts": {
                "documents": len(self._entries),
                "passages": self.passages,
                "tokens": self._columns["token_ids"].rows,
            },
            "files": {file_name: asdict(file_sum) for file_name, file_sum in sorted(sums.items())},
        }

    def _table(self, sections: Sequence[str]) -> NDArray[Any]:
        """Return the passages, their sections numbered in the order of the alphabet."""
        table = self._columns["passages"].array()
        places = {title: n for n, title in enumerate(sections)}
        # The last place stands for none: -1 leads there.
        final = np.asarray([*(places[title] for title in self._sections), _NO_SECTION], np.int32)
        table["section"] = final[table["section"]]
        return table

    def _lexical(self) -> dict[str, bytes]:
        postings = [self._columns["postings"].array(), self._kept_postings()]
        numbers, rows, counts = np.concatenate(postings).T
        lexical = LexicalIndex.of_counts(
            list(self._terms),
            numbers,
            rows,
            counts,
            self._columns["lengths"].array(),
            self._recipe.bm25,
        )
        arrays: dict[str, NDArray[Any]] = {
            "starts": lexical.starts,
            "rows": lexical.rows,
            "counts": lexical.counts,
            "lengths": lexical.lengths,
            "impacts": lexical.impacts,
        }
        return {
            "lexical_terms.txt": "\n".join(lexical.terms).encode("utf-8", "surrogatepass"),
            **{f"lexical_{name}.npy": array_bytes(array) for name, array in arrays.items()},
        }

    def _kept_postings(self) -> NDArray[np.int32]:
        """Return the term, the new row and the count of each posting of the passages taken over."""
        if self._before is None:
            return np.empty((0, 3), np.int32)
        lexical = self._before.lexical
        moved = np.full(lexical.count, -1, np.int32)
        for begin, end, start in self._kept:
            moved[begin:end] = np.arange(start, start + end - begin)
        rows = moved[lexical.rows]
        kept = rows >= 0
        numbers = np.repeat(np.arange(len(lexical.terms)), np.diff(lexical.starts))[kept]
        final = np.zeros(len(lexical.terms), np.int32)
        for number in np.unique(numbers).tolist():
            final[number] = self._terms.setdefault(lexical.terms[number], len(self._terms))
        return np.stack([final[numbers], rows[kept], lexical.counts[kept]], axis=1)


def _json_bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _document_entry(document: Document) -> dict[str, Any]:
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
        "characters": len(document.text),
        "furniture": sum(block.kind == "furniture" for block in document.blocks),
        "digest": document_digest(document),
    }


def _block_entry(block: Block) -> tuple[Any, ...]:
    entry = (block.kind, block.start, block.end, block.level)
    return (*entry, asdict(block.about)) if block.about else entry


__all__ = ["GenerationWriter", "Recipe", "document_digest"]
