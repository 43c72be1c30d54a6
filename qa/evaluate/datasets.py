"""Judged data sets, read from the disk.

Two forms. *Spans*: a folder with ``questions.jsonl``; each question names verbatim quotes of the
archive that answer it. *BEIR layout* (Thakur et al., 2021): a folder with ``corpus.jsonl``,
``queries.jsonl`` and ``qrels.tsv``; each question names documents with a grade. Everything wrong
in a file is a DatasetError that names the file and the line.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from qa.errors import DatasetError, QuestionError
from qa.facets import conditions
from qa.records import Filters

QUESTIONS, CORPUS, QUERIES = "questions.jsonl", "corpus.jsonl", "queries.jsonl"
QRELS = ("qrels.tsv", "qrels/test.tsv")
ABOUT = "dataset.toml"
IR_DATASETS = "ir_datasets:"

Need = Literal["any", "all"]


@dataclass(frozen=True, slots=True)
class Gold:
    """A verbatim piece of a source's text that answers a question, 1 to 3 times as well as another."""

    source: str
    quote: str
    grade: int = 1


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question of a span set. ``gold`` is empty when the archive does not answer it.

    ``need``: with "any" each quote is enough by itself, with "all" every one is wanted.
    ``history``: the questions that were asked before it, oldest first. ``filters``: what it is
    confined to, as in ``/v1/ask``.
    """

    id: str
    text: str
    kind: str
    gold: tuple[Gold, ...]
    need: Need
    history: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)

    @property
    def digest(self) -> str:
        """Names the question and what is right about it; ``history`` may be left out of a run."""
        gold = sorted((one.source, one.quote, one.grade) for one in self.gold)
        return _digest(self.text, self.need, gold, astuple(self.filters))


@dataclass(frozen=True, slots=True)
class SpanSet:
    """Questions with quotes. ``apart``: kinds that are reported, but not in the overall figures."""

    name: str
    path: Path
    questions: tuple[SpanQuestion, ...]
    apart: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A document of a corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgedCorpus:
    """A corpus with judged questions.

    ``queries``: the text of each question. ``qrels``: for each judged question the grades of its
    documents; questions without a grade above 0 are left out. ``queries_from`` names the file of
    the questions. ``digest`` names the corpus's content: 16 hexadecimal digits. ``missing`` counts
    the judged documents that the corpus does not hold: no run can find them.
    """

    name: str
    path: Path | None
    rows: tuple[Row, ...]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    queries_from: str
    digest: str
    missing: int = 0

    def digest_of(self, query: str) -> str:
        """Return what names a question and its judgements."""
        return _digest(self.queries.get(query, ""), sorted(self.qrels[query].items()))


def _digest(*parts: object) -> str:
    """Return 16 hexadecimal digits that name the content of a question."""
    return hashlib.sha256(json.dumps(parts, default=str).encode("ascii")).hexdigest()[:16]


def find_dataset(name: str, folder: str) -> Path:
    """Return the folder of the data set ``name``: a path, else a name within ``folder``.

    Raises DatasetError when neither is there.
    """
    for path in (Path(name), *([Path(folder) / name] if folder else [])):
        if path.is_dir():
            return path
        if path.is_file():
            raise DatasetError(f"{path} is a file: name the folder that it lies in")
    if not folder:
        raise DatasetError(
            f"no data set {name!r}: no such folder, and QA_DATASETS names none that holds it"
        )
    found = sorted(path.name for path in Path(folder).glob("*/") if form_of(path))
    raise DatasetError(f"no data set {name!r}: no such folder, and {folder} holds {_some(found)}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return (", ".join(names[:10]) + more) if names else "none"


def form_of(path: Path) -> Literal["spans", "corpus"] | None:
    """Return which form of data set a folder holds, None when it holds none."""
    if (path / QUESTIONS).is_file():
        return "spans"
    return "corpus" if (path / CORPUS).is_file() else None


def read_dataset(name: str, folder: str, *, queries: Path | None = None) -> SpanSet | JudgedCorpus:
    """Read the data set ``name``: a path, a name within ``folder``, or ``ir_datasets:ID``.

    ``queries`` is a file that takes the place of a corpus's ``queries.jsonl``.
    """
    if name.startswith(IR_DATASETS):
        return read_ir_dataset(name.removeprefix(IR_DATASETS), queries=queries)
    path = find_dataset(name, folder)
    form = form_of(path)
    if form is None:
        raise DatasetError(f"{path} is no data set: it holds neither {QUESTIONS} nor {CORPUS}")
    if form == "corpus":
        return read_corpus(path, queries=queries)
    if queries:
        raise DatasetError(
            f"{path} is a set of questions with quotes: --queries goes with a {CORPUS}"
        )
    return read_spans(path)


# --- questions with quotes -------------------------------------------------------------------


def read_spans(path: Path) -> SpanSet:
    """Read a folder with ``questions.jsonl`` and, if there is one, ``dataset.toml``."""
    questions = read_questions(path / QUESTIONS)
    kinds = {question.kind for question in questions}
    return SpanSet(path.resolve().name, path, questions, _apart(path / ABOUT, kinds))


def read_questions(file: Path) -> tuple[SpanQuestion, ...]:
    """Read the questions of a span set."""
    questions: dict[str, SpanQuestion] = {}
    for where, entry in _json_lines(file):
        question = _span_question(where, entry)
        if question.id in questions:
            raise DatasetError(f"{where}: the id {question.id!r} stands twice")
        questions[question.id] = question
    if not questions:
        raise DatasetError(f"{file} holds no question")
    return tuple(questions.values())


def without_history(dataset: SpanSet) -> SpanSet:
    """Return a set whose questions are asked as if none had been before them."""
    return replace(dataset, questions=tuple(replace(q, history=()) for q in dataset.questions))


_QUESTION = ("id", "question", "kind", "gold", "need", "history", "filters")
_FILTERS = ("source", "published_from", "published_to", "where")
_GRADES = (1, 2, 3)


def _span_question(where: str, entry: Mapping[str, Any]) -> SpanQuestion:
    _only(where, entry, _QUESTION)
    gold = entry.get("gold") or []
    if not isinstance(gold, list):
        raise DatasetError(f'{where}: "gold" is not a list (an empty one or none: not answered)')
    need = entry.get("need", "any")
    if need not in ("any", "all"):
        raise DatasetError(f'{where}: "need" is {need!r}: "any" or "all" is wanted')
    history = entry.get("history", [])
    if not isinstance(history, list) or not all(isinstance(h, str) and h.strip() for h in history):
        raise DatasetError(f'{where}: "history" is not a list of earlier questions')
    quotes = tuple(_gold(where, piece) for piece in gold)
    if len({(gold.source, gold.quote) for gold in quotes}) < len(quotes):
        raise DatasetError(f"{where}: a quote stands twice in the gold")
    return SpanQuestion(
        id=_id(where, entry, "id"),
        text=_text(where, entry, "question"),
        kind=_text(where, entry, "kind"),
        gold=quotes,
        need="all" if need == "all" else "any",
        history=tuple(history),
        filters=_filters(where, entry.get("filters")),
    )


def _gold(where: str, piece: object) -> Gold:
    if not isinstance(piece, dict):
        raise DatasetError(f'{where}: a "gold" is not an object with "source" and "quote"')
    _only(f"{where}, gold", piece, ("source", "quote", "grade"))
    grade = piece.get("grade", 1)
    if isinstance(grade, bool) or grade not in _GRADES:
        raise DatasetError(f'{where}: a "grade" is {grade!r}: 1, 2 or 3 is wanted')
    return Gold(_text(where, piece, "source"), _text(where, piece, "quote"), int(grade))


def _filters(where: str, entry: object) -> Filters:
    if entry is None:
        return Filters()
    if not isinstance(entry, dict):
        raise DatasetError(f'{where}: "filters" is not an object with {_listed(_FILTERS)}')
    _only(f"{where}, filters", entry, _FILTERS)
    source = entry.get("source", [])
    if not isinstance(source, list) or not all(isinstance(g, str) and g.strip() for g in source):
        raise DatasetError(f'{where}: "source" of the filters is not a list of globs')
    dates = {name: entry.get(name) for name in _FILTERS[1:3]}
    for name, value in dates.items():
        if value is not None and not isinstance(value, str):
            raise DatasetError(f'{where}: "{name}" is not a date: one as "2019-11-30" is wanted')
    facets = entry.get("where", {})
    if not isinstance(facets, dict):
        raise DatasetError(f'{where}: "where" of the filters is not an object of names and values')
    try:
        conditions(facets)
    except QuestionError as error:
        raise DatasetError(f"{where}: {error.message}") from error
    return Filters(tuple(source), dates["published_from"], dates["published_to"], facets)


def _only(where: str, entry: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse a field that means nothing here: a misspelled one would be ignored in silence."""
    unknown = next((field for field in entry if field not in known), None)
    if unknown is not None:
        raise DatasetError(f"{where}: the field {unknown!r} is not known: {_listed(known)} are")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _apart(file: Path, kinds: set[str]) -> frozenset[str]:
    if not file.is_file():
        return frozenset()
    try:
        about = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DatasetError(f"{file} cannot be read: {error}") from error
    unknown = sorted(set(about) - {"apart"})
    if unknown:
        raise DatasetError(f"{file}: {unknown[0]!r} is not known: only apart = [kinds] is")
    apart = about.get("apart", [])
    if not isinstance(apart, list) or not all(isinstance(kind, str) for kind in apart):
        raise DatasetError(f"{file}: apart is not a list of kinds")
    strange = sorted(set(apart) - kinds)
    if strange:
        raise DatasetError(f"{file}: no question is of the kind {strange[0]!r}")
    return frozenset(apart)


