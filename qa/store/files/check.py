"""Checks an index: every byte, every reference between its files, every citation that it can give.

Opening an index verifies only what is read. A check looks at everything, and goes on after the first
fault. It also computes again what can be computed from other data, so it finds wrong contents that were
written with a right checksum.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from qa.errors import IndexDamagedError, IndexMissingError, IndexUnusableError
from qa.records import Document, citation_id, document_id
from qa.store.bm25 import idf, impacts, relative_lengths
from qa.store.files.disk import FileSum, file_sum
from qa.store.files.documents import BLOCKS, DOCUMENTS, TEXTS
from qa.store.files.folder import IndexFolder
from qa.store.files.generation import Generation
from qa.store.files.manifest import MANIFEST, read_manifest, read_object
from qa.store.files.pointer import LIVE, Live, Pointer
from qa.store.files.words import WORDS
from qa.store.lifecycle import Checked, Fault, document_digest
from qa.store.protocol import CONTEXT

_SHA256 = re.compile(r"[0-9a-f]{64}")
_AT_ONCE = 1 << 18


def check(folder: IndexFolder, tell: Callable[[str], None]) -> Checked:
    """Check everything that the pointer names. Raises IndexMissingError, IndexForeignError."""
    try:
        live = folder.live()
    except IndexMissingError:
        raise
    except IndexDamagedError as error:
        return Checked(0, 0, 0, (Fault(LIVE, error.message),))
    faults: list[Fault] = []
    documents = passages = 0
    models: dict[str, str] = {}
    for pointer in live.generations:
        tell(f"generation {pointer.generation}")
        place = folder.generation_folder(pointer)
        try:
            manifest = read_manifest(place, pointer.manifest_sha256)
        except IndexDamagedError as error:
            faults.append(_fault(folder, place / MANIFEST, error.message))
            continue
        models[str(manifest["fingerprint"])] = str(manifest["model_manifest"])
        found = list(_files(folder, place, manifest["files"], MANIFEST))
        if not found:
            found, counted = _contents(folder, pointer, live)
            documents, passages = documents + counted[0], passages + counted[1]
        faults += found
    for fingerprint, manifest_sha256 in models.items():
        tell(f"model {fingerprint}")
        faults += _model(folder, folder.model_folder(fingerprint), manifest_sha256)
    return Checked(len(live.generations), documents, passages, tuple(faults))


def _fault(folder: IndexFolder, path: Path, what: str) -> Fault:
    return Fault(path.relative_to(folder.path).as_posix(), what)


def _files(
    folder: IndexFolder, place: Path, sums: Mapping[str, Mapping[str, Any]], manifest: str
) -> Iterator[Fault]:
    """Yield the faults in the bytes of a folder's files; ``sums`` are the sums in its manifest."""
    for name, entry in sums.items():
        expected = FileSum(**entry)
        try:
            found = file_sum(place / name)
        except OSError as error:
            yield _fault(folder, place / name, error.strerror or "cannot be read")
            continue
        if found.bytes != expected.bytes:
            yield _fault(folder, place / name, f"{found.bytes} bytes instead of {expected.bytes}")
        elif found.sha256 != expected.sha256:
            yield _fault(folder, place / name, "its checksum is wrong")
    for path in sorted(place.iterdir()):
        if path.name not in sums and path.name != manifest:
            yield _fault(folder, path, "no manifest names it")


def _model(folder: IndexFolder, place: Path, manifest_sha256: str) -> Iterator[Fault]:
    path = place / "manifest.json"
    try:
        sums = read_object(path, FileSum(path.stat().st_size, manifest_sha256))
    except OSError as error:
        yield _fault(folder, path, error.strerror or "cannot be read")
    except IndexDamagedError as error:
        yield _fault(folder, path, error.message)
    else:
        yield from _files(folder, place, sums, path.name)


def _contents(
    folder: IndexFolder, pointer: Pointer, live: Live
) -> tuple[list[Fault], tuple[int, int]]:
    """Return the faults inside a generation whose bytes are right, and how much was checked."""
    place = folder.generation_folder(pointer)
    try:
        # Removed documents are checked too: they are still in the files until a purge.
        generation = folder.generation(pointer, mapped=True)
        generation.verify_all()
        generation.dense.check_vectors()
        found = [*_documents(generation), *_passages(generation), *_lexical(generation)]
        found += _words(place / WORDS)
    except IndexUnusableError as error:
        return [_fault(folder, place, error.message)], (0, 0)
    faults = [_fault(folder, place / name, what) for name, what in found]
    return faults, (len(generation.written), len(generation.table))


Told = tuple[str, str]
"""The name of a file, and its fault."""


