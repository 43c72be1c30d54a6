"""JSON that is no JSON Lines: lists of objects, single objects, anything else."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.contents import contents
from qa.corpus.reading import Columns, Options, Skipped
from qa.records import Document
from tests.corpus.test_structure import assert_lawful


def read(value: Any, options: Options | None = None) -> dict[str, str]:
    """Return the texts in a JSON file, or in angle brackets why there is none, by source."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    found = {}
    for one in contents("a.json", io.BytesIO(data), options or Options()):
        if isinstance(one, Document):
            assert_lawful(one.text, one.blocks)
            found[one.source] = one.text
        elif isinstance(one, Skipped):
            found[one.source] = f"<{one.reason}>"
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"id": 1, "text": "The bridge was rebuilt."}], {"a.json#id=1": "The bridge was rebuilt."}),
        ([{"text": "One."}, {"text": "Two."}], {"a.json#row=1": "One.", "a.json#row=2": "Two."}),
        (b'\xef\xbb\xbf[{"text": "One."}]', {"a.json#row=1": "One."}),
        ('[{"text": "Größe."}]'.encode("utf-16"), {"a.json#row=1": "Größe."}),
        # Lines of objects under the wrong name.
        (b'{"id": 1, "text": "One."}\n{"id": 2, "text": "Two."}\n',
         {"a.json#id=1": "One.", "a.json#id=2": "Two."}),
        # One object that has a text.
        ({"title": "The bridge", "text": "It was rebuilt."}, {"a.json": "It was rebuilt."}),
        ({"well": {"dug": 1931, "dry": False, "by": ["Anna", "Bo"]}, "none": None, "empty": " "},
         {"a.json": "well.dug: 1931\nwell.dry: false\n\nwell.by.1: Anna\nwell.by.2: Bo"}),
        (["One.", 2, [3.5]], {"a.json": "1: One.\n2: 2\n\n3.1: 3.5"}),
        ("Words.", {"a.json": "Words."}),
        ([], {"a.json": "<empty>"}),
        ({}, {"a.json": "<empty>"}),
        (b"", {"a.json": "<empty>"}),
        (b"{'a': 1}", {"a.json": "<not JSON (Expecting property name enclosed in double quotes: "
                       "line 1 column 2 (char 1))>"}),
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", {"a.json": "<not valid utf-8 at byte 0>"}),
        (b"[" * 100_000, {"a.json": "<what is in it is nested too deeply>"}),
    ],
)  # fmt: skip
def test_what_a_file_holds(value: Any, expected: dict[str, str]) -> None:
    assert read(value) == expected


@pytest.mark.parametrize("value", [b'{"text": "One."}', b'[{"text": "One."}]', b'{"a": "One."}'])
def test_a_mark_before_json_is_no_json_whatever_names_the_encoding(value: bytes) -> None:
    options = Options(encodings=(("*.json", "utf-8"),))
    assert read(b"\xef\xbb\xbf" + value, options) == read(value, options) == read(value)


def test_the_checksum_of_one_object_is_the_files() -> None:
    data = b'{"text": "It was rebuilt."}'
    [document] = contents("a.json", io.BytesIO(data), Options())
    assert isinstance(document, Document)
    assert document.sha256 == hashlib.sha256(data).hexdigest()


def test_the_settings_name_what_holds_the_text() -> None:
    options = Options(columns=Columns(text=("story",)))
    assert read({"Story": "It was rebuilt.", "text": 1}, options) == {"a.json": "It was rebuilt."}


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(_VALUES)
def test_whatever_it_holds_the_law_holds(value: Any) -> None:
    assert read(value)
