"""Figures of messages as people type them: frames, small talk, other languages, typing errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from asking import FRAMES, SEEDS, Asked, Bench, Line, rows_of
from scoring import framed

from qa.asking import MAX_QUESTION
from qa.evaluate.datasets import read_spans
from qa.evaluate.measures import Figure, mean_of, ratio_of
from qa.records import Note, Question
from qa.text.analysis import fold


@dataclass(frozen=True, slots=True)
class _InFrame:
    """A question within a frame: the first excerpt is the same; found bare; found in the frame."""

    same: bool
    found_bare: bool
    found: bool


def frames(bench: Bench) -> Iterator[Line]:
    """What a frame around a question changes, over the questions that are right first bare."""
    rows = rows_of(FRAMES / "frames.jsonl")
    gold = {q.id: q.gold for q in read_spans(SEEDS).questions}
    bench.progress.say(f"asking {len(bench.right_bare):,} questions in {len(rows):,} frames")
    by_frame: dict[str, dict[str, _InFrame]] = {}
    long = asked = 0
    for row in rows:
        found = by_frame[str(row["id"])] = {}
        for bare in bench.right_bare:
            message = framed(str(row["frame"]), bare.text, gold[bare.id][0].source)
            asked += 1
            if len(message) > MAX_QUESTION:  # refused, and said so
                long += 1
                continue
            found[bare.id] = _in_frame(bare, bench.ask_seeds(bare.id, bare.kind, message))
    sets = {str(row["id"]): str(row["set"]) for row in rows}
    bench.details["frames"] = [
        {"id": name, "set": sets[name], **_details(list(found.values()))}
        for name, found in by_frame.items()
    ]
    for part in ("", "open", "held"):
        chosen = {
            name: found for name, found in by_frame.items() if found and part in ("", sets[name])
        }
        yield from _frame_lines(chosen, f".{part}" if part else "", f", {part}" if part else "")
    bench.details["framed_messages"] = {"asked": asked, "longer_than_allowed": long}


def _in_frame(bare: Asked, inside: Asked) -> _InFrame:
    first, again = bare.first, inside.first
    return _InFrame(
        same=bool(first and again and first.citation.id == again.citation.id),
        found_bare=bare.answer.verdict != "not_found",
        found=inside.answer.verdict != "not_found",
    )


def _frame_lines(
    by_frame: Mapping[str, Mapping[str, _InFrame]], key: str, text: str
) -> Iterator[Line]:
    if not by_frame:
        return
    questions = list(dict.fromkeys(name for found in by_frame.values() for name in found))
    # What is drawn for an interval is a question with all its frames.
    each = [[found[q] for found in by_frame.values() if q in found] for q in questions]
    same = ratio_of([sum(one.same for one in row) for row in each], [len(row) for row in each])
    lost = ratio_of(
        [sum(one.found_bare and not one.found for one in row) for row in each],
        [sum(one.found_bare for one in row) for row in each],
    )
    yield Line(f"frames.same{key}", f"in frames{text}, same first excerpt", same)
    worst, figure = min(
        ((name, _same(list(found.values()))) for name, found in by_frame.items()),
        key=lambda pair: pair[1].value or 0.0,
    )
    yield Line(f"frames.same{key}.worst", f"  worst: {worst}", figure)
    yield Line(f"frames.lost{key}", f"in frames{text}, found bare and lost", lost)
    worst, figure = max(
        ((name, _lost(list(found.values()))) for name, found in by_frame.items()),
        key=lambda pair: pair[1].value or 0.0,
    )
    yield Line(f"frames.lost{key}.worst", f"  worst: {worst}", figure)


def _same(found: Sequence[_InFrame]) -> Figure:
    return mean_of([one.same for one in found])


def _lost(found: Sequence[_InFrame]) -> Figure:
    return ratio_of(
        [one.found_bare and not one.found for one in found], [one.found_bare for one in found]
    )


def _details(found: Sequence[_InFrame]) -> dict[str, float | int | None]:
    return {"same": _same(found).value, "lost": _lost(found).value, "questions": len(found)}


def small_talk(bench: Bench) -> Iterator[Line]:
    """Messages that ask nothing, and short ones that do, by whether they are greeted."""
    rows = rows_of(FRAMES / "smalltalk.jsonl")
    greeted = {
        row["id"]: _noted(bench.seeds_engine.ask(Question(row["message"])).notes, "greeting")
        for row in rows
    }
    bench.details["smalltalk"] = {
        "not greeted": [r["id"] for r in rows if not r["asks"] and not greeted[r["id"]]],
        "greeted by mistake": [r["id"] for r in rows if r["asks"] and greeted[r["id"]]],
    }
    for asks, key, text in (
        (False, "smalltalk.greeted", "small talk, greeted"),
        (True, "smalltalk.mistaken", "short questions, greeted by mistake"),
    ):
        yield Line(key, text, mean_of([greeted[row["id"]] for row in rows if row["asks"] == asks]))


def languages(bench: Bench) -> Iterator[Line]:
    """Questions in another language than the archive's that are told so, and English ones by mistake."""
    spanish = {
        row["_id"]: row["text"] for row in rows_of(bench.datasets / "xquad" / "queries_es.jsonl")
    }
    bench.progress.say(f"asking {len(bench.xquad_answers):,} questions in Spanish")
    asked = [bench.ask_xquad(name, spanish[name]) for name in bench.xquad_answers]
    code = "other_language"
    told = mean_of([one.noted(code) for one in asked])
    yield Line("language.spanish", "XQuAD in Spanish, told other_language", told)
    mistaken = mean_of([one.noted(code) for one in bench.xquad])
    yield Line("language.mistaken", "XQuAD in English, told other_language", mistaken)
    rows = rows_of(FRAMES / "languages.jsonl")
    noted = [_noted(bench.seeds_engine.ask(Question(r["question"])).notes, code) for r in rows]
    for key, text, english in (
        ("language.other", "languages.jsonl, not English, told other_language", False),
        ("language.foreign_names", "languages.jsonl, English with foreign names, told so", True),
    ):
        told = mean_of(
            [n for n, r in zip(noted, rows, strict=True) if (r["language"] == "en") == english]
        )
        yield Line(key, text, told)


