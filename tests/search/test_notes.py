"""The notes of an answer: what they say, when they say it, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from qa.engine import Engine
from qa.records import Answer, Filters, Hit, Note, PassageId, Question
from qa.search import notes
from qa.search.notes import Advisor, Found
from qa.store import Candidates, IndexFolder, NearWord
from tests.conftest import ROOT, Build
from tests.fake import FakeEncoder

COMMON = {"tram", "bell", "old", "piers", "where", "how", "many", "was", "crane"}


NONE = Candidates((), ())


class Splitting(FakeEncoder):
    """Knows some words as a whole and splits all others, as a model's tokenizer does."""

    def token_starts(self, text: str) -> Sequence[int]:
        return [0] if text in COMMON else [0, 1]


@pytest.fixture(scope="module")
def asked(index: Path) -> Engine:
    return Engine(store=IndexFolder(index).open().generation, encoder=Splitting())


def note_of(answer: Answer, code: str) -> Note | None:
    found = [note for note in answer.notes if note.code == code]
    assert len(found) <= 1
    return found[0] if found else None


def codes(answer: Answer) -> list[str]:
    return [note.code for note in answer.notes]


def advice(engine: Engine, question: str, found: Found) -> tuple[Note, ...]:
    return Advisor(engine.store, engine.encoder).notes(Question(question), question, found)


def nothing_hidden() -> list[Hit]:
    raise AssertionError("ranked again for nothing")


# --- words -----------------------------------------------------------------------------------


def test_words_that_no_passage_holds(asked: Engine) -> None:
    answer = asked.ask("Where was the zeppelin of the harbour of Antwerp?")
    note = note_of(answer, "words_not_found")
    assert note is not None
    assert note.details == {"words": ["zeppelin", "Antwerp"]}
    assert note.message == "No passage has “zeppelin”, “Antwerp”."


@pytest.mark.parametrize(
    "question",
    [
        "Who dug the harbour?",
        "Why doesn't the harbour's lighthouse burn oil, and what's its keeper?",  # no content words
        "HARBOURS, lighthouses!",  # their stems are held
        "Where is Zabno?",  # "Żabno"
        "???",
    ],
)
def test_words_that_are_held_or_do_not_count(asked: Engine, question: str) -> None:
    assert note_of(asked.ask(question), "words_not_found") is None


def test_a_filter_does_not_make_words_missing(asked: Engine) -> None:
    answer = asked.ask(Question("harbour", filters=Filters(source=("tariff.txt",))))
    assert "words_not_found" not in codes(answer)


@pytest.mark.parametrize(
    ("question", "word", "spelling", "suggestion"),
    [
        ("Who is Ingrid Solvnag?", "Solvnag", "Solvang", "Who is Ingrid Solvang?"),
        ("who is ingrid solvnag?", "solvnag", "Solvang", "who is ingrid Solvang?"),
        ("how high is the lighthousse", "lighthousse", "lighthouse", "how high is the lighthouse"),
        ("Lightohuse keeper", "Lightohuse", "Lighthouse", "Lighthouse keeper"),
        ("What is in Zabon?", "Zabon", "Żabno", "What is in Żabno?"),
    ],
)
def test_a_likely_slip(
    asked: Engine, question: str, word: str, spelling: str, suggestion: str
) -> None:
    answer = asked.ask(question)
    note = note_of(answer, "did_you_mean")
    assert note is not None
    assert note.details == {"word": word, "spelling": spelling, "suggestion": suggestion}
    told = note_of(answer, "words_not_found")
    assert told is None or word not in told.details["words"]


def test_a_slip_in_a_name_is_told_with_the_name(asked: Engine) -> None:
    note = note_of(asked.ask("When was Ingrid Solvnag the keeper?"), "did_you_mean")
    assert note is not None
    assert note.message == "Did you mean “Ingrid Solvang”?"


