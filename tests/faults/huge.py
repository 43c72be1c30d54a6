"""Files of the newer formats that say they are huge, or are: what each would take if it were believed.

``HUGE`` has for each how it is made and what is to come of it, as ``EXPECTED`` of the mixed folder has it: words of
the text by what is within the file, or in angle brackets how the reason begins for which it is skipped.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.corpus.bombs import doctype
from tests.corpus.makers import ods, odt, pptx, shape, sheet_xml, xlsx, zipped

_CORNER = "A1:XFD1048576"


class Huge(NamedTuple):
    """How a file is made, and what is to come of it."""

    make: Callable[[], bytes]
    found: Mapping[str, str]


def _claims() -> bytes:
    """Make a sheet of two rows that says it has 17 thousand million cells, merged a thousand times."""
    rows = sheet_xml([["Buoy", "Laid"], ["Bell buoy", 1911]])
    ranges = f'<mergeCell ref="{_CORNER}"/>' * 1_000
    merged = f'<mergeCells count="999999999">{ranges}</mergeCells>'
    claimed = rows.replace("<sheetData>", f'<dimension ref="{_CORNER}"/><sheetData>')
    return xlsx({"P": claimed.replace("</worksheet>", f"{merged}</worksheet>")})


def _sheet_of_entities() -> bytes:
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row>'
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return xlsx(
        {"P": f'{doctype()}<worksheet xmlns="{space}"><sheetData>{cell}</sheetData></worksheet>'}
    )


def _ods_tail() -> bytes:
    """Make a sheet as LibreOffice saves one in which the last row was formatted: a million empty rows."""
    row = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>Whistle buoy</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
    )
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    tail = f'<table:table-row table:number-rows-repeated="1048575">{empty}</table:table-row>'
    return ods({"P": row + tail})


def _ods_columns() -> bytes:
    """Make a row of one cell that is said to be a million ones."""
    cell = (
        '<table:table-cell table:number-columns-repeated="1000000" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell>"
    )
    return ods({"P": f"<table:table-row>{cell}</table:table-row>"})


def _mbox(count: int) -> bytes:
    """Make an archive in which each message answers all that came before, and quotes one of them."""
    found = []
    for n in range(1, count + 1):
        before = " ".join(f"<{m}@example.org>" for m in range(max(1, n - 200), n))
        found.append(
            "From a@example.org Mon Mar  4 10:22:01 2019\nFrom: a@example.org\n"
            f"Message-ID: <{n}@example.org>\nReferences: {before}\nSubject: Fog {n}\n\n"
            f"> The foghorn of pier {n - 1} was sold by the yard that had built it for us.\n\n"
            f"The foghorn of pier {n} was sold by the yard that had built it for us.\n\n"
        )
    return "".join(found).encode()


def _forwarded() -> bytes:
    """Make a message that holds a message, and so on: two hundred of them."""
    data = "Subject: The bottom\n\nThe bottom."
    for n in range(200):
        data = f"From: a@example.org\nSubject: {n}\nContent-Type: message/rfc822\n\n{data}"
    return data.encode()


def _parts() -> bytes:
    """Make a message of three thousand parts, each a short text."""
    part = "--b\nContent-Type: text/plain\n\nAgain.\n"
    head = "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"
    return f"{head}{part * 3_000}--b--\n".encode()


def _recipients() -> bytes:
    people = ",\n ".join(f'"Person {n}, of the harbour" <p{n}@example.org>' for n in range(20_000))
    words = "\n ".join("=?utf-8?q?Fog=20?=" for _ in range(20_000))
    return (
        f"From: a@example.org\nTo: {people}\nSubject: {words}\n\nThe foghorn was sold.\n".encode()
    )


def _slide_of_depth() -> bytes:
    n = 20_000
    return pptx(["<p:grpSp>" * n + shape("The bottom.") + "</p:grpSp>" * n])


def _slide_of_cells() -> bytes:
    """Make a table of one cell that is said to be ten thousand million ones."""
    cell = "<a:tc gridSpan='99999' rowSpan='99999'><a:txBody><a:p><a:r><a:t>again</a:t></a:r></a:p></a:txBody></a:tc>"
    row = f"<a:tr>{cell * 20}</a:tr>"
    return pptx([f"<p:graphicFrame><a:tbl>{row * 200}</a:tbl></p:graphicFrame>"])


def _slide_of_entities() -> bytes:
    with zipfile.ZipFile(io.BytesIO(pptx([shape("&e9;")]))) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    parts["ppt/slides/s1.xml"] = doctype().encode() + parts["ppt/slides/s1.xml"]
    return zipped(parts)


def _lists(depth: int) -> bytes:
    items = "<text:list><text:list-item>" * depth
    return odt(f"{items}<text:p>The bottom.</text:p>{'</text:list-item></text:list>' * depth}")


def _cues(count: int) -> bytes:
    cues = (
        f"{n}\n{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},000 --> 99:59:59,999\nGull {n}.\n\n"
        for n in range(count)
    )
    return "".join(cues).encode()


def _deep_object() -> bytes:
    value: object = {"words": "The bottom of the well."}
    for n in range(300):
        value = {f"level {n}": value}
    return json.dumps(value).encode()


_AT_LAST = "The words behind it."
_XML_BOMB = "<its XML expands or nests without limit: a bomb>"
_WITHIN_TWO = "<attached to a message within two others: not read>"

HUGE: Mapping[str, Huge] = {
    "claims.xlsx": Huge(_claims, {"": "Buoy: Bell buoy | Laid: 1911"}),
    "entities.xlsx": Huge(_sheet_of_entities, {"": "<damaged: a sheet cannot be read"}),
    "sheets.xlsx": Huge(
        lambda: xlsx({f"S{n}": [["Buoy", "Laid"], [f"Buoy {n}", n]] for n in range(300)}),
        {"": "Buoy: Buoy 299 | Laid: 299"},
    ),
    "tail.ods": Huge(_ods_tail, {"": "Whistle buoy"}),
    "columns.ods": Huge(_ods_columns, {"": "x | x | x"}),
    "messages.mbox": Huge(
        lambda: _mbox(300), {f"#message={n}": f"of pier {n} was sold" for n in range(1, 301)}
    ),
    "forwarded.eml": Huge(
        _forwarded,
        {
            "": "199",
            "/attachment.eml": "198",
            "/attachment.eml/attachment.eml": "197",
            "/attachment.eml/attachment.eml/attachment.eml": _WITHIN_TWO,
        },
    ),
    "parts.eml": Huge(_parts, {"": "Again."}),
    "recipients.eml": Huge(_recipients, {"": "The foghorn was sold."}),
    "depth.pptx": Huge(_slide_of_depth, {"": "<no text (left out: 1 damaged slides)"}),
    "cells.pptx": Huge(_slide_of_cells, {"": "again | again"}),
    "entities.pptx": Huge(_slide_of_entities, {"": "<no text (left out: 1 damaged slides)"}),
    "depth.odt": Huge(lambda: _lists(20_000), {"": _XML_BOMB}),
    "lists.odt": Huge(lambda: _lists(100), {"": "The bottom."}),
    "bytes.rtf": Huge(
        lambda: b"{\\rtf1 Before. \\bin2147483647 " + b"x" * 1_000 + b"}", {"": "Before."}
    ),
    "numbers.rtf": Huge(
        lambda: (
            b"{\\rtf1 \\uc99999999 \\u-99999999 ? \\fs999999999999 \\li-2147483648 \\cellx2147483647 "
            + b"\\itap99999 " * 1_000
            + b"\\pard\\plain\\uc0 %s The words behind it.}" % (b"skipped " * 20)
        ),
        {"": _AT_LAST},
    ),
    "cues.srt": Huge(lambda: _cues(20_000), {"": "Gull 19999."}),
    "times.vtt": Huge(
        lambda: b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\n" * 50_000 + b"The words behind it.\n",
        {"": _AT_LAST},
    ),
    "speakers.vtt": Huge(
        lambda: (
            "WEBVTT\n\n"
            + "".join(f"00:01.000 --> 00:02.000\n<v Gull {n}>Cry.\n\n" for n in range(5_000))
        ).encode(),
        {"": "Gull 4999: Cry."},
    ),
    "depth.json": Huge(_deep_object, {"": "The bottom of the well."}),
    "keys.json": Huge(
        lambda: json.dumps({f"key {n}": f"value {n}" for n in range(3_000)}).encode(),
        {"": "key 2999: value 2999"},
    ),
    "digits.json": Huge(
        lambda: b'{"count": ' + b"9" * 100_000 + b', "words": "The words behind it."}',
        {"": _AT_LAST},
    ),
    "line": Huge(lambda: b"word" * 50_000, {"": "wordword"}),
    "lines.log": Huge(lambda: b"a\n" * 50_000, {"": "a\na"}),
    "zeros.dat": Huge(lambda: bytes(100_000), {"": "<a binary file: no reader for .dat>"}),
}
