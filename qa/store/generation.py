"""A generation on the disk: written once, verified before it is read, never changed.

``index/README.md`` describes the files; the manifest lists every one with its checksum.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fnmatch import translate
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.analysis import Analyzer
from qa.errors import IndexDamagedError, IndexForeignError
from qa.records import Block, Document, Filters, IndexInfo, Passage, Published
from qa.store.dense import DenseIndex, FloatArray, Mask, RowArray
from qa.store.disk import (
    SUMS_ENDING,
    BlockFile,
    FileSum,
    array_bytes,
    damaged,
    read_array,
    read_verified,
    sync_folder,
    write_blocks,
    write_file,
)
from qa.store.lexical import Bm25, LexicalIndex, idf
from qa.store.protocol import Allowed, DocumentEntry, TokenCodes

FORMAT = 1
MANIFEST = "manifest.json"
METRIC = "inner product of unit vectors"

_WANTED = ("corpus", "counts", "files", "fingerprint", "generation", "model", "model_manifest")
_TEXTS, _TOKENS = "texts.bin", "tokens.bin"
_PASSAGE = np.dtype(
    [("document", "<i4"), ("section", "<i4"), ("start", "<i8"), ("end", "<i8"), ("key", "S16")]
)
_CACHED_DOCUMENTS = 64


@dataclass(frozen=True, slots=True)
class EncodedPassage:
    """A passage as the store keeps it.

    ``key`` (16 bytes) names all that its vectors depend on, so that a later build can take them
    over. ``vector``: float32, unit length. ``codes``: uint8, shape (tokens, width). ``ids``: the
    model's token ids. ``sentences``: uint8, each token's sentence within the passage.
    """

    key: bytes
    vector: FloatArray
    codes: NDArray[np.uint8]
    ids: NDArray[np.uint32]
    sentences: NDArray[np.uint8]


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


def write_generation(
    folder: Path,
    *,
    name: str,
    recipe: Recipe,
    model_manifest: str,
    corpus: str,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    encoded: Iterable[EncodedPassage],
    calibrate: Callable[[Generation], Mapping[str, Any] | None],
) -> str:
    """Write a generation into the empty ``folder``; return the SHA-256 of its manifest.

    ``encoded`` is consumed once, in the order of ``passages``; its codes go to the disk as they
    come. ``calibrate`` gets the generation as it will be and returns what is kept with it of its
    calibration.
    """
    keys: list[bytes] = []
    vectors = np.empty((len(passages), recipe.dimension), np.float32)
    ids: list[NDArray[np.uint32]] = []
    sentences: list[NDArray[np.uint8]] = []

    def codes() -> Iterable[bytes]:
        for row, passage in enumerate(encoded):
            vectors[row] = passage.vector
            keys.append(passage.key)
            ids.append(passage.ids)
            sentences.append(passage.sentences)
            yield passage.codes.tobytes()

    sums = write_blocks(folder / _TOKENS, codes())
    if len(keys) != len(passages):
        raise ValueError(f"{len(keys)} encoded passages for {len(passages)}")
    analyzer = Analyzer(recipe.language)
    lexical = LexicalIndex.build(
        (analyzer.terms(f"{p.context}. {p.text}" if p.context else p.text) for p in passages),
        recipe.bm25,
    )
    sections = sorted({p.section for p in passages if p.section is not None})
    number = {section: n for n, section in enumerate(sections)}
    place = {document.id: n for n, document in enumerate(documents)}
    table = np.asarray(
        [
            (
                place[p.document_id],
                -1 if p.section is None else number[p.section],
                p.start,
                p.end,
                key,
            )
            for p, key in zip(passages, keys, strict=True)
        ],
        _PASSAGE,
    )
    spans = [(s - p.start, e - p.start) for p in passages for s, e in p.sentences]
    arrays: dict[str, NDArray[Any]] = {
        "passages": table,
        "sentences": np.asarray(spans, np.int32).reshape(-1, 2),
        "sentence_bounds": _bounds([len(p.sentences) for p in passages]),
        "token_bounds": _bounds([len(part) for part in ids]),
        "token_sentences": _joined(sentences, np.uint8),
        "token_ids": _joined(ids, np.uint32),
        "token_idf": _token_idf(ids, recipe.vocabulary),
        "lexical_starts": lexical.starts,
        "lexical_rows": lexical.rows,
        "lexical_impacts": lexical.impacts,
    }
    texts = [d.text.encode("utf-8", "surrogatepass") for d in documents]
    bounds = _bounds([len(text) for text in texts])
    sums |= write_blocks(folder / _TEXTS, texts)
    plain = {
        "vectors.faiss": DenseIndex.build(vectors).to_bytes(),
        "lexical_terms.txt": "\n".join(lexical.terms).encode("utf-8", "surrogatepass"),
        "sections.json": _json_bytes(sections),
        "documents.json": _json_bytes(
            [
                _document_entry(d, span)
                for d, span in zip(documents, pairwise(bounds.tolist()), strict=True)
            ]
        ),
        **{f"{key}.npy": array_bytes(array) for key, array in arrays.items()},
    }
    for file_name, data in plain.items():
        sums[file_name] = write_file(folder / file_name, [data])
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "generation": name,
        "metric": METRIC,
        **asdict(recipe),
        "model_manifest": model_manifest,
        "corpus": corpus,
        "counts": {
            "documents": len(documents),
            "passages": len(passages),
            "tokens": int(sum(map(len, ids))),
        },
        "files": {file_name: asdict(file_sum) for file_name, file_sum in sorted(sums.items())},
    }
    draft = Generation(
        folder=folder,
        index_name=folder.parent.parent.name,
        manifest=manifest,
        files=plain,
        **{
            part: BlockFile(folder / file, sums[file], (folder / (file + SUMS_ENDING)).read_bytes())
            for part, file in (("texts", _TEXTS), ("tokens", _TOKENS))
        },
    )
    manifest["calibration"] = calibrate(draft)
    written = write_file(folder / MANIFEST, [_json_bytes(manifest)])
    sync_folder(folder)
    return written.sha256


def _json_bytes(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()


def _bounds(lengths: Sequence[int]) -> RowArray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _joined(parts: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.empty(0, dtype)


def _token_idf(ids: Sequence[NDArray[np.uint32]], vocabulary: int) -> FloatArray:
    frequency = np.zeros(vocabulary, np.int64)
    for part in ids:
        frequency[np.unique(part)] += 1
    return idf(frequency, len(ids)).astype(np.float32)


def _document_entry(document: Document, text_bytes: tuple[int, int]) -> dict[str, Any]:
    return {
        "id": document.id,
        "source": document.source,
        "sha256": document.sha256,
        "encoding": document.encoding,
        "title": document.title,
        "published": asdict(document.published) if document.published else None,
        "blocks": [(b.kind, b.start, b.end, b.level) for b in document.blocks],
        "original_url": document.original_url,
        "characters": len(document.text),
        "text_bytes": text_bytes,
    }


class Generation:
    """A generation opened for reading; implements ``Store``."""

    def __init__(
        self,
        *,
        folder: Path,
        index_name: str,
        manifest: Mapping[str, Any],
        files: Mapping[str, bytes],
        texts: BlockFile,
        tokens: BlockFile,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        arrays = {
            name.removesuffix(".npy"): read_array(data)
            for name, data in files.items()
            if name.endswith(".npy")
        }
        self._documents: list[dict[str, Any]] = json.loads(files["documents.json"])
        self._sections: list[str] = json.loads(files["sections.json"])
        self._table = arrays["passages"]
        self._sentences, self._sentence_bounds = arrays["sentences"], arrays["sentence_bounds"]
        self._token_bounds, self._token_ids = arrays["token_bounds"], arrays["token_ids"]
        self._token_sentences, self._token_idf = arrays["token_sentences"], arrays["token_idf"]
        self._place = {entry["id"]: n for n, entry in enumerate(self._documents)}
        self._texts, self._tokens = texts, tokens
        self._width = int(manifest["code_width"])
        count = len(self._table)
        self.dense = DenseIndex.from_bytes(
            files["vectors.faiss"], dimension=int(manifest["dimension"]), count=count
        )
        terms = files["lexical_terms.txt"].decode("utf-8", "surrogatepass")
        self.lexical = LexicalIndex(
            terms=terms.split("\n") if terms else [],
            starts=arrays["lexical_starts"],
            rows=arrays["lexical_rows"],
            impacts=arrays["lexical_impacts"],
            count=count,
            k1=float(manifest["bm25"]["k1"]),
        )
        self._analyzer = Analyzer(str(manifest["language"]))
        self.info = IndexInfo(
            name=index_name,
            generation=str(manifest["generation"]),
            model=str(manifest["model"]),
            passages=count,
            documents=len(self._documents),
        )
        self._check_shapes(folder, arrays)
        self._cached_document = lru_cache(maxsize=_CACHED_DOCUMENTS)(self._read_document)

    @classmethod
    def open(cls, folder: Path, *, index_name: str, manifest_sha256: str) -> Generation:
        """Open a generation whose manifest has the given checksum.

        Every file is verified before it is parsed; the large mapped ones block by block, as they
        are used. Raises IndexDamagedError, or IndexForeignError for another format version.
        """
        manifest = read_manifest(folder, manifest_sha256)
        with well_formed(folder / MANIFEST):
            sums = {name: FileSum(**entry) for name, entry in manifest["files"].items()}
            files = {
                name: read_verified(folder / name, file_sum)
                for name, file_sum in sums.items()
                if name not in (_TEXTS, _TOKENS)
            }
            large = {
                name: BlockFile(folder / name, sums[name], files.pop(name + SUMS_ENDING))
                for name in (_TEXTS, _TOKENS)
            }
            return cls(
                folder=folder,
                index_name=index_name,
                manifest=manifest,
                files=files,
                texts=large[_TEXTS],
                tokens=large[_TOKENS],
            )

    def verify_all(self) -> None:
        """Verify the mapped files whole; the rest was verified when it was opened."""
        self._texts.verify_all()
        self._tokens.verify_all()

    def _check_shapes(self, folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Refuse a generation whose parts do not fit each other, though each was verified."""
        count, tokens = len(self._table), len(self._token_ids)
        fits = (
            self._table.dtype == _PASSAGE
            and len(self._token_bounds) == len(self._sentence_bounds) == count + 1
            and self._token_bounds[-1] == tokens == len(self._token_sentences)
            and self._sentence_bounds[-1] == len(self._sentences)
            and len(self._tokens) == tokens * self._width
            and len(arrays["lexical_starts"]) == len(self.lexical.terms) + 1
            and (count == 0 or self._table["document"].min() >= 0)
            and (count == 0 or self._table["document"].max() < len(self._documents))
        )
        if not fits:
            raise damaged(folder / MANIFEST, "its parts do not fit each other")

    # --- Store -------------------------------------------------------------------------------

    def allowed(self, filters: Filters) -> Allowed:
        if not filters:
            return Allowed(None, 0)
        patterns = [re.compile(translate(glob)) for glob in filters.source]
        dated = bool(filters.published_from or filters.published_to)
        keep = np.zeros(len(self._documents), bool)
        undated = 0
        for n, entry in enumerate(self._documents):
            if patterns and not any(pattern.match(entry["source"]) for pattern in patterns):
                continue
            published = entry["published"]
            if dated and published is None:
                undated += 1
                continue
            keep[n] = not dated or _in_period(published["value"], filters)
        return Allowed(keep[self._table["document"]], undated)

    def nearest(self, vector: FloatArray, k: int, allowed: Mask | None) -> RowArray:
        return self.dense.search(vector, k, allowed)

    def cosines(self, vector: FloatArray, rows: RowArray) -> FloatArray:
        return self.dense.scores(vector, rows)

    def terms(self, text: str) -> list[tuple[str, str]]:
        return self._analyzer.words(text)

    def term_scores(self, terms: Sequence[str]) -> FloatArray:
        return self.lexical.scores(terms)

    def term_weight(self, term: str) -> float:
        return self.lexical.ceiling(term)

    def term_share(self, term: str, row: int) -> float:
        rows, impacts = self.lexical.postings(term)
        at = int(np.searchsorted(rows, row))
        return float(impacts[at]) if at < len(rows) and rows[at] == row else 0.0

    def token_weights(self, ids: Sequence[int]) -> FloatArray:
        return np.asarray(self._token_idf[np.asarray(ids, np.int64)], np.float32)

    def token_codes(self, rows: RowArray) -> TokenCodes:
        starts, ends = self._token_bounds[rows], self._token_bounds[rows + 1]
        offsets = _bounds((ends - starts).tolist())
        codes = np.empty((int(offsets[-1]), self._width), np.uint8)
        sentences = np.empty(int(offsets[-1]), np.uint8)
        for start, end, at in zip(starts.tolist(), ends.tolist(), offsets.tolist(), strict=False):
            upto = at + end - start
            data = self._tokens.read(start * self._width, end * self._width)
            codes[at:upto] = np.frombuffer(data, np.uint8).reshape(-1, self._width)
            sentences[at:upto] = self._token_sentences[start:end]
        return TokenCodes(codes, offsets[:-1], sentences)

    def passage(self, row: int) -> Passage:
        place, section, start, end, _ = self._table[row].tolist()
        document = self._cached_document(place)
        first, last = self._sentence_bounds[row : row + 2].tolist()
        return Passage(
            document_id=document.id,
            start=start,
            end=end,
            text=document.text[start:end],
            section=self._sections[section] if section >= 0 else None,
            sentences=tuple(
                (start + a, start + b) for a, b in self._sentences[first:last].tolist()
            ),
        )

    def document(self, document_id: str) -> Document | None:
        place = self._place.get(document_id)
        return None if place is None else self._cached_document(place)

    def entries(self) -> Sequence[DocumentEntry]:
        passages = np.bincount(self._table["document"], minlength=len(self._documents)).tolist()
        return [
            DocumentEntry(
                id=entry["id"],
                source=entry["source"],
                title=entry["title"],
                published=entry["published"]["value"] if entry["published"] else None,
                characters=entry["characters"],
                passages=count,
            )
            for entry, count in zip(self._documents, passages, strict=True)
        ]

    def _read_document(self, place: int) -> Document:
        entry = self._documents[place]
        text = bytes(self._texts.read(*entry["text_bytes"])).decode("utf-8", "surrogatepass")
        return Document(
            id=entry["id"],
            source=entry["source"],
            sha256=entry["sha256"],
            encoding=entry["encoding"],
            text=text,
            title=entry["title"],
            published=Published(**entry["published"]) if entry["published"] else None,
            blocks=tuple(Block(*block) for block in entry["blocks"]),
            original_url=entry["original_url"],
        )

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """What the build kept of the index's calibration."""
        return self.manifest.get("calibration")

    # --- what a later build takes over -------------------------------------------------------

    def encoded(self) -> Mapping[bytes, int]:
        """Return the row of each key, for ``encoded_passage``."""
        return {key: row for row, key in enumerate(self._table["key"].tolist())}

    def encoded_passage(self, row: int) -> EncodedPassage:
        """Return a row's vectors as they were written."""
        codes = self.token_codes(np.asarray([row]))
        start, end = self._token_bounds[row : row + 2].tolist()
        return EncodedPassage(
            key=bytes(self._table["key"][row]),
            vector=self.dense.vectors[row],
            codes=codes.codes,
            ids=self._token_ids[start:end],
            sentences=codes.sentences,
        )


