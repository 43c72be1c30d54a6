"""How often a mistyped question is answered, or gets the right spelling offered; and wrong offers.

Each question of eval/seeds/typos.jsonl has one slip. It counts when the verdict is "answered", or a
note offers the word that was meant. The correct questions of eval/seeds, and those of XQuAD where
QA_DATASETS names a folder that has it, show how often a spelling is offered for nothing. XQuAD's
index has no calibration, so that every offer is made that could be. Prints one JSON line a set, with
the offers to look at: some questions of XQuAD hold slips themselves, and its own offers are right.

    QA_DATASETS=FOLDER python eval/reading/typos.py INDEX [--sets typos seeds xquad]

INDEX is that of the folder ``seeds``; XQuAD's is built beside it once.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.engine import Engine
from qa.evaluate.corpora import corpus_index
from qa.evaluate.datasets import read_corpus
from qa.records import Note, Question
from qa.search.notes import Advisor, Found
from qa.settings import Settings
from qa.store import Candidates
from qa.text.analysis import fold

SEEDS = Path(__file__).parent.parent / "seeds"


def main() -> None:
    """Print the figures of each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index")
    parser.add_argument("--sets", nargs="+", default=["typos", "seeds", "xquad"])
    options = parser.parse_args()
    for name in options.sets:
        figures = SETS[name](options.index)
        print(json.dumps({"set": name, **figures}, ensure_ascii=False), flush=True)


def lines(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a file of JSON lines."""
    yield from map(json.loads, file.read_text("utf-8").splitlines())


def offers(notes: tuple[Note, ...]) -> list[tuple[str, str]]:
    """Return what was typed and what is offered for it."""
    return [
        (note.details["word"], note.details["spelling"])
        for note in notes
        if note.code == "did_you_mean"
    ]


def typos(index: str) -> dict[str, Any]:
    """Return the share of mistyped questions that are helped, and those that are not."""
    engine = Engine.open(index)
    answered, offered, missed = 0, 0, []
    asked = list(lines(SEEDS / "typos.jsonl"))
    for one in asked:
        answer = engine.ask(one["question"])
        meant = {fold(word) for word in re.findall(r"\w+", one["word"])}
        if answer.verdict == "answered":
            answered += 1
        elif any(fold(spelling) in meant for _, spelling in offers(answer.notes)):
            offered += 1
        else:
            missed.append((one["id"], one["typo"], *offers(answer.notes)))
    helped = round((answered + offered) / len(asked), 4)
    return {
        "questions": len(asked),
        "answered": answered,
        "offered": offered,
        "helped": helped,
        "missed": missed,
    }


def seeds(index: str) -> dict[str, Any]:
    """Return the share of correctly typed questions for which a spelling is offered."""
    engine = Engine.open(index)
    asked = [one for one in lines(SEEDS / "questions.jsonl") if one["kind"] not in ("typo", "name")]
    found = [offers(engine.ask(one["question"]).notes) for one in asked]
    return share(found)


def xquad(index: str) -> dict[str, Any]:
    """Return the same for XQuAD's English questions; its index lies beside the one of the seeds."""
    folder = os.environ.get("QA_DATASETS")
    if not folder or not (Path(folder) / "xquad").is_dir():
        return {"skipped": "QA_DATASETS names no folder that holds xquad"}
    dataset = read_corpus(Path(folder) / "xquad")
    engine = corpus_index(dataset, replace(Settings(), index=index)).engine
    advisor = Advisor(engine.store, engine.encoder)
    found = []
    for one in lines(Path(folder) / "xquad" / "queries.jsonl"):
        held = engine.store.statistics(advisor.terms(one["text"]), ()).held
        nothing = Found("unsure", None, Candidates((), ()), lambda: [], held)
        found.append(offers(advisor.notes(Question(one["text"]), one["text"], nothing)))
    return share(found)


def share(found: list[list[tuple[str, str]]]) -> dict[str, Any]:
    """Return the figures of a set of correct questions."""
    some = [one for one in found if one]
    return {
        "questions": len(found),
        "with_offer": len(some),
        "share": round(len(some) / len(found), 4),
        "offers": some,
    }


SETS = {"typos": typos, "seeds": seeds, "xquad": xquad}

if __name__ == "__main__":
    main()
