"""Pages of an original as pictures, and where the words of a citation stand on them.

Both are made of the file's own bytes when they are asked for, so that an index keeps neither. The words are
looked for on their own pages and a few beside them. Where they are not found there for certain, the whole file is
read, which gives the same text of the same bytes each time: where it does not give the text that the index holds,
by another version for instance, nothing is marked. All of this runs in a reader's process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from qa.corpus.formats.images import draw_image, is_image, read_traced_image
from qa.corpus.formats.pdf.boxes import Marked, boxes_of, draw_page
from qa.corpus.formats.pdf.nearby import nearby
from qa.corpus.formats.pdf.scans import Scanner
from qa.corpus.formats.pdf.text import read_traced
from qa.corpus.reading import Ocr, UnreadableError
from qa.corpus.sheets import Marks, Sheet, Wanted, text_digest


class OtherFileError(UnreadableError):
    """A file is not the one that was cited."""


def drawn(data: bytes, wanted: Wanted, ocr: Ocr | None = None) -> Iterator[Sheet | Marks]:
    """Yield the pages that are wanted of a PDF or an image, and then where the words stand on them.

    The pages come first, for finding the words may mean to read the whole file. Where their places are not
    sure, there are no marks. Of the pages that ``ocr`` read only those that are wanted are read again; of
    the others the text is known. Raises OtherFileError for bytes that are not those wanted, UnreadableError
    for neither and for a page that it has not.
    """
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise OtherFileError("the file has changed")
    draw = draw_image if is_image(data) else draw_page
    for page in wanted.pages:
        yield Sheet(page, draw(data, page))
    for found in _marked(data, wanted, ocr or Ocr()):
        if found.page in wanted.pages:
            yield Marks(found.page, found.width, found.height, found.boxes)


def _marked(data: bytes, wanted: Wanted, ocr: Ocr) -> tuple[Marked, ...]:
    if wanted.start >= wanted.end:
        return ()
    known = {page - 1: texts for page, texts in wanted.scanned if page not in wanted.pages}
    again = replace(ocr, pages=len(wanted.pages))
    read = read_traced_image if is_image(data) else read_traced
    if wanted.around and not is_image(data):
        start, end = wanted.start - wanted.around_from, wanted.end - wanted.around_from
        try:
            scanner = Scanner(again, known=known)
            found = nearby(data, wanted.pages, wanted.around, start, end, scanner)
        except UnreadableError:
            return ()
        if found:
            return found
    try:
        traced = read(data, Scanner(again, known=known))
    except UnreadableError:
        return ()
    if text_digest(traced.reading.text) != wanted.text_sha256:
        return ()
    return boxes_of(data, traced, wanted.start, wanted.end)