def read_manifest(folder: Path, sha256: str) -> dict[str, Any]:
    """Return a generation's manifest once its checksum and its format version are right."""
    path = folder / MANIFEST
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damaged(path, error.strerror or "cannot be read") from error
    manifest = read_object(path, FileSum(size, sha256))
    if manifest.get("format") != FORMAT:
        raise IndexForeignError(
            f"the index {folder.parent.parent} has format {manifest.get('format')}, this program "
            f"reads {FORMAT}: run qa build again, or install the version that built it"
        )
    if manifest.get("metric") != METRIC:
        raise IndexForeignError(
            f"the index {folder.parent.parent} has another metric: run qa build again"
        )
    missing = [name for name in _WANTED if name not in manifest]
    if missing:
        raise damaged(path, f"it has no {missing[0]}")
    return manifest


def read_object(path: Path, expected: FileSum) -> dict[str, Any]:
    """Return the JSON object in a file once its checksum is right. Raises IndexDamagedError."""
    data = read_verified(path, expected)
    with well_formed(path):
        value = json.loads(data)
        if not isinstance(value, dict):
            raise TypeError("no JSON object")
    return value


@contextmanager
def well_formed(path: Path) -> Iterator[None]:
    """Call damaged what cannot be made sense of though its checksum is right."""
    try:
        yield
    except (
        AttributeError,
        EOFError,
        LookupError,
        RuntimeError,  # RecursionError too, and FAISS's
        TypeError,
        ValueError,
    ) as error:
        raise damaged(path, f"it is not what was to be there: {error}") from error


def _in_period(published: str, filters: Filters) -> bool:
    """Whether a date that may be a year or a month falls, in any part, within a period."""
    first, last = filters.published_from or "", filters.published_to or ""
    # Each is compared as far as both are known.
    after = published[: len(first)] >= first[: len(published)]
    before = published[: len(last)] <= last[: len(published)]
    return after and before


__all__ = ["EncodedPassage", "Generation", "IndexDamagedError", "Recipe", "write_generation"]
