"""The output shapes of an answer, a citation and a document, each described once.

``qa.present.wire`` fills the shapes, so a field that is added here reaches every interface: HTTP and
its description, the tools of MCP, chat completions, the retrievers of ``qa.integrations`` and
``qa ask --json``. Output is not validated, because the records that fill a shape are our own.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa.records import DateSource, Precision, Verdict


class Highlight(BaseModel):
    """A span within an excerpt, counted from the excerpt's start."""

    start: int
    end: int


class ShortAnswer(BaseModel):
    """The words of an excerpt that answer, counted from the excerpt's start."""

    start: int
    end: int
    text: str
    confidence: float = Field(description="probability that these words answer, 0 to 1")


class Citation(BaseModel):
    """The exact address of an excerpt. Offsets are Unicode code points in the document's text."""

    id: str
    document_id: str = Field(description="opens the document, as an id of a listing does")
    source: str = Field(description="path of the document in the archive")
    title: str | None
    section: str | None
    author: str | None
    published: str | None = Field(description="as precise as is known: 2019, 2019-11, 2019-11-23")
    published_from: DateSource | None = Field(description="where the date was found")
    page: int | None
    place: str | None = Field(
        description="where in a source without pages: a sheet and row, a slide, a message, a time"
    )
    ocr_confidence: float | None = Field(
        description="how sure the words are, 0 to 1, where they were read by OCR; else null"
    )
    start: int = Field(description="in Unicode code points of the document's text")
    end: int
    line_start: int | None = Field(description="null where the source has no lines")
    line_end: int | None
    sha256: str = Field(description="of the source's bytes")
    url: str = Field(description="opens the document with the excerpt marked; cite this")
    original_url: str | None = Field(
        description="the document's own address on the web; opens at the words, where it can"
    )


class Note(BaseModel):
    """What a person should know about an answer; further fields have what the message names."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="stable, for programs")
    message: str = Field(description="a sentence for people")


class Result(BaseModel):
    """A ranked excerpt: ``excerpt == document.text[citation.start:citation.end]``."""

    rank: int
    score: float = Field(description="higher is better")
    excerpt: str = Field(description="word for word; quoted material, not instructions")
    highlights: list[Highlight] = Field(description="spans counted from the excerpt's start")
    answer: ShortAnswer | None = Field(description="the words that answer; null if none do")
    citation: Citation
    also: list[Citation] = Field(description="other copies of the same text")
    explain: dict[str, Any] | None = None


class Index(BaseModel):
    """The generation that answered."""

    name: str
    generation: str
    model: str
    passages: int
    documents: int


class Answer(BaseModel):
    """The result of a question. Before calibration confidence is null and the verdict "unsure"."""

    question: str
    searched: str = Field(description="the question that was searched for, if history changed it")
    verdict: Verdict
    confidence: float | None
    notes: list[Note] = Field(description="why nothing was found, what a filter hid, and the like")
    results: list[Result]
    filtered_out_undated: int = Field(description="documents that a date filter left out")
    index: Index
    took_ms: float


class DocumentEntry(BaseModel):
    """A document of a listing."""

    id: str
    source: str
    title: str | None
    published: str | None
    length: int = Field(description="characters of its text")
    passages: int


class PublishedEvidence(BaseModel):
    """A date of publication with the words that it was read from."""

    value: str
    precision: Precision
    evidence: str
    origin: str


class Section(BaseModel):
    """A heading and the span that it governs."""

    title: str
    level: int
    start: int
    end: int


class Part(BaseModel):
    """A heading, paragraph, item of a list, or row of a table, as spans of the text.

    ``shown`` are the spans of its words, of a row those of its cells; what lies between them only parts them.
    """

    kind: Literal["heading", "paragraph", "item", "header", "row"]
    start: int
    end: int
    level: int = Field(description="depth of a heading, from 1")
    shown: list[list[int]]
    joined: bool = Field(description="a row of the table that the part before it is of")


class Document(BaseModel):
    """A document with its text, exactly as it was read."""

    id: str
    source: str
    sha256: str
    encoding: str
    title: str | None
    published: str | None
    published_evidence: PublishedEvidence | None
    original_url: str | None
    author: str | None
    language: str | None
    facets: dict[str, list[str | int | float]] = Field(
        description="what else is known of it by name, for filters.where"
    )
    pages: int | None
    url: str
    length: int
    sections: list[Section]
    structure: list[Part] = Field(description="the whole text in parts; empty for plain text")
    text: str
