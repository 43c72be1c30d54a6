"""Building an index: read what changed, split and embed it, write a generation, swing the pointer.

Documents stream: each is read, split, embedded and written before the next batch is read. What has
not changed since the generation before is taken over as it was written: the whole where nothing else
that a build goes by has changed, the documents where their files would be read as they were.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from qa.build import passages
from qa.build.assembly import Assembly, Progress, Silent
from qa.build.calibration import VERSION, calibrate
from qa.build.changes import Read, Step, changes_of, found, given, plan, readable, reading
from qa.build.passages import Splitting
from qa.corpus import Options, Skipped, reader_versions, stamps
from qa.corpus.reading import Version
from qa.encode import Encoder
from qa.encode.build import export_model, fingerprint_of, load_encoder
from qa.encode.model import Prompts, find_model
from qa.errors import CorpusError
from qa.read import Reader
from qa.read.onnx import reader_for
from qa.records import Document
from qa.runtime import processors, settle
from qa.search.rank import Ranking
from qa.settings import Settings, own_if_auto
from qa.store import Bm25, Building, Facts, Index, Previous, Recipe, Store, open_index
from qa.text import analysis, folding


class Judge(Protocol):
    """Judged questions about the archive, for the calibration of a build."""

    @property
    def digest(self) -> str:
        """Names the questions and their judgements."""

    def __call__(self, store: Store, encoder: Encoder) -> list[tuple[str, bool]]:
        """Return each question with whether the first excerpt that it finds is right."""


Accept = Callable[[Store, Encoder], None]
"""Looks at a new generation, with the model that made it, before it goes live; raises to refuse it."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    ``calibrated``: the generation can tell what it answers from what it does not. ``skipped``: what is not
    read, or not whole. ``told``: what was read whole, and how, where that is a guess.
    """

    generation: str
    changed: bool
    documents: int
    passages: int
    embedded: int
    tokens: int
    furniture_lines: int
    calibrated: bool
    skipped: tuple[Skipped, ...]
    told: tuple[Skipped, ...]
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
    index: Index | None = None,
) -> BuildReport:
    """Make the index of ``settings`` hold exactly what ``paths`` hold.

    Files that have not changed are read again only where the reader of their format has; vectors of
    passages that an earlier generation holds are taken over. When nothing changed no generation is
    written.
    ``documents`` given directly stand for those that ``paths`` would hold; ``encoder`` stands for
    the model of the settings; an index that is not ``calibrated`` has no confidence to give;
    ``judge`` refines its calibration. ``accept`` is asked before a new generation goes live: when
    it raises, the generation is removed and what was live stays so. ``index`` stands for the one that
    the settings name. Raises CorpusError when there
    is nothing to index, or, if ``strict``, a file cannot be read; ConfinementError when the kernel does not hold the
    readers as the settings demand; OSError when writing fails; and what ``accept`` raises.
    """
    began = time.perf_counter()
    settle()
    progress = progress or Silent()
    index = index or open_index(settings.index)
    if not (stamps(paths) if documents is None else documents):
        raise _nothing(paths, [])
    with index.building() as building, reading(settings, progress.say) as read:
        # The model first: one that is of no use is refused before anything is read.
        if encoder is None:
            encoder = _ready_model(building, settings, allow_download, progress)
        else:
            building.add_model(encoder.fingerprint, lambda _: None)
        if documents is None:
            progress.stage("comparing", None)
            items = found(paths, settings, progress.advance)
        else:
            items = given(documents)
        splitting = _splitting(settings, encoder)
        wanted = judge.digest if calibrated and judge else calibrated
        reader = reader_for(settings.reading) if calibrated else None
        recipe = _recipe(settings, encoder, reader, splitting, calibrated=wanted)
        previous = building.previous
        records = previous.files if previous else []
        steps = plan(items, records, readable(previous, recipe.settings))
        if (
            previous
            and previous.live
            and previous.recipe.digest == recipe.digest
            and not changes_of(steps, records)
        ):
            skipped = _skipped(steps, read)
            _refuse(paths, previous.facts.documents, skipped, strict=strict)
            return _report(previous.facts, building.unchanged(), 0, skipped, began)

        progress.stage("reading", sum(step.reads for step in steps))
        split_again = not (previous and _splits_alike(previous, recipe))
        with building.draft(recipe) as draft:
            assembly = Assembly(
                draft, encoder, splitting, previous, progress, split_again=split_again
            )
            assembly.run(steps, read)
            skipped = [Skipped(*pair) for file in assembly.files for pair in file.skipped]
            _refuse(paths, draft.documents, skipped, strict=strict)
            progress.stage("writing", None)
            snapshot = draft.snapshot(assembly.files)
            draft.seal(_calibration(encoder, reader, calibrated, judge, progress, snapshot))
            if accept is not None:
                accept(draft.sealed(), encoder)  # what is not published is removed
            facts = draft.publish(
                keep=settings.generations_kept,
                paths=[str(path.absolute()) for path in paths] if documents is None else [],
            )
    return _report(facts, True, assembly.embedded, skipped, began)


def _calibration(
    encoder: Encoder,
    reader: Reader | None,
    wanted: bool,
    judge: Judge | None,
    progress: Progress,
    store: Store,
) -> dict[str, Any] | None:
    if not wanted:
        return None
    judged = judge(store, encoder) if judge else ()
    found = calibrate(store, encoder, Ranking(), judged, reader, progress)
    return found.to_json() if found else None


def _refuse(
    paths: Sequence[Path],
    documents: int,
    skipped: Sequence[Skipped],
    *,
    strict: bool,
) -> None:
    """Raise CorpusError when nothing can be read, or ``strict`` and something cannot."""
    skipped = [one for one in skipped if not one.is_whole]
    if strict and skipped:
        raise CorpusError(
            f"{skipped[0].source}: {skipped[0].reason} "
            f"({len(skipped)} of {documents + len(skipped)} files cannot be read, and --strict is on)"
        )
    if not documents:
        raise _nothing(paths, skipped)


def _nothing(paths: Sequence[Path], skipped: Sequence[Skipped]) -> CorpusError:
    where = ", ".join(map(str, paths)) or "the PATHs"
    if skipped:
        more = f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else ""
        return CorpusError(
            f"no readable document in {where}: {skipped[0].source}: {skipped[0].reason}{more}"
        )
    return CorpusError(f"no document in {where}: put text or Markdown files there")


def _skipped(steps: Sequence[Step], read: Read) -> list[Skipped]:
    """Return what is not indexed of files none of which has changed."""
    skipped = []
    for step in steps:
        if step.record is not None:
            skipped += [Skipped(*pair) for pair in step.record.skipped]
        else:
            skipped += [one for one in read(step.item) if isinstance(one, Skipped)]
    return skipped


def _ready_model(
    building: Building,
    settings: Settings,
    allow_download: bool,
    progress: Progress,
) -> Encoder:
    """Export the model if this index does not hold it yet; load it for building."""
    int8 = settings.precision == "int8"
    prompts = Prompts(own_if_auto(settings.question_prompt), own_if_auto(settings.passage_prompt))
    fingerprint = fingerprint_of(find_model(settings.model), int8=int8, prompts=prompts)

    def make(target: Path) -> None:
        export_model(
            settings.model,
            target,
            int8=int8,
            allow_download=allow_download,
            say=progress.say,
            step=lambda what: progress.stage(f"preparing the model: {what}", None),
            prompts=prompts,
        )

    return load_encoder(building.add_model(fingerprint, make), workers=processors())


def _splitting(settings: Settings, encoder: Encoder) -> Splitting:
    return Splitting(
        max_chars=settings.passage_chars,
        max_tokens=encoder.max_tokens,
        overlap=settings.overlap,
        language=settings.language,
    )


def _recipe(
    settings: Settings,
    encoder: Encoder,
    reader: Reader | None,
    splitting: Splitting,
    *,
    calibrated: bool | str,
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
            "reading": Options.of(settings).results,
            "readers": reader_versions(),
            "passages": str(Version(passages.VERSION, passages.LIBRARIES)),
            "terms": f"{Version(analysis.VERSION, analysis.LIBRARIES)} folding {folding.VERSION}",
            "calibrated": calibrated,
            # A calibration is of scores: other weights make another one.
            "ranking": asdict(Ranking()) if calibrated else None,
            "reader": reader.fingerprint if reader else None,
            "calibration": VERSION if calibrated else None,
        },
    )


def _splits_alike(previous: Previous, recipe: Recipe) -> bool:
    """Whether a build would make the passages of a document, and their vectors, as a generation has them."""
    before = previous.recipe
    others = ("reading", "readers", "calibrated", "ranking", "reader", "calibration")
    settings = {**before.settings, **{name: recipe.settings[name] for name in others}}
    return replace(before, settings=settings).digest == recipe.digest


def _report(
    facts: Facts, changed: bool, embedded: int, skipped: Sequence[Skipped], began: float
) -> BuildReport:
    return BuildReport(
        generation=facts.generation,
        changed=changed,
        documents=facts.documents,
        passages=facts.passages,
        embedded=embedded,
        tokens=facts.tokens,
        furniture_lines=facts.furniture_lines,
        calibrated=facts.calibrated,
        skipped=tuple(one for one in skipped if not one.is_whole),
        told=tuple(one for one in skipped if one.is_whole),
        seconds=time.perf_counter() - began,
    )


__all__ = ["Accept", "BuildReport", "Judge", "Progress", "Silent", "build_index"]
