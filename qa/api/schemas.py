"""The shapes of requests and answers, as ``/openapi.json`` shows them.

An unknown field is refused, and the error names it. The engine checks the rules for a question (its
length, ``k``, dates) for every caller; here they are only described.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from qa import records
from qa.asking import MAX_GLOB, MAX_GLOBS, MAX_HISTORY, MAX_K, MAX_QUESTION
from qa.facets import WHERE, typed
from qa.judging.judgement import Kind
from qa.present import shapes
from qa.records import MAX_EXCERPT
from qa.text.printable import is_text

NOT_TEXT = "not_text"
MAX_FOOTNOTE = 20_000
_DATE = {"pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", "examples": ["2019-11-30"]}
_QUESTION = {
    "minLength": 1,
    "maxLength": MAX_QUESTION,
    "examples": ["Who declared herself acting president without a quorum?"],
}


def _is_text(value: str) -> str:
    if not is_text(value):
        raise PydanticCustomError(
            NOT_TEXT, "It holds a NUL or half a character (a lone surrogate): remove it"
        )
    return value


def _described(**schema: Any) -> Any:
    """Describe a field without enforcing it here."""
    return Field(json_schema_extra=schema)


Text = Annotated[str, AfterValidator(_is_text)]
DocumentId = Annotated[Text, Path(description="id of a document, from a citation or a listing")]
QuestionText = Annotated[Text, _described(**_QUESTION)]
K = Annotated[int, _described(minimum=1, maximum=MAX_K)]
History = Annotated[
    list[Text], Field(max_length=MAX_HISTORY, description="earlier questions, oldest first")
]
Globs = Annotated[
    list[Text],
    _described(
        maxItems=MAX_GLOBS,
        items={"type": "string", "maxLength": MAX_GLOB},
        examples=[["reports/*"]],
    ),
]
Date = Annotated[Text, _described(**_DATE)]
Where = Annotated[
    dict[str, Any],
    Field(
        description="facets by name: alternatives, or a bound where the name ends with >=, <=, > or <; "
        "GET /v1/archive has the names",
        json_schema_extra={**WHERE, "examples": [{"author": ["Ann Lee"], "year>=": 1990}]},
    ),
]


class Request(BaseModel):
    """What clients send: exactly these fields, with exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Filters(Request):
    """What limits a question. A document without a date fails every date filter."""

    source: Globs = []
    published_from: Date | None = None
    published_to: Date | None = None
    where: Where = {}

    def to_filters(self) -> records.Filters:
        """Return the filters for the engine."""
        return records.Filters(
            tuple(self.source), self.published_from, self.published_to, self.where
        )


class AskRequest(Request):
    """A question."""

    question: QuestionText
    k: K = 5
    history: History = []
    filters: Filters | None = None
    explain: bool = False

    def to_question(self) -> records.Question:
        """Return the question for the engine."""
        return records.Question(
            text=self.question,
            k=self.k,
            history=tuple(self.history),
            filters=(self.filters or Filters()).to_filters(),
            explain=self.explain,
        )


class AskQuery(BaseModel):
    """A question in a query string; an empty filter counts as no filter."""

    model_config = ConfigDict(extra="forbid")

    question: QuestionText
    k: K = 5
    history: History = []
    source: Globs = []
    published_from: Date | None = None
    published_to: Date | None = None
    where: Annotated[
        list[Text],
        Field(description="a facet: NAME=VALUE, or NAME>=N", examples=[["author=Ann Lee"]]),
    ] = []
    explain: bool = False

    def to_question(self) -> records.Question:
        """Return the question for the engine."""
        return records.Question(
            text=self.question,
            k=self.k,
            history=tuple(self.history),
            filters=records.Filters(
                source=tuple(glob for glob in self.source if glob),
                published_from=self.published_from or None,
                published_to=self.published_to or None,
                where=typed(one for one in self.where if one),
            ),
            explain=self.explain,
        )


class CitationIn(Request):
    """A citation as an answer gave it. The fields that a check needs are required."""

    id: Text
    document_id: Text
    source: Text
    title: Text | None = None
    section: Text | None = None
    author: Text | None = None
    published: Text | None = None
    published_from: records.DateSource | None = None
    page: int | None = None
    place: Text | None = None
    ocr_confidence: float | None = None
    start: int
    end: int
    line_start: int | None = None
    line_end: int | None = None
    sha256: Text
    url: Text | None = None
    original_url: Text | None = None

    def to_citation(self) -> records.Citation:
        """Return the citation that the engine verifies."""
        return records.Citation(**self.model_dump(exclude={"url"}))


class VerifyRequest(Request):
    """A quotation, and the source that it is said to come from.

    The source is the citation from an answer, or what a footnote has: the whole footnote as it was
    printed, the path or the name of the source, or its title.
    """

    excerpt: str
    citation: CitationIn | None = None
    footnote: Annotated[Text, Field(max_length=MAX_FOOTNOTE)] | None = None
    source: Text | None = None
    title: Text | None = None


class VerifyResponse(BaseModel):
    """Whether a quotation holds. The reason also names differences although it holds."""

    holds: bool
    reason: str | None = Field(
        description="why it does not hold, or what differs though it does: spaces, quotation marks, "
        "hyphens, the capitals of a title"
    )
    citation: shapes.Citation | None = Field(description="of the words as the document has them")


class SpanIn(Request):
    """A part of an excerpt, counted from its start as highlights are."""

    start: int
    end: int


