"""The recipe of a generation: everything about the build that decides what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from qa.store.bm25 import Bm25


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides the result of a build; two builds of one recipe and one corpus are equal."""

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
        """A name for the recipe; the same for a new recipe and for one read from a manifest."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Recipe:
        """Return the recipe that made a generation."""
        fields = {name: manifest[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"bm25": Bm25(**fields["bm25"])})
