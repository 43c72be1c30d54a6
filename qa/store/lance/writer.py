"""Writing a generation: rows are numbered as they come, appended in batches, counted; then indexes are made."""

from __future__ import annotations

import hashlib
import secrets
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from qa.errors import IndexDamagedError
from qa.records import Document, Passage, PassageId
from qa.store.bm25 import mean_length
from qa.store.documents import document_entry, json_bytes, layout_bytes
from qa.store.files.dense import check_unit
from qa.store.files.manifest import METRIC
from qa.store.files.words import WordsWriter
from qa.store.lance.appended import Appended
from qa.store.lance.connection import Database, named
from qa.store.lance.files import files_table, sum_of
from qa.store.lance.generation import (
    DOCUMENT_ENTRIES,
    FIRST_TERMS,
    RECORDS,
    TOKENS,
    WORDS,
    LanceGeneration,
)
from qa.store.lance.indexing import index_terms, index_vectors, measured
from qa.store.lance.layout import (
    DOCUMENTS,
    DOCUMENTS_SCHEMA,
    FILES,
    FORMAT,
    PASSAGES,
    TERMS,
    TERMS_OF_BLOCK,
    TERMS_SCHEMA,
    DocumentRow,
    PassageRow,
    documents_table,
    packed,
    passages_schema,
    passages_table,
    terms_table,
)
from qa.store.lance.tables import AT_ONCE, Tables, table_name
from qa.store.lance.vectors import EXACT_PASSAGES, VectorIndex
from qa.store.lifecycle import EncodedPassage, FileRecord
from qa.store.passage import stored_passage
from qa.store.recipe import Recipe
from qa.text.analysis import Analyzer

MANIFEST = "manifest.json"
SEALED = "sealed"
"""The tag of a finished table: nobody's cleaning takes its version away."""
_BATCH_BYTES = 32 << 20
_BATCH_ROWS = 8192
_BLOCKS_AT_ONCE = 200