def typos(bench: Bench) -> Iterator[Line]:
    """Questions mistyped once that are right first bare: answered, or offered the right spelling."""
    bare = {asked.id: asked for asked in bench.right_bare}
    rows = [row for row in rows_of(SEEDS / "typos.jsonl") if row["id"] in bare]
    bench.progress.say(f"asking {len(rows):,} mistyped questions")
    asked = [bench.ask_seeds(row["id"], bare[row["id"]].kind, row["question"]) for row in rows]
    answered = [one.right and one.answer.verdict == "answered" for one in asked]
    offered = [offers(one.answer.notes, row["word"]) for one, row in zip(asked, rows, strict=True)]
    either = [a or o for a, o in zip(answered, offered, strict=True)]
    bench.details["typos not helped"] = [
        row["id"] for row, helped in zip(rows, either, strict=True) if not helped
    ]
    yield Line("typos", "mistyped, answered or offered the spelling", mean_of(either))
    yield Line("typos.answered", "  answered, right first", mean_of(answered))
    yield Line("typos.offered", "  offered the right spelling", mean_of(offered))
    yield Line(
        "typos.right", "  right first, whatever the verdict", mean_of([a.right for a in asked])
    )


def offers(notes: Sequence[Note], word: str) -> bool:
    """Whether a ``did_you_mean`` offers a word, accents and capitals aside."""
    return any(
        note.code == "did_you_mean" and fold(str(note.details.get("spelling", ""))) == fold(word)
        for note in notes
    )


def _noted(notes: Sequence[Note], code: str) -> bool:
    return any(note.code == code for note in notes)
