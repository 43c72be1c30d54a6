"""Every figure of reading, for indexes built at the defaults: ``python eval/reading/measure.py``.

    QA_DATASETS=FOLDER python eval/reading/measure.py [--work DIR] [--json FILE]
        [--only GROUP ...] [--few N]

The sets are eval/seeds, eval/frames, and of the folder that QA_DATASETS names xquad, scifact and the
paragraphs of ``reading`` that training keeps back. Indexes are kept in DIR. ``--few`` asks at most N
questions of each sort: for trying the script, not for a figure. Floors and goals stand in
``targets.toml``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from asking import ROOT, Bench, Line
from messages import frames, languages, small_talk, typos
from results import hits, marked, times, words
from verdicts import auroc, coverage, honest, lost, whole_and_cut

from qa.errors import QaError
from qa.evaluate.serving import config_of

GROUPS: Mapping[str, Callable[[Bench], Iterator[Line]]] = {
    "auroc": auroc,
    "cut": whole_and_cut,
    "coverage": coverage,
    "honest": honest,
    "lost": lost,
    "frames": frames,
    "smalltalk": small_talk,
    "hits": hits,
    "marked": marked,
    "words": words,
    "languages": languages,
    "typos": typos,
    "times": times,
}
TARGETS = Path(__file__).with_name("targets.toml")


class Target(NamedTuple):
    """What a figure is to reach; a goal below its floor says that less is better."""

    floor: float | None = None
    goal: float | None = None

    def missed(self, value: float | None) -> bool:
        """Whether a value is on the wrong side of the floor, or there is none."""
        if self.floor is None:
            return False
        if value is None:
            return True
        less = self.goal is not None and self.goal < self.floor
        return value > self.floor if less else value < self.floor


def main() -> int:
    """Measure, print, write; return 0, or what an error returns."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=ROOT / "index" / "reading")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="GROUP", default=list(GROUPS))
    parser.add_argument("--few", type=int, metavar="N")
    a = parser.parse_args()
    if a.few is not None and a.few < 2:
        parser.error("--few is 2 or more")
    bench = Bench(a.work, Path(os.environ.get("QA_DATASETS", "")), a.few)
    targets = read_targets(TARGETS)
    try:
        lines = measured(bench, a.only, targets)
    except QaError as error:
        print(error, file=sys.stderr)
        return 2
    if a.few is None and list(a.only) == list(GROUPS):
        unknown = sorted(set(targets) - {line.key for line in lines})
        if unknown:
            print(f"{TARGETS}: no figure is called {', '.join(unknown)}", file=sys.stderr)
            return 2
    if a.json:
        text = json.dumps(as_json(bench, lines, targets), indent=1, ensure_ascii=False)
        a.json.write_text(text + "\n", "utf-8")
    return 0


def read_targets(file: Path) -> dict[str, Target]:
    """Read floors and goals, by the figures' keys."""
    return {key: Target(**value) for key, value in tomllib.loads(file.read_text("utf-8")).items()}


def measured(bench: Bench, groups: Sequence[str], targets: Mapping[str, Target]) -> list[Line]:
    """Measure the groups, print each figure as it comes, and return them all."""
    lines = []
    print(row("figure", "value", "95% interval", "n", "floor", "goal"))
    print("|---|--:|:-:|--:|--:|--:|")
    for group in groups:
        for line in GROUPS[group](bench):
            lines.append(line)
            print(shown(line, targets.get(line.key, Target())), flush=True)
    return lines


def shown(line: Line, target: Target) -> str:
    """Return a figure as a row of the table; what misses its floor is marked."""
    figure = line.figure
    between = f"{_number(figure.low)} to {_number(figure.high)}" if figure.low is not None else ""
    value = _number(figure.value) or "n/a"
    # Markdown eats spaces: what belongs to the line above is set in with a sign of its own.
    text = line.text.lstrip(" ")
    text = "· " * ((len(line.text) - len(text)) // 2) + text
    return row(
        text,
        f"**{value}**" if target.missed(figure.value) else value,
        between,
        f"{figure.n:,}",
        _number(target.floor),
        _number(target.goal),
    )


def row(text: str, *cells: str) -> str:
    """Return a row of a Markdown table that is a table in a terminal too."""
    widths = (9, 15, 6, 6, 6)
    padded = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"| {text:58} | " + " | ".join(padded) + " |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def as_json(bench: Bench, lines: Sequence[Line], targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return what ``--json`` writes."""
    return {
        "figures": {
            line.key: {
                "text": line.text.strip(),
                **line.figure.to_json(),
                **targets.get(line.key, Target())._asdict(),
            }
            for line in lines
        },
        "few": bench.few,
        "details": bench.details,
        "config": dict(config_of(bench.seeds_engine)),
    }


if __name__ == "__main__":
    sys.exit(main())
