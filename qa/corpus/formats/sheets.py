"""Workbooks: XLSX, XLS, XLSB and ODS, read with calamine; a row of a sheet is cited by sheet and row.

A row under a header has each cell with its column's name, "Pump: South | Litres: 55", and is a passage of
its own. Without a header, marks separate the cells, empty ones included. A formula's cell has the value
that was stored with the workbook; nothing is calculated.
"""

from __future__ import annotations

import datetime
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from qa.corpus.formats.markup import local_name, parse_xml, text_of
from qa.corpus.formats.properties import keywords_and_more, written
from qa.corpus.formats.zipped import OLE, Package, refuse_locked
from qa.corpus.reading import Reading, TextBuilder, UnreadableError, facets_note, joined
from qa.corpus.sniff import HEAD, kind_by_content
from qa.records import Place

Cells = Sequence[str]
Row = tuple[int, list[str], list[bool]]
"""A row's number, from 1, its cells as they are shown, and which of them are words."""

_MAX_NAME = 60
_LOOK_AHEAD, _CAPTIONS = 20, 3
_MIN_COLUMNS = 3
"""A narrower table of only words may be a form: labels on the left, entries on the right."""
_SAID = frozenset(
    "title creator created modified description keywords keyword subject category".split()
)
_OPEN_DOCUMENT = {"creation-date": "created", "date": "modified"}
_UNNAMED_SHEET = re.compile(r"[^\W\d_]+ ?1")
_NUMBER = re.compile(r"[-+(]?[\d.,\s]*\d[\d.,\s]*[%)]?")


def read_workbook(data: bytes) -> Reading:
    """Read the sheets of a workbook that are shown, row by row."""
    about = _properties(_package(data))
    text, hidden = _Text(), 0
    with _opened(data) as workbook:
        kinds, shown = type(workbook.sheets_metadata[0].typ), []
        for number, sheet in enumerate(workbook.sheets_metadata):
            if sheet.typ != kinds.WorkSheet:
                continue
            if sheet.visible != type(sheet.visible).Visible:
                hidden += 1
            else:
                shown.append((number, sheet.name))
        for number, name in shown:
            label = " ".join(name.split())[:_MAX_NAME]
            alone = len(shown) == 1 and _UNNAMED_SHEET.fullmatch(label)
            text.sheet(label, _rows(workbook, number), headed=not alone)
    body, blocks = text.builder.result(titled=False)
    gathered = keywords_and_more(
        about.get("keywords") or about.get("keyword"),
        subject=about.get("subject"),
        category=about.get("category"),
    )
    return Reading(
        body,
        "utf-8",
        blocks,
        title=about.get("title") or None,
        author=about["creator"] if " " in about.get("creator", "") else None,
        places=tuple(text.places),
        made=written(about.get("created"), about.get("modified"), about.get("description")),
        note=joined(
            f"hidden sheets: {hidden}, not read" if hidden else None,
            facets_note(gathered.left_out),
        ),
        facets=gathered.facets,
    )


def _package(data: bytes) -> Package | None:
    """Return the parts of a workbook that is a ZIP file. Raises UnreadableError if it is no workbook."""
    refuse_locked(data)
    if data.startswith(OLE):
        return None
    if kind_by_content(data[:HEAD]):
        raise UnreadableError("text under the name of a workbook: give it the ending of what it is")
    package = Package(data)
    package.refuse_bombs()
    return package


def _opened(data: bytes) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(BytesIO(data))
    except PasswordError:
        raise UnreadableError("encrypted: it needs a password") from None
    except CalamineError:
        # The library's message is about the last format that it tried.
        raise UnreadableError("damaged: it cannot be opened as a workbook") from None
    except BaseException as error:
        raise _panic(error) from None


def _panic(error: BaseException) -> BaseException:
    """Return the error for a panic of the library, which is no Exception and would end the process."""
    if type(error).__name__ == "PanicException":
        return UnreadableError("damaged: its reader cannot read it")
    return error


def _rows(workbook: Any, number: int) -> Iterator[Row]:
    """Yield the rows of a sheet, empty ones too; a cell that spans rows is in each of them."""
    from python_calamine import CalamineError

    try:
        sheet = workbook.get_sheet_by_index(number)
        spans: dict[int, list[tuple[int, int]]] = {}
        left = sheet.start[1] if sheet.start else 0
        for (top, first), (bottom, _) in sheet.merged_cell_ranges or ():
            if top < bottom:
                spans.setdefault(top, []).append((first - left, bottom))
        held: dict[int, tuple[int, str]] = {}
        for row, values in enumerate(sheet.iter_rows()):
            cells = [_shown(value) for value in values]
            words = [isinstance(value, str) and not _NUMBER.fullmatch(value) for value in values]
            for column, (bottom, cell) in list(held.items()):
                if row > bottom:
                    del held[column]
                elif not cells[column]:
                    cells[column] = cell
            for column, bottom in spans.get(row, ()):
                if 0 <= column < len(cells):
                    held[column] = bottom, cells[column]
            yield row + 1, cells, words
    except CalamineError as error:
        raise UnreadableError(f"damaged: a sheet cannot be read ({error})") from None
    except (Exception, GeneratorExit):
        raise
    except BaseException as error:
        raise _panic(error) from None


