"""Gates: figures that must hold, for a run of the bench or before a build goes live.

They stand in ``eval/gates.toml``

    [gate.seeds-hit5]
    dataset = "eval/seeds"
    measure = "Success@5"
    kind = "typo"          # optional: of this kind of question only
    at_least = 0.85        # or at_most, or both

On the command line ``Success@5>=0.85``, ``Success@5[typo]>=0.85`` or ``excerpt_chars<=900``. A gate whose
figure is not defined, as those of confidence before it is calibrated, does not hold.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.build.builder import Accept, Progress, Silent
from qa.encode import Encoder
from qa.engine import Engine
from qa.errors import DatasetError, GateError, UsageError
from qa.evaluate.datasets import SpanSet, find_dataset, form_of, read_spans
from qa.evaluate.measures import Measure
from qa.evaluate.outcome import Evaluation
from qa.evaluate.run import evaluate_spans
from qa.read.onnx import reader_for
from qa.settings import Settings
from qa.store import Store

GATES_FILE = Path("eval/gates.toml")
_NOTATION = re.compile(
    r"\s*(?P<measure>[^\[\]<>=\s]+)\s*(?:\[(?P<kind>[^\]]+)\])?\s*(?P<sign>>=|<=)\s*(?P<bound>\S+)\s*"
)
_FIELDS = ("dataset", "measure", "kind", "at_least", "at_most")


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound, or two, on a figure. ``dataset`` is None for a gate of the run at hand."""

    measure: Measure
    kind: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    dataset: str | None = None
    name: str | None = None

    @property
    def subject(self) -> str:
        """What is bounded, as in ``Success@5[typo]``."""
        return f"{self.measure}[{self.kind}]" if self.kind else str(self.measure)

    @property
    def bounds(self) -> str:
        """The bounds, as in ``>=0.9``."""
        low = f">={self.at_least:g}" if self.at_least is not None else ""
        high = f"<={self.at_most:g}" if self.at_most is not None else ""
        return " ".join(filter(None, (low, high)))

    def __str__(self) -> str:
        return self.subject + self.bounds

    @classmethod
    def parse(cls, text: str) -> Gate:
        """Return the gate that ``text`` writes, as in ``Success@5>=0.9``. Raises UsageError."""
        match = _NOTATION.fullmatch(text)
        if match is None:
            raise UsageError(f"{text!r} is no gate: they are written as Success@5>=0.9")
        bound = _bound(f"gate {text!r}", match["bound"])
        return cls(
            measure=Measure.parse(match["measure"]),
            kind=match["kind"],
            at_least=bound if match["sign"] == ">=" else None,
            at_most=bound if match["sign"] == "<=" else None,
        )

    def holds(self, value: float | None) -> bool:
        """Whether a value is within the bounds; one that is not defined is not."""
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


def _bound(where: str, value: object) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{where}: the bound is {value!r}: a number is wanted")
    return number


