"""Writes a generation: documents arrive one after the other and go to the disk at once.

All that grows with the text (texts, token codes, the rows of every array, document entries) waits on
the disk, not in memory, and is put together there. So a folder of any size can be read. Unchanged
documents of the previous generation are copied: they are not read, split or embedded again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.records import Document, Passage
from qa.store.documents import document_entry, json_bytes, layout_bytes
from qa.store.files.dense import index_bytes
from qa.store.files.disk import (
    FORMAT,
    BlockWriter,
    Column,
    FileSum,
    array_bytes,
    npy,
    sync_folder,
    write_file,
)
from qa.store.files.documents import BLOCKS, DOCUMENTS, TEXTS
from qa.store.files.generation import Generation
from qa.store.files.manifest import MANIFEST, METRIC
from qa.store.files.postings import PostingsWriter
from qa.store.files.words import WORDS, WordsWriter
from qa.store.files.written import PASSAGE, TOKENS
from qa.store.lifecycle import EncodedPassage, FileRecord, document_digest
from qa.store.recipe import Recipe
from qa.text.analysis import Analyzer

_NO_SECTION = -1
_KEPT_AT_ONCE = 200
"""How many documents are copied together."""


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
            "entries": Column(folder, np.uint8),
        }
        self._postings = PostingsWriter(folder, recipe.bm25)
        self._words = WordsWriter()
        self._corpus = hashlib.sha256(recipe.digest.encode())
        self._sections: dict[str, int] = {}
        self._token_frequency = np.zeros(recipe.vocabulary, np.int64)
        self._kept: list[tuple[int, int]] = []
        self._before: Generation | None = None
        self._made: dict[str, Any] = {}
        self.ids: set[str] = set()
        """The ids of the documents so far."""
        self.furniture = 0
        """How many lines of them are boilerplate."""

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
        self._postings.close()

    @property
    def documents(self) -> int:
        """How many documents there are so far."""
        return len(self.ids)

    @property
    def passages(self) -> int:
        """How many passages there are so far."""
        return self._columns["passages"].rows

    @property
    def corpus(self) -> str:
        """A digest of the recipe and of every document so far."""
        return self._corpus.hexdigest()

    def add(
        self,
        document: Document,
        passages: Iterable[Passage],
        encoded: Iterable[EncodedPassage],
    ) -> None:
        """Add a document that was read, with its passages in order; ``encoded`` yields theirs.

        Raises OSError, and ValueError for vectors of another dimension.
        """
        texts, blocks = self._texts.size, self._blocks.size
        self._texts.write(document.text.encode("utf-8", "surrogatepass"))
        self._words.add(document.text)
        self._blocks.write(layout_bytes(document))
        place, columns = self.documents, self._columns
        self._enter(
            document_entry(document)
            | {"text_bytes": [texts, self._texts.size], "block_bytes": [blocks, self._blocks.size]}
        )
        for passage, kept in zip(passages, encoded, strict=True):
            context = f"{passage.context}. " if passage.context else ""
            self._postings.add(self._analyzer.terms(context + passage.text))
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

    def _enter(self, entry: Mapping[str, Any]) -> None:
        if entry["id"] in self.ids:  # its passages would be counted for the other document
            raise ValueError(f"the document {entry['source']} comes a second time")
        comma = b"," if self.documents else b""
        self._columns["entries"].append(np.frombuffer(comma + json_bytes(entry), np.uint8))
        self._corpus.update(entry["digest"].encode())
        self.ids.add(entry["id"])
        self.furniture += entry["furniture"]

    def _section(self, title: str | None) -> int:
        if title is None:
            return _NO_SECTION
        return self._sections.setdefault(title, len(self._sections))

    def keep(self, before: Generation, first: int, last: int) -> None:
        """Copy the documents ``first`` up to ``last`` from the previous generation.

        Its recipe must give the same passages and vectors, and it must be the same generation in each
        call. Raises OSError, IndexDamagedError.
        """
        self._before = before
        for start in range(first, last, _KEPT_AT_ONCE):
            self._keep(before, start, min(start + _KEPT_AT_ONCE, last))

    def _keep(self, before: Generation, first: int, last: int) -> None:
        part = before.part(first, last)
        place, text, block = self.documents, self._texts.size, self._blocks.size
        for entry in part.entries:
            moved = {
                name: [at - part.entries[0][name][0] + start for at in entry[name]]
                for name, start in (("text_bytes", text), ("block_bytes", block))
            }
            self._enter({**entry, **moved})
        self._texts.write(part.texts)
        for entry in part.entries:  # count again, so that no word of a removed document stays
            span = slice(*(at - part.entries[0]["text_bytes"][0] for at in entry["text_bytes"]))
            self._words.add(bytes(part.texts[span]).decode("utf-8", "surrogatepass"))
        self._blocks.write(part.blocks)
        self._codes.write(part.codes)
        table = part.table.copy()
        table["document"] += place - first
        for number, title in part.sections.items():
            table["section"][part.table["section"] == number] = self._section(title)
        begin, end = part.rows
        self._kept.append((begin, end))
        self._postings.keep(before.lexical, begin, end)
        for name, rows in (
            ("passages", table),
            ("vectors", part.vectors),
            ("sentences", part.sentences),
            ("sentence_counts", part.sentence_counts),
            ("token_counts", part.token_counts),
            ("token_sentences", part.token_sentences),
            ("token_ids", part.token_ids),
        ):
            self._columns[name].append(rows)

    def _count_kept_tokens(self) -> None:
        """Count in how many copied passages each token stands: subtract those that were not copied."""
        if self._before is None:
            return
        self._token_frequency += self._before.token_frequency
        edges = [
            0,
            *(edge for run in sorted(self._kept) for edge in run),
            len(self._before.lexical.lengths),
        ]
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            for row in range(begin, end):
                self._token_frequency[np.unique(self._before.encoded_passage(row).ids)] -= 1

    def finish(
        self,
        *,
        name: str,
        model_manifest: str,
        records: Sequence[FileRecord],
    ) -> Generation:
        """Write what is left; return the generation, complete except for its calibration.

        Raises OSError, and UsageError for invalid vectors.
        """
        sums = self._texts.finish() | self._blocks.finish() | self._codes.finish()
        self._count_kept_tokens()
        columns = self._columns
        sections = sorted(self._sections)
        files: dict[str, Iterable[bytes]] = {
            "files.json": [json_bytes([asdict(record) for record in records])],
            "sections.json": [json_bytes(sections)],
            DOCUMENTS: chain([b"["], map(bytes, columns["entries"].parts()), [b"]"]),
            "token_frequency.npy": [array_bytes(self._token_frequency)],
            "passages.npy": self._table(sections),
            "sentence_bounds.npy": _bounds(columns["sentence_counts"]),
            "token_bounds.npy": _bounds(columns["token_counts"]),
            "vectors.faiss": index_bytes(
                columns["vectors"].parts(),
                dimension=self._recipe.dimension,
                count=self.passages,
            ),
        }
        files |= {
            f"{column}.npy": columns[column].npy()
            for column in ("sentences", "token_sentences", "token_ids")
        }
        for file_name, parts in chain(files.items(), self._postings.files()):
            sums[file_name] = write_file(self._folder / file_name, parts)
        words = self._words.file(self._analyzer, self._postings.terms)
        sums[WORDS] = write_file(self._folder / WORDS, words)
        self._made = self._manifest(name, model_manifest, sums)
        return Generation.of_manifest(
            self._folder, self._folder.parent.parent.name, self._made, mapped=True
        )

    def seal(self, calibration: Mapping[str, Any] | None) -> tuple[dict[str, Any], str]:
        """Write the manifest of the finished generation; return it and its SHA-256. Raises OSError."""
        manifest = {**self._made, "calibration": calibration}
        written = write_file(self._folder / MANIFEST, [json_bytes(manifest)])
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
                "documents": self.documents,
                "passages": self.passages,
                "tokens": self._columns["token_ids"].rows,
            },
            "files": {file_name: asdict(file_sum) for file_name, file_sum in sorted(sums.items())},
        }

    def _table(self, sections: Sequence[str]) -> Iterator[bytes]:
        """Yield the file of the passages; its sections are numbered in alphabetical order."""
        places = {title: n for n, title in enumerate(sections)}
        # The last place means "no section": index -1 finds it.
        final = np.asarray([*(places[title] for title in self._sections), _NO_SECTION], np.int32)

        def numbered() -> Iterator[NDArray[Any]]:
            for part in self._columns["passages"].parts():
                table = part.copy()
                table["section"] = final[table["section"]]
                yield table

        return npy(PASSAGE, (self.passages,), numbered())


def _bounds(counts: Column) -> Iterator[bytes]:
    """Yield the file of bounds: where each stretch begins, and where the last one ends."""

    def bounds() -> Iterator[NDArray[np.int64]]:
        end = np.zeros(1, np.int64)
        yield end
        for part in counts.parts():
            ends = end[-1] + np.cumsum(part)
            yield ends
            end = ends

    return npy(np.dtype(np.int64), (counts.rows + 1,), bounds())


__all__ = ["GenerationWriter", "Recipe", "document_digest"]
