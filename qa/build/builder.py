"""Builds an index: reads what changed, splits and embeds it, writes a generation, makes it live.

Documents stream: each batch is read, split, embedded and written before the next batch is read. Unchanged
things are reused from the previous generation. If nothing at all has changed, no generation is written. A
generation names what was skipped, so another file that cannot be read, or another reason, is a change. If
only some files have changed, the documents of the others are copied, unless their readers have changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from qa.build import passages
from qa.build.assembly import Assembly, Progress, Silent
from qa.build.calibration import VERSION, calibrate
from qa.build.changes import Read, Step, changes_of, found, given, plan, readable, reading
from qa.build.passages import Splitting
from qa.build.work import Here, Team
from qa.build.workers.start import need_ray, ray_crew
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
from qa.store import Bm25, Building, Facts, FileRecord, Index, Previous, Recipe, Store, open_index
from qa.text import analysis, folding


class Judge(Protocol):
    """Judged questions about the archive, for calibrating a build."""

    @property
    def digest(self) -> str:
        """A name for the questions and their judgements."""

    def __call__(self, store: Store, encoder: Encoder) -> list[tuple[str, bool]]:
        """Return each question with whether the first excerpt found for it is right."""


Accept = Callable[[Store, Encoder], None]
"""Examines a new generation, with its model, before it goes live; raises an error to refuse it."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The result of a build.

    ``calibrated``: whether the generation can give a confidence. ``skipped``: what was not read, or not
    completely. ``told``: what was read completely but with a guess, and the guess, or with facets left out.
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

    A file that has not changed is read again only if the reader of its format has changed. Vectors of
    passages that an earlier generation has are reused. If nothing changed, no generation is written.

    ``documents`` replace those that ``paths`` would give. ``encoder`` replaces the model of the settings.
    ``index`` replaces the one that the settings name. Without ``calibrated`` the index gives no confidence;
    ``judge`` refines the calibration. ``accept`` is called before a new generation goes live: if it raises,
    the generation is removed and the live one stays.

    Raises CorpusError if there is nothing to index, or if ``strict`` and a file cannot be read;
    ConfinementError if the kernel does not confine the readers as the settings demand; WorkersError if other
    processes are to work and cannot; OSError when writing fails; and what ``accept`` raises.
    """
    began = time.perf_counter()
    settle()
    progress = progress or Silent()
    index = index or open_index(settings.index, exact_passages=settings.exact_passages)
    if not (stamps(paths) if documents is None else documents):
        raise _nothing(paths, [])
    if settings.workers == "ray":
        need_ray()
    with index.building() as building, reading(settings, progress.say) as read:
        # The model comes first, so that an unusable model is refused before anything is read.
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
            and (skipped := _skipped(steps, read)) == _told(records)
        ):
            _refuse(paths, previous.facts.documents, skipped, strict=strict)
            return _report(previous.facts, building.unchanged(), 0, skipped, began)

        progress.stage("reading", sum(step.reads for step in steps))
        split_again = not (previous and _splits_alike(previous, recipe))
        with building.draft(recipe) as draft:
            here = Here(read, encoder, splitting)
            alone = settings.workers == "here" or not (
                split_again or any(s.reads and s.item.sha256 for s in steps)
            )
            with (
                nullcontext(here)
                if alone
                else _crew(settings, here, building, encoder, splitting, progress.say)
            ) as team:
                assembly = Assembly(draft, team, here, previous, progress, split_again=split_again)
                assembly.run(steps)
            skipped = _told(assembly.files)
            _refuse(paths, draft.documents, skipped, strict=strict)
            progress.stage("writing", None)
            snapshot = draft.snapshot(assembly.files)
            draft.seal(_calibration(encoder, reader, calibrated, judge, progress, snapshot))
            if accept is not None:
                accept(draft.sealed(), encoder)  # if it raises, the draft is removed
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
    if judged:
        right = sum(is_right for _, is_right in judged)
        progress.say(f"judged questions: {len(judged):,}, the first excerpt is right for {right:,}")
    found = calibrate(store, encoder, Ranking(), judged, reader, progress)
    return found.to_json() if found else None


def _refuse(
    paths: Sequence[Path],
    documents: int,
    skipped: Sequence[Skipped],
    *,
    strict: bool,
) -> None:
    """Raise CorpusError if nothing can be read, or if ``strict`` and something cannot be read."""
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
    """Return what is skipped when no file has changed."""
    skipped = []
    for step in steps:
        if step.record is not None:
            skipped += [Skipped(*pair) for pair in step.record.skipped]
        else:
            skipped += [one for one in read(step.item) if isinstance(one, Skipped)]
    return skipped


def _told(records: Sequence[FileRecord]) -> list[Skipped]:
    """Return what a build skipped, by its records."""
    return [Skipped(*pair) for record in records for pair in record.skipped]


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


def _crew(
    settings: Settings,
    here: Here,
    building: Building,
    encoder: Encoder,
    splitting: Splitting,
    say: Callable[[str], None],
) -> AbstractContextManager[Team]:
    """Return a context of processes that read, split and embed."""
    model = building.add_model(encoder.fingerprint, lambda _: None)
    return ray_crew(settings, here, encoder, model, splitting, say)


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
            "readers": reader_versions(Options.of(settings).ocr),
            "passages": str(Version(passages.VERSION, passages.LIBRARIES)),
            "terms": f"{Version(analysis.VERSION, analysis.LIBRARIES)} folding {folding.VERSION}",
            "calibrated": calibrated,
            # A calibration depends on scores, so other weights need another calibration.
            "ranking": asdict(Ranking()) if calibrated else None,
            "reader": reader.fingerprint if reader else None,
            "calibration": VERSION if calibrated else None,
        },
    )


def _splits_alike(previous: Previous, recipe: Recipe) -> bool:
    """Whether a build would make the same passages and vectors from a document as a generation has."""
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
