"""Everything that touches the disk format: generations, their manifest, what is in them."""

from qa.store.folder import IndexFolder
from qa.store.generation import EncodedPassage, FileRecord, Generation
from qa.store.journal import Journal
from qa.store.pointer import Live, Pointer
from qa.store.protocol import CONTEXT, DocumentEntry, Store, TokenCodes
from qa.store.writer import GenerationWriter, Recipe, document_digest

__all__ = [
    "CONTEXT",
    "DocumentEntry",
    "EncodedPassage",
    "FileRecord",
    "Generation",
    "GenerationWriter",
    "IndexFolder",
    "Journal",
    "Live",
    "Pointer",
    "Recipe",
    "Store",
    "TokenCodes",
    "document_digest",
]
