"""Quotations that were printed hold where only what nobody reads differs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus import read_document
from qa.records import Document
from qa.search.verify import holds_in

TEXT = (
    "He said:\u00a0\u201cThe bridge \u2013 an old\none \u2013 is closed.\u201d Nobody's   fault.\n"
)


def document(text: str = TEXT) -> Document:
    return read_document("a/bridge.txt", text.encode())


@pytest.mark.parametrize(
    ("quoted", "says", "differs"),
    [
        ("\u201cThe bridge \u2013 an old\none", "\u201cThe bridge \u2013 an old\none", None),
        ("The bridge \u2013 an old one", "The bridge \u2013 an old\none", "spaces"),
        ("said: \u201cThe bridge", "said:\u00a0\u201cThe bridge", "spaces"),
        ('"The bridge', "\u201cThe bridge", "quotation marks"),
        ("''The bridge", "\u201cThe bridge", "quotation marks"),
        ("bridge -- an", "bridge \u2013 an", "hyphens and dashes"),
        ("Nobody\u2019s fault", "Nobody's   fault", "spaces and quotation marks"),
        ("  closed. ", "closed.", "spaces"),
    ],
)
def test_what_nobody_reads_may_differ_and_is_told(
    quoted: str, says: str, differs: str | None
) -> None:
    found = holds_in(quoted, [document()])
    assert found.holds and found.citation is not None
    assert TEXT[found.citation.start : found.citation.end] == says
    assert found.reason == (f"the words hold, but differ in {differs}" if differs else None)


@pytest.mark.parametrize("quoted", ["The bridges", "the bridge", "The bridge is closed", "", " \n"])
def test_other_words_do_not_hold(quoted: str) -> None:
    found = holds_in(quoted, [document()])
    assert not found.holds and found.reason and found.citation is None


def test_the_first_document_that_says_it_is_cited() -> None:
    other = read_document("b.txt", b"Nothing of the kind.")
    found = holds_in("an old one", [other, document()])
    assert found.citation is not None and found.citation.source == "a/bridge.txt"


_BEFORE = "Words stand before it. "
_ALIKE = {" ": " \u00a0\n\u2009", '"': "\"\u201c\u201d\u00ab'", "-": "\u2010\u2013\u2014"}


@given(st.data())
def test_any_span_is_found_again_whatever_its_marks_became(data: st.DataObject) -> None:
    letters = st.sampled_from("ab \u00a0\n\"\u201c'\u2013\u2014c")
    body = data.draw(st.text(letters, min_size=1, max_size=40))
    text = f"{_BEFORE}x{body}x"
    start = data.draw(st.integers(len(_BEFORE), len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quoted = "".join(
        data.draw(st.sampled_from(next((v for v in _ALIKE.values() if c in v), c)))
        for c in text[start:end]
    )
    if not quoted.strip():
        return
    found = holds_in(quoted, [document(text)])
    assert found.holds and found.citation is not None
    said = text[found.citation.start : found.citation.end]
    assert _letters(said) == _letters(quoted)


def _letters(text: str) -> list[str]:
    return [c for c in text if c in "abcx"]