def test_two_slips(asked: Engine) -> None:
    answer = asked.ask("Did the lighthosue burn rapseeed?")
    found = [note.details for note in answer.notes if note.code == "did_you_mean"]
    suggestion = "Did the lighthouse burn rapeseed?"
    assert found == [
        {"word": "lighthosue", "spelling": "lighthouse", "suggestion": suggestion},
        {"word": "rapseeed", "spelling": "rapeseed", "suggestion": suggestion},
    ]


@pytest.mark.parametrize(
    "words", [[f"qqz{a}{b}xw" for a in "bcdfgh" for b in "bcdfgh"], ["qqzbxw"] * 36]
)
def test_few_words_are_looked_up(
    asked: Engine, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    given: list[str] = []

    def near(_: object, word: str, distance: int) -> list[NearWord]:
        given.append(word)
        return []

    monkeypatch.setattr(type(asked.store.spellings), "near", near)
    asked.ask(f"Where was {' '.join(words)}?")
    assert given == list(dict.fromkeys(words))[:8]


def test_a_word_that_the_model_knows_is_no_slip(asked: Engine) -> None:
    # "tram" stands there; "trams" does too, by its stem. "crane" is near "cranes" only.
    question = "Which harbor was that?"
    assert note_of(asked.ask(question), "did_you_mean") is not None
    COMMON.add("harbor")
    try:
        assert note_of(asked.ask(question), "did_you_mean") is None
    finally:
        COMMON.remove("harbor")


def test_an_answered_question_gets_no_notes_on_words(asked: Engine) -> None:
    question = "When did Solvnag and the zeppelin come?"
    wanted = {"did_you_mean", "words_not_found"}
    unsure = advice(asked, question, Found("unsure", 0.5, NONE, nothing_hidden, ()))
    assert {note.code for note in unsure} == wanted
    assert advice(asked, question, Found("answered", 0.5, NONE, nothing_hidden, ())) == ()


def test_an_index_without_its_words_offers_nothing(
    asked: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked.store.spellings, "near", lambda word, distance: [])
    assert codes(asked.ask("Who is Ingrid Solvnag?")) == ["words_not_found"]


# --- language --------------------------------------------------------------------------------


def test_a_question_in_another_language(asked: Engine) -> None:
    answer = asked.ask("¿Cuántas personas murieron en el puerto?")
    assert codes(answer) == ["other_language"]  # none of its words is there: that needs no telling
    (note,) = answer.notes
    assert note.details == {"question_language": "es", "archive_language": "en"}
    assert "Spanish" in note.message
    assert "English" in note.message


def test_names_are_the_same_in_every_language(asked: Engine) -> None:
    answer = asked.ask("¿Cuándo murió el guardián Solvnag en el harbur?")
    assert codes(answer) == ["other_language", "did_you_mean"]
    assert answer.notes[1].details["spelling"] == "Solvang"


def test_it_is_unsure_and_never_not_found(asked: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_judge", lambda found: (0.01, "not_found"))
    assert asked.ask("¿Cuántas personas murieron en el puerto?").verdict == "unsure"
    assert asked.ask("How many people came to the zeppelin?").verdict == "not_found"


def test_the_archive_says_what_its_language_is(build: Build, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text(
        "El puerto fue excavado por los obreros y no había otro como este en toda la costa."
    )
    build(texts, tmp_path / "index")  # the setting says "en"
    engine = Engine(store=IndexFolder(tmp_path / "index").open().generation, encoder=Splitting())
    assert "other_language" not in codes(engine.ask("¿Quién fue el que excavó el puerto?"))
    note = note_of(engine.ask("How many people were there?"), "other_language")
    assert note is not None
    assert note.details == {"question_language": "en", "archive_language": "es"}


# --- filters ---------------------------------------------------------------------------------


def test_what_a_filter_hides(asked: Engine) -> None:
    question = "Who counted 1,204 ships in the winter?"
    dates = asked.ask(Question(question, filters=Filters(published_to="2005")))
    note = note_of(dates, "filtered_out")
    assert note is not None
    outside = note.details["passages"]
    assert outside >= 1
    passages = "1 passage" if outside == 1 else f"{outside} passages"
    assert note.message == f"The filter hides {passages} that may answer, outside these dates."
    sources = note_of(
        asked.ask(Question(question, filters=Filters(source=("tariff.txt",)))), "filtered_out"
    )
    assert sources is not None
    assert sources.message.endswith("outside these sources.")
    both = Filters(source=("tariff.txt",), published_to="2005")
    note = note_of(asked.ask(Question(question, filters=both)), "filtered_out")
    assert note is not None
    assert note.message.endswith("outside this filter.")


def test_a_filter_that_leaves_the_best(asked: Engine) -> None:
    question = "Who counted 1,204 ships in the winter?"
    for filters in (Filters(source=("notes/*",)), Filters(published_from="2019-11"), Filters()):
        assert "filtered_out" not in codes(asked.ask(Question(question, filters=filters)))


def test_the_first_ten_are_counted_only_where_better(asked: Engine) -> None:
    inside, other = PassageId("tariff.txt", 0), PassageId("bridge.txt", 0)
    recalled = Candidates([inside], [])
    question = Question("harbour", filters=Filters(source=("tariff.txt",)))
    advisor = Advisor(asked.store, asked.encoder)

    def passages(support: float | None, *first: tuple[PassageId, float]) -> int | None:
        hits = [Hit(id, 1 - n / 100, support=held) for n, (id, held) in enumerate(first)]
        found_here = Found("unsure", support, recalled, lambda: hits, {"harbour"})
        told = advisor.notes(question, "harbour", found_here)
        found = [note.details["passages"] for note in told if note.code == "filtered_out"]
        return found[0] if found else None

    assert passages(None, (other, 0.1)) == 1
    assert passages(0.3, (other, 0.6), (inside, 0.3), (other, 0.2)) == 2
    assert passages(0.3, *[(other, 0.6)] * 12) == 10
    assert passages(0.58, (other, 0.6)) is None  # hardly better
    assert passages(0.3, (inside, 0.3), (other, 0.6)) is None
    assert passages(0.3) is None


def test_a_glob_that_fits_nothing(asked: Engine) -> None:
    globs = ("notes/*", "nix/*", "*.pdf", "nix/*")
    answer = asked.ask(Question("harbour", filters=Filters(source=globs)))
    found = [note for note in answer.notes if note.code == "glob_matches_nothing"]
    assert [note.details for note in found] == [{"glob": "nix/*"}, {"glob": "*.pdf"}]
    assert found[0].message == "No source matches the pattern “nix/*”."


def test_at_most_four_and_others_stand_beside_the_globs(asked: Engine) -> None:
    filters = Filters(source=tuple(f"nix{n}" for n in range(20)))
    answer = asked.ask(Question("Where was the zeppelin?", filters=filters))
    assert codes(answer) == [
        "glob_matches_nothing",
        "glob_matches_nothing",
        "filtered_out",
        "words_not_found",
    ]


# --- codes -----------------------------------------------------------------------------------


def test_every_code_is_documented() -> None:
    source = Path(notes.__file__).read_text("utf-8")
    made = set(re.findall(r'Note\(\s*"(\w+)"', source))
    assert made == set(notes.CODES)
    page = (ROOT / "docs" / "http.md").read_text("utf-8")
    table = page.partition("| code | when |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(notes.CODES)


def test_small_talk_is_greeted() -> None:
    assert notes.greeting().code == "greeting"


# --- the real model --------------------------------------------------------------------------


def test_notes_on_the_seeds(model_engine: Engine) -> None:
    spanish = model_engine.ask("¿Cuántas personas murieron en Pando?")
    assert spanish.verdict != "not_found"
    assert "other_language" in codes(spanish)
    typed = model_engine.ask("What set off the October uprising against Sánchez de Lozda?")
    note = note_of(typed, "did_you_mean")
    assert typed.verdict == "answered" or (
        note is not None and note.message == "Did you mean “Sánchez de Lozada”?"
    )


def test_two_mistyped_words_of_one_name_are_one_offer(model_engine: Engine) -> None:
    answer = model_engine.ask("Who is Sanches de Losada?")
    note = note_of(answer, "did_you_mean")
    assert note is not None and note.details["suggestion"].endswith("de Lozada?")