def _documents(generation: Generation) -> Iterator[Told]:
    """Check each document against what was read: its id, its text, its blocks, its file's checksum."""
    for record in generation.files:
        # Of the file's bytes, and of a side file's with them: it need not be that of the document.
        if record.sha256 and not _SHA256.fullmatch(record.sha256):
            yield "files.json", f"{record.source} has no valid SHA-256"
    seen: set[str] = set()
    texts = blocks = 0
    for place, entry in enumerate(generation.written):
        source = entry["source"]
        if entry["id"] != document_id(source) or entry["id"] in seen:
            yield DOCUMENTS, f"the id of {source} does not belong to it"
        seen.add(entry["id"])
        if (entry["text_bytes"][0], entry["block_bytes"][0]) != (texts, blocks):
            yield DOCUMENTS, f"the text of {source} does not follow the one before it"
        texts, blocks = entry["text_bytes"][1], entry["block_bytes"][1]
        document = generation.document_at(place)
        if document_digest(document) != entry["digest"]:
            yield TEXTS, f"{source} is not what was read"
        if len(document.text) != entry["characters"]:
            yield DOCUMENTS, f"{source} has {len(document.text)} characters"
        if not _SHA256.fullmatch(document.sha256):
            yield DOCUMENTS, f"{source} has no valid SHA-256"
        if not _in_order(document):
            yield BLOCKS, f"the blocks of {source} do not lie in its text, one after the other"


def _in_order(document: Document) -> bool:
    edges = [edge for block in document.blocks for edge in (block.start, block.end)]
    return edges == sorted(edges) and (
        not edges or 0 <= edges[0] <= edges[-1] <= len(document.text)
    )


def _passages(generation: Generation) -> Iterator[Told]:
    """Check that each passage can be cited: its span, its sentences, and the citation's id."""
    sections = generation.table["section"]
    if len(sections) and (sections.min() < -1 or sections.max() >= generation.sections):
        yield "passages.npy", "it names a section that does not exist"
        return
    for name, bounds in generation.bounds.items():
        if bounds[0] != 0 or np.any(np.diff(bounds) < 0):
            yield name, "its bounds are not ascending"
            return
    document: Document | None = None
    for row, (place, start, end) in enumerate(
        generation.table[["document", "start", "end"]].tolist()
    ):
        if document is None or document.id != generation.written[place]["id"]:
            document = generation.document_at(place)
        where = f"passage {row} of {document.source}"
        if not 0 <= start < end <= len(document.text):
            yield "passages.npy", f"{where} lies outside its document"
            continue
        passage = generation.passage(row)
        cited = citation_id(passage.document_id, passage.sha256, start, end)
        if document.text[start:end] != passage.text or cited != citation_id(
            document.id, document.sha256, start, end
        ):
            yield "passages.npy", f"the citation of {where} does not hold"
        spans = passage.sentences
        if any(not start <= a < b <= end for a, b in spans) or any(
            one[1] > other[0] for one, other in pairwise(spans)
        ):
            yield "sentences.npy", f"the sentences of {where} do not lie in it, one after the other"
        numbers = generation.encoded_passage(row).sentences
        if np.any((numbers >= max(len(spans), 1)) & (numbers != CONTEXT)):
            yield "token_sentences.npy", f"a token of {where} belongs to no sentence"
    counted = np.zeros_like(generation.token_frequency)
    for row in range(len(generation.table)):
        ids = np.unique(generation.encoded_passage(row).ids)
        if len(ids) and ids[-1] >= len(counted):
            yield "token_ids.npy", f"passage {row} has a token that the model does not know"
            return
        counted[ids] += 1
    if not np.array_equal(counted, generation.token_frequency):
        yield "token_frequency.npy", "its counts differ from the tokens"


def _lexical(generation: Generation) -> Iterator[Told]:
    """Check that the postings are in order and complete, and that BM25 gives their impacts."""
    lexical, count = generation.lexical, len(generation.table)
    if list(lexical.terms) != sorted(set(lexical.terms)):
        yield "lexical_terms.txt", "its terms are not in order"
    if lexical.starts[0] != 0 or np.any(np.diff(lexical.starts) < 1):
        yield "lexical_starts.npy", "its bounds are not ascending"
        return
    if len(lexical.rows) and not 0 <= lexical.rows.min() <= lexical.rows.max() < count:
        yield "lexical_rows.npy", "it names a passage that does not exist"
        return
    within = np.ones(len(lexical.rows), bool)
    within[lexical.starts[:-1]] = False
    if np.any(np.diff(lexical.rows, prepend=0)[within] <= 0):
        yield "lexical_rows.npy", "the passages of a term are not ascending"
    held = np.bincount(lexical.rows, weights=lexical.counts, minlength=count)
    if np.any(lexical.counts < 1) or not np.array_equal(held, lexical.lengths):
        yield "lexical_counts.npy", "the number of terms in a passage differs from its length"
        return
    relative = relative_lengths(lexical.lengths, generation.mean_length)
    weights = np.repeat(idf(np.diff(lexical.starts), count), np.diff(lexical.starts))
    for at in range(0, len(lexical.rows), _AT_ONCE):
        part = slice(at, at + _AT_ONCE)
        expected = impacts(
            lexical.counts[part],
            weights[part],
            relative[lexical.rows[part]],
            generation.recipe.bm25,
        )
        if not np.allclose(lexical.impacts[part], expected, rtol=1e-5):
            yield "lexical_impacts.npy", "an impact is not what BM25 gives for the counts"
            return


def _words(path: Path) -> Iterator[Told]:
    if not path.exists():
        return  # the index of an older version has no such file
    lines = path.read_bytes().decode("utf-8", "surrogatepass").split("\n")[:-1]
    words = [line.split("\t") for line in lines]
    keys = [word[0].encode("utf-8", "surrogatepass") for word in words]
    if any(len(word) != 3 or not word[2].isdigit() for word in words) or keys != sorted(set(keys)):
        yield WORDS, "its lines are not words in order"