class LanceWriter:
    """Writes the tables of one generation.

    ``exact_passages``: with more passages than that the vectors get an index.
    """

    def __init__(
        self,
        database: Database,
        number: int,
        recipe: Recipe,
        index_name: str,
        exact_passages: int = EXACT_PASSAGES,
    ) -> None:
        self.name = f"{number:06d}-{secrets.token_hex(4)}"
        self._database, self._index_name = database, index_name
        self._recipe = recipe
        self._analyzer = Analyzer(recipe.language)
        self._passages = self._new(PASSAGES, passages_schema(recipe.dimension).empty_table())
        self._documents = self._new(DOCUMENTS, DOCUMENTS_SCHEMA.empty_table())
        self._waiting: list[PassageRow] = []
        self._waiting_documents: list[DocumentRow] = []
        self._bytes = 0
        self._entries: list[dict[str, Any]] = []
        self._files: Any = None
        self._corpus = hashlib.sha256(recipe.digest.encode())
        self._frequency: Counter[str] = Counter()
        self._lengths = array("i")
        self._tokens = np.zeros(recipe.vocabulary, np.int64)
        self._all_tokens = 0
        self._first_terms: list[str] = []
        self._exact_passages = exact_passages
        self._words = WordsWriter()
        self._made: dict[str, Any] = {}
        self._local: dict[str, bytes] = {}
        self.ids: set[str] = set()
        """The ids of the documents so far."""

    def _new(self, name: str, empty: pa.Table) -> Appended:
        return Appended(self._database, table_name(self.name, name), empty)

    @property
    def furniture(self) -> int:
        """How many lines of the documents are no text of their own."""
        return sum(entry["furniture"] for entry in self._entries)

    def add(
        self, document: Document, passages: Iterable[Passage], encoded: Iterable[EncodedPassage]
    ) -> None:
        """Add a document that was read, with its passages in order; ``encoded`` as they come."""
        rows = []
        nowhere = PassageId(document.source, 0)  # ids are told by what holds the passages
        for passage, kept in zip(passages, encoded, strict=True):
            context = f"{passage.context}. " if passage.context else ""
            stored = stored_passage(
                document, nowhere, passage.start, passage.end, passage.section, passage.sentences
            )
            check_unit(kept.vector[None, :])
            rows.append(
                PassageRow(
                    document=len(self._entries),
                    vector=np.array(kept.vector, np.float32),
                    terms=" ".join(self._analyzer.terms(context + passage.text)),
                    codes=kept.codes.tobytes(),
                    sentences=kept.sentences.tobytes(),
                    passage=packed(stored),
                    key=kept.key,
                    ids=kept.ids.astype("<u4").tobytes(),
                )
            )
        text = document.text.encode("utf-8", "surrogatepass")
        self._enter(document_entry(document), DocumentRow(text, layout_bytes(document)), rows)

    def keep(self, before: LanceGeneration, first: int, last: int) -> None:
        """Take the documents ``first`` up to ``last`` over from the generation before."""
        for start in range(first, last, AT_ONCE):
            places = range(start, min(start + AT_ONCE, last))
            documents = [row for row, _ in before.tables.documents(places)]
            rows = before.rows_of(places.start, places.stop)
            taken: dict[int, list[PassageRow]] = {}
            for at in range(rows.start, rows.stop, AT_ONCE):
                part = range(at, min(at + AT_ONCE, rows.stop))
                for row, _ in before.tables.passages(part, keyed=True):
                    taken.setdefault(row.document, []).append(row)
            for place, document in zip(places, documents, strict=True):
                moved = [row._replace(document=len(self._entries)) for row in taken.get(place, ())]
                self._enter(dict(before.documents.written[place]), document, moved)

    def _enter(
        self, entry: dict[str, Any], document: DocumentRow, rows: Sequence[PassageRow]
    ) -> None:
        if entry["id"] in self.ids:  # its passages would be counted to another document
            raise ValueError(f"the document {entry['source']} a second time")
        self._entries.append({**entry, "passages": len(rows)})
        self._corpus.update(entry["digest"].encode())
        self.ids.add(entry["id"])
        self._words.add(document.text.decode("utf-8", "surrogatepass"))
        self._waiting_documents.append(document)
        self._bytes += len(document.text) + len(document.layout)
        for row in rows:
            held = row.terms.split(" ") if row.terms else []
            self._frequency.update(set(held))
            self._lengths.append(len(held))
            ids = np.frombuffer(row.ids, "<u4")
            self._tokens[np.unique(ids)] += 1
            self._all_tokens += len(ids)
            self._waiting.append(row)
            self._bytes += row.vector.nbytes + sum(map(len, row[2:]))
        if self._bytes > _BATCH_BYTES or len(self._waiting) > _BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting_documents:
            self._documents.append(*documents_table(self._documents.rows, self._waiting_documents))
        if self._waiting:
            self._passages.append(
                *passages_table(self._passages.rows, self._waiting, self._recipe.dimension)
            )
        self._waiting, self._waiting_documents, self._bytes = [], [], 0

    def finish(self, *, model_manifest: str, records: Sequence[FileRecord]) -> LanceGeneration:
        """Write what is left, make the indexes; return the generation as it will be, but for its calibration."""
        self._flush()
        terms = self._write_terms()
        vectors = None
        if self._passages.rows:
            index_terms(self._passages)
            if self._passages.rows > self._exact_passages:
                vectors = index_vectors(self._passages)
        words = b"".join(self._words.file(self._analyzer, self._frequency.keys()))
        self._local = {
            DOCUMENT_ENTRIES: json_bytes(self._entries),
            RECORDS: json_bytes([asdict(record) for record in records]),
            WORDS: words,
            TOKENS: self._tokens.astype("<i8").tobytes(),
            FIRST_TERMS: json_bytes(self._first_terms),
        }
        with named(self._database.address):
            name = table_name(self.name, FILES)
            self._files = self._database.create(name, files_table(self._local.items()))
        tables = {PASSAGES: self._passages, DOCUMENTS: self._documents, TERMS: terms}
        told = {name: table.told() for name, table in tables.items()}
        with named(self._database.address):
            for table in tables.values():
                table.table.tags.create(SEALED, int(table.table.version))
            size = sum(int(table.table.stats()["total_bytes"]) for table in tables.values())
        if vectors is not None:
            versions = {name: entry["version"] for name, entry in told.items()}
            searched = Tables(self._database, self.name, versions, vectors)
            vectors = measured(self._database, searched, vectors, self._passages.rows)
        self._made = self._manifest(model_manifest, told, size, vectors)
        return opened(self._database, self._index_name, self._made, self._local)

    def _write_terms(self) -> Appended:
        terms = self._new(TERMS, TERMS_SCHEMA.empty_table())
        ordered = sorted(self._frequency.items())
        blocks = [
            ordered[first : first + TERMS_OF_BLOCK]
            for first in range(0, len(ordered), TERMS_OF_BLOCK)
        ]
        self._first_terms = [block[0][0] for block in blocks]
        for first in range(0, len(blocks), _BLOCKS_AT_ONCE):
            terms.append(*terms_table(first, blocks[first : first + _BLOCKS_AT_ONCE]))
        return terms

    def seal(self, calibration: Mapping[str, Any] | None) -> tuple[dict[str, Any], str]:
        """Write the manifest of what was finished; return it, and its SHA-256."""
        self._made = {**self._made, "calibration": calibration}
        data = json_bytes(self._made)
        with named(self._database.address):
            self._files.add(files_table([(MANIFEST, data)]))
        return self._made, sum_of(data).sha256

    def _manifest(
        self,
        model_manifest: str,
        tables: Mapping[str, Any],
        size: int,
        vectors: VectorIndex | None,
    ) -> dict[str, Any]:
        files = {name: asdict(sum_of(data)) for name, data in self._local.items()}
        return {
            "format": FORMAT,
            "generation": self.name,
            "metric": METRIC,
            **asdict(self._recipe),
            "model_manifest": model_manifest,
            "corpus": self._corpus.hexdigest(),
            "counts": {
                "documents": len(self._entries),
                "passages": len(self._lengths),
                "tokens": self._all_tokens,
            },
            "furniture": self.furniture,
            "mean_length": mean_length(np.asarray(self._lengths, np.int32)),
            "tables": tables,
            "vectors": vectors.to_json() if vectors else None,
            "files": files,
            "bytes": size + sum(entry["bytes"] for entry in files.values()),
        }


def opened(
    database: Database,
    index_name: str,
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    *,
    version: str = "",
    removed: Iterable[str] = (),
) -> LanceGeneration:
    """Open what a manifest describes, its tables counted. Raises IndexDamagedError."""
    name = str(manifest["generation"])
    expected = {table: entry["rows"] for table, entry in manifest["tables"].items()}
    versions = {table: entry["version"] for table, entry in manifest["tables"].items()}
    vectors = VectorIndex.of_manifest(manifest["vectors"])
    tables = Tables(database, name, versions, vectors)
    if tables.count() != expected:
        raise IndexDamagedError(
            f"generation {name} has other rows than were written: run qa build again"
        )
    return LanceGeneration(
        tables, index_name, manifest, files, version=version, removed=frozenset(removed)
    )
