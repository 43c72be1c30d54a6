"""The index that is evaluated: opened, described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa import __version__
from qa.encode import Encoder
from qa.engine import Engine
from qa.evaluate.outcome import IndexFacts
from qa.read.onnx import reader_for
from qa.settings import Settings
from qa.store import open_index


def open_engine(index: Path | str, settings: Settings, encoder: Encoder | None = None) -> Engine:
    """Open an index; ``encoder`` stands for the model that is kept with it."""
    if encoder is None:
        return Engine.open(index, max_wrong=settings.max_wrong, reading=settings.reading)
    opened = open_index(index).open()
    return Engine(
        store=opened.store,
        encoder=encoder,
        max_wrong=settings.max_wrong,
        reader=reader_for(settings.reading),
        reading=settings.reading,
        fault=opened.fault,
    )


def facts_of(engine: Engine, build_seconds: float | None = None) -> IndexFacts:
    """Return how large an index is."""
    info = engine.info
    return IndexFacts(info.passages, info.documents, build_seconds, engine.store.size)


def config_of(engine: Engine) -> Mapping[str, Any]:
    """Return what decides the figures: program, generation, its making, its ranking."""
    recipe = engine.store.recipe
    return {
        "version": __version__,
        "index": engine.info.name,
        "generation": engine.info.generation,
        "model": engine.info.model,
        "fingerprint": engine.encoder.fingerprint,
        "language": recipe.language,
        "settings": recipe.settings,
        "ranking": asdict(engine.ranking),
        "max_wrong": engine.max_wrong,
        "reading": engine.reading,
        "reader": engine.reader.fingerprint if engine.reader else None,
    }
