"""What of a file becomes a facet, read in the sandbox; the expected values stand in the files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from qa.corpus import Skipped, read_folders
from qa.records import Document, Facets
from tests.corpus.makers import docx, epub, odt, page, word

pytestmark = pytest.mark.usefixtures("shared_readers")
_WORDS = "The harbour was dug in 1872 by four hundred dockers."


def facets(folder: Path) -> tuple[Mapping[str, Facets], list[tuple[str, str]]]:
    """Return the facets of each document in a folder, and what was said of the files."""
    found = [*read_folders([folder], max_bytes=1_000_000)]
    documents = {one.source: one.facets for one in found if isinstance(one, Document)}
    return documents, [(one.source, one.reason) for one in found if isinstance(one, Skipped)]


def of_one(folder: Path, name: str, data: bytes | str) -> Facets:
    """Return the facets of a file, of which nothing was left out."""
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    documents, told = facets(folder)
    assert told == []
    return documents[name]


YAML = f"""---
title: The harbour
authors:
  - name: Ann Lee
    orcid: 0000-0001
  - Bo Chen
date: 2019-11-23
url: https://example.org/harbour
lang: en
Publication Place: La Paz
year: 1990
version: "1.10"
draft: false
tags: [Ports, ports, Cranes]
series: {{name: Coasts, part: 3}}
editor: ~
---

{_WORDS}
"""
TOML = f"""+++
title = "The harbour"
year = 1990
draft = true
score = 3.5
seen = 2019-11-23
[params]
shelf = "A 7"
+++

{_WORDS}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            YAML,
            (
                ("author", ("Ann Lee", "Bo Chen")),
                ("draft", ("false",)),
                ("publication_place", ("La Paz",)),
                ("series.name", ("Coasts",)),
                ("series.part", (3,)),
                ("tags", ("Ports", "Cranes")),
                ("version", ("1.10",)),
                ("year", (1990,)),
            ),
        ),
        (
            TOML,
            (
                ("draft", ("true",)),
                ("params.shelf", ("A 7",)),
                ("score", (3.5,)),
                ("seen", ("2019-11-23",)),
                ("year", (1990,)),
            ),
        ),
        # A field that is no date, or no address, is what it is.
        ("---\ndate: soon\nurl: shelf 3\n---\n\nWords.\n", (("date", ("soon",)), ("url", ("shelf 3",)))),
        ("Words.\n", ()),
    ],
)  # fmt: skip
def test_front_matter(tmp_path: Path, text: str, expected: Facets) -> None:
    assert of_one(tmp_path, "a.md", text) == expected


def test_aliases_of_front_matter_are_followed_once(tmp_path: Path) -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    text = f"---\nkind: memo\na0: &a0 [x, y]\n{levels}m: &m {{k: *a29}}\nb: [*m, *m]\n---\n\n{_WORDS}\n"
    (tmp_path / "a.md").write_text(text)
    found, _ = facets(tmp_path)
    assert found == {"a.md": (("a0", ("x", "y")), ("a1", ("x", "y")), ("kind", ("memo",)))}


def test_front_matter_that_is_too_long_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"---\nabstract: {'x' * 201}\nkind: memo\n---\n\n{_WORDS}\n")
    found, told = facets(tmp_path)
    assert found == {"a.md": (("kind", ("memo",)),)}
    assert told == [("a.md", "facets left out: abstract")]
    assert Skipped(*told[0]).is_whole  # no text is missing: a strict build goes on


def test_columns_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "id,text,author,Year,Kind,date,price\n"
        f"1,{_WORDS},Ann Lee,1990,Letter,2019-11-23,12.50\n2,It sank.,,,memo,soon,\n"
    )
    found, told = facets(tmp_path)
    assert found == {
        "a.csv#id=1": (
            ("author", ("Ann Lee",)),
            ("kind", ("Letter",)),
            ("price", ("12.50",)),
            ("year", (1990,)),
        ),
        "a.csv#id=2": (("date", ("soon",)), ("kind", ("memo",))),
    }
    assert told == []


def test_columns_of_a_table_without_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"boat,built,story\nOtter,1990,{'x' * 201}\nSeal,1991,short\n")
    found, told = facets(tmp_path)
    assert found == {
        "a.csv#row=1": (("boat", ("Otter",)), ("built", (1990,))),
        "a.csv#row=2": (("boat", ("Seal",)), ("built", (1991,)), ("story", ("short",))),
    }
    assert told == []  # what is too long for a facet stands in the text


def test_fields_of_json(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"text": "It sank.", "meta": {"Year": 1990.0, "ok": true, "none": null, "many": []},'
        ' "tags": ["<b>Ports</b>", "Q&amp;A"], "author": ["Ann Lee", "Bo Chen"]}\n'
        '{"text": "It rose.", "people": [{"name": "Ann"}, {"name": "Bo"}]}\n'
    )
    found, told = facets(tmp_path)
    assert found == {
        "a.jsonl#row=1": (
            ("author", ("Ann Lee", "Bo Chen")),
            ("meta.ok", ("true",)),
            ("meta.year", (1990,)),
            ("tags", ("Ports", "Q&A")),
        ),
        "a.jsonl#row=2": (("people.name", ("Ann", "Bo")),),
    }
    assert told == []


