"""One format reader for each format: from bytes to a Document.

A format reader turns bytes into exact text and its blocks. What every document also has (id, checksum,
title, date) is set here, once. To add a format, write a function of the type Reader, name its endings in
READERS, and give them a line in VERSIONS. A file with any other ending, or none, is read as plain text. A
file that holds many documents (a table, an archive file) is taken apart by ``qa.corpus.contents``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import PurePosixPath

from qa.corpus import dates
from qa.corpus.decode import NotTextError, declared_codec, decode, told
from qa.corpus.dense import is_crowded, note
from qa.corpus.formats.plain import find_blocks
from qa.corpus.reading import Ocr, Reader, Reading, UnreadableError, Version, joined
from qa.corpus.sniff import HEAD, kind_by_content
from qa.corpus.written import order_of_figures
from qa.records import Block, Document, document_id, heading_text
from qa.text.language import text_languages

__all__ = [
    "READERS",
    "VERSIONS",
    "Reader",
    "Reading",
    "UnreadableError",
    "ending_of",
    "extract_html",
    "make_document",
    "read_document",
    "read_markdown",
    "read_text",
]


def read_text(data: bytes) -> Reading:
    """Read a plain-text file of any encoding that ``decode`` knows."""
    text, encoding = decode(data)
    crowded = note(len(text), len(text)) if is_crowded(text) else None
    return Reading(text, encoding, find_blocks(text), note=crowded, has_lines=True)


def _late(module: str, reader: str) -> Reader:
    """Return a reader whose module, with its library, is imported at the first use."""

    def read(data: bytes) -> Reading:
        reading: Reading = getattr(import_module(f"qa.corpus.formats.{module}"), reader)(data)
        return reading

    return read


read_markdown = _late("markdown", "read_markdown")


def extract_html(page: bytes | str, url: str | None = None) -> Reading:
    """Return the main text of a web page and what the page says of itself.

    ``url`` is the address that it was fetched from, if that is known; links are relative to it.
    The ``blocks`` of the result are spans of its ``text``; the title is separate. Nothing is fetched,
    and no page is refused: a page that is no text, or has no main text, gives an empty ``text``.
    """
    reading: Reading = import_module("qa.corpus.formats.html").extract(page, url)
    return reading


READERS: Mapping[str, Reader] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".pdf": _late("pdf", "read_pdf"),
    ".docx": _late("docx", "read_docx"),
    ".docm": _late("docx", "read_docx"),
    ".odt": _late("odt", "read_odt"),
    ".fodt": _late("odt", "read_odt"),
    ".pptx": _late("pptx", "read_pptx"),
    ".pptm": _late("pptx", "read_pptx"),
    ".ppsx": _late("pptx", "read_pptx"),
    ".rtf": _late("rtf", "read_rtf"),
    ".epub": _late("epub", "read_epub"),
    ".xlsx": _late("sheets", "read_workbook"),
    ".xlsm": _late("sheets", "read_workbook"),
    ".xlsb": _late("sheets", "read_workbook"),
    ".xls": _late("sheets", "read_workbook"),
    ".ods": _late("sheets", "read_workbook"),
    ".srt": _late("subtitles", "read_subtitles"),
    ".vtt": _late("subtitles", "read_subtitles"),
    ".html": _late("html", "read_html"),
    ".htm": _late("html", "read_html"),
    ".xhtml": _late("html", "read_html"),
    ".mhtml": _late("html", "read_mhtml"),
    ".mht": _late("html", "read_mhtml"),
}

VERSIONS: Mapping[str, Version] = {
    ending: version
    for endings, version in (
        (".txt .text", Version(4, "chardet")),
        (".md .markdown", Version(4, "markdown-it-py PyYAML chardet")),
        (".pdf", Version(5, "pypdfium2")),
        (".docx .docm", Version(4, "lxml")),
        (".odt .fodt", Version(4, "lxml")),
        (".pptx .pptm .ppsx", Version(4, "lxml")),
        (".rtf", Version(4)),
        (".epub", Version(4, "lxml")),
        (".xlsx .xlsm .xlsb .xls .ods", Version(4, "python-calamine")),
        (".srt .vtt", Version(4, "chardet")),
        (".json", Version(6, "lxml chardet")),
        (".eml .mbox", Version(5, "lxml trafilatura htmldate chardet")),
        (".html .htm .xhtml", Version(4, "lxml trafilatura htmldate chardet")),
        (".mhtml .mht", Version(5, "lxml trafilatura htmldate chardet")),
        (".csv .tsv", Version(5, "chardet")),
        (".jsonl .ndjson", Version(6, "chardet")),
        (".zip .tar .tgz .tbz2 .txz .tar.gz .tar.bz2 .tar.xz", Version(2)),
    )
    for ending in endings.split()
}
"""For each format, tables and archive files included. Raise its number when the same bytes give other documents.

