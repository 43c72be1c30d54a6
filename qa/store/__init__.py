"""Everything that touches the disk format: generations, their manifest, what is in them."""

from qa.store.folder import IndexFolder
from qa.store.generation import EncodedPassage, Generation, Recipe, write_generation
from qa.store.protocol import CONTEXT, DocumentEntry, Store, TokenCodes

__all__ = [
    "CONTEXT",
    "DocumentEntry",
    "EncodedPassage",
    "Generation",
    "IndexFolder",
    "Recipe",
    "Store",
    "TokenCodes",
    "write_generation",
]
