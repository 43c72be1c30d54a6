"""What each choice in splitting and ranking is worth: writes eval/ablation.md.

    QA_DATASETS=... python eval/ablation.py [--scifact] [--work DIR] [--write]

The weights are chosen by choose.py; with --scifact the chosen setting and the plainest ones are also
reported on SciFact, which that rule does not open. Indexes are kept in DIR for the next run.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from qa.build.builder import build_index
from qa.cli.progress import Lines
from qa.engine import Engine
from qa.evaluate.corpora import ask_corpus, corpus_index
from qa.evaluate.datasets import JudgedCorpus, SpanSet, read_dataset
from qa.evaluate.measures import CORPUS_MEASURES, SPAN_MEASURES
from qa.evaluate.outcome import summarise
from qa.evaluate.serving import config_of, facts_of
from qa.evaluate.spans import ask_spans
from qa.search.rank import Ranking
from qa.settings import Settings

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Variant:
    """One way to split and to rank; ``everywhere``: worth the time on SciFact."""

    name: str
    ranking: Ranking = field(default_factory=Ranking)
    settings: Settings = field(default_factory=Settings)
    everywhere: bool = False


CHOSEN = Variant("as it is by default", everywhere=True)
VARIANTS = (
    CHOSEN,
    Variant("dense alone", Ranking(dense=1, lexical=0, late=0, sentence=0), everywhere=True),
    Variant("BM25 alone", Ranking(dense=0, lexical=1, late=0, sentence=0), everywhere=True),
    Variant(
        "dense and BM25, no late interaction",
        Ranking(late=0, sentence=0),
        everywhere=True,
    ),
    Variant("late interaction alone", Ranking(dense=0, lexical=0, sentence=0), everywhere=True),
    Variant("without the sentence score", Ranking(sentence=0), everywhere=True),
    Variant("without the passage's late score", Ranking(late=0), everywhere=True),
    Variant("sentence score at half its weight", Ranking(sentence=0.6)),
    Variant("dense at half its weight", Ranking(dense=0.25), everywhere=True),
    Variant("dense at twice its weight", Ranking(dense=1.0)),
    Variant("BM25 at half its weight", Ranking(lexical=0.4)),
    Variant("BM25 at twice its weight", Ranking(lexical=1.6)),
    Variant("question tokens weigh alike", Ranking(idf_power=0)),
    Variant("question tokens weigh the root of their idf", Ranking(idf_power=0.5)),
    Variant("20 candidates", Ranking(candidates=20)),
    Variant("passages of 500 characters", settings=Settings(passage_chars=500)),
    Variant("passages of 950 characters", settings=Settings(passage_chars=950)),
    Variant("passages repeat one sentence", settings=Settings(overlap=1)),
    Variant("fp32 arithmetic", settings=Settings(precision="fp32")),
)


def index_for(dataset: SpanSet | JudgedCorpus, variant: Variant, work: Path) -> Path:
    """Return an index of the data set's documents, split and encoded as the variant says."""
    made = variant.settings
    path = work / f"{dataset.name}-{made.passage_chars}-{made.overlap}-{made.precision}"
    settings = replace(made, index=str(path))
    if isinstance(dataset, SpanSet):
        build_index([HERE.parent / "seeds"], settings, progress=Lines(), calibrated=False)
    else:
        corpus_index(dataset, settings, index=path, progress=Lines())
    return path


def engine_for(index: Path, variant: Variant) -> Engine:
    """Return an engine over an index that ranks as the variant says."""
    engine = Engine.open(index)
    engine.ranking = variant.ranking
    return engine


def figures(dataset: SpanSet | JudgedCorpus, engine: Engine) -> dict[str, float]:
    """Return the measures of one variant on one data set."""
    if isinstance(dataset, SpanSet):
        outcomes, measures = ask_spans(dataset, engine, Lines()), SPAN_MEASURES
    else:
        outcomes, measures = ask_corpus(dataset, engine, Lines()), CORPUS_MEASURES
    made = summarise(
        dataset.name, outcomes, measures=measures, index=facts_of(engine), config=config_of(engine)
    )
    return {name: found["value"] for name, found in made.to_json()["measures"].items()}


def table(rows: Sequence[tuple[str, Sequence[str]]], columns: Sequence[str]) -> str:
    """Return a Markdown table."""
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    return "\n".join([*lines, *(f"| {name} | " + " | ".join(row) + " |" for name, row in rows)])


def main() -> None:
    """Measure every variant and print, or write, the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scifact", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--work", type=Path, default=HERE.parent / "index" / "ablation")
    arguments = parser.parse_args()
    folder = os.environ.get("QA_DATASETS", "")
    sets = [read_dataset(str(HERE / "seeds"), folder), read_dataset("xquad", folder)]
    sets += [read_dataset("scifact", folder)] if arguments.scifact else []
    wanted = {"seeds": ("hit@1", "hit@5", "RR@10"), "xquad": ("nDCG@10", "hit@1")}
    rows = []
    for variant in VARIANTS:
        cells: list[str] = []
        for dataset in sets:
            names = wanted.get(dataset.name, ("nDCG@10", "hit@1"))
            if dataset.name == "scifact" and not variant.everywhere:
                cells += [""] * len(names)
                continue
            found = figures(
                dataset, engine_for(index_for(dataset, variant, arguments.work), variant)
            )
            cells += [f"{found[name]:.3f}" for name in names]
        rows.append((variant.name, cells))
        print(variant.name, *cells, flush=True)
    columns = [
        f"{dataset.name} {name}"
        for dataset in sets
        for name in wanted.get(dataset.name, ("nDCG@10", "hit@1"))
    ]
    if arguments.write:
        text = (HERE / "ablation.head.md").read_text("utf-8")
        (HERE / "ablation.md").write_text(f"{text}\n{table(rows, columns)}\n", "utf-8")


if __name__ == "__main__":
    main()
