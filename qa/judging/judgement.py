"""A judgement: what a person says of an excerpt, or of the archive, for a question.

Nothing is accepted whose quote the index does not hold to the letter. So every quote that is kept
stood in a document of the generation that the judgement names.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args

from qa.asking import check
from qa.engine import Engine
from qa.errors import JudgementError, NotFoundError, QuestionError
from qa.records import MAX_EXCERPT, Citation, Question, Span
from qa.search.citations import cite_span

Kind = Literal["answers", "does_not", "marked", "nothing"]
"""The excerpt answers the question; it does not; a span of it does; nothing in the archive does."""
KINDS: tuple[Kind, ...] = get_args(Kind)


class Marked(NamedTuple):
    """A span that a person marked in a document's text, in the version that has this SHA-256."""

    document_id: str
    sha256: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The excerpt that was judged: ``excerpt`` is the document's text from ``start`` to ``end``."""

    id: str
    document_id: str
    source: str
    sha256: str
    start: int
    end: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement as it is kept.

    ``question`` as it was asked, ``searched`` as it was searched for. ``span``: for "marked" the part of
    the excerpt that answers, counted from its start. ``judged`` is None for "nothing". ``generation``
    held the quote. ``time``: ISO 8601 in UTC. ``key``: the id of the key, if keys were needed.
    """

    id: str
    time: str
    kind: Kind
    question: str
    searched: str
    generation: str
    judged: Judged | None = None
    span: Span | None = None
    key: str | None = None

    @property
    def place(self) -> Span:
        """The span of the document that was judged; only for what has an excerpt."""
        assert self.judged is not None
        first, last = self.span or (0, len(self.judged.excerpt))
        return self.judged.start + first, self.judged.start + last

    @property
    def quote(self) -> str:
        """The words that were judged; only for what has an excerpt."""
        assert self.judged is not None
        first, last = self.span or (0, len(self.judged.excerpt))
        return self.judged.excerpt[first:last]

    def line(self) -> bytes:
        """Return the judgement as a line of JSON, with its line feed."""
        return json_line(asdict(self))


def json_line(value: object) -> bytes:
    """Return a value as a line of JSON, in UTF-8 as long as it can be encoded."""
    try:
        data = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character (a lone surrogate) in a document
        data = json.dumps(value).encode()
    return data + b"\n"


def judgement_in(line: bytes) -> Judgement:
    """Return the judgement of a line. Raises ValueError if it is none."""
    try:
        value = json.loads(line)
        judged, span = value.pop("judged"), value.pop("span")
        found = Judgement(
            **value,
            judged=None if judged is None else Judged(**judged),
            span=None if span is None else (span[0], span[1]),
        )
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it is not what the service writes") from error
    if not _is_whole(found):
        raise ValueError("it is not what the service writes")
    return found


def _is_whole(one: Judgement) -> bool:
    texts: list[object] = [one.id, one.time, one.question, one.searched, one.generation]
    numbers: list[object] = list(one.span or ())
    if one.judged:
        values: Mapping[str, object] = asdict(one.judged)
        numbers += [values["start"], values["end"]]
        texts += [values[name] for name in values if name not in ("start", "end")]
    return (
        one.kind in KINDS
        and (one.judged is None) == (one.kind == "nothing")
        and (one.span is not None) == (one.kind == "marked")
        and all(isinstance(text, str) for text in texts)
        and all(type(number) is int for number in numbers)
        and (one.key is None or isinstance(one.key, str))
        and (one.judged is None or one.judged.end - one.judged.start == len(one.judged.excerpt))
    )


def accept(
    engine: Engine,
    *,
    kind: Kind,
    question: str,
    searched: str | None = None,
    citation: Citation | None = None,
    excerpt: str | None = None,
    span: Span | None = None,
    place: Marked | None = None,
    key: str | None = None,
) -> Judgement:
    """Return a judgement of now, once the index has proved its quote.

    What is "marked" is a ``span`` of the excerpt of a citation, or a ``place`` in a document, whose text
    there is the excerpt. Raises QuestionError for a question that nobody can ask, and JudgementError.
    """
    check(Question(question))
    try:
        check(Question(searched or question))
    except QuestionError as error:
        raise QuestionError(error.message, field="searched", code=error.name) from error
    return Judgement(
        id=new_id(),
        time=now(),
        kind=kind,
        question=question,
        searched=searched or question,
        generation=engine.info.generation,
        judged=_proved(engine, kind, citation, excerpt, place),
        span=_span(kind, span, excerpt, whole=place is not None),
        key=key,
    )


def new_id() -> str:
    """Return an id that no other judgement has."""
    return f"j{secrets.token_hex(8)}"


def now() -> str:
    """Return the time in UTC, as judgements have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _proved(
    engine: Engine,
    kind: Kind,
    citation: Citation | None,
    excerpt: str | None,
    place: Marked | None,
) -> Judged | None:
    """Return the excerpt, which stands in the index to the letter. Raises JudgementError."""
    if place is not None and (kind != "marked" or citation is not None):
        raise JudgementError(
            'a place goes with the kind "marked" only, and without a citation', field="place"
        )
    if kind == "nothing":
        if citation is not None or excerpt is not None:
            raise JudgementError(
                "nothing in the archive answers: leave citation and excerpt out", field="citation"
            )
        return None
    if excerpt is None or (citation is None and place is None):
        missing = "excerpt" if citation or place else "citation"
        raise JudgementError(f"{missing} is missing: send what was judged", field=missing)
    if len(excerpt) > MAX_EXCERPT:
        raise JudgementError(
            f"the excerpt has {len(excerpt):,} characters: at most {MAX_EXCERPT:,} are allowed",
            field="excerpt",
        )
    if place is not None:
        cited: Citation | None = _cited(engine, place, excerpt)
    else:
        assert citation is not None
        found = engine.verify(citation, excerpt)
        cited = None if found.reason or not found.holds else found.citation
        if cited is None:
            raise _wrong(str(found.reason))
    assert cited is not None
    return Judged(
        cited.id, cited.document_id, cited.source, cited.sha256, cited.start, cited.end, excerpt
    )


def _cited(engine: Engine, place: Marked, excerpt: str) -> Citation:
    """Return the citation of a place, whose text is the excerpt. Raises JudgementError."""
    try:
        document = engine.document(place.document_id)
    except NotFoundError as error:
        raise _wrong("the archive no longer holds the document") from error
    if document.sha256 != place.sha256:
        raise _wrong("the document has changed meanwhile: open it again")
    if not 0 <= place.start < place.end <= len(document.text):
        raise JudgementError(
            f"start and end must be 0 <= start < end <= {len(document.text)} in this document",
            field="place",
        )
    if document.text[place.start : place.end] != excerpt:
        raise _wrong("other words stand at this place")
    return cite_span(document, place.start, place.end)


def _wrong(reason: str) -> JudgementError:
    return JudgementError(
        f"only a quote of this index, to the letter, can be judged: {reason}",
        field="excerpt",
        code="quote_wrong",
    )


def _span(kind: Kind, span: Span | None, excerpt: str | None, *, whole: bool) -> Span | None:
    """Return the marked span of an excerpt: all of it if it is ``whole``. Raises JudgementError."""
    if whole and span is None:
        return 0, len(excerpt or "")
    if kind != "marked":
        if span is not None:
            raise JudgementError('a span goes with the kind "marked" only', field="span")
        return None
    length = len(excerpt or "")
    if span is None or not 0 <= span[0] < span[1] <= length:
        raise JudgementError(
            f"span must be 0 <= start < end <= {length}, counted from the excerpt's start",
            field="span",
        )
    return span
