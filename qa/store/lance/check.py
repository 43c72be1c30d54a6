"""Proving an index in LanceDB: every row, every reference, every citation, and a sample of its searches.

All rows of all tables are read, and all that can be worked out again is: passages from their documents,
counts of terms and tokens from the passages. The engine's own indexes are checked by what they find.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from qa.errors import IndexDamagedError, UsageError
from qa.records import Document, PassageId, document_id
from qa.store.bm25 import mean_length
from qa.store.documents import document_of
from qa.store.files.dense import check_unit
from qa.store.files.pointer import Pointer
from qa.store.lance.generation import LanceGeneration
from qa.store.lance.layout import DOCUMENTS, PASSAGES, TERMS, PassageRow, damaged
from qa.store.lance.shelf import Shelf
from qa.store.lance.tables import AT_ONCE
from qa.store.lifecycle import Checked, Fault, document_digest
from qa.store.passage import stored_passage
from qa.store.protocol import CONTEXT, Query, spread

_SEARCHED = 20
"""Passages whose own words and vectors are searched for."""


def check(shelf: Shelf, tell: Callable[[str], None]) -> Checked:
    """Look at all that the pointer names. Raises IndexMissingError, IndexUnreachableError, IndexForeignError."""
    try:
        live = shelf.row.live()
    except IndexDamagedError as error:
        return Checked(0, 0, 0, (Fault("live", error.message),))
    faults: list[Fault] = []
    documents = passages = 0
    models: dict[str, str] = {}
    for pointer in live.generations:
        tell(f"generation {pointer.generation}")
        try:
            generation = shelf.generation(pointer)
        except IndexDamagedError as error:
            faults.append(Fault(pointer.generation, error.message))
            continue
        models[generation.recipe.fingerprint] = str(generation.manifest["model_manifest"])
        faults += _generation(generation, pointer)
        documents += len(generation.documents)
        passages += len(generation)
    for fingerprint, sha256 in models.items():
        tell(f"model {fingerprint}")
        try:
            shelf.models.verify(fingerprint, sha256)
        except IndexDamagedError as error:
            faults.append(Fault(f"model {fingerprint}", error.message))
    return Checked(len(live.generations), documents, passages, tuple(faults))


def _generation(generation: LanceGeneration, pointer: Pointer) -> Iterator[Fault]:
    try:
        verify_rows(generation)
        for what in (*_contents(generation), *_searches(generation)):
            yield Fault(pointer.generation, what)
    except IndexDamagedError as error:
        yield Fault(pointer.generation, error.message)
    except UsageError as error:  # a vector that is none
        yield Fault(pointer.generation, error.message)
    except (LookupError, TypeError, ValueError) as error:
        yield Fault(pointer.generation, f"it is not what was to be there: {type(error).__name__}")


def verify_rows(generation: LanceGeneration) -> None:
    """Verify every row of a generation, and that they are those that were written. Raises IndexDamagedError."""
    tables, told = generation.tables, generation.manifest["tables"]
    digests = {name: hashlib.sha256() for name in (PASSAGES, DOCUMENTS, TERMS)}
    for part in _parts(told[DOCUMENTS]["rows"]):
        for _, kept in tables.documents(part):
            digests[DOCUMENTS].update(kept)
    for part in _parts(told[PASSAGES]["rows"]):
        for _, kept in tables.passages(part, keyed=True):
            digests[PASSAGES].update(kept)
    for part in _parts(told[TERMS]["rows"]):
        for _, kept in tables.terms(part):
            digests[TERMS].update(kept)
    for name, digest in digests.items():
        if digest.hexdigest() != told[name]["sha256"]:
            raise damaged(f"{generation.info.generation}-{name}", "its rows are not those written")


def _parts(count: int) -> Iterator[range]:
    for first in range(0, count, AT_ONCE):
        yield range(first, min(first + AT_ONCE, count))


def _contents(generation: LanceGeneration) -> Iterator[str]:
    """Each document is what was read; each passage can be cited; the counts are those of the passages."""
    frequency: Counter[str] = Counter()
    tokens = np.zeros(len(generation.token_frequency), np.int64)
    lengths: list[int] = []
    seen: set[str] = set()
    for place, entry in enumerate(generation.documents.written):
        ((row, _),) = generation.tables.documents([place])
        document = document_of(entry, row.text, row.layout)
        source = entry["source"]
        if entry["id"] != document_id(source) or entry["id"] in seen:
            yield f"the id of {source} is not its own"
        seen.add(entry["id"])
        if document_digest(document) != entry["digest"]:
            yield f"{source} is not what was read"
        rows = generation.rows_of(place, place + 1)
        if len(rows) != entry["passages"]:
            yield f"{source} has other passages than are told"
        ids = generation.ids.ids(np.asarray(rows, np.int64)) if len(rows) else []
        found = generation.tables.passages(rows, keyed=True) if len(rows) else iter(())
        for id, (passage, _) in zip(ids, found, strict=True):
            yield from _passage(generation, document, place, id, passage)
            held = passage.terms.split(" ") if passage.terms else []
            frequency.update(set(held))
            lengths.append(len(held))
            tokens[np.unique(np.frombuffer(passage.ids, "<u4"))] += 1
    told: dict[str, int] = {}
    for part in _parts(generation.manifest["tables"][TERMS]["rows"]):
        for block, _ in generation.tables.terms(part):
            told |= block
    if told != frequency:
        yield "the terms are counted otherwise than they stand in the passages"
    if not np.array_equal(tokens, generation.token_frequency):
        yield "the tokens are counted otherwise than they stand in the passages"
    if mean_length(np.asarray(lengths, np.int32)) != generation.manifest["mean_length"]:
        yield "the mean length of a passage is another one"


def _passage(
    generation: LanceGeneration, document: Document, place: int, id: PassageId, row: PassageRow
) -> Iterator[str]:
    where = f"passage {id.ordinal} of {id.source}"
    kept = generation.stored(id, row)
    if row.document != place:
        yield f"{where} belongs to another document"
    span = (kept.start, kept.end, kept.section, kept.sentences)
    if not 0 <= kept.start < kept.end <= len(document.text):
        yield f"{where} lies outside its document"
    elif kept != stored_passage(document, id, *span):
        yield f"{where} is not what its document says there"
    if not all(kept.start <= start < end <= kept.end for start, end in kept.sentences):
        yield f"{where} has a sentence that does not lie in it"
    numbers = np.frombuffer(row.sentences, np.uint8)
    if np.any(numbers[numbers != CONTEXT] >= max(len(kept.sentences), 1)):
        yield f"{where} has a token of a sentence that there is none of"
    width = generation.recipe.code_width
    if not len(numbers) * width == len(row.codes) == len(row.ids) // 4 * width:
        yield f"{where} has other tokens than codes"
    check_unit(row.vector[None, :])


def _searches(generation: LanceGeneration) -> Iterator[str]:
    """The engine's indexes find what is there: a sample of passages, by their own words and vectors."""
    rows = spread(len(generation), _SEARCHED)
    found = generation.tables.passages(rows) if rows else iter(())
    for id, (row, _) in zip(generation.ids.ids(np.asarray(rows, np.int64)), found, strict=True):
        terms = list(dict.fromkeys(row.terms.split(" ") if row.terms else []))
        depth = len(generation)
        told = generation.candidates(Query(row.vector, terms, min(depth, 10)))
        nearest = generation.similar(id, 0.999)
        where = f"passage {id.ordinal} of {id.source}"
        if id not in told.dense and len(nearest) <= 10:
            yield f"{where} is not found by its own vector"
        for term in terms[:3]:
            if generation.holding(term) != generation.statistics([term], ()).terms[term]:
                yield f"a term of {where} is found in another number of passages"
