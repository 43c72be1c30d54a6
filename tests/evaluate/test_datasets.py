from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from qa.errors import DatasetError
from qa.evaluate.datasets import (
    Gold,
    JudgedCorpus,
    Row,
    SpanSet,
    find_dataset,
    read_corpus,
    read_dataset,
    read_qrels,
    read_spans,
    without_history,
)
from qa.records import Filters
from tests.evaluate.conftest import QUESTIONS, write_lines


def test_questions_are_read(spans: Path) -> None:
    dataset = read_spans(spans)
    assert dataset.name == "small-questions"
    assert [question.id for question in dataset.questions] == [q["id"] for q in QUESTIONS]
    assert dataset.apart == {"spanish"}
    several = dataset.questions[2]
    assert several.need == "all"
    assert several.gold[1] == Gold("tariff.txt", "A cow crosses for £3")
    assert dataset.questions[4].gold == ()


def test_need_is_any_when_it_is_not_said(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "questions.jsonl", [{"id": "a", "question": "?", "kind": "x", "gold": []}]
    )
    assert read_spans(tmp_path).questions[0].need == "any"


def test_no_gold_is_a_question_that_the_archive_does_not_answer(tmp_path: Path) -> None:
    entry = {"id": "a", "question": "?", "kind": "x"}
    write_lines(tmp_path / "questions.jsonl", [entry, {**entry, "id": "b", "gold": None}])
    assert [question.gold for question in read_spans(tmp_path).questions] == [(), ()]


def test_questions_that_were_asked_before_are_read(tmp_path: Path) -> None:
    follow_up = {**GOOD, "id": "b", "history": ["Is it open?", "And now?"]}
    write_lines(tmp_path / "questions.jsonl", [GOOD, follow_up])
    dataset = read_spans(tmp_path)
    assert [q.history for q in dataset.questions] == [(), ("Is it open?", "And now?")]
    alone = without_history(dataset)
    assert [q.history for q in alone.questions] == [(), ()]
    assert [q.text for q in alone.questions] == [q.text for q in dataset.questions]


def test_filters_and_grades_are_read(tmp_path: Path) -> None:
    line = {
        "id": "a", "question": "When?", "kind": "k",
        "gold": [{"source": "x.txt", "quote": "one", "grade": 3}, {"source": "x.txt", "quote": "two"}],
        "filters": {
            "source": ["x*"], "published_from": "2019", "published_to": "2019-11-30",
            "where": {"author": ["Ann Lee"], "year>=": 1990},
        },
    }  # fmt: skip
    (tmp_path / "questions.jsonl").write_text(json.dumps(line), "utf-8")
    (question,) = read_spans(tmp_path).questions
    assert [gold.grade for gold in question.gold] == [3, 1]
    assert question.filters == Filters(
        ("x*",), "2019", "2019-11-30", {"author": ["Ann Lee"], "year>=": 1990}
    )


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("golds", [], "the field 'golds' is not known: id, question, kind"),
        ("gold", [{"source": "s", "quote": "q", "grades": 1}], "the field 'grades' is not known"),
        ("gold", [{"source": "s", "quote": "q", "grade": 4}], '"grade" is 4: 1, 2 or 3'),
        ("gold", [{"source": "s", "quote": "q", "grade": True}], '"grade" is True'),
        ("gold", [{"source": "s", "quote": "q"}, {"source": "s", "quote": "q", "grade": 2}], "twice"),
        ("filters", ["x*"], '"filters" is not an object'),
        ("filters", {"sources": ["x*"]}, "the field 'sources' is not known"),
        ("filters", {"source": "x*"}, "not a list of globs"),
        ("filters", {"published_to": 2019}, '"published_to" is not a date'),
        ("filters", {"where": ["author"]}, '"where" of the filters is not an object'),
        ("filters", {"where": {"year>=": "soon"}}, "wants a number or a date"),
    ],
)  # fmt: skip
def test_a_field_that_means_nothing_is_refused(
    tmp_path: Path, field: str, value: object, says: str
) -> None:
    line = {"id": "a", "question": "When?", "kind": "k", field: value}
    (tmp_path / "questions.jsonl").write_text(json.dumps(line), "utf-8")
    with pytest.raises(DatasetError, match=re.escape(says)) as error:
        read_spans(tmp_path)
    assert "questions.jsonl line 1" in str(error.value)


