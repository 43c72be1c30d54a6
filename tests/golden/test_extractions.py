"""What is read of a file changes only with a version; see README.md."""

from __future__ import annotations

import ast
from importlib.metadata import packages_distributions

import pytest

from qa.corpus.contents import KNOWN
from qa.corpus.readers import IMAGE_VERSION, VERSIONS, ending_of
from tests.conftest import ROOT
from tests.golden.extractions import Record, change, keep, kept, samples, splitter, take, terms


def test_what_is_read_changes_only_with_a_version(write_golden: bool) -> None:
    golden, found = kept(), {name: take(name) for name in samples()}
    changes = [
        one for name in golden.keys() & found if (one := change(name, golden[name], found[name]))
    ]
    assert not (silent := sorted(one.line for one in changes if one.silent)), "\n".join(silent)
    if write_golden:
        print("", *sorted(one.line for one in changes), sep="\n")
        keep(found)
        return
    lines = sorted(one.line for one in changes)
    lines += [f"{name}: nothing is kept" for name in found.keys() - golden]
    lines += [f"{name}: is gone" for name in golden.keys() - found]
    assert not lines, "look at these, then write the golden files anew:\n" + "\n".join(lines)


def test_every_format_has_a_version_and_a_sample() -> None:
    assert VERSIONS.keys() == KNOWN
    # Endings of one line are of one format.
    formats = {id(VERSIONS[ending_of(name)]) for name in samples()}
    assert {ending for ending in VERSIONS if id(VERSIONS[ending]) not in formats} == set()


def test_every_library_that_reads_or_splits_is_part_of_a_version() -> None:
    versions = [*VERSIONS.values(), IMAGE_VERSION, splitter(), terms()]
    named = {library for version in versions for library in version.libraries.split()}
    files = [
        *(ROOT / "qa/corpus").rglob("*.py"),
        *(ROOT / "qa/text").rglob("*.py"),
        ROOT / "qa/build/passages.py",
    ]
    imported = {
        (name or "").split(".")[0]
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }  # fmt: skip
    distributions = packages_distributions()
    used = {library for name in imported - {"qa"} for library in distributions.get(name, ())}
    assert used == named


def record(read: str, read_version: str, split: str = "p", split_version: str = "1 s 1") -> Record:
    return {
        "read": {"digest": read, "version": read_version},
        "passages": {"digest": split, "version": split_version},
        "terms": {"digest": "t", "version": "1"},
    }


@pytest.mark.parametrize(
    ("found", "words", "silent"),
    [
        (record("a", "1 lxml 5"), None, None),
        (record("b", "1 lxml 5"), "raise the number of .html in VERSIONS", True),
        (record("b", "1 lxml 5", "q"), "read gives something else", True),
        (record("b", "1 lxml 6"), "read is kept of version 1 lxml 5, and this is 1 lxml 6", False),
        (record("a", "1 lxml 6"), None, None),
        (record("b", "2 lxml 5"), "and this is 2 lxml 5", False),
        (record("a", "2 lxml 5"), "and this is 2 lxml 5", False),
        (record("a", "1 lxml 5", "q"), "raise VERSION in qa/build/passages.py", True),
        (record("a", "1 lxml 5", "q", "2 s 1"), "and this is 2 s 1", False),
    ],
)
def test_what_a_change_asks_for(found: Record, words: str | None, silent: bool | None) -> None:
    one = change("a.html", record("a", "1 lxml 5"), found)
    if words is None:
        assert one is None
    else:
        assert one is not None and words in one.line and one.silent == silent
