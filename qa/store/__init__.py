"""Everything that touches the disk format: generations, their manifest, what is in them."""

from qa.store.files.folder import IndexFolder
from qa.store.files.generation import EncodedPassage, FileRecord, Generation
from qa.store.files.journal import Journal
from qa.store.files.pointer import Live, Pointer
from qa.store.files.writer import GenerationWriter, Recipe, document_digest
from qa.store.protocol import CONTEXT, DocumentEntry, Store, TokenCodes

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
