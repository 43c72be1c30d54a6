"""What is not ours is shown so that it steers nothing, one code point for one."""

from __future__ import annotations

import ast
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.printable import as_text, encodable, in_line, is_text, printable, printable_name
from tests.conftest import ROOT

ANY = st.text(st.characters(codec=None))
_HALF = re.compile("[\ud800-\udfff]")


@given(ANY)
def test_everything_can_be_encoded_and_nothing_moves(text: str) -> None:
    for made in (encodable(text), as_text(text)):
        made.encode("utf-8")
        assert len(made) == len(text)
    assert (encodable(text) == text) == (not _HALF.search(text))
    assert is_text(text) == (not _HALF.search(text) and "\0" not in text)
    printable(text).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b]0;title\x07", "\ufffd]0;title\ufffd"),
        ("abc\u202edef\u2066", "abc\ufffddef\ufffd"),
        ("\ud800 \x85", "\ufffd \ufffd"),
        ("naïve 東京 😀", "naïve 東京 😀"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_one_sign(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_words_in_a_line() -> None:
    assert in_line("a\r\nb\tc\u2028d") == "a b c d"


def test_the_bytes_of_a_name_are_escaped() -> None:
    assert printable_name(os.fsdecode(b"caf\xe9.txt")) == "caf\\xe9.txt"
    assert printable_name("café.txt") == "café.txt"


def test_no_other_module_says_what_a_surrogate_is() -> None:
    for path in (ROOT / "qa").rglob("*.py"):
        if path.name == "printable.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"\\ud800|[\ud800-\udfff]", node.value), path
            if isinstance(node, ast.FunctionDef):
                assert node.name != "printable", path
