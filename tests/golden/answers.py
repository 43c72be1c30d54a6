"""Golden answers: taken from an engine, kept in a file, compared with those of another day."""

from __future__ import annotations

import gzip
import json
import platform
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from threadpoolctl import threadpool_info

from qa.engine import Engine
from qa.records import Answer, Question, Result

FOLDER = Path(__file__).parent
RESULTS = 10
_PLACES = 6
_FLAGS = "avx2 avx512f avx512_vnni avx_vnni avx512_bf16 amx_int8 asimddp i8mm sve".split()
"""What the libraries choose their arithmetic by."""


class Alike(NamedTuple):
    """The shares that must be the golden ones on another kind of processor.

    ``first``: questions with the same first result; ``verdict``: questions with the same verdict;
    ``score``: results of both lists whose score is as near as ``Slack.score``.
    """

    first: float
    verdict: float
    score: float


class Slack(NamedTuple):
    """How far answers may be from the golden ones.

    ``same``: scores and confidences on the same kind of processor, where nothing else may differ;
    ``score`` and ``confidence``: on another kind; ``questions``: the share of them that may differ
    by more there. With ``alike`` only the shares count there.
    """

    same: float
    score: float
    confidence: float
    questions: float
    alike: Alike | None = None


EXACT = Slack(same=0.0, score=2e-5, confidence=1e-3, questions=0.005)
"""Scores of ranking have five places, of which a sum in another order may change the last."""
MODEL = Slack(
    same=1e-4,
    score=1e-2,
    confidence=0.05,
    questions=0.03,
    alike=Alike(first=0.9, verdict=0.95, score=0.95),
)
"""An activation near the middle of two 8-bit numbers becomes the other one elsewhere, and the reader then
reads other windows. Between AVX-512 with VNNI and AVX2 the shares are 0.93, 0.97 and 0.97 at the least."""

Record = dict[str, Any]
"""One answer, as it is kept."""


def processor() -> str:
    """Name the kind of processor, as far as it decides how sums and 8-bit products are made."""
    info = Path("/proc/cpuinfo").read_text("utf-8")
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", info, re.MULTILINE)
    flags = set(found[1].split()) if found else set()
    # Other libraries bring a BLAS of their own, but only where they are loaded.
    blas = [one["architecture"] for one in threadpool_info() if "numpy.libs" in one["filepath"]]
    return " ".join([platform.machine(), *blas, *(flag for flag in _FLAGS if flag in flags)])


# --- taking ----------------------------------------------------------------------------------


def take(engine: Engine, questions: Iterable[tuple[str, Question]]) -> list[Record]:
    """Ask each question, under its id."""
    return [_record(id, engine.ask(question)) for id, question in questions]


def _record(id: str, answer: Answer) -> Record:
    record: Record = {"id": id, "verdict": answer.verdict, "confidence": answer.confidence}
    if answer.searched != answer.question:
        record["searched"] = answer.searched
    return record | {"results": [_result(result) for result in answer.results]}


def _result(result: Result) -> Record:
    citation, answer = result.citation, result.answer
    return {
        "id": citation.id[:9],
        "source": citation.source,
        "span": [citation.start, citation.end],
        "score": round(result.score, _PLACES),
        "highlights": [[mark.start, mark.end] for mark in result.highlights],
        "answer": [answer.start, answer.end] if answer else None,
        "also": [copy.id[:9] for copy in result.also],
    }


def borders(engine: Engine) -> list[float]:
    """Return the confidences at which the engine's verdict changes."""
    if engine.calibration is None:
        return []
    curve = engine.calibration.curve(engine.reader.fingerprint if engine.reader else None)
    return [curve.misses[engine.max_wrong], curve.risks[engine.max_wrong]]


# --- keeping ---------------------------------------------------------------------------------


def write(name: str, engine: Engine, records: Sequence[Record]) -> None:
    """Write a file anew. The same answers give the same bytes."""
    lines = [{"processor": processor(), "borders": borders(engine)}, *records]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    _file(name).write_bytes(gzip.compress(text.encode(), mtime=0))


def read(name: str) -> tuple[Record, list[Record]]:
    """Return a file's head and its answers."""
    lines = gzip.decompress(_file(name).read_bytes()).decode().splitlines()
    head, *records = map(json.loads, lines)
    return head, records


def _file(name: str) -> Path:
    return FOLDER / f"{name}.jsonl.gz"


# --- comparing -------------------------------------------------------------------------------