Files of that format, and archive files that hold one, are then read again. ``tests/golden`` shows when a
number must be raised.
"""


_NO_TEXT = frozenset(
    # Pictures, sound and film; programs and fonts; packed files; files of databases.
    ".png .jpg .jpeg .gif .bmp .tif .tiff .webp .heic .avif .ico .svg .psd .raw .cr2 .nef .dng "
    ".mp3 .wav .flac .ogg .oga .opus .m4a .aac .wma .aif .aiff .mid .midi "
    ".mp4 .m4v .mov .avi .mkv .webm .wmv .mpg .mpeg .flv .3gp .ogv "
    ".exe .dll .so .dylib .o .a .lib .class .jar .pyc .pyo .wasm .apk .deb .rpm .msi .dmg .iso .img "
    ".ttf .otf .woff .woff2 .eot "
    ".7z .rar .gz .bz2 .xz .zst .z .cab .lz4 .tar.zst .tar.z "
    ".sqlite .sqlite3 .db .mdb .accdb .pst .ost .msg .pages .numbers "
    ".pickle .pkl .npy .npz .parquet .h5 .onnx .safetensors".split()
)
"""Endings of files without plain text: these are not opened."""


_PAGES = frozenset({".html", ".htm", ".xhtml"})
_OF_CHARACTERS = frozenset({".txt", ".text", ".md", ".markdown", ".srt", ".vtt"}) | _PAGES
"""Endings of files that are text in an encoding; other formats define their own bytes."""
_OF_PARTS = {".mhtml": ("html", "read_mhtml"), ".mht": ("html", "read_mhtml")}
"""Module and reader of the formats that hold a part in an encoding."""
_PACKED = frozenset({".gz", ".bz2", ".xz", ".zst", ".z"})


def ending_of(source: str) -> str:
    """Return the ending that shows a file's format, in lower case: ``".txt"``, ``".tar.gz"``."""
    path = PurePosixPath(source.lower())
    return (
        f".tar{path.suffix}"
        if path.stem.endswith(".tar") and path.suffix in _PACKED
        else path.suffix
    )


IMAGES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
"""Endings of the images that OCR reads, if it is on."""
IMAGE_VERSION = Version(1, "pillow")
"""Like those of VERSIONS; the version of OCR is named beside it."""


def holds_no_text(source: str, ocr: Ocr | None = None) -> str | None:
    """Return why a file with that name is not even opened; None for all others, and for what ``ocr`` reads."""
    ending = ending_of(source)
    if ocr and ocr.on and ending in IMAGES:
        return None
    return f"no reader for {ending}" if ending in _NO_TEXT and ending not in VERSIONS else None


def kind_of(source: str, head: bytes, known: Collection[str] = ()) -> str:
    """Return the ending under which a file is read: its own if that is known, else the one ``head`` shows.

    ``known`` are endings besides those of READERS. Raises UnreadableError for a binary file.
    """
    ending = ending_of(source)
    if ending in READERS or ending in known:
        return ending
    refusal = holds_no_text(source)
    if refusal:
        raise UnreadableError(refusal)
    kind = kind_by_content(head)
    if kind is None:
        raise UnreadableError(f"a binary file: no reader for {ending or 'files without an ending'}")
    if kind not in READERS and kind not in known:
        raise UnreadableError(f"no reader for {kind}")
    return kind


_EDGE_LINES = 8
_SCANNED = {".pdf": ("pdf", "read_pdf"), **dict.fromkeys(IMAGES, ("images", "read_image"))}
"""Module and reader of the formats that hold pictures of pages."""


def read_document(source: str, data: bytes) -> Document:
    """Return the document that ``data``, the bytes of the file at ``source``, holds.

    A file with an ending that READERS lacks is read as plain text. Raises UnreadableError, with the reason,
    for a binary file, a file that cannot be decoded, and a file without text.
    """
    document, _ = read_noted(source, data)
    return document


