"""Readers: bytes to Documents, Markdown above all."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.decode import NotTextError
from qa.corpus.readers import (
    READERS,
    Reading,
    UnreadableError,
    make_document,
    read_document,
    read_markdown,
)
from qa.records import Block, Published, document_id
from tests.corpus.test_structure import ODD, assert_lawful

# The text as it stands in the file, marked up; each block with its kind and level.
_MARKDOWN = """\
---
title: "The harbour: a history"
date: 2019-11-23
tags: [ships, fees]
---

# The harbour of Vellmar

The harbour was dug in 1872 by four
hundred dockers.[^1]

<!-- A note for editors:

# not a heading
-->

Fees
----

* A fishing boat pays
  twelve crowns.

  And in August twenty.
* A steamer pays forty.
    1. Sixty by night.
    2. Nothing in a storm.

> # Not a heading of ours
>
> Pay at the gate.
lazily continued

| boat | crowns |
|------|-------:|
| tug  | 9      |

```sh
# a comment in a shell
- not an item
```

    # an indented one

***

### Closing the gate ###

[^1]: https://example.org/dockers
"""
_BLOCKS: list[tuple[str, int, str]] = [
    ("furniture", 0, _MARKDOWN[: _MARKDOWN.index("\n\n# The")]),
    ("title", 1, "# The harbour of Vellmar"),
    ("paragraph", 0, "The harbour was dug in 1872 by four\nhundred dockers.[^1]"),
    ("furniture", 0, "<!-- A note for editors:\n\n# not a heading\n-->"),
    ("heading", 2, "Fees\n----"),
    ("item", 0, "* A fishing boat pays\n  twelve crowns.\n\n  And in August twenty."),
    ("item", 0, "* A steamer pays forty.\n    1. Sixty by night.\n    2. Nothing in a storm."),
    ("paragraph", 0, "> # Not a heading of ours\n>\n> Pay at the gate.\nlazily continued"),
    ("header", 0, "| boat | crowns |\n|------|-------:|"),
    ("row", 0, "| tug  | 9      |"),
    ("paragraph", 0, "```sh\n# a comment in a shell\n- not an item\n```"),
    ("paragraph", 0, "# an indented one"),
    ("furniture", 0, "***"),
    ("heading", 3, "### Closing the gate ###"),
    ("furniture", 0, "[^1]: https://example.org/dockers"),
]


def seen(reading: Reading) -> list[tuple[str, int, str]]:
    """Return (kind, level, text) of each block."""
    return [(b.kind, b.level, reading.text[b.start : b.end]) for b in reading.blocks]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_markdown(line_end: str) -> None:
    text = _MARKDOWN.replace("\n", line_end)
    reading = read_markdown(text.encode())
    assert reading.text == text
    assert seen(reading) == [(kind, n, b.replace("\n", line_end)) for kind, n, b in _BLOCKS]
    assert reading.title == "The harbour: a history"
    assert reading.published == Published("2019-11-23", "2019-11-23", "front matter")


def test_carriage_returns_alone_end_lines_too() -> None:
    text = "# A\r\rOne\rtwo\r\rB\r==\r\rThree"
    assert seen(read_markdown(text.encode())) == [
        ("title", 1, "# A"),
        ("paragraph", 0, "One\rtwo"),
        ("heading", 1, "B\r=="),
        ("paragraph", 0, "Three"),
    ]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# Fees ##\n\nx", "Fees"),
        ("# C#\n\nx", "C#"),
        ("# Issue #7 #\n\nx", "Issue #7"),
        ("Fees\n====\n\nx", "Fees"),
        ("Fees\r====\r\rx", "Fees"),
        ("##\tThe   fees\n\nx", "The fees"),
        ("#\n\nx", None),
        ("<!-- licence -->\n\n# Fees\n\nx", "Fees"),
        ("x\n\n# Fees\n\ny", None),
        ("---\ntitle: Rules\n---\n# Fees\n\nx", "Rules"),
        ("---\ntitle:\n---\n# Fees\n\nx", "Fees"),
        ("---\ntitle: null\n---\n# Fees\n\nx", "Fees"),
        ("---\ntitle: [a, b]\n---\n# Fees\n\nx", "Fees"),
        ("---\ntitle: 1931\n---\n# Fees\n\nx", "1931"),
        ("\ufeff---\ntitle: Rules\n...\nx", "Rules"),
    ],
)
def test_titles(source: str, title: str | None) -> None:
    assert read_document("a.md", source.encode()).title == title


@pytest.mark.parametrize(
    ("date", "value"),
    [
        ("2019-11-23", "2019-11-23"),
        ("2019-11-23 10:00:00 +0200", "2019-11-23"),
        ("2019-11-23T10:00:00Z", "2019-11-23"),
        ("'23 Nov 2019'", "2019-11-23"),
        ("November 2019", "2019-11"),
        ("2019", "2019"),
        ("2019-13-45", None),
        ("soon", None),
        ("[2019, 11]", None),
        ("", None),
    ],
)
def test_dates_of_a_front_matter(date: str, value: str | None) -> None:
    reading = read_markdown(f"---\ntitle: x\ndate: {date}\n---\ny".encode())
    assert (reading.published.value if reading.published else None) == value
    assert reading.title == "x"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "when", ["2019-11-23", "2019-11-23T10:00:00Z", "2019-11-23 10:00:00+02:00", '"23 Nov 2019"']
)
def test_a_front_matter_in_toml(when: str, end: str) -> None:
    lines = [
        "+++",
        'title = "The harbour"',
        f"date = {when}",
        'authors = ["A", "B"]',
        "[a]",
        "b = 1",
    ]
    reading = read_markdown(end.join([*lines, "+++", "", "It was dug in 1872.", ""]).encode())
    assert [kind for kind, *_ in seen(reading)] == ["furniture", "paragraph"]
    assert (reading.title, reading.author) == ("The harbour", "A, B")
    assert reading.published is not None
    assert (reading.published.value, reading.published.origin) == ("2019-11-23", "front matter")


def test_plus_signs_that_open_no_front_matter() -> None:
    text = "+++\n\nThe harbour was dug in 1872.\n\n+++\n"
    assert "The harbour was dug in 1872." in [
        words for *_, words in seen(read_markdown(text.encode()))
    ]


def test_a_rule_opens_no_front_matter() -> None:
    text = "---\n\nThe harbour was dug in 1872.\n\n---\n\nIt was filled in again.\n"
    assert ("paragraph", 0, "The harbour was dug in 1872.") in seen(read_markdown(text.encode()))


def test_a_front_matter_that_is_no_yaml_is_still_one() -> None:
    reading = read_markdown(b"---\ntitle: The harbour: a history\n---\n\n# Fees\n\nx\n")
    assert seen(reading)[0] == ("furniture", 0, "---\ntitle: The harbour: a history\n---")
    assert reading.title is None


@pytest.mark.parametrize("escape", ["UFFFFFFFF", "U00110000"])
def test_a_front_matter_with_a_character_that_there_is_not(escape: str) -> None:
    reading = read_markdown(f'---\ntitle: "\\{escape}"\n---\n\nThe text.\n'.encode())
    assert [kind for kind, *_ in seen(reading)] == ["furniture", "paragraph"]


@pytest.mark.slow
def test_a_front_matter_that_swells_is_harmless() -> None:
    # Nine levels of eight: a billion in a few hundred bytes, by reference and by merging.
    by_reference = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]\n"
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    by_merging = "a: &a {x: y}\n" + "".join(
        f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 8)}]}}\n"
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    for bomb in (by_reference + "date: *j\n", by_merging + "date: *j\n"):
        reading = read_markdown(f"---\n{bomb}title: x\n---\n\ny\n".encode())
        assert (reading.title, reading.published) == ("x", None)
    for broken in ("date: &a [*a]", f"a: {'[' * 1500}", "a: " + "9" * 5000, f"a: {'b' * 50}\0"):
        blocks = seen(read_markdown(f"---\n{broken}\n---\n\ny\n".encode()))
        assert blocks[1:] == [("paragraph", 0, "y")]


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<!-- a note -->", "furniture"),
        ("<!-- one --> <!-- two -->", "furniture"),
        ("<!-- left open", "furniture"),
        ("<!-- a note --> and a text", "paragraph"),
        ("<!-- a note --> text <!-- another -->", "paragraph"),
        ("<div>text</div>", "paragraph"),
        ("    <!-- code about notes -->", "paragraph"),
    ],
)
def test_only_comments_are_left_out(html: str, kind: str) -> None:
    reading = read_markdown(f"First.\n\n{html}\n".encode())
    assert seen(reading) == [("paragraph", 0, "First."), (kind, 0, html.strip())]


def test_a_thousand_nested_marks() -> None:
    for mark in (">", "> ", "- ", "1. ", "* > ", "[", "<div>", "#", "**", "```\n"):
        text = f"{mark * 1000}words\n"
        reading = read_markdown(text.encode())
        assert reading.text == text
        assert_lawful(text, reading.blocks)
    nested = "\n".join(f"{'  ' * n}- level {n}" for n in range(1000))
    assert_lawful(nested, read_markdown(nested.encode()).blocks)


_MARKS = st.sampled_from(
    [
        *("# ", "## ", "- ", "1. ", "> ", "    ", "\t", "```\n", "---\n", "===\n", "<!--", "-->"),
        *(
            "<div>\n",
            "|a|b|\n|-|-|\n",
            "[a]: b\n",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "words",
            "***\n",
            "\0",
        ),
    ]
)


@given(st.lists(_MARKS | st.text(ODD, max_size=4), max_size=30).map("".join))
def test_no_character_of_markdown_is_lost_or_moved(text: str) -> None:
    data = text.encode("utf-8", "replace")
    try:
        reading = read_markdown(data)
    except NotTextError:  # too many control characters
        return
    assert reading.text == data.decode(reading.encoding, "replace")
    assert_lawful(reading.text, reading.blocks)


# --- what every document has -----------------------------------------------------------------


def test_a_document_has_an_identity() -> None:
    data = "Potosí\n\nThe mountain was hollow by 1800, and the town with it.\n".encode("utf-16")
    document = read_document("notes/2019-11 Potosí.txt", data)
    assert document.id == document_id("notes/2019-11 Potosí.txt")
    assert document.source == "notes/2019-11 Potosí.txt"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.encoding == "utf-16"
    assert document.text == data.decode("utf-16")
    assert document.title == "Potosí"
    assert document.published == Published("2019-11", "2019-11", "file name")


def test_evidence_in_the_text_goes_before_the_name() -> None:
    text = "Potosí\n\n23 Nov 2019\n\nThe mountain was hollow by 1800, and the town with it.\n"
    published = read_document("2001-01-01.txt", text.encode()).published
    assert published == Published("2019-11-23", "23 Nov 2019", "dateline")


def test_a_date_in_the_furniture_or_in_the_middle_is_not_the_documents() -> None:
    body = "The mountain was hollow by 1800, and the town with it."
    middle = "\n\n".join([*[body] * 9, "23 Nov 2019", *[body] * 9])
    assert read_document("a.txt", middle.encode()).published is None
    front = f"---\nx: y\nPublished: 23 Nov 2019\n---\n\n{body}\n"
    assert read_document("a.md", front.encode()).published is None


@pytest.mark.parametrize(
    ("source", "data", "reason"),
    [
        ("a.foo", b"PK\3\4", "a binary file: no reader for .foo"),
        ("a", b"\0\1\2\3\4\5", "a binary file: no reader for files without an ending"),
        ("a.png", b"text", "no reader for .png"),
        ("a.txt", b"", "empty"),
        ("a.txt", b" \r\n\t\n", "empty"),
        ("a.txt", b"\xef\xbb\xbf", "empty"),
        ("a.txt", "\ufeff".encode("utf-16"), "no text but boilerplate"),
        ("a.txt", b"Page 1 of 4\n\nShare this article\n", "no text but boilerplate"),
        ("a.md", b"<!-- nothing -->\n", "no text but boilerplate"),
        ("a.md", b"---\ntitle: x\n---\n", "no text but boilerplate"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\r", "not valid utf-8 at byte 0"),
        ("a.txt", b"\0\1\2\3\4\5", "holds control characters: a binary file"),
    ],
)
def test_what_cannot_be_read_says_why(source: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_document(source, data)
    assert str(refusal.value) == reason


def test_endings_are_told_without_regard_to_case() -> None:
    assert read_document("A.TXT", b"One line.").text == "One line."
    assert read_document("A.Markdown", b"# One\n\nline").title == "One"
    assert read_document("how-to-unpack.tar.md", b"# One\n\nline").title == "One"
    assert set(READERS) >= {".txt", ".text", ".md", ".markdown", ".pdf", ".docx", ".epub"}


def test_a_reader_may_leave_title_and_date_to_the_rest() -> None:
    blocks = (Block("title", 0, 3), Block("paragraph", 5, 16))
    reading = Reading("One\n\n23 Nov 2019", "utf-8", blocks)
    document = make_document(source="a.odd", sha256="0" * 64, reading=reading)
    assert (document.title, document.published) == (
        "One",
        Published("2019-11-23", "23 Nov 2019", "dateline"),
    )