class PlaceIn(Request):
    """A span of a document's text, in the version that has this SHA-256."""

    document_id: Text
    sha256: Text
    start: int
    end: int


class JudgementRequest(Request):
    """What a person judges of an excerpt, or for "nothing" of the whole archive."""

    kind: Kind = Field(
        description="the excerpt answers; it does not; its span does; nothing in the archive does"
    )
    question: QuestionText
    searched: QuestionText | None = Field(None, description="from the answer, if it differs")
    citation: CitationIn | None = Field(None, description='of the excerpt; not with "nothing"')
    excerpt: str | None = Field(
        None, description=f"to the letter, at most {MAX_EXCERPT:,} characters"
    )
    span: SpanIn | None = Field(None, description='what answers, with "marked" only')
    place: PlaceIn | None = Field(
        None,
        description='where the excerpt stands, with "marked" only: in place of citation and span',
    )


class JudgementResponse(BaseModel):
    """A judgement that is on the disk."""

    id: str = Field(description="for qa judged delete")
    time: str = Field(description="in UTC")
    kind: Kind
    generation: str = Field(description="of the index that holds the excerpt")


class OpenQuestion(BaseModel):
    """A question without an answer."""

    id: str = Field(description="for DELETE; also its id in the exported questions")
    question: str = Field(description="as it was searched for")
    asked_as: str = Field(description="as it was asked the last time")
    first: str = Field(description="when it was first asked or judged, in UTC")
    last: str = Field(description="when it was last asked or judged, in UTC")
    unsure: int = Field(description="how often it was asked and got this verdict")
    not_found: int = Field(description="how often it was asked and got this verdict")
    does_not: int = Field(description="excerpts that were judged not to answer it")
    nothing: bool = Field(description="whether it was judged that nothing in the archive answers")
    filtered: bool = Field(description="whether it was asked within filters each time")


class UnansweredResponse(BaseModel):
    """Questions without an answer, the latest first."""

    questions: list[OpenQuestion]
    next_cursor: str | None = Field(description="for the questions after these; null at the end")
    total: int
    asked: int = Field(description="how often all of them were asked, as far as that is kept")
    keeps_asked: bool = Field(
        description="whether questions are kept that nobody judged (setting unanswered)"
    )


class AskResponse(shapes.Answer):
    """The result of a question. Before calibration confidence is null and the verdict "unsure"."""


class DocumentsResponse(BaseModel):
    """Some of the documents, by source."""

    documents: list[shapes.DocumentEntry]
    next_cursor: str | None = Field(description="for the documents after these; null at the end")
    total: int


class Folder(BaseModel):
    """A topmost folder of the archive."""

    name: str
    documents: int


class FacetValueCount(BaseModel):
    """A value of a facet, and how many documents have it."""

    value: str | int | float
    documents: int


class Facet(BaseModel):
    """A facet of the archive's documents, for ``filters.where``."""

    name: str
    documents: int = Field(description="how many have it")
    values: list[FacetValueCount] = Field(description="the most frequent ones, at most 20")
    distinct: int = Field(description="how many different values there are")


class SkippedFile(BaseModel):
    """What the build did not read, or not surely."""

    source: str
    reason: str


class ArchiveResponse(BaseModel):
    """Counts of what the archive holds."""

    documents: int
    dated: dict[str, int] = Field(
        description="documents by month of publication, or by year if the month is unknown"
    )
    undated: int
    folders: list[Folder] = Field(description="topmost folders, at most 100 of them")
    facets: list[Facet] = Field(description="those that most documents have, at most 100")
    judging: bool = Field(description="whether POST /v1/judgements keeps what people judge")
    name: str | None = Field(description="setting archive_name")
    welcome: str | None = Field(description="setting welcome")
    examples: list[str] = Field(
        description="sample questions: those of the setting sample_questions, else some taken from the documents"
    )
    skipped: list[SkippedFile] = Field(
        description="what was not read, or only with a guess; at most 200"
    )
    skipped_total: int
    index: shapes.Index


class DocumentResponse(shapes.Document):
    """A document with its text, exactly as it was read."""


class PagePicture(BaseModel):
    """A page of a PDF that a span stands on. Lengths are in points; null where nothing is marked."""

    page: int
    width: float | None
    height: float | None
    boxes: list[list[float]] = Field(
        description="left, lower, right, upper edge of each line of the words, from the page's lower left corner"
    )
    url: str = Field(description="the page as a picture, the words marked")


class PagesResponse(BaseModel):
    """Where a span stands in its PDF."""

    pages: list[PagePicture]
    note: str | None = Field(description="why the words are not marked, where they are not")


class HealthResponse(BaseModel):
    """The process is alive."""

    alive: Literal[True]


class SessionResponse(BaseModel):
    """Whether a key is needed, and what the caller may do; null for nothing."""

    keys: bool
    scope: Literal["ask", "admin"] | None


class ReadyResponse(BaseModel):
    """Whether questions are answered; ``fault`` says why not, or what else is wrong.

    If keys are needed, callers without a key only learn whether the service is ready.
    """

    ready: bool
    index: shapes.Index | None
    fault: str | None


class Error(BaseModel):
    """What was wrong. ``field`` is the wrong part of the request, if it was the request."""

    code: str
    message: str
    field: str | None
    request_id: str
    type: str | None = Field(default=None, description="under OpenAI's routes: its kind of error")
    param: str | None = Field(default=None, description="under OpenAI's routes: the same as field")


class ErrorBody(BaseModel):
    """The body of every failure."""

    error: Error
