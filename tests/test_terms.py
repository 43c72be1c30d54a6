"""The glossary ``docs/terms.md``: its terms are used, its places exist, its other words are not used."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from tests.conftest import ROOT

GLOSSARY = ROOT / "docs" / "terms.md"
ROW = re.compile(r"^\| ([^|`]+?) \| (.+?) \|(?: (.+?) \|)?$", re.MULTILINE)
PAGES = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "index" / "README.md",
    *sorted((ROOT / "eval").glob("*.md")),
    *sorted((ROOT / "eval").glob("*/README.md")),
)
PROGRAMS = sorted((ROOT / "qa").rglob("*.py"))


def sections() -> Mapping[str, list[tuple[str, str, str]]]:
    """The rows of each table of the glossary, by its heading."""
    found = re.split(r"^## (.+)$", GLOSSARY.read_text("utf-8"), flags=re.MULTILINE)
    rows = {
        heading: [row for row in ROW.findall(text) if row[0] not in ("term", "not this", "---")]
        for heading, text in zip(found[1::2], found[2::2], strict=True)
    }
    return rows


TERMS = [row for heading, rows in sections().items() if heading != "Not used" for row in rows]
NOT_USED = sections()["Not used"]


def prose_of(program: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each comment and each string of a program."""
    for token in tokenize.generate_tokens(io.StringIO(program).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def without_code(text: str) -> str:
    """Return a text without what stands between back-quotes, which names things of the code."""
    return re.sub(r"(`+)[^`]+\1", " ", text)


@cache
def prose() -> tuple[tuple[str, str], ...]:
    """All texts that people read, each with where it stands."""
    pages = [
        (str(page.relative_to(ROOT)), without_code(page.read_text("utf-8")))
        for page in PAGES
        if page != GLOSSARY
    ]
    programs = [
        (f"{path.relative_to(ROOT)}:{line}", without_code(text))
        for path in PROGRAMS
        for line, text in prose_of(path.read_text("utf-8"))
    ]
    return (*pages, *programs)


def holds(text: str, term: str) -> bool:
    """Whether a text has a term as whole words, in the singular or the plural, over any line end."""
    words = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", term)))
    return re.search(rf"\b{words}(?:s|es)?\b", text, re.IGNORECASE) is not None


def test_each_table_is_read_and_each_term_stands_once() -> None:
    assert all(len(rows) > 4 for rows in sections().values())
    lines = re.findall(r"^\| (?!term|not this|---)", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == len(TERMS) + len(NOT_USED)
    names = [term for term, _, _ in TERMS]
    assert sorted(set(names)) == sorted(names)
    assert all(meaning and where for _, meaning, where in TERMS)


@pytest.mark.parametrize(("term", "meaning", "where"), TERMS, ids=[row[0] for row in TERMS])
def test_a_term_is_used_and_its_place_exists(term: str, meaning: str, where: str) -> None:
    assert any(holds(text, term) for _, text in prose()), f"nothing uses {term!r}"
    paths = [name for name in re.findall(r"`([^`]+)`", where) if "/" in name]
    assert all((ROOT / path).exists() for path in paths), (term, paths)
    modules = [ROOT / path for path in paths if path.endswith(".py")]
    names = [name for name in re.findall(r"`([\w.]+)`", where) if "/" not in name]
    for name in names:
        if modules:
            assert all(part in modules[0].read_text("utf-8") for part in name.split(".")), name


@pytest.mark.parametrize(("word", "instead", "_"), NOT_USED, ids=[row[0] for row in NOT_USED])
def test_a_word_that_is_not_to_be_used_is_not_used(word: str, instead: str, _: str) -> None:
    assert any(holds(term, instead) for term, _, _ in TERMS), f"{instead!r} is no term"
    found = [place for place, text in prose() if holds(text, word)]
    assert found == [], f"write {instead!r} instead of {word!r}"


def test_the_search_finds_a_word_where_people_read_it_and_not_in_code() -> None:
    program = (
        'seam = 1  # a seam here\n\ndef f() -> str:\n    """Two seams."""\n    return "a `seam`"\n'
    )
    found = [(line, holds(without_code(text), "seam")) for line, text in prose_of(program)]
    assert sorted(found) == [(1, True), (4, True), (5, False)]
    assert holds("it was kept\n  back", "kept back") and holds("kept-back texts", "kept back")
    assert not holds("seamless", "seam")