def test_a_side_file_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"---\nkind: memo\nyear: 1990\nauthor: X\n---\n\n{_WORDS}\n")
    (tmp_path / "a.md.meta.json").write_text(
        '{"Title": "T", "author": ["Ann Lee", "Bo Chen"], "date": "2019", "lang": "es",'
        ' "url": "https://example.org/", "Kind": "letter", "shelf": {"row": 7},'
        f' "long": "{"x" * 201}"}}'
    )
    found, told = facets(tmp_path)
    assert found == {
        "a.md": (
            ("author", ("Ann Lee", "Bo Chen")),
            ("kind", ("letter",)),
            ("shelf.row", (7,)),
            ("year", (1990,)),
        )
    }
    assert told == [("a.md", "facets left out: long")]


MAIL = (
    "From: Ann Lee <ann@example.org>\r\n"
    "To: Bo Chen <bo@example.org>, cy@example.org\r\n"
    "Cc: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>\r\n"
    "List-Id: Coasts <coasts.example.org>\r\n"
    "Keywords: ports, Cranes\r\n"
    "Subject: The harbour\r\n\r\n"
    f"{_WORDS}\r\n"
)


def test_headers_of_a_message(tmp_path: Path) -> None:
    assert of_one(tmp_path, "a.eml", MAIL) == (
        ("cc", ("Zoë",)),
        ("from", ("ann@example.org",)),
        ("keywords", ("ports", "Cranes")),
        ("list", ("coasts.example.org",)),
        ("to", ("Bo Chen", "cy@example.org")),
    )


def test_a_message_to_many_is_told(tmp_path: Path) -> None:
    many = ", ".join(f"p{n}@example.org" for n in range(25))
    (tmp_path / "a.eml").write_text(MAIL.replace("cy@example.org", many))
    found, told = facets(tmp_path)
    assert len(dict(found["a.eml"])["to"]) == 20
    assert told == [("a.eml", "facets left out: to")]


def test_fields_of_a_book(tmp_path: Path) -> None:
    about = (
        "<dc:title>T</dc:title><dc:creator>Ann Lee</dc:creator><dc:creator>Bo Chen</dc:creator>"
        "<dc:subject>Ports</dc:subject><dc:subject>Cranes</dc:subject>"
        "<dc:publisher>North</dc:publisher>"
        '<meta property="belongs-to-collection">Coasts</meta>'
    )
    assert of_one(tmp_path, "a.epub", epub({"a.xhtml": page(f"<p>{_WORDS}</p>")}, about=about)) == (
        ("author", ("Ann Lee", "Bo Chen")),
        ("publisher", ("North",)),
        ("series", ("Coasts",)),
        ("subject", ("Ports", "Cranes")),
    )


def test_fields_of_a_pdf(tmp_path: Path) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.setKeywords("ports; Cranes, piers")
    canvas.setSubject("The northern coast")
    canvas.drawString(72, 700, _WORDS)
    canvas.save()
    assert of_one(tmp_path, "a.pdf", file.getvalue()) == (
        ("keywords", ("ports", "Cranes", "piers")),
        ("subject", ("The northern coast",)),
    )


def test_properties_of_office(tmp_path: Path) -> None:
    core = (
        "<cp:keywords>ports, Cranes</cp:keywords><dc:subject>Coasts</dc:subject>"
        "<cp:category>Minutes</cp:category><cp:contentStatus>Final</cp:contentStatus>"
    )
    assert of_one(tmp_path, "a.docx", docx(word(_WORDS), core=core)) == (
        ("category", ("Minutes",)),
        ("keywords", ("ports", "Cranes")),
        ("status", ("Final",)),
        ("subject", ("Coasts",)),
    )
    (tmp_path / "a.docx").unlink()
    meta = "<meta:keyword>ports</meta:keyword><meta:keyword>Cranes</meta:keyword><dc:subject>Coasts</dc:subject>"
    assert of_one(tmp_path, "a.odt", odt(f"<text:p>{_WORDS}</text:p>", meta=meta)) == (
        ("keywords", ("ports", "Cranes")),
        ("subject", ("Coasts",)),
    )


def test_what_a_page_says_of_itself(tmp_path: Path) -> None:
    body = f"<article><h1>The harbour</h1>{'<p>' + _WORDS + '</p>'}</article>" + f"<p>{_WORDS}</p>"
    head = (
        '<meta name="keywords" content="ports, Cranes"><meta property="article:section" content="Coasts">'
        '<meta property="article:tag" content="piers"><meta property="article:tag" content="tides">'
        '<meta name="author" content="Ann Lee"><meta name="author" content="Bo Chen">'
        '<meta property="og:site_name" content="The North">'
        '<meta name="description" content="Not a facet">'
    )
    html = f"<!doctype html><html><head><title>The harbour</title>{head}</head><body>{body}</body></html>"
    assert of_one(tmp_path, "a.html", html) == (
        ("author", ("Ann Lee", "Bo Chen")),
        ("keywords", ("ports", "Cranes")),
        ("section", ("Coasts",)),
        ("site", ("The North",)),
        ("tags", ("piers", "tides")),
    )