# --- a corpus with judged documents ----------------------------------------------------------


def read_corpus(path: Path, *, queries: Path | None = None) -> JudgedCorpus:
    """Read a folder in BEIR layout. ``queries`` stands for its ``queries.jsonl``."""
    rows: dict[str, Row] = {}
    for where, entry in _json_lines(path / CORPUS):
        row = Row(
            id=_id(where, entry, "_id"),
            title=_string(where, entry, "title", default="").strip(),
            text=_string(where, entry, "text"),
        )
        if row.id in rows:
            raise DatasetError(f"{where}: the _id {row.id!r} stands twice")
        rows[row.id] = row
    if not rows:
        raise DatasetError(f"{path / CORPUS} holds no document")
    qrels = next((path / name for name in QRELS if (path / name).is_file()), path / QRELS[0])
    return _judged(
        path.resolve().name,
        path,
        rows,
        read_queries(queries or path / QUERIES),
        read_qrels(qrels),
        str(queries or path / QUERIES),
        str(qrels),
    )


def read_queries(file: Path) -> dict[str, str]:
    """Read questions, a JSON object with ``_id`` and ``text`` a line."""
    texts: dict[str, str] = {}
    for where, entry in _json_lines(file):
        query = _id(where, entry, "_id")
        if query in texts:
            raise DatasetError(f"{where}: the _id {query!r} stands twice")
        texts[query] = _text(where, entry, "text")
    return texts


