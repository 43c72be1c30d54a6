"""Building an index: read, split, embed what is new, write a generation, swing the pointer."""

from __future__ import annotations

import hashlib
import json
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from qa.confidence import calibrate
from qa.corpus import Skipped, read_folders
from qa.encode import Encoded, Encoder, Piece
from qa.encode.build import export_model, fingerprint_of, load_encoder
from qa.encode.model import find_model
from qa.errors import CorpusError, IndexUnusableError
from qa.passages import Splitting, split
from qa.rank import Ranking
from qa.records import Document, Passage
from qa.settings import Settings
from qa.store import (
    CONTEXT,
    EncodedPassage,
    Generation,
    IndexFolder,
    Recipe,
    Store,
    write_generation,
)
from qa.store.lexical import Bm25
from qa.threads import processors, settle


class Progress(Protocol):
    """Where a build tells how far it is."""

    def say(self, line: str) -> None:
        """Take a line for the user."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage of ``total`` steps, or of a number not known."""

    def advance(self, steps: int = 1) -> None:
        """Count steps of the stage."""


class Silent:
    """A Progress that tells nobody."""

    def say(self, line: str) -> None:
        pass

    def stage(self, name: str, total: int | None) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass


class Judge(Protocol):
    """Judged questions about the archive, for the calibration of a build."""

    @property
    def digest(self) -> str:
        """Names the questions and their judgements."""

    def __call__(self, store: Store, encoder: Encoder) -> list[tuple[str, bool]]:
        """Return each question with whether the first excerpt that it finds is right."""


Accept = Callable[[Generation, Encoder], None]
"""Looks at a new generation, with the model that made it, before it goes live; raises to refuse it."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    generation: str
    changed: bool
    documents: int
    passages: int
    embedded: int
    tokens: int
    furniture_lines: int
    skipped: tuple[Skipped, ...]
    seconds: float


def build_index(
    paths: Sequence[Path],
    settings: Settings,
    *,
    strict: bool = False,
    allow_download: bool = False,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    documents: Sequence[Document] | None = None,
    calibrated: bool = True,
    accept: Accept | None = None,
    judge: Judge | None = None,
) -> BuildReport:
    """Make the index of ``settings`` hold exactly what ``paths`` hold.

    Vectors of passages that an earlier generation holds are taken over. When nothing changed no
    generation is written. ``documents`` given directly stand for those that ``paths`` would
    hold; ``encoder`` stands for the model of the settings; an index that is not ``calibrated``
    has no confidence to give; ``judge`` refines its calibration. ``accept`` is asked before a new
    generation goes live: when it raises, the generation is removed and what was live stays so.
    Raises CorpusError when there is nothing to index, or, if ``strict``, a file cannot be read;
    OSError when writing fails; and what ``accept`` raises.
    """
    began = time.perf_counter()
    settle()
    progress = progress or Silent()
    folder = IndexFolder(Path(settings.index))
    skipped: list[Skipped] = []
    if documents is None:
        documents = list(_read(paths, settings, skipped, progress))
    _refuse_nothing(paths, documents, skipped, strict=strict)
    with folder.lock():
        model_manifest = ""
        if encoder is None:
            encoder, model_manifest = _ready_model(
                folder, settings, documents, allow_download, progress
            )
        else:
            model_manifest = folder.add_model(encoder.fingerprint, lambda _: None)
        splitting = Splitting(
            max_chars=settings.passage_chars,
            max_tokens=encoder.max_tokens,
            overlap=settings.overlap,
            language=settings.language,
        )
        recipe = _recipe(
            settings,
            encoder,
            splitting,
            calibrated=judge.digest if calibrated and judge else calibrated,
        )
        corpus = _corpus_digest(documents, recipe)
        previous, live = _previous(folder)
        if live and previous and previous.manifest["corpus"] == corpus:
            return _report(previous, False, 0, documents, skipped, began)
        passages = _split(documents, splitting, encoder, progress)
        reusable = previous.encoded() if previous else {}
        keys = [_key(passage, encoder) for passage in passages]
        new = [n for n, key in enumerate(keys) if key not in reusable]
        progress.stage("embedding", len(new))
        pointer = folder.add_generation(
            corpus,
            lambda target, name: write_generation(
                target,
                name=name,
                recipe=recipe,
                model_manifest=model_manifest,
                corpus=corpus,
                documents=documents,
                passages=passages,
                encoded=_encoded(passages, keys, new, encoder, previous, reusable, progress),
                calibrate=partial(_calibration, encoder, calibrated, judge, progress),
            ),
        )
        if accept is not None:
            accept(folder.generation(pointer), encoder)  # the lock removes what did not go live
        folder.make_live(pointer, keep=settings.generations_kept)
        built = folder.open().generation
    return _report(built, True, len(new), documents, skipped, began)


def _calibration(
    encoder: Encoder,
    wanted: bool,
    judge: Judge | None,
    progress: Progress,
    generation: Generation,
) -> dict[str, Any] | None:
    if not wanted:
        return None
    progress.stage("calibrating", None)
    judged = judge(generation, encoder) if judge else ()
    found = calibrate(generation, encoder, Ranking(), judged)
    return found.to_json() if found else None


def _read(
    paths: Sequence[Path], settings: Settings, skipped: list[Skipped], progress: Progress
) -> Iterator[Document]:
    progress.stage("reading", None)
    for item in read_folders(paths, max_bytes=settings.max_file_bytes):
        progress.advance()
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            yield item


def _refuse_nothing(
    paths: Sequence[Path],
    documents: Sequence[Document],
    skipped: Sequence[Skipped],
    *,
    strict: bool,
) -> None:
    if strict and skipped:
        raise CorpusError(
            f"{skipped[0].source}: {skipped[0].reason} "
            f"({len(skipped)} of {len(documents) + len(skipped)} files cannot be read, and --strict is on)"
        )
    if documents:
        return
    where = ", ".join(map(str, paths)) or "the PATHs"
    if skipped:
        raise CorpusError(
            f"no readable document in {where}: {skipped[0].source}: {skipped[0].reason}"
            + (f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else "")
        )
    raise CorpusError(f"no document in {where}: put text or Markdown files there")


def _ready_model(
    folder: IndexFolder,
    settings: Settings,
    documents: Sequence[Document],
    allow_download: bool,
    progress: Progress,
) -> tuple[Encoder, str]:
    """Export the model if this folder does not hold it yet; load it for building."""
    int8 = settings.precision == "int8"
    fingerprint = fingerprint_of(find_model(settings.model), int8=int8)
    samples = [Piece(d.title or "", d.text[:800]) for d in documents[:16]]

    def make(target: Path) -> None:
        export_model(
            settings.model,
            target,
            int8=int8,
            allow_download=allow_download,
            samples=samples,
            say=progress.say,
        )

    manifest = folder.add_model(fingerprint, make)
    return load_encoder(folder.model_folder(fingerprint), workers=processors()), manifest


def _recipe(
    settings: Settings, encoder: Encoder, splitting: Splitting, *, calibrated: bool | str
) -> Recipe:
    return Recipe(
        model=encoder.name,
        fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        code_width=encoder.codec.width,
        vocabulary=encoder.vocabulary,
        language=settings.language,
        bm25=Bm25(),
        settings={
            "splitting": asdict(splitting),
            "max_file_bytes": settings.max_file_bytes,
            "calibrated": calibrated,
        },
    )


def _corpus_digest(documents: Sequence[Document], recipe: Recipe) -> str:
    digest = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode())
    for document in documents:
        read = (
            document.source,
            document.sha256,
            document.title,
            document.published,
            document.blocks,
        )
        digest.update(repr(read).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _previous(folder: IndexFolder) -> tuple[Generation | None, bool]:
    """Return a generation whose vectors can be taken over, whole, and whether it is the live one."""
    try:
        opened = folder.open()
        opened.generation.verify_all()
    except IndexUnusableError:  # none yet, or one that cannot be taken over
        return None, False
    return opened.generation, opened.fault is None


def _split(
    documents: Sequence[Document], splitting: Splitting, encoder: Encoder, progress: Progress
) -> list[Passage]:
    progress.stage("splitting", len(documents))
    passages: list[Passage] = []
    for document in documents:
        passages += split(document, splitting, encoder.token_starts)
        progress.advance()
    return passages


def _key(passage: Passage, encoder: Encoder) -> bytes:
    """Name all that a passage's vectors depend on."""
    sentences = [(s - passage.start, e - passage.start) for s, e in passage.sentences]
    parts = (encoder.fingerprint, passage.context, passage.text, sentences)
    digest = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()[:16]
    # A fixed-width NumPy string drops trailing zero bytes.
    return digest[:15] + bytes([digest[15] | 1])