def compare(
    head: Mapping[str, Any], golden: Sequence[Record], found: Sequence[Record], slack: Slack
) -> list[str]:
    """Return what differs and must not, a line each; empty where the answers are the golden ones."""
    if [one["id"] for one in golden] != [one["id"] for one in found]:
        return ["the questions are others than the golden ones"]
    pairs = list(zip(golden, found, strict=True))
    if head["processor"] == processor():
        return [line for pair in pairs for line in _differences(*pair, slack.same)]
    if slack.alike is not None:
        return _unlike(pairs, slack, slack.alike)
    lines = [line for pair in pairs for line in _loose_differences(*pair, slack, head["borders"])]
    questions = {line.split(":")[0] for line in lines}
    return lines if len(questions) > slack.questions * len(golden) else []


def summary(lines: Sequence[str], most: int = 20) -> str:
    """Return lines of ``compare``, the first ones in full and all of them counted by what differs."""
    counts = Counter(line.split(": ")[1].split(" ")[0] for line in lines if ": " in line)
    counted = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
    return "\n".join([f"{len(lines)} differences: {counted}", *lines[:most]])


def _differences(golden: Record, found: Record, slack: float) -> list[str]:
    """Return what differs of one answer, where only figures may, by ``slack``."""
    pairs = [(key, golden.get(key), found.get(key)) for key in ("verdict", "searched")]
    old, new = golden["results"], found["results"]
    pairs.append(("results", len(old), len(new)))
    for key in ("id", "source", "span", "highlights", "answer", "also"):
        pairs += [(key, was[key], now[key]) for was, now in zip(old, new, strict=False)]
    lines = [f"{golden['id']}: {key} {was} -> {now}" for key, was, now in pairs if was != now]
    figures = [("confidence", golden["confidence"], found["confidence"])]
    figures += [("score", was["score"], now["score"]) for was, now in zip(old, new, strict=False)]
    lines += [
        f"{golden['id']}: {key} {was} -> {now}"
        for key, was, now in figures
        if not _near(was, now, slack)
    ]
    return lines


def _unlike(pairs: Sequence[tuple[Record, Record]], slack: Slack, alike: Alike) -> list[str]:
    """Return the shares that are too small, and each question that was searched as another one."""
    firsts, verdicts, scores, lines = [], [], [], []
    for golden, found in pairs:
        firsts.append(_first(golden) == _first(found))
        verdicts.append(golden["verdict"] == found["verdict"])
        old = {one["id"]: one["score"] for one in golden["results"]}
        new = {one["id"]: one["score"] for one in found["results"]}
        scores += [_near(old[id], new[id], slack.score) for id in old if id in new]
        if golden.get("searched") != found.get("searched"):
            was, now = golden.get("searched"), found.get("searched")
            lines.append(f"{golden['id']}: searched {was} -> {now}")
    for name, same, least in (
        ("first", firsts, alike.first),
        ("verdict", verdicts, alike.verdict),
        ("score", scores, alike.score),
    ):
        share = sum(same) / len(same) if same else 0.0
        if share < least:
            lines.append(f"all: {name} the golden one in {share:.3f} of them, not in {least}")
    return lines


def _first(record: Record) -> str | None:
    return record["results"][0]["id"] if record["results"] else None


def _loose_differences(
    golden: Record, found: Record, slack: Slack, borders: Sequence[float]
) -> list[str]:
    """Return what differs of one answer, where what lies nearer than the slack may change places."""
    lines = []
    was, now = golden["confidence"], found["confidence"]
    if not _near(was, now, slack.confidence):
        lines.append(f"confidence {was} -> {now}")
    at_a_border = was is not None and any(_near(was, one, slack.confidence) for one in borders)
    if golden["verdict"] != found["verdict"] and not at_a_border:
        lines.append(f"verdict {golden['verdict']} -> {found['verdict']}")
    if golden.get("searched") != found.get("searched"):
        lines.append(f"searched {golden.get('searched')} -> {found.get('searched')}")
    return [f"{golden['id']}: {line}" for line in lines + _loose_order(golden, found, slack.score)]


def _loose_order(golden: Record, found: Record, slack: float) -> list[str]:
    old = {one["id"]: one["score"] for one in golden["results"]}
    new = {one["id"]: one["score"] for one in found["results"]}
    last = min(old.values(), default=0.0)
    sure = last + 2 * slack  # a result with a higher score cannot fall out of the list
    lines = [f"result {id} is gone" for id, s in old.items() if id not in new and s > sure]
    lines += [f"result {id} is new" for id, s in new.items() if id not in old and s > sure]
    both = [id for id in old if id in new]
    lines += [f"score {old[id]} -> {new[id]}" for id in both if not _near(old[id], new[id], slack)]
    places = {id: place for place, id in enumerate(new)}
    lines += [
        f"order {below} before {above}"
        for n, above in enumerate(both)
        for below in both[n + 1 :]
        if old[below] < old[above] - 2 * slack and places[below] < places[above]
    ]
    return lines


def _near(was: float | None, now: float | None, slack: float) -> bool:
    if was is None or now is None:
        return was is now
    return abs(was - now) <= slack
