"""``qa eval``: one judged data set, measured, compared, held against its gates, written down."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.build.builder import Progress, Silent
from qa.encode import Encoder
from qa.engine import Engine
from qa.errors import GateError, UsageError
from qa.evaluate.compare import compare_all, read_evaluation
from qa.evaluate.comparison import Comparison
from qa.evaluate.datasets import JudgedCorpus, SpanSet, read_dataset, without_history
from qa.evaluate.foreign import evaluate_corpus_run, evaluate_span_run
from qa.evaluate.gates import GATES_FILE, Gate, check, fallen, gates_for, read_gates
from qa.evaluate.markdown import summary
from qa.evaluate.measures import Measure
from qa.evaluate.outcome import Evaluation
from qa.evaluate.report import page
from qa.evaluate.run import evaluate_corpus, evaluate_spans, measures_of
from qa.evaluate.runs import check_ids, run_lines
from qa.evaluate.serving import open_engine
from qa.evaluate.spans import RESULTS, Asking
from qa.evaluate.table import lines_of
from qa.settings import Settings
from qa.text.printable import in_line, printable

_OURS = "cited-qa"


def run_eval(
    *,
    dataset: str,
    index: str | None = None,
    queries: str | Path | None = None,
    json_file: str | Path | None = None,
    against: Sequence[str | Path] = (),
    report: str | Path | None = None,
    markdown: str | Path | None = None,
    run: str | Path | None = None,
    run_from: str | Path | None = None,
    measures: Sequence[str] = (),
    history: bool = True,
    gates: Sequence[str] = (),
    settings: Settings,
    progress: AbstractContextManager[Progress] | None = None,
    encoder: Encoder | None = None,
) -> int:
    """Evaluate ``dataset``, print the figures, write what is asked for; return 0.

    A set of questions with quotes is asked of the index at ``index``, else of the settings'. A
    judged corpus has an index of its own, at ``index`` or in the cache. Without ``history`` each
    question is asked as if none had been before it. ``run_from`` is a run that another program made:
    it is judged, and compared with the files ``against``, or with what the index finds where there are
    none. ``measures`` are taken besides the data set's. ``gates`` are held beside
    those that ``eval/gates.toml`` has for this data set. ``encoder`` stands for the model;
    ``progress`` shows how far the work is until there is something to print. Raises
    QaErrors for input that is wrong and for an index that cannot be used, and GateError, after
    everything was printed and written, when a gate does not hold.
    """
    wanted = [Gate.parse(gate) for gate in gates]
    # A gate is on a set's own questions, as they are and as we answer them.
    if GATES_FILE.is_file() and not queries and history and not run_from:
        wanted += gates_for(read_gates(GATES_FILE), dataset, settings.datasets)
    if run and run_from:
        raise UsageError("--run writes what the index finds: leave it or --run-from out")
    earlier = [(str(file), read_evaluation(Path(file))) for file in against]
    for file in (json_file, report, markdown, run):
        if file:
            _refuse_unwritable(Path(file))
    found = read_dataset(dataset, settings.datasets, queries=Path(queries) if queries else None)
    if isinstance(found, SpanSet) and not history:
        found = without_history(found)
    asked = _Asked(
        dataset=found,
        measures=measures_of(found, measures),
        # A run and the JSON hold a hundred results; the report tells of the first ten's stages.
        deep=bool(run or json_file),
        explained=bool(report) and not run_from,
        index=index,
        settings=settings,
        encoder=encoder,
    )
    if run:
        asked.check_ids()
    with progress or nullcontext(Silent()) as told:
        if run_from:
            evaluation = asked.of_run(Path(run_from), told)
            if not earlier:
                earlier = [(_OURS, asked.of_index(told).to_json())]
        else:
            evaluation = asked.of_index(told)
    comparisons = compare_all(earlier, evaluation)
    checked = check(wanted, evaluation)
    if json_file:
        _write(Path(json_file), as_text(as_json(evaluation, comparisons)))
    if report:
        _write(Path(report), page(evaluation, comparisons, checked))
    if markdown:
        _write(Path(markdown), summary(evaluation, comparisons, checked))
    if run:
        lines = run_lines({outcome.id: outcome.ranked for outcome in evaluation.outcomes})
        _write(Path(run), "".join(lines))
    for line in lines_of(evaluation, comparisons, checked):
        sys.stdout.write(printable(in_line(line)) + "\n")
    sys.stdout.flush()
    if fallen(checked):
        raise GateError(f"a gate did not hold: {fallen(checked)}")
    return 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A data set with how it is asked and judged."""

    dataset: SpanSet | JudgedCorpus
    measures: tuple[Measure, ...]
    deep: bool
    explained: bool
    index: str | None
    settings: Settings
    encoder: Encoder | None

    def check_ids(self) -> None:
        """Find out before the work, not after it, that its result has no form as a run."""
        if isinstance(self.dataset, SpanSet):
            check_ids(question.id for question in self.dataset.questions)
        else:
            check_ids(self.dataset.qrels)
            check_ids(row.id for row in self.dataset.rows)

    def of_index(self, progress: Progress) -> Evaluation:
        """Evaluate what the index finds."""
        if isinstance(self.dataset, SpanSet):
            far = any(m.of_ranking and (m.cutoff or 0) > RESULTS for m in self.measures)
            asking = Asking(self.measures, self.deep or far, self.explained)
            return evaluate_spans(self.dataset, self._engine(), asking=asking, progress=progress)
        return evaluate_corpus(
            self.dataset,
            self.settings,
            index=self.index,
            encoder=self.encoder,
            measures=self.measures,
            explained=self.explained,
            progress=progress,
        )

    def of_run(self, file: Path, progress: Progress) -> Evaluation:
        """Evaluate a run that another program made."""
        if isinstance(self.dataset, SpanSet):
            return evaluate_span_run(
                self.dataset, self._engine(), file, measures=self.measures, progress=progress
            )
        return evaluate_corpus_run(self.dataset, file, measures=self.measures, progress=progress)

    def _engine(self) -> Engine:
        return open_engine(self.index or self.settings.index, self.settings, self.encoder)


def as_json(evaluation: Evaluation, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return what ``--json`` writes: ``against`` is the first of the ``comparisons``."""
    found = evaluation.to_json()
    if comparisons:
        found["against"] = comparisons[0].to_json()
        found["comparisons"] = [comparison.to_json() for comparison in comparisons]
    return found


def as_text(found: Mapping[str, Any]) -> str:
    """Return an evaluation's JSON with a line for each question, which may hold a hundred results."""
    parts = []
    for key, value in found.items():
        if key == "questions":
            lines = ",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in value)
            text = f"[\n{lines}\n ]"
        else:
            text = json.dumps(value, indent=1, ensure_ascii=False).replace("\n", "\n ")
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _refuse_unwritable(file: Path) -> None:
    """Find out before the work, not after it, that its result cannot be kept."""
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file} cannot be written: name a file in a folder that exists")


def _write(file: Path, text: str) -> None:
    try:
        # A lone surrogate, which UTF-8 has no bytes for, becomes its JSON escape.
        file.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from error
