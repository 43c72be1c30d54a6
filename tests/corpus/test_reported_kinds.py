"""Small files of kinds that were not read at all, and what each of them says."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.corpus.contents import contents
from qa.corpus.reading import Options
from qa.records import Document

FOLDER = Path(__file__).parent / "reported"


@pytest.mark.parametrize(
    ("name", "source", "text", "title", "published", "place"),
    [
        ("mail.eml", "mail.eml", "The water is off on Friday from eight to noon.",
         "Water off on Friday", "2019-03-04", "message"),
        ("sub.srt", "sub.srt", "The water is off on Friday, from eight to noon.", None, None, "00:00:01"),
        ("notes.org", "notes.org", "The well was dug in 1931.", None, None, None),
        ("notes.log", "notes.log", "pump started", None, None, None),
        ("NOTES", "NOTES", "The well was dug in 1931.", None, None, None),
        ("json_array.json", "json_array.json#id=1", "The bridge was rebuilt in 1931.", None, None, None),
    ],
)  # fmt: skip
def test_it_is_read(
    name: str, source: str, text: str, title: str | None, published: str | None, place: str | None
) -> None:
    with (FOLDER / name).open("rb") as file:
        [document] = contents(name, file, Options())
    assert isinstance(document, Document)
    assert document.source == source
    at = document.text.index(text)
    assert any(b.start <= at < b.end and b.kind != "furniture" for b in document.blocks)
    if title is not None:
        assert document.title == title
    if published is not None:
        assert document.published is not None
        assert document.published.value == published
    assert document.place_of(at) == place
    if name.startswith(("notes", "NOTES")):
        assert document.text.encode() == (FOLDER / name).read_bytes()