_TREC = "query, iteration, document and grade"


def read_qrels(file: Path) -> dict[str, dict[str, int]]:
    """Read judgements in either of two forms.

    BEIR's: a header, then query, document and grade, with tabs between. TREC's: query, iteration
    (which nothing reads), document and grade, with white space between and no header.
    """
    qrels: dict[str, dict[str, int]] = {}
    columns = 0
    for number, line in _lines(file):
        where = f"{file} line {number}"
        fields = [part.strip() for part in line.split("\t")]
        if columns != 3 and len(fields) not in (3, 4):
            fields = line.split()
        header = not columns
        columns = columns or len(fields)
        if columns not in (3, 4):
            raise DatasetError(
                f"{where}: query, document and grade with tabs between are wanted, or TREC's "
                f"{_TREC}, not {len(fields)} fields"
            )
        if len(fields) != columns:
            raise DatasetError(
                f"{where}: {'query, document and grade' if columns == 3 else _TREC} are wanted, as in "
                f"the first line, not {len(fields)} fields"
            )
        query, document, grade = fields[0], fields[-2], fields[-1]
        value = _whole(grade)
        if header and columns == 3:
            if value is not None:
                raise DatasetError(
                    f"{where}: a judgement where the header (query-id, corpus-id, score) is wanted"
                )
            continue
        if value is None:
            raise DatasetError(f"{where}: the grade is {grade!r}: a whole number is wanted")
        if not query or not document:
            raise DatasetError(f"{where}: the query or the document has no id")
        if qrels.setdefault(query, {}).setdefault(document, value) != value:
            raise DatasetError(f"{where}: {query} and {document} are judged twice, differently")
    return qrels


def _whole(grade: str) -> int | None:
    """Return a grade as a whole number ("2" or "2.0"), or None."""
    try:
        value = float(grade)
        return int(value) if value == int(value) else None
    except (ValueError, OverflowError):
        return None


