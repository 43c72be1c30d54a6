"""For each training question, the sentences that a search for it would find and that do not answer it.

Sentences are ranked by the cosine of the model that the reader begins from plus BM25 as a share of the
best: what stands near a question is what a reader is handed in use.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import torch
from data import Asked, Paragraph, answering, key_of
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from qa.encode.model import find_model
from qa.text.analysis import Analyzer

_TOP, _NEAR, _BEST = 60, 12, 6
_ROWS = 256
_ANALYZER = Analyzer("en")


def mine(paragraphs: Sequence[Paragraph], cache: Path) -> None:
    """Set ``near`` and ``best`` of every question; what was found before is read from ``cache``."""
    known: dict[str, dict[str, Any]] = (
        json.loads(cache.read_text("utf-8")) if cache.exists() else {}
    )
    places = {p.key: n for n, p in enumerate(paragraphs)}
    missing = [
        (p, q)
        for p in paragraphs
        for q in p.questions
        if q.file != "written" and _name(p, q) not in known
    ]
    if missing:
        print(f"looking for what is near {len(missing):,} questions", flush=True)
        known |= _found(paragraphs, missing, cache.with_suffix(".npy"))
        cache.write_text(json.dumps(known), "utf-8")
    for p in paragraphs:
        p.questions.sort(key=lambda q: q.file == "written")
        others: list[list[tuple[int, int]]] = []
        for q in p.questions:
            if q.file == "written":  # what is near the paragraph's other questions is near it too
                q.near = q.near or (others[0] if others else [])
                q.best = _alike(p, q)
                continue
            row = known[_name(p, q)]
            q.near = [(places[key], number) for key, number in row["near"] if key in places]
            q.best = list(row["best"])
            others.append(q.near)


def _alike(p: Paragraph, q: Asked) -> list[int]:
    """Return the sentences without an answer, those first that hold most of the question's words."""
    asked = set(_ANALYZER.terms(q.text))
    shared = [len(asked & set(_ANALYZER.terms(p.text[start:end]))) for start, end in p.sentences]
    held = answering(p, q)
    order = sorted(range(len(shared)), key=lambda n: (-shared[n], n))
    return [n for n in order if n not in held][:_BEST]


def _name(p: Paragraph, q: Asked) -> str:
    return f"{p.key}:{key_of(q.text)}"


def _found(
    paragraphs: Sequence[Paragraph], missing: Sequence[tuple[Paragraph, Asked]], kept: Path
) -> dict[str, dict[str, Any]]:
    owners = [(n, s) for n, p in enumerate(paragraphs) for s in range(len(p.sentences))]
    texts = [paragraphs[n].text[slice(*paragraphs[n].sentences[s])] for n, s in owners]
    folder = find_model("all-MiniLM-L6-v2").folder
    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = 96
    sentences = np.load(kept) if kept.exists() else _encode(model, texts)
    if len(sentences) != len(texts):
        sentences = _encode(model, texts)
    np.save(kept, sentences)
    questions = _encode(model, [q.text for _, q in missing])
    lexical = bm25s.BM25()
    lexical.index([_ANALYZER.terms(text) for text in texts], show_progress=False)
    starts: dict[int, int] = {}
    for place, (n, s) in enumerate(owners):
        if s == 0:
            starts[n] = place
    numbers = {p.key: n for n, p in enumerate(paragraphs)}
    found: dict[str, dict[str, Any]] = {}
    for at in range(0, len(missing), _ROWS):
        cosines = questions[at : at + _ROWS] @ sentences.T
        for row, (p, q) in enumerate(missing[at : at + _ROWS]):
            terms = _ANALYZER.terms(q.text)
            bm25 = lexical.get_scores(terms) if terms else np.zeros(len(texts), np.float32)
            score = cosines[row] + 0.6 * bm25 / max(1e-6, float(bm25.max()))
            own = numbers[p.key]
            first = starts[own]
            mine = score[first : first + len(p.sentences)].copy()
            score[first : first + len(p.sentences)] = -9
            near: dict[int, int] = {}
            for place in _top(score):
                n, s = owners[place]
                if paragraphs[n].dev == p.dev:
                    near.setdefault(n, s)
            held = answering(p, q)
            best = [s for s in np.argsort(-mine).tolist() if s not in held][:_BEST]
            found[_name(p, q)] = {
                "near": [[paragraphs[n].key, s] for n, s in list(near.items())[:_NEAR]],
                "best": list(best),
            }
        if at % (_ROWS * 20) == 0:
            print(f"  {at:,} of {len(missing):,}", flush=True)
    return found


def _top(score: NDArray[np.float32]) -> list[int]:
    part = np.argpartition(-score, _TOP)[:_TOP]
    return [int(n) for n in part[np.argsort(-score[part])]]


def _encode(model: SentenceTransformer, texts: Sequence[str]) -> NDArray[np.float32]:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        vectors = model.encode(
            list(texts), batch_size=128, normalize_embeddings=True, show_progress_bar=False
        )
    return np.asarray(vectors, np.float32)
