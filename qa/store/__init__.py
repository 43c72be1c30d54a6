"""What holds an index: the protocols that the rest of the program uses, and the stores behind them.

``Index`` opens, builds, rolls back, purges and checks an index. A ``Store`` is one generation of it,
which answers questions. ``files/`` is an index in a folder (``index/README.md``), ``lance/`` an index at
an address (``docs/scale.md``). Any other store must pass the tests in ``tests/store/contract.py``.
"""

from pathlib import Path

from qa.store.address import folder_of, kept_here, need_lancedb, remote_address
from qa.store.bm25 import Bm25
from qa.store.files.folder import IndexFolder
from qa.store.files.generation import Generation
from qa.store.files.index import FileIndex
from qa.store.files.journal import Journal
from qa.store.files.pointer import Live, Pointer
from qa.store.files.writer import GenerationWriter
from qa.store.lifecycle import (
    Building,
    Checked,
    Draft,
    EncodedPassage,
    Facts,
    Fault,
    FileRecord,
    GenerationState,
    Index,
    IndexState,
    Opened,
    Previous,
    PurgeReport,
    document_digest,
)
from qa.store.protocol import (
    CONTEXT,
    Candidates,
    DocumentEntry,
    Fetched,
    NearWord,
    Query,
    Sampled,
    Spans,
    Spellings,
    Statistics,
    Store,
    StoredPassage,
    TokenCodes,
)
from qa.store.recipe import Recipe


def open_index(place: str | Path, *, exact_passages: int | None = None) -> Index:
    """Return the index at a place: a folder, or an address. It need not exist yet.

    ``exact_passages`` is for builds at an address: with more passages than that, an index of the vectors
    finds the nearest. None: what is usual.

    Raises UsageError for an address of an unknown kind, and if LanceDB is needed but not installed.
    """
    address = remote_address(place)
    if address is None:
        return FileIndex(Path(place))
    need_lancedb()
    from qa.store.lance import LanceIndex  # an extra: an index in a folder does not need it

    return LanceIndex(address, exact_passages=exact_passages)


__all__ = [
    "CONTEXT",
    "Bm25",
    "Building",
    "Candidates",
    "Checked",
    "DocumentEntry",
    "Draft",
    "EncodedPassage",
    "Facts",
    "Fault",
    "Fetched",
    "FileIndex",
    "FileRecord",
    "Generation",
    "GenerationState",
    "GenerationWriter",
    "Index",
    "IndexFolder",
    "IndexState",
    "Journal",
    "Live",
    "NearWord",
    "Opened",
    "Pointer",
    "Previous",
    "PurgeReport",
    "Query",
    "Recipe",
    "Sampled",
    "Spans",
    "Spellings",
    "Statistics",
    "Store",
    "StoredPassage",
    "TokenCodes",
    "document_digest",
    "folder_of",
    "kept_here",
    "open_index",
]
