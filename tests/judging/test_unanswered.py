"""Questions without an answer: which are kept, what is listed, and that what is removed is gone."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from qa.errors import JudgementsUnusableError, UsageError
from qa.evaluate.datasets import read_questions
from qa.judging import unanswered
from qa.judging.kept import Judgements
from qa.judging.unanswered import Asked, Keeper, Missed, Unanswered, forget, open_questions
from qa.records import Answer, IndexInfo, Note, Verdict
from qa.settings import Settings
from tests.judging.made import judgement

ROOM = 1_000_000


def asked(
    text: str,
    second: int = 0,
    verdict: Missed = "unsure",
    *,
    filtered: bool = False,
    **as_asked: str,
) -> Asked:
    time = f"2026-01-02T03:04:{second:02}.000+00:00"
    return Asked(time, verdict, as_asked.get("question", text), text, "g1", filtered)


def answer(
    verdict: Verdict = "unsure", question: str = "Where do owls sleep?", *notes: Note
) -> Answer:
    index = IndexInfo("default", "g7", "fake", 1, 1)
    return Answer(question, question, verdict, 0.5, (), 0, index, 1.0, notes)


@pytest.fixture
def kept(tmp_path: Path) -> Unanswered:
    return Unanswered(tmp_path / "unanswered.jsonl", most=ROOM)


@pytest.fixture
def judgements(tmp_path: Path) -> Judgements:
    return Judgements(tmp_path / "judged.jsonl", most=ROOM)


# --- what is kept --------------------------------------------------------------------------------


def test_nothing_is_kept_unless_a_setting_says_so(tmp_path: Path) -> None:
    assert Unanswered.of(Settings()) is None
    assert Unanswered.of(Settings(judgements=str(tmp_path / "judged.jsonl"))) is None


@pytest.mark.parametrize(
    ("place", "judged", "words"),
    [
        ("asked.jsonl", "", "setting judgements names none"),
        ("judged.jsonl", "judged.jsonl", "both name"),
        ("index/asked.jsonl", "judged.jsonl", "setting unanswered is .* lies in the index folder"),
    ],
)
def test_a_place_that_is_refused(tmp_path: Path, place: str, judged: str, words: str) -> None:
    settings = Settings(
        index=str(tmp_path / "index"),
        judgements=str(tmp_path / judged) if judged else "",
        unanswered=str(tmp_path / place),
    )
    with pytest.raises(UsageError, match=words):
        Unanswered.of(settings)


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        (answer("unsure"), True),
        (answer("not_found"), True),
        (answer("answered"), False),
        (answer("not_found", "Hello", Note("greeting", "Hello.")), False),
    ],
)
def test_which_questions_are_kept(kept: Unanswered, given: Answer, is_kept: bool) -> None:
    Keeper(kept).note(given, filtered=False, caller="me")
    assert kept.path.exists() == is_kept
    for one in kept.entries():
        assert (one.verdict, one.searched, one.generation) == (given.verdict, given.searched, "g7")


def test_exactly_this_is_kept_of_a_question(kept: Unanswered) -> None:
    secret = "s" * 43
    said = answer("not_found", f"Where do qa_0123abcd_{secret} owls sleep?")
    Keeper(kept).note(said, filtered=True, caller=("key", "192.0.2.1"))
    line = json.loads(kept.path.read_text())
    assert line.pop("time").endswith("+00:00")
    question = "Where do qa_0123abcd*** owls sleep?"
    assert line == {
        "verdict": "not_found", "question": question, "searched": question, "generation": "g7",
        "filtered": True,
    }  # fmt: skip
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600


def test_what_is_asked_again_at_once_counts_once(
    kept: Unanswered, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(unanswered.time, "monotonic", lambda: now)
    keeper = Keeper(kept)
    for caller in ("me", "me", "you"):
        keeper.note(answer(), filtered=False, caller=caller)
    assert len(kept.entries()) == 2
    now += unanswered.AGAIN_SECONDS + 1
    keeper.note(answer(), filtered=False, caller="me")
    assert len(kept.entries()) == 3
    monkeypatch.setattr(kept, "add", lambda _: None)
    for n in range(2000):  # what is remembered of callers has a bound
        keeper.note(answer("unsure", f"{n}?"), filtered=False, caller=n)
    assert len(keeper._latest) <= 1000


def test_a_disk_that_takes_nothing_costs_nobody_an_answer(
    kept: Unanswered, caplog: pytest.LogCaptureFixture
) -> None:
    kept.path.mkdir()
    Keeper(kept).note(answer(question="A private question?"), filtered=False, caller="me")
    assert "is not kept" in caplog.text and "private" not in caplog.text


def test_a_full_file_loses_its_older_half(tmp_path: Path) -> None:
    length = len(asked("0000?").line())
    kept = Unanswered(tmp_path / "unanswered.jsonl", most=10 * length)
    for n in range(25):
        kept.add(asked(f"{n:04}?"))
        assert kept.path.stat().st_size <= 10 * length
    texts = [one.searched for one in kept.entries()]
    assert texts[-5:] == [f"{n:04}?" for n in range(20, 25)] and texts == sorted(texts)


@pytest.mark.parametrize(
    "change",
    [{"verdict": "answered"}, {"time": 5}, {"filtered": "no"}, {"extra": 1}, {"searched": None}],
    ids=str,
)
def test_a_line_of_another_shape_is_named(kept: Unanswered, change: dict[str, object]) -> None:
    kept.add(asked("Where?"))
    with kept.path.open("a") as file:
        file.write(json.dumps(json.loads(asked("Who?").line()) | change) + "\n")
    with pytest.raises(JudgementsUnusableError, match="unanswered.jsonl cannot be used: line 2"):
        kept.entries()


# --- what is listed ------------------------------------------------------------------------------


def test_the_latest_comes_first_with_its_counts() -> None:
    found = open_questions(
        [
            asked("owls?", 1),
            asked("bees?", 2, "not_found", filtered=True),
            asked("owls?", 3, "not_found", question="and owls?"),
            asked(" owls? ", 4),
            asked("bees?", 3, "not_found", filtered=True),
        ],
        [],
    )
    assert [(one.text, one.asked_as, one.unsure, one.not_found, one.filtered) for one in found] == [
        ("owls?", " owls? ", 2, 1, False),
        ("bees?", "bees?", 0, 2, True),
    ]
    assert (found[0].first[17:19], found[0].last[17:19]) == ("01", "04")


def test_what_people_said_counts() -> None:
    at = "2026-01-02T03:04:05+00:00"
    said = {"question": "owls?", "searched": "owls?", "time": at}
    wrong, right = judgement(1, kind="does_not", **said), judgement(2, **said)
    other = judgement(3, kind="does_not", excerpt="Bees sleep at night.", **said)
    nothing = judgement(4, kind="nothing", **(said | {"searched": "bees?"}))
    once = [asked("owls?", 1)]
    assert open_questions([], [right]) == []
    [one] = open_questions([], [wrong])
    assert (one.does_not, one.unsure, one.nothing, one.filtered) == (1, 0, False, False)
    [one] = open_questions(once, [wrong, other])
    assert (one.does_not, one.unsure, one.last) == (2, 1, at)
    assert open_questions(once, [wrong, other, right]) == []  # somebody found what answers
    [one] = open_questions(once, [right, wrong])  # of one excerpt the latest counts
    assert one.does_not == 1
    [one] = open_questions([], [nothing])
    assert (one.text, one.nothing, one.does_not) == ("bees?", True, 0)


def test_the_list_is_a_judged_set(tmp_path: Path) -> None:
    found = open_questions(
        [asked("owls?", 1), asked("bees?", 2, "not_found"), asked("«Mäuse»?\n", 3)],
        [judgement(4, kind="nothing", searched="ants?")],
    )
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"".join(one.line() for one in found))
    read = read_questions(file)
    assert {(one.text, one.kind, one.gold) for one in read} == {
        ("owls?", "unsure", ()), ("bees?", "not_found", ()), ("«Mäuse»?", "unsure", ()),
        ("ants?", "judged", ()),
    }  # fmt: skip


# --- what is removed -----------------------------------------------------------------------------


def test_a_removed_question_is_gone_from_both_files(
    kept: Unanswered, judgements: Judgements
) -> None:
    for text in ("owls?", "zyzzogeton?", "bees?"):
        kept.add(asked(text))
    said = {"searched": "zyzzogeton?", "question": "zyzzogeton?"}
    judgements.add(judgement(1, kind="does_not", **said))
    judgements.add(judgement(2, searched="bees?"))
    judgements.add(judgement(3, kind="does_not", searched="owls?"))
    assert forget(["zyzzogeton?", "never?"], judgements, kept) == 2
    for file in (kept.path, judgements.path):
        assert b"zyzzogeton" not in file.read_bytes()
    assert [one.searched for one in kept.entries()] == ["owls?", "bees?"]
    # Of all, also those go that somebody found an answer to, but not what answers them.
    assert forget(None, judgements, kept) == 3
    assert kept.entries() == [] and [one.id for one in judgements.entries()] == [judgement(2).id]


@pytest.mark.parametrize("then", ["does_not", "nothing"])
def test_a_judgement_that_was_overruled_does_not_come_back(
    judgements: Judgements, then: str
) -> None:
    said = {"searched": "owls?", "question": "owls?"}
    judgements.add(judgement(1, **said))
    judgements.add(judgement(2, kind=then, **said))
    judgements.add(judgement(3, searched="bees?"))
    assert forget(["owls?"], judgements, None) == 2
    assert [one.searched for one in judgements.entries()] == ["bees?"]


def test_judgements_of_answered_questions_stay(judgements: Judgements) -> None:
    one = judgement(1, kind="does_not", searched="bees?", excerpt="Bees buzz.")
    two = judgement(2, searched="bees?")
    for entry in (one, two, replace(one, id="j9", searched="ants?")):
        judgements.add(entry)
    assert forget(None, judgements, None) == 1
    assert judgements.entries() == [one, two]
