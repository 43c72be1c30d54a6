"""What was filled in the forms of a page, and what was noted on it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2.raw as pdfium

from qa.corpus.formats.pdf.chars import Box
from qa.corpus.formats.pdf.fragments import Fragment
from qa.corpus.formats.pdf.words import FIELD, Words

_MOST = 2_000
"""Annotations of a page that are looked at."""
_MAX_WORDS = 20_000
_HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13
_VALUES = (
    pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX,
)  # fmt: skip
_BOXES = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_NO_NOTES = (
    pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_POPUP,
    pdfium.FPDF_ANNOT_PRINTERMARK, pdfium.FPDF_ANNOT_WATERMARK,
)  # fmt: skip
_TICKED, _EMPTY = "☑", "☐"
_TALL = 1.8
"""A field so many font sizes high has several lines; its text begins at its upper edge."""
_LABEL = 30.0
"""Points: the label of a box that is ticked begins no further to the right of it."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: what was filled in, and where; ``ticked`` is None but for boxes."""

    words: str
    box: Box
    ticked: bool | None
    number: int


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a page, and where it is."""

    words: Words
    box: Box


@contextmanager
def _annotations(page: Any) -> Iterator[Iterator[tuple[int, Any]]]:
    opened: list[Any] = []

    def each() -> Iterator[tuple[int, Any]]:
        for n in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST)):
            annotation = pdfium.FPDFPage_GetAnnot(page, n)
            if annotation:
                opened.append(annotation)
                if not pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
                    yield n, annotation

    try:
        yield each()
    finally:
        for annotation in opened:
            pdfium.FPDFPage_CloseAnnot(annotation)


def filled(page: Any, form: Any | None) -> tuple[list[Field], list[Note]]:
    """Return the fields of a page that say something, and its notes; ``form`` is PDFium's handle."""
    fields: list[Field] = []
    notes: list[Note] = []
    with _annotations(page) as annotations:
        for n, annotation in annotations:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind == pdfium.FPDF_ANNOT_WIDGET and form:
                field = _field(form, annotation, n)
                if field:
                    fields.append(field)
            elif kind not in _NO_NOTES:
                said = " ".join(_string(annotation, b"Contents").split())
                author = " ".join(_string(annotation, b"T").split())
                if said:
                    words = f"{author}: {said}" if author and author != said else said
                    notes.append(Note(Words.of(words, FIELD + n), _box(annotation)))
    return fields, notes


def _field(form: Any, annotation: Any, number: int) -> Field | None:
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    box = _box(annotation)
    if kind in _BOXES:
        ticked = bool(pdfium.FPDFAnnot_IsChecked(form, annotation))
        return Field(_TICKED if ticked else _EMPTY, box, ticked, number)
    if kind not in _VALUES or pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
        return None
    value = " ".join(_form_string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation).split())
    return Field(value, box, None, number) if value else None


def _box(annotation: Any) -> Box:
    rect = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
    return (
        min(rect.left, rect.right), min(rect.bottom, rect.top),
        max(rect.left, rect.right), max(rect.bottom, rect.top),
    )  # fmt: skip


def _string(annotation: Any, key: bytes) -> str:
    length = min(pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0), 2 * _MAX_WORDS)
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, length)
    return bytes(buffer)[: max(length - 2, 0)].decode("utf-16-le", "replace")


def _form_string(ask: Any, form: Any, annotation: Any) -> str:
    length = ask(form, annotation, None, 0)
    if not 2 < length <= 2 * _MAX_WORDS:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    ask(form, annotation, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace")


def with_fields(fragments: Sequence[Fragment], fields: Sequence[Field]) -> list[Fragment]:
    """Return the fragments of a page with what was filled in, where it is seen; a tick behind its label."""
    sizes = sorted(f.size for f in fragments)
    usual = sizes[len(sizes) // 2] if sizes else 10.0
    found = list(fragments)
    for field in fields:
        x0, y0, x1, y1 = field.box
        if field.ticked is None:
            high = 1.2 * usual
            top = y1 if y1 - y0 > _TALL * high else (y0 + y1 + high) / 2
            box = x0, top - high, x1, top
        else:
            label = _label(fragments, field.box)
            if label:
                found[found.index(label)] = replace(
                    label, words=label.words + Words.of(" ") + _words(field), x1=label.x1 + usual
                )
                continue
            box = field.box
        found.append(Fragment(_words(field), *box, size=usual, bold=False))
    return found


def _words(field: Field) -> Words:
    return Words.of(field.words, FIELD + field.number)


def _label(fragments: Sequence[Fragment], box: Box) -> Fragment | None:
    """Return what stands right of a box on its line."""
    _, y0, x1, y1 = box
    middle = (y0 + y1) / 2
    beside = [
        f for f in fragments if f.y0 - 2 < middle < f.y1 + 2 and x1 - 2 <= f.x0 <= x1 + _LABEL
    ]
    return min(beside, key=lambda f: f.x0, default=None)
