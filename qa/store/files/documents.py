"""The documents of a generation in its files: an entry for each, their texts and their blocks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from qa.records import Document
from qa.store.documents import Documents, document_of
from qa.store.files.disk import BlockFile, FileSum, read_verified
from qa.store.files.manifest import read_manifest, well_formed

DOCUMENTS, TEXTS, BLOCKS = "documents.json", "texts.bin", "blocks.bin"


def documents_of(
    written: Sequence[Mapping[str, Any]],
    texts: BlockFile,
    blocks: BlockFile,
    removed: Collection[str],
) -> Documents:
    """Return the documents with these entries; each is read when it is asked for."""
    # The cache must not hold a generation: a cycle would keep the maps of an unused one.
    return Documents(written, partial(_read, written, texts, blocks), removed)


def document_ids(folder: Path, manifest_sha256: str) -> set[str]:
    """Return the ids of all documents in a generation. Raises IndexUnusableError."""
    manifest = read_manifest(folder, manifest_sha256)
    path = folder / DOCUMENTS
    with well_formed(path):
        data = read_verified(path, FileSum(**manifest["files"][DOCUMENTS]))
        return {str(entry["id"]) for entry in json.loads(data)}


def span_of(entries: Sequence[Mapping[str, Any]], name: str) -> tuple[int, int]:
    """Return where the bytes of some documents, one behind the other, begin and end in a file."""
    return (entries[0][name][0], entries[-1][name][1]) if entries else (0, 0)


def _read(
    entries: Sequence[Mapping[str, Any]], texts: BlockFile, blocks: BlockFile, place: int
) -> Document:
    entry = entries[place]
    text = bytes(texts.read(*entry["text_bytes"]))
    return document_of(entry, text, bytes(blocks.read(*entry["block_bytes"])))