def test_a_string_may_hold_other_line_separators(tmp_path: Path) -> None:
    entry = {"id": "a", "question": "one\u2028two\x85three", "kind": "x", "gold": []}
    write_lines(tmp_path / "questions.jsonl", [entry])
    assert read_spans(tmp_path).questions[0].text == "one\u2028two\x85three"


def test_a_byte_order_mark_and_crlf_are_no_fault(tmp_path: Path) -> None:
    line = json.dumps({"id": "a", "question": "?", "kind": "x", "gold": []})
    (tmp_path / "questions.jsonl").write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n\r\n")
    assert len(read_spans(tmp_path).questions) == 1


GOOD: dict[str, Any] = {"id": "a", "question": "Why?", "kind": "fact", "gold": [], "need": "any"}
PIECE = {"source": "a.txt", "quote": "b"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("[" * 100_000, "is not JSON"),
        (json.dumps({**GOOD, "id": ""}), '"id"'),
        (json.dumps({**GOOD, "id": None}), '"id"'),
        (json.dumps({**GOOD, "id": True}), '"id"'),
        (json.dumps({**GOOD, "question": " "}), '"question" is blank'),
        (json.dumps({**GOOD, "question": 3}), '"question" is not a text'),
        (json.dumps({k: v for k, v in GOOD.items() if k != "kind"}), '"kind" is missing'),
        (json.dumps({**GOOD, "gold": "a"}), '"gold" is not a list'),
        (json.dumps({**GOOD, "gold": ["a"]}), '"gold" is not an object'),
        (json.dumps({**GOOD, "gold": [{"source": "a.txt"}]}), '"quote" is missing'),
        (json.dumps({**GOOD, "gold": [{"source": "a.txt", "quote": ""}]}), '"quote" is blank'),
        (json.dumps({**GOOD, "gold": [PIECE, PIECE]}), "stands twice in the gold"),
        (json.dumps({**GOOD, "need": "both"}), '"need" is'),
        (json.dumps({**GOOD, "history": "Who?"}), '"history" is not a list'),
        (json.dumps({**GOOD, "history": ["Who?", " "]}), '"history" is not a list'),
        (json.dumps({**GOOD, "history": [1]}), '"history" is not a list'),
        (json.dumps({**GOOD, "id": "first"}), "the id 'first' stands twice"),
    ],
)
def test_what_is_wrong_with_a_question_is_said_with_its_line(
    tmp_path: Path, line: str, says: str
) -> None:
    first = json.dumps({**GOOD, "id": "first"})
    (tmp_path / "questions.jsonl").write_text(f"{first}\n{line}\n", "utf-8")
    with pytest.raises(DatasetError) as error:
        read_spans(tmp_path)
    assert "questions.jsonl line 2" in str(error.value)
    assert says in str(error.value)
    assert error.value.exit_status == 2


def test_a_file_that_is_not_utf8_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_bytes(b"\n\xff\xfe\n")
    with pytest.raises(DatasetError, match=r"line 2 is not UTF-8"):
        read_spans(tmp_path)


def test_a_set_without_questions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("\n", "utf-8")
    with pytest.raises(DatasetError, match="holds no question"):
        read_spans(tmp_path)


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ("apart = [", "cannot be read"),
        ('apart = "spanish"', "not a list"),
        ('apart = ["french"]', "'french'"),
        ('aparts = ["spanish"]', "'aparts' is not known"),
    ],
)
def test_what_is_wrong_with_the_file_about_a_set_is_said(
    spans: Path, about: str, says: str
) -> None:
    (spans / "dataset.toml").write_text(about, "utf-8")
    with pytest.raises(DatasetError, match=r"dataset\.toml") as error:
        read_spans(spans)
    assert says in str(error.value)


def test_a_corpus_is_read(corpus: Path) -> None:
    dataset = read_corpus(corpus)
    assert dataset.rows[0].title == "Bees"
    assert dataset.queries["q1"] == "who hunts voles at night"
    # q3 has no positive judgement; q9 has no text and still counts.
    assert dataset.qrels == {
        "q1": {"owls": 2, "bees": 0},
        "q2": {"bees": 1, "gone": 1},
        "q4": {"title only": 1},
        "q9": {"owls": 1},
    }