def _encoded(
    passages: Sequence[Passage],
    keys: Sequence[bytes],
    new: Sequence[int],
    encoder: Encoder,
    previous: Generation | None,
    reusable: Mapping[bytes, int],
    progress: Progress,
) -> Iterator[EncodedPassage]:
    fresh = encoder.encode_passages([Piece(passages[n].context, passages[n].text) for n in new])
    for passage, key in zip(passages, keys, strict=True):
        if previous and key in reusable:
            yield previous.encoded_passage(reusable[key])
            continue
        encoded = next(fresh)
        progress.advance()
        yield EncodedPassage(
            key=key,
            vector=encoded.vector,
            codes=encoder.codec.encode(encoded.tokens),
            ids=np.asarray(encoded.ids, np.uint32),
            sentences=_sentence_numbers(passage, encoded),
        )


def _sentence_numbers(passage: Passage, encoded: Encoded) -> Any:
    """Return for each token the number of its sentence, or CONTEXT."""
    begins = [start - passage.start for start, _ in passage.sentences]
    numbers = [
        CONTEXT if start < 0 else min(max(bisect_right(begins, start) - 1, 0), CONTEXT - 1)
        for start in encoded.starts
    ]
    return np.asarray(numbers, np.uint8)


def _report(
    generation: Generation,
    changed: bool,
    embedded: int,
    documents: Sequence[Document],
    skipped: Sequence[Skipped],
    began: float,
) -> BuildReport:
    return BuildReport(
        generation=generation.info.generation,
        changed=changed,
        documents=len(documents),
        passages=generation.info.passages,
        embedded=embedded,
        tokens=int(generation.manifest["counts"]["tokens"]),
        furniture_lines=sum(b.kind == "furniture" for d in documents for b in d.blocks),
        skipped=tuple(skipped),
        seconds=time.perf_counter() - began,
    )


__all__ = ["Accept", "BuildReport", "Judge", "Progress", "Silent", "build_index"]