def read_noted(
    source: str,
    data: bytes,
    codec: str | None = None,
    *,
    ocr: Ocr | None = None,
    alive: Callable[[], None] = lambda: None,
) -> tuple[Document, str | None]:
    """Return the document of a file, as ``read_document`` does, and the note of its reader.

    ``codec`` is the encoding of its characters, if that is known; formats without encodings ignore it.
    ``ocr`` says how pages without text are read; ``alive`` is called after each of them.
    """
    ending = kind_of(source, data[:HEAD], IMAGES if ocr and ocr.on else ())
    reader = READERS.get(ending, read_text)
    if not data.strip():
        raise UnreadableError("empty")
    is_text = ending in _OF_CHARACTERS
    try:
        if is_text and codec:
            # A byte order mark decides the encoding for every reader.
            marked = data.decode(codec, "replace").encode("utf-8-sig", "replace")
            reading = replace(reader(marked), encoding=codec)
        elif ocr is not None and ending in _SCANNED:
            module, name = _SCANNED[ending]
            scanner = import_module("qa.corpus.formats.pdf").Scanner(ocr, alive)
            reading = getattr(import_module(f"qa.corpus.formats.{module}"), name)(data, scanner)
        elif codec and ending in _OF_PARTS:
            module, name = _OF_PARTS[ending]
            reading = getattr(import_module(f"qa.corpus.formats.{module}"), name)(data, codec)
        else:
            reading = reader(data)
    except NotTextError as error:
        raise UnreadableError(str(error)) from error
    notes = [reading.note]
    if is_text and not (ending in _PAGES and reading.encoding == declared_codec(data)):
        notes.append(told(data, reading.encoding, given=codec is not None))
    sha256 = hashlib.sha256(data).hexdigest()
    document = make_document(source=source, sha256=sha256, reading=reading)
    return document, joined(*notes)


def make_document(*, source: str, sha256: str, reading: Reading) -> Document:
    """Make the document of a reading: add id, title and date, from the reading and the source's name."""
    text, blocks = reading.text, reading.blocks
    if all(block.kind == "furniture" for block in blocks):
        raise UnreadableError("no text but boilerplate" if text.strip() else "empty")
    head = [*islice(_lines(text, blocks), _EDGE_LINES)]
    tail = [*islice(_lines(text, blocks, -1), _EDGE_LINES)][::-1]
    title = reading.title or next(
        (heading_text(text[b.start : b.end]) or None for b in blocks if b.kind == "title"), None
    )
    published = (
        reading.published
        or dates.from_lines(head, tail, day_first=_day_first(text, reading.language))
        or dates.from_name(source)
        or reading.made
    )
    return Document(
        id=document_id(source),
        source=source,
        sha256=sha256,
        encoding=reading.encoding,
        text=text,
        title=title,
        published=published,
        blocks=blocks,
        original_url=reading.original_url,
        author=reading.author,
        language=reading.language,
        page_starts=reading.page_starts,
        places=reading.places,
        has_lines=reading.has_lines,
        facets=reading.facets,
        scans=reading.scans,
    )


_SAMPLE = 4000
_MONTH_FIRST = frozenset({"en"})


def _day_first(text: str, language: str | None) -> bool | None:
    """Whether "3/4/2019" means the third of April in a text; None if that is unknown."""
    told = order_of_figures(text)
    if told is not None:
        return told
    languages = {language} if language else set(text_languages([text[:_SAMPLE]]))
    return True if languages and not languages & _MONTH_FIRST else None


def _lines(text: str, blocks: Sequence[Block], step: int = 1) -> Iterator[str]:
    """Yield the lines of a text that are no boilerplate; with a ``step`` of -1 the last one first.

    Lines of a paragraph that is broken at a margin are joined.
    """
    for block in blocks[::step]:
        if block.kind != "furniture":
            for line in _unwrapped(text[block.start : block.end])[::step]:
                if line.strip():
                    yield line


_MARGIN = 45
_NEW = re.compile(r"\s*(?:[^\w\s]|\w[\w -]{0,30}:\s)")
"""A line like this does not continue the one above: an item, a signature, a field of a form."""
_ENDS = re.compile(r"[.!?;:…。][\"'”’»)\]]*\s*$")


def _unwrapped(words: str) -> list[str]:
    lines: list[str] = []
    for line in words.splitlines():
        broken = bool(lines) and len(lines[-1]) >= _MARGIN and not _ENDS.search(lines[-1])
        if broken and not _NEW.match(line):
            lines[-1] += f"\n{line}"
        else:
            lines.append(line)
    return lines