def test_the_digest_is_of_the_content(corpus: Path) -> None:
    before = read_corpus(corpus).digest
    lines = (corpus / "corpus.jsonl").read_text("utf-8")
    (corpus / "corpus.jsonl").write_text(lines.replace('", "', '","'), "utf-8")
    assert read_corpus(corpus).digest == before
    (corpus / "corpus.jsonl").write_text(lines.replace("voles", "moles"), "utf-8")
    assert read_corpus(corpus).digest != before


def test_questions_can_come_from_another_file(corpus: Path, tmp_path: Path) -> None:
    other = write_lines(tmp_path / "es.jsonl", [{"_id": "q1", "text": "¿quién caza de noche?"}])
    dataset = read_dataset("small-corpus", str(tmp_path), queries=other)
    assert isinstance(dataset, JudgedCorpus)
    assert dataset.queries == {"q1": "¿quién caza de noche?"}
    assert len(dataset.qrels) == 4


def test_questions_with_other_ids_are_refused(corpus: Path, tmp_path: Path) -> None:
    other = write_lines(tmp_path / "es.jsonl", [{"_id": "x", "text": "¿qué?"}])
    with pytest.raises(DatasetError, match="none of the questions"):
        read_corpus(corpus, queries=other)


def test_questions_with_quotes_take_no_other_file(spans: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="--queries"):
        read_dataset(str(spans), "", queries=tmp_path / "es.jsonl")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("q\td\t1\n", "line 1: a judgement where the header"),
        ("h\th\th\nq\td\n", "line 2: query, document and grade"),
        ("h\th\th\nq d 1\n", "line 2"),
        ("h\th\th\nq\td\thigh\n", "line 2: the grade is 'high'"),
        ("h\th\th\nq\td\t0.5\n", "line 2: the grade is '0.5'"),
        ("h\th\th\nq\td\tnan\n", "line 2: the grade is 'nan'"),
        ("h\th\th\n\td\t1\n", "line 2: the query or the document has no id"),
        ("h\th\th\nq\td\t1\nq\td\t2\n", "line 3: q and d are judged twice"),
        ("q 0 d 1\nq 0 e\n", "line 2: query, iteration, document and grade"),
        ("q 0 d high\n", "line 1: the grade is 'high'"),
        ("q d\n", "line 1: query, document and grade with tabs between"),
        ("q 0 d 1 run\n", "line 1: query, document and grade with tabs between"),
    ],
)
def test_what_is_wrong_with_judgements_is_said_with_its_line(
    tmp_path: Path, lines: str, says: str
) -> None:
    file = tmp_path / "qrels.tsv"
    file.write_text(lines, "utf-8")
    with pytest.raises(DatasetError) as error:
        read_qrels(file)
    assert str(file) in str(error.value)
    assert says in str(error.value)


@pytest.mark.parametrize("between", ["\t", " ", "  \t"])
def test_judgements_in_the_four_columns_of_trec_are_read(tmp_path: Path, between: str) -> None:
    file = tmp_path / "qrels.tsv"
    lines = [("q1", "0", "d1", "2"), ("q1", "Q0", "d2", "0"), ("q2", "0", "d1", "1")]
    file.write_text("".join(between.join(line) + "\n" for line in lines), "utf-8")
    assert read_qrels(file) == {"q1": {"d1": 2, "d2": 0}, "q2": {"d1": 1}}


def test_judged_documents_that_the_corpus_lacks_are_counted(corpus: Path) -> None:
    (corpus / "qrels.tsv").write_text(
        "q\td\ts\nq1\tbees\t1\nq1\tgone\t2\nq1\talso-gone\t0\n", "utf-8"
    )
    assert read_corpus(corpus).missing == 1


def test_grades_may_be_written_as_fractions(tmp_path: Path) -> None:
    (tmp_path / "qrels.tsv").write_text("\nh\th\th\nq\td\t2.0\nq\te\t-1\n", "utf-8")
    assert read_qrels(tmp_path / "qrels.tsv") == {"q": {"d": 2, "e": -1}}


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("corpus.jsonl", "", "holds no document"),
        ("corpus.jsonl", '{"_id": "a"}\n', 'line 1: "text" is missing'),
        ("corpus.jsonl", '{"_id": "a", "text": "b", "title": 1}\n', '"title" is not a text'),
        ("corpus.jsonl", '{"_id": "a", "text": "b"}\n' * 2, "line 2: the _id 'a' stands twice"),
        ("corpus.jsonl", '{"_id": "a", "text": "b"}\n', "none of the documents"),
        ("queries.jsonl", '{"_id": "q1"}\n', 'line 1: "text" is missing'),
        ("queries.jsonl", '{"_id": "a", "text": "b"}\n' * 2, "line 2: the _id 'a' stands twice"),
        ("qrels.tsv", "h\th\th\nq1\towls\t0\n", "no judgement above 0"),
    ],
)
def test_what_is_wrong_with_a_corpus_is_said(corpus: Path, file: str, text: str, says: str) -> None:
    (corpus / file).write_text(text, "utf-8")
    with pytest.raises(DatasetError) as error:
        read_corpus(corpus)
    assert says in str(error.value)


