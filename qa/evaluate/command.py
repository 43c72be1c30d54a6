"""``qa eval``: one judged data set, measured, compared, held against its gates, written down."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from qa.build.builder import Progress, Silent
from qa.encode import Encoder
from qa.errors import GateError, UsageError
from qa.evaluate.compare import Comparison, compare, read_evaluation
from qa.evaluate.datasets import SpanSet, read_dataset, without_history
from qa.evaluate.gates import GATES_FILE, Checked, Gate, check, fallen, gates_for, read_gates
from qa.evaluate.outcome import Evaluation
from qa.evaluate.report import page
from qa.evaluate.run import evaluate_corpus, evaluate_spans
from qa.evaluate.serving import open_engine
from qa.evaluate.table import lines_of
from qa.settings import Settings
from qa.text.printable import in_line, printable


def run_eval(
    *,
    dataset: str,
    index: str | None = None,
    queries: str | Path | None = None,
    json_file: str | Path | None = None,
    against: str | Path | None = None,
    report: str | Path | None = None,
    history: bool = True,
    gates: Sequence[str] = (),
    settings: Settings,
    progress: AbstractContextManager[Progress] | None = None,
    encoder: Encoder | None = None,
) -> int:
    """Evaluate ``dataset``, print the figures, write what is asked for; return 0.

    A set of questions with quotes is asked of the index at ``index``, else of the settings'. A
    judged corpus has an index of its own, at ``index`` or in the cache. Without ``history`` each
    question is asked as if none had been before it. ``gates`` are held beside
    those that ``eval/gates.toml`` has for this data set. ``encoder`` stands for the model;
    ``progress`` shows how far the work is until there is something to print. Raises
    QaErrors for input that is wrong and for an index that cannot be used, and GateError, after
    everything was printed and written, when a gate does not hold.
    """
    wanted = [Gate.parse(gate) for gate in gates]
    # A gate is on a set's own questions, as they are, not on others asked of its corpus.
    if GATES_FILE.is_file() and not queries and history:
        wanted += gates_for(read_gates(GATES_FILE), dataset, settings.datasets)
    earlier = read_evaluation(Path(against)) if against else None
    for file in (json_file, report):
        if file:
            _refuse_unwritable(Path(file))
    found = read_dataset(dataset, settings.datasets, queries=Path(queries) if queries else None)
    with progress or nullcontext(Silent()) as told:
        if isinstance(found, SpanSet):
            found = found if history else without_history(found)
            engine = open_engine(index or settings.index, settings, encoder)
            evaluation = evaluate_spans(found, engine, progress=told)
        else:
            evaluation = evaluate_corpus(
                found,
                settings,
                index=index,
                encoder=encoder,
                progress=told,
            )
    comparison = compare(earlier, str(against), evaluation) if earlier else None
    checked = check(wanted, evaluation)
    _write_all(evaluation, comparison, checked, json_file, report)
    for line in lines_of(evaluation, comparison, checked):
        sys.stdout.write(printable(in_line(line)) + "\n")
    sys.stdout.flush()
    if fallen(checked):
        raise GateError(f"a gate did not hold: {fallen(checked)}")
    return 0


def as_json(evaluation: Evaluation, comparison: Comparison | None) -> dict[str, Any]:
    """Return what ``--json`` writes."""
    found = evaluation.to_json()
    if comparison:
        found["against"] = comparison.to_json()
    return found


def _write_all(
    evaluation: Evaluation,
    comparison: Comparison | None,
    checked: Sequence[Checked],
    json_file: str | Path | None,
    report: str | Path | None,
) -> None:
    if json_file:
        text = json.dumps(as_json(evaluation, comparison), indent=1, ensure_ascii=False)
        _write(Path(json_file), text + "\n")
    if report:
        _write(Path(report), page(evaluation, comparison, checked))


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