def read_gates(file: Path) -> list[Gate]:
    """Read a file of gates. Raises UsageError when something in it is wrong."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    unknown = sorted(set(table) - {"gate"})
    entries = table.get("gate", {})
    if unknown or not isinstance(entries, dict):
        raise UsageError(f"{file}: only tables of the form [gate.NAME] are known")
    return [_gate(f"{file}, gate {name}", name, entry) for name, entry in entries.items()]


def _gate(where: str, name: str, entry: object) -> Gate:
    if not isinstance(entry, dict):
        raise UsageError(f"{where} is no table")
    unknown = sorted(set(entry) - set(_FIELDS))
    if unknown:
        raise UsageError(f"{where}: {unknown[0]!r} is not known: one of {', '.join(_FIELDS)}")
    for field in ("dataset", "measure"):
        if not isinstance(entry.get(field), str):
            raise UsageError(f"{where}: {field} is wanted, as a text")
    if "at_least" not in entry and "at_most" not in entry:
        raise UsageError(f"{where}: at_least or at_most is wanted")
    kind = entry.get("kind")
    if kind is not None and not isinstance(kind, str):
        raise UsageError(f"{where}: kind is not a text")
    return Gate(
        measure=Measure.parse(entry["measure"]),
        kind=kind,
        at_least=_bound(where, entry["at_least"]) if "at_least" in entry else None,
        at_most=_bound(where, entry["at_most"]) if "at_most" in entry else None,
        dataset=entry["dataset"],
        name=name,
    )


def gates_for(gates: Sequence[Gate], dataset: str, folder: str) -> list[Gate]:
    """Return the gates of the data set ``dataset``; see ``datasets.find_dataset`` for names."""
    wanted = _place(dataset, folder)
    return [gate for gate in gates if _place(gate.dataset or "", folder) == wanted]


def _place(name: str, folder: str) -> Path | str:
    try:
        return find_dataset(name, folder).resolve() if name else name
    except DatasetError:  # not on this machine, or of ir_datasets
        return name


@dataclass(frozen=True, slots=True)
class Checked:
    """A gate with the value that it was held against."""

    gate: Gate
    dataset: str
    value: float | None

    @property
    def held(self) -> bool:
        """Whether the gate held."""
        return self.gate.holds(self.value)

    def __str__(self) -> str:
        value = "n/a" if self.value is None else f"{self.value:.4g}"
        return f"{self.gate.subject} of {self.dataset} is {value}, wanted {self.gate.bounds}"


def check(gates: Sequence[Gate], evaluation: Evaluation) -> list[Checked]:
    """Hold gates against an evaluation. Raises UsageError for a figure that it does not have."""
    checked = []
    for gate in gates:
        figure = evaluation.figure(gate.measure, gate.kind)
        if figure is None:
            of_kind = f" for the kind {gate.kind!r}" if gate.kind else ""
            measured = evaluation.by_kind.get(gate.kind, {}) if gate.kind else evaluation.measures
            raise UsageError(
                f"the gate {gate} cannot be checked: {evaluation.dataset} has no "
                f"{gate.measure}{of_kind}, only {', '.join(map(str, measured)) or 'other kinds'}"
            )
        checked.append(Checked(gate, evaluation.dataset, figure.value))
    return checked


def fallen(checked: Sequence[Checked]) -> str:
    """Return, in words, which gates did not hold; empty when all did."""
    return "; ".join(str(one) for one in checked if not one.held)


def acceptance(
    gates: Sequence[Gate], settings: Settings, *, progress: Progress | None = None
) -> Accept:
    """Return what ``build_index`` asks before a new generation goes live.

    Every set of questions with quotes that a gate names is asked of the new generation. Gates on
    a corpus of its own say nothing about this archive and are left out. GateError refuses the
    generation, as does DatasetError, where the new archive no longer holds a gold quote.
    """
    progress = progress or Silent()
    sets: dict[str, SpanSet] = {}
    for name in dict.fromkeys(gate.dataset for gate in gates if gate.dataset):
        try:
            path = find_dataset(name, settings.datasets)
        except DatasetError as error:
            progress.say(f"gates of {name} are left out: {error}")
            continue
        if form_of(path) == "spans":
            sets[name] = read_spans(path)
    if not sets:
        raise UsageError("no gate is on a set of questions with quotes: nothing guards this build")

    def accept(store: Store, encoder: Encoder) -> None:
        engine = Engine(
            store=store,
            encoder=encoder,
            max_wrong=settings.max_wrong,
            reader=reader_for(settings.reading),
            reading=settings.reading,
        )
        checked: list[Checked] = []
        for name, dataset in sets.items():
            evaluation = evaluate_spans(dataset, engine, progress=progress)
            checked += check([gate for gate in gates if gate.dataset == name], evaluation)
        for one in checked:
            progress.say(f"gate {one}: {'holds' if one.held else 'does not hold'}")
        if fallen(checked):
            raise GateError(
                f"the new generation was refused, and what was live stays live: {fallen(checked)}"
            )

    return accept


__all__ = [
    "GATES_FILE",
    "Checked",
    "Gate",
    "acceptance",
    "check",
    "fallen",
    "gates_for",
    "read_gates",
]