def _judged(
    name: str,
    path: Path | None,
    rows: Mapping[str, Row],
    queries: Mapping[str, str],
    qrels: Mapping[str, Mapping[str, int]],
    queries_from: str,
    qrels_from: str,
) -> JudgedCorpus:
    """Keep the questions with a positive judgement; refuse files that do not belong together."""
    wanted = {q: grades for q, grades in qrels.items() if max(grades.values()) > 0}
    if not wanted:
        raise DatasetError(f"{qrels_from} holds no judgement above 0")
    if not any(query in queries for query in wanted):
        raise DatasetError(f"{queries_from} holds none of the questions that {qrels_from} judges")
    if not any(document in rows for grades in wanted.values() for document in grades):
        raise DatasetError(f"the corpus holds none of the documents that {qrels_from} judges")
    digest = hashlib.sha256()
    for row in rows.values():
        digest.update(repr((row.id, row.title, row.text)).encode("utf-8", "surrogatepass"))
    return JudgedCorpus(
        name=name,
        path=path,
        rows=tuple(rows.values()),
        queries=queries,
        qrels=wanted,
        queries_from=Path(queries_from).name,
        digest=digest.hexdigest()[:16],
        missing=len(
            {d for grades in wanted.values() for d, grade in grades.items() if grade > 0}
            - rows.keys()
        ),
    )


# --- ir_datasets -----------------------------------------------------------------------------


def read_ir_dataset(name: str, *, queries: Path | None = None) -> JudgedCorpus:
    """Read a data set that the package ``ir_datasets`` knows; it fetches what it does not hold.

    A document's title is its field ``title``, where it has one; its text is the field ``text``,
    else all that the package takes for its text.
    """
    try:
        import ir_datasets
    except ImportError as error:
        raise DatasetError(
            f"{IR_DATASETS}{name} needs the package ir_datasets: pip install 'cited-qa[datasets]'"
        ) from error
    called = IR_DATASETS + name
    try:
        source = ir_datasets.load(name)
    except KeyError as error:
        raise DatasetError(f"ir_datasets has no data set {name!r}") from error
    parts = ("docs", "queries", "qrels")
    missing = [part for part in parts if not getattr(source, f"has_{part}")()]
    if missing:
        raise DatasetError(f"{called} has no {missing[0]}: name a part of it that has")
    try:
        rows = {document.doc_id: _ir_row(document) for document in source.docs_iter()}
        texts = (
            read_queries(queries)
            if queries
            else {query.query_id: query.default_text() for query in source.queries_iter()}
        )
        qrels: dict[str, dict[str, int]] = {}
        for qrel in source.qrels_iter():
            qrels.setdefault(qrel.query_id, {})[qrel.doc_id] = int(qrel.relevance)
    except OSError as error:
        raise DatasetError(f"{called} cannot be fetched or read: {error}") from error
    return _judged(name.replace("/", "-"), None, rows, texts, qrels, str(queries or called), called)


def _ir_row(document: Any) -> Row:
    title = str(getattr(document, "title", "") or "")
    text = str(getattr(document, "text", "") or "") or str(document.default_text())
    return Row(document.doc_id, title.strip(), text)


# --- lines and fields ------------------------------------------------------------------------


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a UTF-8 file that are not blank, with their numbers from 1.

    Only a line feed ends a line: a JSON string may hold other line separators.
    """
    try:
        with file.open("rb") as lines:
            for number, data in enumerate(lines, start=1):
                try:
                    line = data.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise DatasetError(f"{file} line {number} is not UTF-8") from error
                line = line.rstrip("\r\n")
                if line.strip():
                    yield number, line
    except FileNotFoundError as error:
        raise DatasetError(f"{file} does not exist") from error
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror or error}") from error


def _json_lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a JSON-lines file, each with the words that say where it stands."""
    for number, line in _lines(file):
        where = f"{file} line {number}"
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{where} is not JSON: {error}") from error
        if not isinstance(entry, dict):
            raise DatasetError(f"{where} is not a JSON object")
        yield where, entry


def _id(where: str, entry: Mapping[str, Any], field: str) -> str:
    """Return an id as text; a whole number is taken as its digits."""
    value = entry.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    # Judgements are fields between tabs: an id that they cannot hold could never be judged.
    if not isinstance(value, str) or not value.strip() or value != value.strip():
        raise DatasetError(f'{where}: "{field}" is not an id: a text without space around it')
    return value


def _text(where: str, entry: Mapping[str, Any], field: str) -> str:
    value = _string(where, entry, field)
    if not value.strip():
        raise DatasetError(f'{where}: "{field}" is blank')
    return value


def _string(where: str, entry: Mapping[str, Any], field: str, *, default: str | None = None) -> str:
    value = entry.get(field, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise DatasetError(f'{where}: "{field}" is {"not a text" if field in entry else "missing"}')
    return value
