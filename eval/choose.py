"""Choose the weights of the ranking, by a rule and on three sets alone: prints the grid, best first.

    QA_DATASETS=... python eval/choose.py [--work DIR]

The sets: eval/seeds, XQuAD, and statements instead of questions, since people also look for what
supports a sentence: every third sentence of XQuAD's paragraphs is taken out and asked of what is
left, and the paragraph that it was taken from is to be found.

The rule: of each setting, the mean of nDCG@10 over the sets; of these, the mean over the setting
and those beside it on the grid, one step along one axis. The highest such mean is taken among the
settings that have all their neighbours. What is taken is thus the middle of a good region and not
the luckiest of its points, nor one on the grid's edge. No other set is opened.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ablation import CHOSEN, HERE, figures, index_for

from qa.encode import Encoded, Encoder, Piece
from qa.engine import Engine
from qa.evaluate.datasets import JudgedCorpus, SpanSet, read_dataset
from qa.runtime import processors
from qa.search.rank import Ranking
from qa.text.sentences import sentence_spans

_WORDS = 6
"""A statement has at least so many."""
AXES: dict[str, tuple[float, ...]] = {
    "dense": (0.0, 0.15, 0.3, 0.5, 0.8),
    "lexical": (0.3, 0.5, 0.8, 1.1, 1.5),
    "sentence": (0.8, 1.2, 1.6, 2.0, 2.6, 3.4, 4.5),
}
"""Weights beside that of the late score, which is 1."""
Setting = tuple[float, ...]


class Remembering:
    """An encoder that embeds each question once: the settings ask the same ones."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Encoded] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_question(self, text: str) -> Encoded:
        """Return what the encoder gives."""
        if text not in self._known:
            self._known[text] = self._encoder.encode_question(text)
        return self._known[text]

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        """Return what the encoder gives."""
        return self._encoder.encode_passages(pieces)


def statements(corpus: JudgedCorpus) -> JudgedCorpus:
    """Return a corpus without every third sentence, each of which is asked."""
    rows, queries, qrels = [], {}, {}
    for row in corpus.rows:
        left = row.text
        for number, (start, end) in reversed(list(enumerate(sentence_spans(row.text)))):
            sentence = row.text[start:end]
            if number % 3 == 1 and len(sentence.split()) >= _WORDS:
                left = left[:start] + left[end:]
                queries[f"{row.id}-{number}"] = sentence
                qrels[f"{row.id}-{number}"] = {row.id: 1}
        rows.append(replace(row, text=left))
    return replace(corpus, name="statements", rows=tuple(rows), queries=queries, qrels=qrels)


def measure(
    dataset: SpanSet | JudgedCorpus, index: Path, settings: Sequence[Setting]
) -> list[float]:
    """Return nDCG@10 on a data set with each setting."""
    engine = Engine.open(index)
    engine.encoder = Remembering(engine.encoder)
    found = []
    for setting in settings:
        dense, lexical, sentence = setting
        engine.ranking = Ranking(dense=dense, lexical=lexical, sentence=sentence)
        found.append(figures(dataset, engine)["nDCG@10"])
    return found


def neighbours(setting: Setting) -> Iterable[Setting | None]:
    """Yield the settings one step along one axis from this one; None beyond the grid's edge."""
    for place, axis in enumerate(AXES.values()):
        for step in (-1, 1):
            at = axis.index(setting[place]) + step
            inside = 0 <= at < len(axis)
            yield (*setting[:place], axis[at], *setting[place + 1 :]) if inside else None


def smoothed(grid: Mapping[Setting, float]) -> dict[Setting, float]:
    """Return, of each setting that has all its neighbours, the mean over it and them."""
    means = {}
    for setting in grid:
        beside = list(neighbours(setting))
        if None not in beside:
            around = [setting, *(one for one in beside if one is not None)]
            means[setting] = sum(grid[one] for one in around) / len(around)
    return means


def main() -> None:
    """Measure the grid and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=HERE.parent / "index" / "ablation")
    work = parser.parse_args().work
    folder = os.environ.get("QA_DATASETS", "")
    xquad = read_dataset("xquad", folder)
    assert isinstance(xquad, JudgedCorpus)
    sets = (read_dataset(str(HERE / "seeds"), folder), xquad, statements(xquad))
    settings = list(itertools.product(*AXES.values()))
    parts = [settings[n :: processors()] for n in range(processors())]
    found: dict[Setting, list[float]] = {setting: [] for setting in settings}
    with ProcessPoolExecutor(len(parts), get_context("spawn")) as pool:
        for dataset in sets:
            index = index_for(dataset, CHOSEN, work)
            measured = pool.map(partial(measure, dataset, index), parts)
            for part, values in zip(parts, measured, strict=True):
                for setting, value in zip(part, values, strict=True):
                    found[setting].append(value)
    grid = {setting: sum(values) / len(values) for setting, values in found.items()}
    means = smoothed(grid)
    print("around", "itself", *(dataset.name for dataset in sets), *AXES)
    for setting in sorted(means, key=lambda setting: -means[setting]):
        each = [f"{value:.4f}" for value in found[setting]]
        print(f"{means[setting]:.5f}", f"{grid[setting]:.5f}", *each, *setting)


if __name__ == "__main__":
    main()
