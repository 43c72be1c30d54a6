"""How a generation was made, as far as it decides what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from qa.store.bm25 import Bm25


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

    @property
    def digest(self) -> str:
        """Names the recipe; the same whether it was just made or read from a manifest."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Recipe:
        """Return the recipe that a generation was made by."""
        fields = {name: manifest[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"bm25": Bm25(**fields["bm25"])})