def _shown(value: Any) -> str:
    """Return a cell's value as people read it."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}" if abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return value.date().isoformat()
        return value.isoformat(" ", "seconds" if value.second else "minutes")
    if isinstance(value, datetime.time):
        return value.isoformat("seconds" if value.second else "minutes")
    return str(value)


class _Text:
    """Builds the text of a workbook, and the places of its rows."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self.places: list[Place] = []
        self._part = 0
        self._heading: int | None = None
        """Where the headings above the next row begin: its passage begins there."""
        self._in_table = False

    def sheet(self, name: str, rows: Iterable[Row], *, headed: bool) -> None:
        """Add a sheet; if ``headed``, its name becomes a heading."""
        waiting = name if headed else ""
        header: Mapping[int, str] = {}
        for region in _regions(rows):
            captions, found = _header(region.ahead, known=bool(header))
            header = found or header
            for at, (number, cells) in enumerate(region.rows()):
                if waiting:
                    self._head(waiting, 1)
                    waiting = ""
                if at < len(captions):
                    self._head(captions[at], 2)
                elif not (found and at == len(captions)):
                    self._row(name, number, _named(cells, header) if header else _bare(cells))
                    self._part += bool(header)
            self._part += 1
            self._heading, self._in_table = None, False

    def _head(self, words: str, level: int) -> None:
        start = self.builder.add("heading", words, level)
        self._in_table = False
        if self._heading is None:
            self._heading = start

    def _row(self, name: str, number: int, words: str) -> None:
        start = self.builder.add("row", words, same_table=self._in_table)
        self._in_table = True
        if start is not None:
            start, self._heading = self._heading if self._heading is not None else start, None
            self.places.append(Place(start, f"{name}, row {number}", self._part))


class _Region:
    """Rows without an empty row between them; the first ``ahead`` rows are read before any is used."""

    def __init__(self, first: Row, rest: Iterator[Any]) -> None:
        self.ahead: deque[Row] = deque([first])
        self._rest = rest
        self._ended = False
        while len(self.ahead) < _LOOK_AHEAD and not self._ended:
            self._take()

    def _take(self) -> None:
        row = next(self._rest, None)
        if row is None or not any(row[1]):
            self._ended = True
        else:
            self.ahead.append(row)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number and the cells of each row."""
        while self.ahead:
            number, cells, _ = self.ahead.popleft()
            if not self._ended:
                self._take()
            yield number, cells


def _regions(rows: Iterable[Row]) -> Iterator[_Region]:
    rest = iter(rows)
    for row in rest:
        if any(row[1]):
            yield _Region(row, rest)


def _header(ahead: Sequence[Row], *, known: bool) -> tuple[list[str], Mapping[int, str]]:
    """Return the captions above a header, and the header's names by column; no names without a header.

    A header is a row of different words, one for each column that is used below. It is recognised by a
    column of figures or dates under a word. In a table of only words, the first row is a header if the
    table is wide enough and no header is ``known`` from above.
    """
    captions: list[str] = []
    for at, (_, cells, words) in enumerate(ahead):
        filled = [column for column, cell in enumerate(cells) if cell]
        if len(filled) == 1 and words[filled[0]] and at < _CAPTIONS and len(cells) > 1:
            captions.append(cells[filled[0]])
            continue
        names = {column: cells[column] for column in filled}
        below = list(ahead)[at + 1 :]
        used = {column for _, row, _ in below for column, cell in enumerate(row) if cell}
        fits = (
            len(filled) > 1
            and all(words[column] and len(cells[column]) <= _MAX_NAME for column in filled)
            and len({name.casefold() for name in names.values()}) == len(names)
            and bool(below)
            and len(used & names.keys()) > 1
        )
        if not fits:
            break
        figures = any(
            sum(bool(row[c]) and not said[c] for _, row, said in below)
            > sum(bool(row[c]) and said[c] for _, row, said in below)
            for c in filled
        )
        wide = len(filled) >= _MIN_COLUMNS and used <= names.keys() and not known
        return (captions, names) if figures or wide else ([], {})
    return [], {}


def _named(cells: Cells, header: Mapping[int, str]) -> str:
    return " | ".join(
        f"{header[column].rstrip(': ')}: {cell}" if column in header else cell
        for column, cell in enumerate(cells)
        if cell
    )


def _bare(cells: Cells) -> str:
    # A cell never has two spaces, so an empty cell stays visible: "Monday | | 18:00".
    return " | ".join(cells).replace("  ", " ").strip(" |")


def _properties(package: Package | None) -> Mapping[str, str]:
    """Return a workbook's metadata: title, creator, time of writing, and program."""
    found: dict[str, str] = {}
    for part in ("docProps/core.xml", "meta.xml"):
        data = package.part(part) if package else None
        if not data:
            continue
        try:
            root = parse_xml(data)
        except UnreadableError:  # the text does not depend on them
            continue
        for node in root.iter():
            name = _OPEN_DOCUMENT.get(local_name(node), local_name(node))
            if name in _SAID:
                if name == "keyword" and name in found:  # OpenDocument has an element for each
                    found[name] += f", {text_of(node)}"
                found.setdefault(name, text_of(node))
    return found