@pytest.mark.parametrize("file", ["queries.jsonl", "qrels.tsv"])
def test_a_missing_file_is_named(corpus: Path, file: str) -> None:
    (corpus / file).unlink()
    with pytest.raises(DatasetError, match=f"{file} does not exist"):
        read_corpus(corpus)


def test_the_published_place_of_judgements_is_known(corpus: Path) -> None:
    (corpus / "qrels").mkdir()
    (corpus / "qrels.tsv").rename(corpus / "qrels" / "test.tsv")
    assert "q1" in read_corpus(corpus).qrels


def test_ids_may_be_numbers_and_titles_may_be_missing(tmp_path: Path) -> None:
    write_lines(tmp_path / "corpus.jsonl", [{"_id": 7, "text": "a", "title": None}])
    write_lines(tmp_path / "queries.jsonl", [{"_id": 1, "text": "a"}])
    (tmp_path / "qrels.tsv").write_text("h\th\th\n1\t7\t1\n", "utf-8")
    assert read_corpus(tmp_path).rows == (Row("7", "", "a"),)


def test_a_data_set_is_found_by_path_then_by_name(spans: Path, tmp_path: Path) -> None:
    assert find_dataset(str(spans), "") == spans
    assert find_dataset("small-questions", str(tmp_path)) == Path("small-questions")
    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    assert find_dataset("deep", str(tmp_path / "elsewhere")) == elsewhere


def test_a_data_set_that_is_nowhere_is_said(spans: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="small-questions"):
        find_dataset("nothing", str(tmp_path))
    with pytest.raises(DatasetError, match="QA_DATASETS"):
        find_dataset("nothing", "")
    with pytest.raises(DatasetError, match="is a file"):
        find_dataset(str(spans / "questions.jsonl"), "")
    with pytest.raises(DatasetError, match="neither"):
        read_dataset(str(tmp_path), "")


def test_ir_datasets_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_datasets", None)
    with pytest.raises(DatasetError, match=r"cited-qa\[datasets\]"):
        read_dataset("ir_datasets:beir/scifact/test", "")


class _Source:
    """Stands for a data set of ir_datasets."""

    def has_docs(self) -> bool:
        return True

    has_queries = has_qrels = has_docs

    def docs_iter(self) -> list[Any]:
        return [
            SimpleNamespace(doc_id="d1", title="A title", text="A text."),
            SimpleNamespace(doc_id="d2", default_text=lambda: "Another text."),
        ]

    def queries_iter(self) -> list[Any]:
        return [SimpleNamespace(query_id="q", default_text=lambda: "A question?")]

    def qrels_iter(self) -> list[Any]:
        return [SimpleNamespace(query_id="q", doc_id="d2", relevance=1)]


def test_ir_datasets_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("ir_datasets")
    sources = {"beir/small/test": _Source()}
    module.load = sources.__getitem__  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "ir_datasets", module)
    dataset = read_dataset("ir_datasets:beir/small/test", "")
    assert isinstance(dataset, JudgedCorpus)
    assert dataset.name == "beir-small-test"
    assert dataset.rows == (Row("d1", "A title", "A text."), Row("d2", "", "Another text."))
    assert dataset.queries == {"q": "A question?"}
    assert dataset.qrels == {"q": {"d2": 1}}
    with pytest.raises(DatasetError, match="no data set 'x'"):
        read_dataset("ir_datasets:x", "")


def test_the_committed_set_can_be_read() -> None:
    dataset = read_spans(Path(__file__).parents[2] / "eval" / "seeds")
    assert isinstance(dataset, SpanSet)
    assert "spanish" in dataset.apart
    assert len(dataset.questions) >= 150
