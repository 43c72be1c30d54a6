"""Pages of an original as pictures, and where the words of a citation stand on them.

Both are made of the file's own bytes when they are asked for, so that an index keeps neither. The reader
gives the same text of the same bytes each time: where it does not give the text that the index holds, by
another version for instance, nothing is marked. All of this runs in a reader's process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from qa.corpus.formats.pdf.boxes import Marked, boxes_of, draw_page
from qa.corpus.formats.pdf.text import read_traced
from qa.corpus.reading import UnreadableError
from qa.corpus.sheets import Marks, Sheet, Wanted, text_digest


class OtherFileError(UnreadableError):
    """A file is not the one that was cited."""


def drawn(data: bytes, wanted: Wanted) -> Iterator[Sheet | Marks]:
    """Yield the pages that are wanted of a PDF, and then where the words stand on them.

    The pages come first, for finding the words means to read the whole file. Where their places are not
    sure, there are no marks. Raises OtherFileError for bytes that are not those wanted, UnreadableError
    for no PDF and for a page that it has not.
    """
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise OtherFileError("the file has changed")
    for page in wanted.pages:
        yield Sheet(page, draw_page(data, page))
    for found in _marked(data, wanted):
        if found.page in wanted.pages:
            yield Marks(found.page, found.width, found.height, found.boxes)


def _marked(data: bytes, wanted: Wanted) -> tuple[Marked, ...]:
    if wanted.start >= wanted.end:
        return ()
    try:
        traced = read_traced(data)
    except UnreadableError:
        return ()
    if text_digest(traced.reading.text) != wanted.text_sha256:
        return ()
    return boxes_of(data, traced, wanted.start, wanted.end)
