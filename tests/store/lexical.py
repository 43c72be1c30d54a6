"""The lexical index of passages given as their terms, made as a build makes it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from qa.store.bm25 import Bm25
from qa.store.files.disk import read_array
from qa.store.files.lexical import LexicalIndex
from qa.store.files.postings import PostingsWriter


def files_of(postings: PostingsWriter) -> dict[str, bytes]:
    """Return the files of what was collected, which is given up."""
    files = {name: b"".join(parts) for name, parts in postings.files()}
    postings.close()
    return files


def read_files(files: dict[str, bytes]) -> LexicalIndex:
    """Return the index of its files."""
    terms = files["lexical_terms.txt"].decode("utf-8", "surrogatepass")
    array = {
        name.removeprefix("lexical_").removesuffix(".npy"): read_array(data)
        for name, data in files.items()
        if name.endswith(".npy")
    }
    return LexicalIndex(terms=terms.split("\n") if terms else [], **array)


def lexical_index(passages: Iterable[Sequence[str]], bm25: Bm25) -> LexicalIndex:
    """Index passages given as their terms, in row order."""
    with tempfile.TemporaryDirectory() as folder:
        postings = PostingsWriter(Path(folder), bm25)
        for terms in passages:
            postings.add(terms)
        return read_files(files_of(postings))
